"""Bytes into text, and text into plain text: encodings, markup, entities, control characters, lengths (meetings 4.1)."""

import codecs
import html
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from matcher.domain.feed_issue import ErrorKind

NAME_MOST = 255
NOTES_MOST = 4000
TEXT_MOST = 500
RAW_MOST = 16_000
"""What is looked at of one cell: four times the longest that is kept, so that a hostile cell costs little."""
SHORT_MOST, SHORT_KEPT = 300, 4096
"""Of what was read in a text before: how long it may be to be known again, and how many are. Rows of one feed share much of what they say."""
CHALLENGES = ("cdn-cgi/challenge-platform", "checking your browser", "enable cookies")

_PAGE = re.compile(r"<\s*(?:!doctype\s+html|html|head|body|title|meta|script|div)\b", re.IGNORECASE)
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_WITH_CONTENT = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BREAK = re.compile(r"<\s*(?:br\s*/?|/\s*p)\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!?][^<>]*>", re.IGNORECASE)
_LINE_END = re.compile("\r\n?|[\x85\u2028\u2029]")
_NEEDS_WORK = re.compile(r"[<&]|  ")
_EMPTY_LINES = re.compile(r"\n{3,}")
_BLANKS = re.compile(r"[^\S\n]+")
_WORD_END = re.compile(r"\s+\S*\Z")


Said = TypeVar("Said")


def known_again(read: Callable[[str], Said]) -> Callable[[str], Said]:
    """A pure reading of one text that is not done twice for a short one; what it gives must not be changed."""
    kept = lru_cache(maxsize=SHORT_KEPT)(read)
    return lambda text: kept(text) if len(text) <= SHORT_MOST else read(text)


class FeedFault(Exception):
    """The feed as a whole cannot be read."""

    def __init__(self, kind: ErrorKind, missing_columns: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.missing_columns = missing_columns
        super().__init__(kind.value)


def decode_body(body: bytes) -> tuple[str, bool]:
    """The text of a feed, and whether its encoding was guessed. Raises FeedFault for what is no text, and for pages of HTML."""
    guessed = False
    try:
        text = body.decode("utf-16" if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        text, guessed = _decode_windows(body), True
    if "\x00" in text:
        raise FeedFault(ErrorKind.UNREADABLE)
    check_not_a_page(text)
    return text, guessed


def _decode_windows(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FeedFault(ErrorKind.UNREADABLE)
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        raise FeedFault(ErrorKind.UNREADABLE) from None


def check_not_a_page(text: str) -> None:
    """Raises FeedFault where the answer is a page for people, and tells a security service's challenge apart (meetings 3.5)."""
    start = text[:4096].lstrip()
    if not start.startswith("<") or not _PAGE.search(start):
        return
    page = text[:1_000_000].lower()
    blocked = any(words in page for words in CHALLENGES)
    raise FeedFault(ErrorKind.BLOCKED_BY_SECURITY_SERVICE if blocked else ErrorKind.HTML_PAGE)


def to_text(value: object) -> str:
    """A cell as text: numbers as they are written, whole ones without a fraction; lists, objects, booleans and nothing as ""."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30 else ""


def plain_lines(raw: str) -> str:
    """Plain text with its line breaks: no markup, entities decoded (twice if one is left), NFC, nothing hidden."""
    if raw.isascii() and raw.isprintable() and not _NEEDS_WORK.search(raw) and len(raw) <= RAW_MOST:
        return raw.strip()
    text = raw[:RAW_MOST]
    if "<" in text or "&" in text:
        text = _without_markup(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = _HIDDEN.sub("", _LINE_END.sub("\n", text)) if not text.isprintable() else text
    lines = [_BLANKS.sub(" ", line).strip() for line in text.split("\n")]
    whole = "\n".join(lines)
    return (_EMPTY_LINES.sub("\n\n", whole) if "\n\n\n" in whole else whole).strip()


def plain_line(raw: str) -> str:
    """The same on one line."""
    text = plain_lines(raw)
    return " ".join(text.split("\n")) if "\n" in text else text


def _without_markup(text: str) -> str:
    """Decoding can bring new markup to light, so it is taken out after each of the two turns."""
    for _ in range(2):
        text = html.unescape(_strip_tags(text))
    return _strip_tags(text)


def _strip_tags(text: str) -> str:
    if "<" not in text:
        return text
    text = _COMMENT.sub("", _WITH_CONTENT.sub("", text))
    return _TAG.sub("", _BREAK.sub("\n", text))


def cut_text(text: str, most: int) -> str:
    """At most so many characters, cut at a word where there is one."""
    if len(text) <= most:
        return text
    kept = text[: most + 1]
    return (_WORD_END.sub("", kept) or kept)[:most].rstrip()
