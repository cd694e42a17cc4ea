"""Links, telephone numbers and providers of online meetings (meetings 4.6). What must not be public is taken out first (separating_secrets)."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from matcher.domain.feed_issue import IssueCode
from matcher.feeds.separating_secrets import without_secret_part

LINK_MOST = 2000
PHONE_LEAST = 10
PROVIDERS = {
    "zoom.us": "Zoom",
    "zoom.com": "Zoom",
    "zoomgov.com": "Zoom",
    "meet.google.com": "Google Meet",
    "g.co": "Google Meet",
    "teams.microsoft.com": "Microsoft Teams",
    "teams.live.com": "Microsoft Teams",
    "webex.com": "Webex",
    "meet.jit.si": "Jitsi Meet",
    "8x8.vc": "Jitsi Meet",
    "gotomeeting.com": "GoTo",
    "gotomeet.me": "GoTo",
    "meet.goto.com": "GoTo",
    "freeconferencecall.com": "FreeConferenceCall",
    "join.freeconferencecall.com": "FreeConferenceCall",
    "skype.com": "Skype",
    "discord.gg": "Discord",
    "discord.com": "Discord",
}

_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_HOST = re.compile(r"(?=.{4,253}$)[\w-]{1,63}(?:\.[\w-]{1,63})+", re.IGNORECASE)
_PLAIN_LINK = re.compile(r"https?://((?=.{4,60}/)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+)/[\w./?=~-]*\Z", re.ASCII)
"""A link of which nobody need ask further what its host is."""
_ONE_NUMBER = re.compile(r"\s+or\s+|[/;|\n]", re.IGNORECASE)
_EXTENSION = re.compile(r"\b(?:ext(?:ension)?|x)\.?\s*\d+", re.IGNORECASE)


class LinkRead(NamedTuple):
    """A link without its passcode, the known provider, the whole link where that differs, and what is wrong or unusual."""

    url: str | None = None
    provider: str | None = None
    full_link: str | None = None
    fault: IssueCode | None = None


class PhoneRead(NamedTuple):
    """A number to dial as digits, comma, plus and hash; the code that follows it; what is wrong."""

    phone: str | None = None
    dial_in: str | None = None
    fault: IssueCode | None = None


NO_LINK, NO_PHONE = LinkRead(), PhoneRead()


def read_link(text: str) -> LinkRead:
    """http or https with a dotted host, alone or the only link among words; anything else is INVALID_URL."""
    links = _LINK.findall(text)
    link = links[0].rstrip(".,;:!)") if len(links) == 1 else ""
    plain = _PLAIN_LINK.match(link)
    host = plain[1] if plain else _host(link)
    if not host or len(link) > LINK_MOST:
        return LinkRead(fault=IssueCode.INVALID_URL)
    public, had_secret = without_secret_part(link)
    provider = _provider(host.lower())
    fault = None if provider else IssueCode.UNKNOWN_CONFERENCE_HOST
    return LinkRead(public, provider, link if had_secret else None, fault)


def _host(link: str) -> str | None:
    """The dotted host of a link that is safe to show; None for user names, odd ports and what cannot be taken apart."""
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    return host if _HOST.fullmatch(host) and "@" not in parts.netloc else None


@lru_cache(maxsize=1024)
def _provider(host: str) -> str | None:
    labels = host.split(".")
    return next((PROVIDERS[end] for n in range(len(labels)) if (end := ".".join(labels[n:])) in PROVIDERS), None)


def read_phone(text: str) -> PhoneRead:
    """The first number of the cell. Digits after its commas are a way in and are kept apart; under ten characters it is INVALID_PHONE."""
    first = _EXTENSION.sub("", _ONE_NUMBER.split(text.strip(), maxsplit=1)[0])
    kept = re.sub(r"[^0-9,+#]", "", first)
    number, _, code = kept.partition(",")
    number = number.rstrip("#")
    if len(number) < PHONE_LEAST or not number.isascii():
        return PhoneRead(fault=IssueCode.INVALID_PHONE)
    dial_in = kept if re.search(r"\d", code) else None
    return PhoneRead(number, dial_in)
