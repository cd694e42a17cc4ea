"""Takes out of public text what must not stand in it: ways into online meetings, ways to reach people, bank details (meetings 9.1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from matcher.domain.feed_issue import IssueCode
from matcher.domain.meeting import JoinDetails

TAKEN = "\x00"  # stands for what was taken until the text is tidied; it cannot come from outside
MASK = "***"
SECRET_PARTS = frozenset({"pwd", "password", "passcode", "passwd", "pw", "pin", "tk", "accesscode", "access_code"})

_SUSPICIOUS = re.compile(
    r"@|mot|p(?:ass|wd|in|aypal)|c(?:ode|ontrase|ash)|k(?:ennwort|ey)|venmo|zelle|iban|[(\[]at[)\]]|://|\d[\d ().\-]{4,}\d"
)
"""In small letters: what each pattern below needs somewhere; no other text is looked at further."""
_ONLY_SECRET = re.compile(rf"(https?://[\w.-]+(?:/[\w./-]*)?)\?(?:{'|'.join(sorted(SECRET_PARTS))})=[\w.~-]*")
_ONE_LINK = re.compile(rf"(https?://[\w.-]+(?:/(?:[\w./-]*[\w/])?)?)(?<![.-])(?:\?(?:{'|'.join(sorted(SECRET_PARTS))})=[\w.~-]*[\w~-])?")
"""A text that is one link and nothing else, with or without its passcode, and ends as links do."""
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_USER = re.compile(r"(https?://)[^/?#\s]*@", re.IGNORECASE)
"""Who signs in, and with which password, in front of a link's host."""
_BANK = re.compile(
    r"\b(?:sort\s*code|s/c)\b[\s:.#-]*\d\d[ -]?\d\d[ -]?\d\d\b"
    r"|\b(?:account|acct?|a/c)\b\.?\s*(?:number|num|no\.?|#)?[\s:.#-]*\d{6,10}\b"
    r"|\biban\b[\s:]*[a-z]{2}\d\d[a-z0-9 ]{11,30}"
    r"|\b(?:venmo|cash\s?app|paypal(?:\.me)?|zelle)\b\s*(?:[:/-]|is)*\s*[@$]?[\w.@-]{3,}",
    re.IGNORECASE,
)
_OTHER_WORDS = (  # what may follow the word "password" without being one
    r"(?:is|required|needed|necessary|protected|not|none|no|n/a|on|from|available|please|will|by|can|to|and|for|via|at|or|if|when|where|the|a|in|"
    r"below|above|see|contact|email|call|text|ask|request|may|must|has|was|you|with|same|changed?|changes|upon|before|of|given|provided|sent|"
    r"emailed|shared|posted|listed)\b"
)
_PASSCODE = re.compile(
    r"(?<!\bno )(?<!\bno zoom )\b(?:pass(?=\s?[:=])|pass\s?code|pass\s?word|passwd|pwd|access\s+code|security\s+code|host\s+key|passwort|"
    r"kennwort|contraseña|mot de passe)\b(?:\s*(?:number|num|no\.|code))?"
    rf"(?:\s*(?:[:=#–-]|\bis\b)\s*(?!{_OTHER_WORDS})|\s+(?!{_OTHER_WORDS}))[\"'“‘(]?([^\s,;()\"”’{TAKEN}]{{1,64}})",
    re.IGNORECASE,
)
_PIN = re.compile(
    r"\b(?:pin|(?:door|entry|gate|participant|conference|room|dial[\s-]in)\s+code)\b(?:\s*(?:number|num|no\.|code))?"
    r"\s*(?:[:=#–-]|\bis\b)?\s*(\d[\d ]{2,11}\d#?)",
    re.IGNORECASE,
)
_MEETING_ID = re.compile(
    r"\b(?:(?:zoom|meeting|webinar|conference|room|skype|webex|teams|personal|participant)(?:\s+meeting)?\s*(?:id|i\.d\.?|code|number|num|no\.?|#)"
    r"|id|zoom)\b\s*(?:is\b|[:=#–-])*\s*(\d(?:[ -]?\d){8,11})(?!\d)",
    re.IGNORECASE,
)
_NAMED_ID = re.compile(r"\b(?:zoom|meeting|webinar|conference)\s+(?:id|i\.d\.?)\s*(?:is\b|[:=#–-])+\s*([\w.-]{3,40})", re.IGNORECASE)
_ONE_TAP = re.compile(r"(?<![\w/=])\+?\d[\d ().-]{5,18}\d\s*,{1,4}\s*\d[\d ]{2,14}\d?#?(?:[\s,*#]{1,6}\d{1,12}#?)*")
_EMAIL = re.compile(
    r"(?<![\w.+'-])[\w.+'-]{1,64}\s?(?:@|[(\[]at[)\]])\s?[\w-]{1,63}(?:(?:\.|\s?[(\[]dot[)\]]\s?)[\w-]{1,63}){1,6}", re.IGNORECASE
)
_PHONE = re.compile(
    r"(?<![\w/=.,#-])(?:\+\d[\d ().\-/]{6,18}\d|\(\d{2,5}\)[ .-]?\d[\d .-]{3,9}\d|0[\d -]{8,13}\d|1?[ .-]?\d{3}[ .-]\d{3,4}[ .-]\d{4}|\d{10,11})(?![\w:])"
)
_DANGLING = re.compile(rf"[(\[][\s,;:.–-]*{TAKEN}[\s,;:.{TAKEN}–-]*[)\]]|{TAKEN}")


@dataclass(slots=True)
class Separated:
    """A text in two halves: `text` may be public, the rest goes to `joins` or nowhere. `masked` shows where something was taken."""

    text: str
    masked: str
    found: set[IssueCode] = field(default_factory=set)
    meeting_id: str | None = None
    passcode: str | None = None
    dial_in: str | None = None
    full_link: str | None = None

    @property
    def joins(self) -> JoinDetails:
        """The ways in that were taken out."""
        return JoinDetails(self.meeting_id, self.passcode, self.dial_in, self.full_link)


def separate(text: str, *, contacts_too: bool = True) -> Separated:
    """One plain text without its secrets, contacts and bank details. "No password" is no secret and stays.

    `contacts_too`: off for the fields made for a conference's link or number.
    """
    parted = Separated(text, text)
    if not _SUSPICIOUS.search(text.lower()):
        return parted
    if alone := _ONE_LINK.fullmatch(text):
        return parted if alone[1] == text else Separated(alone[1], alone[1], {IssueCode.SECRET_REMOVED}, full_link=text)
    marked, links = _set_links_aside(text, parted, users_too=contacts_too)
    marked = _BANK.sub(_take(parted, IssueCode.BANK_DETAILS_REMOVED), marked)
    marked = _PASSCODE.sub(_take(parted, IssueCode.SECRET_REMOVED, "passcode"), marked)
    marked = _MEETING_ID.sub(_take(parted, IssueCode.SECRET_REMOVED, "meeting_id"), marked)
    marked = _NAMED_ID.sub(_take_named_id(parted), marked)
    marked = _PIN.sub(_take(parted, IssueCode.SECRET_REMOVED, "passcode"), marked)
    if contacts_too:
        marked = _ONE_TAP.sub(_take(parted, IssueCode.SECRET_REMOVED, "dial_in"), marked)
        marked = _EMAIL.sub(_take(parted, IssueCode.CONTACT_REMOVED), marked)
        marked = _PHONE.sub(_take_phone(parted), marked)
    for number, link in enumerate(links):
        marked = marked.replace(_mark(number), link)
    if parted.found:
        parted.masked = marked.replace(TAKEN, MASK)
        parted.text = _tidy(marked)
    return parted


def masked(text: str) -> str:
    """The text as an issue may show it."""
    return separate(text).masked


def without_secret_part(link: str) -> tuple[str, bool]:
    """A link without its passcode, and whether it had one. Only the query and fragment are touched."""
    if "=" not in link and "%" not in link:
        return link, False
    if alone := _ONLY_SECRET.fullmatch(link):
        return alone[1], True
    try:
        parts = urlsplit(link)
    except ValueError:
        return link, False
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name.lower() not in SECRET_PARTS]
    had = len(query) != len(parse_qsl(parts.query, keep_blank_values=True))
    fragment_names = {name.lower() for name, _ in parse_qsl(parts.fragment)}
    fragment = "" if fragment_names & SECRET_PARTS else parts.fragment
    if not had and fragment == parts.fragment:
        return link, False
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), fragment)), True


def _mark(number: int) -> str:
    """A link's place while the rest is searched; private-use characters, so that no digit of a link is taken for a number to ring."""
    return "\ue000" + "".join(chr(0xE010 + int(digit)) for digit in str(number)) + "\ue001"


def _set_links_aside(text: str, parted: Separated, *, users_too: bool) -> tuple[str, list[str]]:
    links: list[str] = []

    def aside(found: re.Match[str]) -> str:
        link = found[0].rstrip(".,;:!?)")
        public, had = without_secret_part(link)
        if users_too and (named := _USER.match(public)):
            public, had = named[1] + public[named.end() :], True
        if had:
            parted.found.add(IssueCode.SECRET_REMOVED)
            parted.full_link = parted.full_link or link
        links.append(public)
        return _mark(len(links) - 1) + found[0][len(link) :]

    return _LINK.sub(aside, re.sub("[\ue000-\ue020]", "", text)), links


def _take(parted: Separated, code: IssueCode, keep_as: str | None = None) -> Callable[[re.Match[str]], str]:
    def take(found: re.Match[str]) -> str:
        parted.found.add(code)
        if keep_as and not getattr(parted, keep_as):
            secret = found[1] if found.re.groups else found[0]
            setattr(parted, keep_as, secret.strip().rstrip(".") or None)
        return TAKEN

    return take


def _take_named_id(parted: Separated) -> Callable[[re.Match[str]], str]:
    take = _take(parted, IssueCode.SECRET_REMOVED, "meeting_id")
    return lambda found: take(found) if re.search(r"\d", found[1]) else found[0]


def _take_phone(parted: Separated) -> Callable[[re.Match[str]], str]:
    """Ten to fifteen digits are a number to ring; eleven or ten where it begins with 0."""
    take = _take(parted, IssueCode.CONTACT_REMOVED)

    def take_number(found: re.Match[str]) -> str:
        digits = sum(character.isdigit() for character in found[0])
        most = 11 if found[0].startswith("0") else 15
        return take(found) if 10 <= digits <= most else found[0]

    return take_number


def _tidy(marked: str) -> str:
    """Without the marks, and without the brackets, blanks and commas that stood only round them."""
    text = _DANGLING.sub("", marked)
    text = re.sub(r"[^\S\n]+([,.;:!?)])", r"\1", text)
    text = re.sub(r"([,;:])(?:[^\S\n]*[,;:])+", r"\1", text)
    lines = [re.sub(r"[^\S\n]{2,}", " ", line).strip(" ,;:–-") for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
