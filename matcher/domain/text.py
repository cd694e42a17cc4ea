"""Text that people type: what each kind of line may hold, checked and normalised in one place. Sentences about refusals are not here."""

import re
import unicodedata
from typing import Any

from matcher.domain.postcode import postcodes_in, spell_outcode

NAME_MOST = 40
LINE_MOST = 200
EMAIL_MOST = 254  # RFC 5321: the longest forward path without its brackets
PHONE_MOST = 40
RECOGNISE_MOST = 60
MARKS_IN_A_ROW = 3
DIGITS_IN_A_NAME = 7
DIGITS_TO_RECOGNISE = 5  # shorter than any telephone number, longer than a year or a bus

_REFUSED = {"Cc": "control", "Cf": "hidden", "Co": "private", "Cs": "broken", "Zl": "line_break", "Zp": "line_break"}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = "\u200c\u200d"
_JOINING_SCRIPTS = ((0x0600, 0x08FF), (0x0900, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x18AF), (0xA840, 0xA87F), (0xA8E0, 0xA8FF))
_BETWEEN_DIGITS = r"[ \-./()]{0,3}"
_TEN_DIGITS = re.compile(r"(?<![0-9])(?:[0-9]" + _BETWEEN_DIGITS + r"){9}[0-9](?![0-9])")
_GROUPED = re.compile(r"(?<![0-9])[0-9]{3}[ \-.][0-9]{3}[ \-.][0-9]{4}(?![0-9])")
_ENDINGS = "com|org|net|uk|co|info|biz|io|me|app|ly|gg|tk|to|link|site|online|xyz|dev|eu|ie|de|fr|nl|es|it|pl|ru|cn|cymru|wales|scot|london"
_WEB = re.compile(rf"://|\bwww\.|\bxn--|[\w-]{{2}}\.(?:{_ENDINGS})(?![\w-])|[\w-]\.(?:{_ENDINGS})/", re.I)
_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")


class BadText(ValueError):
    """This text cannot be taken as it is."""

    def __init__(self, code: str, **limits: Any) -> None:
        self.code = code
        self.limits = limits
        super().__init__(code)


def clean_line(text: str, most: int = LINE_MOST) -> str:
    """One line of at most `most` characters, trimmed, NFC, runs of spaces made one. Raises BadText."""
    line = _bounded(text, most)
    _check_characters(line)
    line = re.sub(r"[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+", " ", line).strip(" ")
    return _measured(line, most)


def clean_note(text: str, most: int = 2000) -> str:
    """Plain text of several lines, at most `most` characters, with line feeds only. Raises BadText."""
    note = _bounded(text, most).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    _check_characters(note.replace("\n", " "))
    lines = [line.rstrip(" \u00a0") for line in note.split("\n")]
    return _measured(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(" \n"), most)


def clean_name(text: str, most: int = NAME_MOST) -> str:
    """A first name or alias in any script. Raises BadText for what would identify or reach somebody, or break a letter."""
    name = clean_line(text, most)
    _check_marks(name)
    _check_reaches_nobody(name, DIGITS_IN_A_NAME)
    if find_full_postcode(name):
        raise BadText("postcode")
    return name


def clean_reference(text: str, most: int = NAME_MOST) -> str:
    """A provider's own reference for somebody: one line that is no NHS number, address or postcode. Raises BadText."""
    reference = clean_line(text, most)
    plain = _plain(reference)
    if looks_like_nhs_number(reference):
        raise BadText("nhs_number")
    if "@" in plain:
        raise BadText("at_sign")
    if find_full_postcode(reference):
        raise BadText("postcode")
    return reference


def clean_recognise_me(text: str) -> str:
    """The one free line that reaches the other person ("blue coat"): no number, address or link. Raises BadText."""
    line = clean_line(text, RECOGNISE_MOST)
    _check_marks(line)
    _check_reaches_nobody(line, DIGITS_TO_RECOGNISE)
    return line


def clean_email(text: str) -> str:
    """Exactly one address, in lower case. Raises BadText: a comma, bracket, space or line break could make a second recipient."""
    address = text.strip(" ")
    if not address:
        raise BadText("empty")
    if len(address) > EMAIL_MOST:
        raise BadText("too_long", most=EMAIL_MOST)
    _check_characters(address)
    if any(c in address for c in ",;") or address.count("@") > 1:
        raise BadText("two_addresses")
    address = address.lower()
    if not _EMAIL.fullmatch(address):
        raise BadText("not_an_address")
    return address


def clean_phone(text: str) -> str:
    """A telephone number, kept as typed. Raises BadText unless it holds 3 to 20 digits and no address."""
    number = clean_line(text, PHONE_MOST)
    digits = sum(c.isdigit() for c in _plain(number))
    if not 3 <= digits <= 20 or "@" in number or _WEB.search(_plain(number)):
        raise BadText("not_a_number_to_ring")
    return number


def clean_district(text: str) -> str:
    """A postcode district such as M14. A full postcode is refused, with its district in `limits`. Raises BadText."""
    line = clean_place(text, NAME_MOST)
    district = spell_outcode(line)
    if district is None:
        raise BadText("not_a_district")
    return district


def clean_place(text: str, most: int = 60) -> str:
    """A town or a postcode district, as typed. A full postcode is refused, with its district in `limits`. Raises BadText."""
    line = clean_line(text, most)
    full = find_full_postcode(line)
    if full:
        raise BadText("full_postcode", district=full)
    return line


def clean_code(text: str, digits: int = 6) -> str:
    """A typed code: exactly so many digits; spaces and hyphens that came with a paste are dropped. Raises BadText."""
    code = re.sub(r"[ \-]", "", _plain(clean_line(text, NAME_MOST)))
    if not re.fullmatch(rf"[0-9]{{{digits}}}", code):
        raise BadText("not_a_code", digits=digits)
    return code


def find_full_postcode(text: str) -> str | None:
    """The district of the first full postcode in a text, or None."""
    return next((code.split(" ")[0] for code in postcodes_in(_plain(text))), None)


def looks_like_nhs_number(text: str) -> bool:
    """Ten digits that pass the NHS number's modulo 11 check, however spaced, or any ten digits grouped 3-3-4."""
    plain = _plain(text)
    return bool(_GROUPED.search(plain)) or any(_passes_modulo_11(found.group()) for found in _TEN_DIGITS.finditer(plain))


def without_hidden(text: str) -> str:
    """A refused answer made safe to show again on the page it came from: control, bidi and broken characters left out."""
    return "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c in _JOINERS or unicodedata.category(c) not in _REFUSED)


def _bounded(text: str, most: int) -> str:
    """NFC, after a cheap bound on the raw length: nothing slow ever sees a long text (NFC grows a text threefold at most)."""
    if len(text) > 4 * most + 256:
        raise BadText("too_long", most=most)
    return unicodedata.normalize("NFC", text)


def _measured(text: str, most: int) -> str:
    if not text:
        raise BadText("empty")
    if len(text) > most:
        raise BadText("too_long", most=most)
    return text


def _check_characters(line: str) -> None:
    for place, character in enumerate(line):
        code = _REFUSED.get(unicodedata.category(character))
        if code is None or (character in _JOINERS and _joins(line, place)):
            continue
        if character in "\r\n\x85":
            code = "line_break"
        raise BadText("bidi" if character in _BIDI else code)


def _joins(line: str, place: int) -> bool:
    """Whether a joiner stands where writing needs it: between letters of a joining script, or (U+200D) between parts of an emoji."""
    before = line[:place].rstrip("\ufe0f")[-1:]
    after = line[place + 1 : place + 2]
    if not before or not after:
        return False
    if line[place] == "\u200d" and unicodedata.category(before) in ("So", "Sk") and unicodedata.category(after) == "So":
        return True
    return all(any(low <= ord(c) <= high for low, high in _JOINING_SCRIPTS) for c in (before, after))


def _check_marks(line: str) -> None:
    row = 0
    for character in line:
        row = row + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if row > MARKS_IN_A_ROW:
            raise BadText("marks", most=MARKS_IN_A_ROW)


def _check_reaches_nobody(line: str, digits: int) -> None:
    plain = _plain(line)
    if "@" in plain:
        raise BadText("at_sign")
    if _WEB.search(plain):
        raise BadText("web_address")
    if looks_like_nhs_number(line):
        raise BadText("nhs_number")
    if re.search(rf"(?:[0-9]{_BETWEEN_DIGITS}){{{digits - 1}}}[0-9]", plain):
        raise BadText("digits", most=digits - 1)


def _plain(text: str) -> str:
    """The text as a pattern should see it: wide, circled and foreign digits as 0-9, wide letters and full stops as plain ones."""
    folded = unicodedata.normalize("NFKC", text).replace("\u3002", ".")
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded if c not in _JOINERS)


def _passes_modulo_11(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    check = 11 - sum(digit * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return len(set(digits)) > 1 and check % 11 == digits[9]
