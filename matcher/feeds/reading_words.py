"""What running text says about a meeting: how often it is held, for whom, and whether it still is (meetings 4.7 and 4.8)."""

import re
from dataclasses import dataclass

from matcher.domain.meeting import Audience, Status
from matcher.feeds.reading_days import DAY_PATTERN
from matcher.feeds.reading_text import known_again

_NTH = r"(?:1st|2nd|3rd|4th|5th|first|second|third|fourth|fifth|last|final)"
_NTHS = rf"{_NTH}(?:\s*(?:,|&|and|/|\+|or)\s*(?:the\s+)?{_NTH}){{0,4}}"
_ORDINAL_DAY = rf"\b{_NTHS}\s+{DAY_PATTERN}\b|\b{_NTHS}\s+weeks?\s+of\s+(?:the|each|every)\s+month\b"
_SOME_WEEKS = (
    r"\b(?:fortnightly|bi-?weekly|monthly|once an?\s+(?:month|fortnight)|twice an?\s+month|alternat(?:e|ing)\s+(?:weeks?|"
    rf"{DAY_PATTERN})|every\s+(?:other|second|2nd|third|3rd|two|2|three|3|four|4)\s+(?:weeks?|{DAY_PATTERN})|every\s+month)\b"
)
_PERIOD = re.compile(rf"{_ORDINAL_DAY}|{_SOME_WEEKS}", re.IGNORECASE)
_HAPPENS = re.compile(
    r"\b(?:open|opens|close[ds]?|speakers?|birthdays?|anniversar(?:y|ies)|business|steps?|step/traditions?|traditions?|concepts?|big\s?book|"
    r"book|literature|study|discussion|topics?|beginners?|newcomers?|candlelight|meditation|chips?|medallions?|celebrations?|conscience|"
    r"intergroup|workshop|pot\s?luck|supper|dinner|food|meal|breakfast|sponsorship|service|sharing|share|main share|chair\S*|raffle|"
    r"questions?|film|video|reading|readings|grapevine|promises|just for today|jft|os|cs|bbs)\b",
    re.IGNORECASE,
)
_AFTER_ORDINAL = re.compile(
    rf"(?:{_ORDINAL_DAY})(?:\s+(?:of|in|each|every|the|month)\b)*\s*(?:\b(?:is|are|will be|for)\b|[:–—=-])", re.IGNORECASE
)
_GROUP_MEETS = re.compile(
    rf"\bmeets?\b\s*(?:only\s*|just\s*)?(?:on\s*|every\s*|each\s*|the\s*|in\s*)*(?:{_ORDINAL_DAY}|{_SOME_WEEKS})"
    r"|\bmeets?\b.{0,40}\bexcept\b|\b(?:this|our|the group|we)\b.{0,30}\b(?:held|runs?|takes? place|meets?)\b",
    re.IGNORECASE,
)
_SIDE_MEETING = re.compile(r"\b(?:business|birthday|conscience|intergroup|anniversary|committee|steering)\b", re.IGNORECASE)
_NAME_HAPPENS = re.compile(r"\b(?:open|closed|business|birthday)\b", re.IGNORECASE)

_EVERY_DAY = re.compile(
    r"\b(?:every\s?day|(?:7|seven) days(?: a week| per week)?|seven nights a week)\b"
    r"|\bdaily\b(?!\s+(?:reflections?|reprieves?|readings?|inventory|bread|dose|meditations?|prayers?|maintenance|living|program(?:me)?|recovery))"
    rf"|\b{DAY_PATTERN}\s*(?:-|–|—|\bto\b|\bthrough\b|\bthru\b)\s*{DAY_PATTERN}\b",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\b|{_MONTH}\b|end of\b|(?:this|next)\s+(?:week|month|year)\b)"
_ENDS = r"(?:clos(?:e|ing)|end(?:ing)?|finish(?:ing)?|stop(?:ping)?|ceas(?:e|ing))"
_CLOSING = re.compile(
    rf"\b(?:will|shall|(?:is|are)(?: going to)?)\s+(?:be\s+)?{_ENDS}\b(?:\s+\w+){{0,5}}?\s+{_DATE}(?![:.]?\d*\s*[ap]m)"
    rf"|\b(?:last|final) meeting\s+(?:will be|is|is on|will be on|on)\b.{{0,20}}{_DATE}"
    rf"|\bclos(?:es|ing)\s+(?:down\s+)?(?:on|from|after|at the)\s+(?:the\s+)?{_DATE}(?!\s*[:.]?\d*\s*[ap]m)",
    re.IGNORECASE,
)

_REOPENED = re.compile(
    r"\b(?<!not yet )(?<!not )(?:re-?opened|opened again|(?:has|have|is|are) (?:now )?open again|back open)\b", re.IGNORECASE
)
_GONE = re.compile(
    r"\b(?:closed down|permanently closed|closed permanently|has (?:now )?closed|has (?:now )?ended|ended on|ended\s+\d"
    r"|no longer (?:meets|meeting)(?!\s+(?:in\s+person|in\s+the|at|on|here|face))|no longer exists)\b",
    re.IGNORECASE,
)
_FOR_NOW = re.compile(
    r"\b(?:(?:temporar(?:il)?y|currently)\s+(?:closed|suspended|not meeting|closure)|closed\s+(?:temporarily|for now)|temporary closure|suspended|"
    r"until further notice)\b",
    re.IGNORECASE,
)

_STATUS_STEMS = re.compile("open|clos|suspend|notice|ended|no longer|not meeting")
_PERIOD_STEMS = re.compile("1st|2nd|3rd|4th|5th|first|second|third|fourth|fifth|last|final|weekly|month|fortnight|alternat|every|xcept")
_DAY_STEMS = re.compile("every|daily|seven|7|(?:mon|tue|wed|thu|fri|sat|sun)")
"""In small letters: what the patterns above need somewhere. A hundred thousand notes are looked through, and few hold any of it."""
_ENDING_STEMS = re.compile("clos|end|finish|stop|ceas|last meeting|final meeting")

_KIND = r"(?:meetings?|discussions?|stud(?:y|ies)|groups?|speakers?|a\.?a\.?|n\.?a\.?|c\.?a\.?|steps?|big\s?book|beginners?)"
_OPEN = re.compile(
    rf"\bopen(?:\s+[\w/&-]+){{0,3}}\s+{_KIND}\b|\bopen\s+{_KIND}\b"
    r"|\bopen to (?:all|any ?one|every ?one|every ?body|the public|public|famil(?:y|ies)|friends|visitors|non|professionals|students|supporters)"
    r"|^\W*open\W*$|\b(?:is|are|now)\s+open\b(?!\s+(?:at|from|again|until))|\(open\)",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    rf"\bclosed?(?:\s+[\w/&-]+){{0,3}}\s+{_KIND}\b|\bclosed\s+{_KIND}\b|\bclosed to\b|^\W*closed\W*$|\(closed\)|\botherwise closed\b"
    r"|\bclosed\b.{0,40}\bopen|\bopen\b.{0,60}\bclosed\b",
    re.IGNORECASE,
)
_ON_ASKING = re.compile(
    r"\bclosed\b.{0,40}\b(?:can|may|could)\b.{0,20}\bopen|\bopen(?:ed)?\b.{0,20}\b(?:on|by|upon) (?:request|asking)", re.IGNORECASE
)
_DOTTED_DAY = re.compile(rf"\b({DAY_PATTERN})\.(?=\s)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+|\s*;\s*")


@dataclass(frozen=True, slots=True)
class Told:
    """An audience that text tells, with the sentence kept where it is an exception.

    `only_open_weeks`: sentences name weeks that are open and none that is closed, which takes nothing from a row marked open.
    """

    audience: Audience | None = None
    note: str | None = None
    only_open_weeks: bool = False


TOLD_NOTHING = Told()


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text; "Last Wed. of the month" is one."""
    found = (part.strip() for part in _SENTENCE_END.split(_DOTTED_DAY.sub(r"\1", text)))
    return [part for part in found if part]


def is_held_in_some_weeks(name: str, *texts: str) -> str | None:
    """The sentence that says the meeting itself is held in some weeks only; None where the words are about what happens in a week."""
    if _PERIOD_STEMS.search(name.lower()) and _PERIOD.search(name) and not _NAME_HAPPENS.search(name):
        return name
    return next((sentence for text in texts if (sentence := _some_weeks_in(text))), None)


@known_again
def _some_weeks_in(text: str) -> str | None:
    low = text.lower()
    if not _PERIOD_STEMS.search(low) or (not _PERIOD.search(text) and "xcept" not in low):
        return None
    return next((sentence for sentence in sentences(text) if _says_some_weeks(sentence)), None)


def _says_some_weeks(sentence: str) -> bool:
    if not _PERIOD.search(sentence) or _SIDE_MEETING.search(sentence):
        return False
    if _GROUP_MEETS.search(sentence):
        return True
    return not _HAPPENS.search(sentence) and not _AFTER_ORDINAL.search(sentence)


def says_many_days(*texts: str) -> str | None:
    """The words in a name or note that speak of more days than the row has."""
    return next((words for text in texts if (words := _many_days_in(text))), None)


@known_again
def _many_days_in(text: str) -> str | None:
    found = _EVERY_DAY.search(text) if _DAY_STEMS.search(text.lower()) else None
    return found[0] if found else None


def says_closing(*texts: str) -> str | None:
    """The words that give a date in the future on which it ends."""
    return next((words for text in texts if (words := _closing_in(text))), None)


@known_again
def _closing_in(text: str) -> str | None:
    found = _CLOSING.search(text) if _ENDING_STEMS.search(text.lower()) else None
    return found[0] if found else None


def told_status(*texts: str) -> Status | None:
    """What status words say; "closed" by itself is an audience and says nothing here. Opened again is stronger than closed."""
    told = {status for text in texts if text and (status := _status_in(text))}
    return next((status for status in (Status.ACTIVE, Status.CLOSED, Status.TEMPORARILY_CLOSED) if status in told), None)


@known_again
def _status_in(text: str) -> Status | None:
    if not _STATUS_STEMS.search(text.lower()):
        return None
    patterns = ((_REOPENED, Status.ACTIVE), (_GONE, Status.CLOSED), (_FOR_NOW, Status.TEMPORARILY_CLOSED))
    return next((status for pattern, status in patterns if pattern.search(text)), None)


def told_audience(*texts: str) -> Told:
    """For whom it is, from running text. A sentence that differs by week, or a closed meeting opened on asking: closed, with the sentence."""
    plain: Audience | None = None
    for text in texts:
        told = _audience_in(text)
        if told.note:
            return told
        if told.audience is Audience.CLOSED or plain is None:
            plain = told.audience or plain
    return Told(plain) if plain else TOLD_NOTHING


@known_again
def _audience_in(text: str) -> Told:
    plain: Audience | None = None
    if "open" not in (low := text.lower()) and "close" not in low:
        return TOLD_NOTHING
    for sentence in sentences(text):
        if _ON_ASKING.search(sentence) and "closed" in sentence.lower():
            return Told(Audience.CLOSED, sentence)
        if _PERIOD.search(sentence) and _speaks_of_audience(sentence):
            return Told(Audience.CLOSED, sentence, only_open_weeks=not re.search(r"close|except|otherwise|only", low))
        if _CLOSED.search(sentence):
            plain = Audience.CLOSED
        elif _OPEN.search(sentence):
            plain = plain or Audience.OPEN
    return Told(plain)


def _speaks_of_audience(sentence: str) -> bool:
    return bool(re.search(r"\b(?:open|closed?)\b", sentence, re.IGNORECASE)) and not told_status(sentence) and not _CLOSING.search(sentence)
