"""Renders a letter to its final bytes, once: text and HTML, one recipient, a neutral subject. Sending them is in `smtp.py`; when, in the worker."""

import base64
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from hashlib import sha256

from matcher.config import Config
from matcher.domain.errors import Refusal
from matcher.domain.letter import Letter
from matcher.domain.letter_kind import RECEIVERS, LetterKind
from matcher.domain.letter_parts import LetterId, Sender
from matcher.letter_fields import UnsafeLetter, checked_link, made_safe
from matcher.letter_templates import render_html, render_subject, render_text
from matcher.vocabulary import telling_words

SUBJECT_MOST = 50
OPENING = 90
"""Characters of the body that a lock screen or an inbox list may show (journeys 9.1)."""
ADDRESS_MOST = 254
SIMULATOR = "@simulator.invalid"
ONE_CLICK = frozenset({LetterKind.OFFER, LetterKind.RECONFIRM_WILLING})
_PLAIN = SMTP.clone(max_line_length=998)  # RFC 5322's limit: headers are never folded, so that none can be folded wrongly
_INTERNATIONAL = SMTPUTF8.clone(max_line_length=998)
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+\.[^\s@,;:<>()\[\]\\\".]+")
_ANY_LINK = re.compile(r"(?:https?|ftp)://[^\s<>\"']*", re.I)
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class BadAddress(Refusal):
    """We cannot write to that email address. Please check it."""


class NotAllowedHere(Refusal):
    """This is a test copy of the product. It may not write to that address."""


@dataclass(frozen=True, slots=True, repr=False)
class FrozenLetter:
    """A letter as it will be sent, every time with the same bytes. `message_id` has its angle brackets; `to` is the one recipient."""

    message_id: str
    subject: str
    to: str
    raw: bytes


def freeze_letter(
    config: Config, letter: Letter, *, letter_id: LetterId, sender: Sender, to: str, due_at: datetime, one_click_link: str | None = None
) -> FrozenLetter:
    """Render one letter to one person. The same arguments always give the same bytes.

    `due_at` becomes the Date. `one_click_link` makes the List-Unsubscribe headers; leave it out where DKIM is missing. Raises BadAddress and
    NotAllowedHere about the recipient, UnsafeLetter where the letter itself breaks a rule (a fault of ours, found before anything is stored).
    """
    _check_kind(letter, letter_id, one_click_link)
    recipient = checked_address(to)
    check_allowed(config, recipient)
    letter, sender = made_safe(letter, config.base_url), made_safe(sender, config.base_url)
    subject = render_subject(letter)
    text, html = render_text(letter, sender, subject), render_html(letter, sender, subject)
    check_neutral(sender.name, subject, text, html)
    _check_links(text + html, config.base_url)
    message = EmailMessage(policy=SMTP)
    message["From"] = _typed(checked_address(sender.mailbox), sender.name)
    message["To"] = _typed(recipient)
    message["Reply-To"] = _typed(checked_address(sender.reply_to))
    message["Subject"] = subject
    message["Date"] = format_datetime(due_at.replace(microsecond=0))
    message["Message-ID"] = message_id(config, letter_id)
    _add_thread(message, config, letter_id)
    message["Auto-Submitted"] = "auto-generated"
    if one_click_link is not None:
        message["List-Unsubscribe"] = f"<{checked_link(one_click_link, config.base_url)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _add_bodies(message, text, html)
    return FrozenLetter(message_id(config, letter_id), subject, recipient, _final_bytes(message, recipient))


def message_id(config: Config, letter_id: LetterId) -> str:
    """A keyed hash of the letter's identity: the same after a crash, a restore or a second rendering, and it tells nobody anything."""
    digest = base64.b32encode(config.vault.keyed_hash("message-id", letter_id.text)).decode().rstrip("=").lower()
    return f"<{digest}@{config.mail_domain}>"


def checked_address(address: str) -> str:
    """Exactly one address, as it is: nothing is cut or mended. Raises BadAddress for anything that could become a second recipient."""
    hidden = any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp") for c in address)
    if hidden or len(address.encode()) > ADDRESS_MOST or not _ADDRESS.fullmatch(address) or ".." in address:
        raise BadAddress
    try:
        _typed(address)
    except (ValueError, IndexError) as error:
        raise BadAddress from error
    return address


def _typed(address: str, display_name: str = "") -> Address:
    """The address as the library's own type. It parses plain ones once more; for those with foreign letters the pattern above has to do."""
    if address.isascii():
        return Address(display_name=display_name, addr_spec=address)
    local, _, domain = address.rpartition("@")
    return Address(display_name=display_name, username=local, domain=domain)


def check_allowed(config: Config, address: str) -> None:
    """Staging writes to nobody but its allow-list and the simulator. Raises NotAllowedHere."""
    allowed = config.allowed_recipients
    wanted = address.casefold()
    if allowed is None or wanted.endswith(SIMULATOR):
        return
    if wanted not in allowed and "@" + wanted.rpartition("@")[2] not in allowed:
        raise NotAllowedHere


def check_neutral(sender_name: str, subject: str, text: str, html: str) -> None:
    """Nothing a stranger may glimpse says what the letter is about. Raises UnsafeLetter naming the place, not the word."""
    if len(subject) > SUBJECT_MOST or not subject.isprintable():
        raise UnsafeLetter("the subject is too long or not plain")
    glimpses = {"sender": sender_name, "subject": subject, "text": opening(text), "html": opening(visible(html))}
    for place, words in glimpses.items():
        if telling_words(words):
            raise UnsafeLetter(f"the {place} is not neutral")


def opening(body: str) -> str:
    """The first characters that an inbox list shows beside the subject."""
    return re.sub(r"\s+", " ", body).strip()[:OPENING]


def visible(html: str) -> str:
    """What is seen of a page of ours: its text without head and tags. For our own templates only, not a general reader of HTML."""
    return re.sub(r"<[^>]*>", " ", re.sub(r"<head>.*?</head>", " ", html, flags=re.S))


def _check_kind(letter: Letter, letter_id: LetterId, one_click_link: str | None) -> None:
    if letter_id.kind is not letter.kind or letter.party not in RECEIVERS[letter.kind]:
        raise UnsafeLetter("this letter is for somebody else")
    if one_click_link is not None and letter.kind not in ONE_CLICK:
        raise UnsafeLetter("only invitations carry the one-click pause")


def _check_links(body: str, base_url: str) -> None:
    """Every address lies on our own host, whose name is neutral too."""
    if telling_words(base_url):
        raise UnsafeLetter("the host name is not neutral")
    if any(not (link + "/").startswith(f"{base_url}/") for link in _ANY_LINK.findall(body)):
        raise UnsafeLetter("a link leads elsewhere")


def _add_thread(message: EmailMessage, config: Config, letter_id: LetterId) -> None:
    """A corrected letter answers the first one, so that mail programs show them together."""
    if letter_id.revision > 1:
        first = LetterId(letter_id.kind, letter_id.about_id, letter_id.party_id, letter_id.occasion, 1)
        message["References"] = message_id(config, first)


def _add_bodies(message: EmailMessage, text: str, html: str) -> None:
    """Text first, HTML as the alternative, both in 7 bits. The boundary comes from the Message-ID and cannot occur in quoted-printable."""
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    message.set_boundary("=_" + sha256(str(message["Message-ID"]).encode()).hexdigest()[:32])


def _final_bytes(message: EmailMessage, recipient: str) -> bytes:
    raw = message.as_bytes(policy=_PLAIN if recipient.isascii() else _INTERNATIONAL)
    if _BARE.search(raw) or len(message.get_all("To", [])) != 1 or "Cc" in message or "Bcc" in message:
        raise UnsafeLetter("not one letter to one person")
    return raw
