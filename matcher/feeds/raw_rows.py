"""A row as a format's adapter hands it over, and the row while it is being read: its texts, what is noted about it, what was taken out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from matcher.domain.feed_issue import VALUE_MOST, Issue, IssueCode, Severity, severity_of
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import JoinDetails
from matcher.feeds.reading_days import DayCount
from matcher.feeds.reading_text import NOTES_MOST, RAW_MOST, TEXT_MOST, cut_text, plain_line, plain_lines, to_text
from matcher.feeds.separating_secrets import MASK, Separated, masked, separate

NO_JOINS = JoinDetails()
LINE_MOST, LINES_MOST, KNOWN_MOST = 100, 300, 50_000
"""Texts that are worth knowing again: lines and texts of several lines as long, and as many of each. No longer than any limit of a field."""


class Source(NamedTuple):
    """Where a value stands: the feed's own name of the field, and the letter of a table's column."""

    field: str
    column: str | None = None


class RawRow(NamedTuple):
    """One row by our words for its fields. `row`: 1 for the first element of JSON, the line a person sees of a table.

    `day_count`: where this row counts its days otherwise than its feed. `refusals`: what its adapter found, as code and word.
    """

    row: int
    values: Mapping[str, object]
    sources: Mapping[str, Source]
    day_count: DayCount | None = None
    refusals: tuple[tuple[IssueCode, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read: what the format means by its values, and what the source has set.

    `from_cells`: values are cells of a table, where numbers may be fractions of a day, day counts (from 1904 if `from_1904`) and "12.0".
    `only_own_street`: a place has its street in the field made for it. `place_needs_postcode`: no place without one.
    `plain_known`, `public_known`, `lines_known`: short texts of this feed that were cleaned before, and those in which there was nothing to
    take out, as one line and as several.
    `fingerprints`: what the feed says is wanted as one number too; `is_glance`: nothing else is, and no row is read.
    `type_list`: whose codes it uses, if not the fellowship's own. `refusal_codes`: the format's own names of reasons to refuse a row.
    """

    fellowship: Fellowship
    timezone: str = "Europe/London"
    date_order: str = "dmy"
    day_count: DayCount = DayCount.SUNDAY_0
    from_cells: bool = False
    from_1904: bool = False
    needs_day_and_time: bool = False
    synthesises_keys: bool = False
    only_own_street: bool = False
    place_needs_postcode: bool = False
    type_list: Fellowship | None = None
    refusal_codes: Mapping[IssueCode, IssueCode] = field(default_factory=dict)
    fingerprints: bool = False
    is_glance: bool = False
    plain_known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    public_known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    lines_known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)


@dataclass(slots=True)
class RowInHand:
    """One row while it is read. Every text that leaves it has been cleaned, parted from its secrets and cut."""

    raw: RawRow
    reading: Reading
    refusals: list[tuple[IssueCode, str | None, str | None]] = field(default_factory=list)
    noted: dict[tuple[IssueCode, str | None, str | None], None] = field(default_factory=dict)
    key: str | None = None
    meeting_id: str | None = None
    passcode: str | None = None
    dial_in: str | None = None
    full_link: str | None = None

    def value(self, word: str) -> object:
        """The value as the feed has it; None if it is absent."""
        return self.raw.values.get(word)

    def is_empty(self, word: str) -> bool:
        """Whether there is nothing in it. 0 is a value."""
        value = self.raw.values.get(word)
        return value is None or (not value.strip() if isinstance(value, str) else value == [])

    def plain(self, word: str) -> str:
        """One plain line that is only looked at, never shown: a key, a code, a time."""
        value = self.raw.values.get(word)
        if value is None:
            return ""
        text = value if isinstance(value, str) else to_text(value)
        known = self.reading.plain_known
        plain = known.get(text)
        if plain is None:
            plain = plain_line(text)
            if len(text) <= LINE_MOST and len(known) < KNOWN_MOST:
                known[text] = plain
        return plain

    def line(self, word: str, most: int = TEXT_MOST) -> str | None:
        """One public line."""
        value = self.raw.values.get(word)
        return self.line_of(word, value, most) if value is not None else None

    def line_of(self, word: str, value: object, most: int = TEXT_MOST) -> str | None:
        """The same of one part of a field."""
        raw = value if isinstance(value, str) else to_text(value)
        known = self.reading.public_known
        if (before := known.get(raw)) is not None:
            return before or None
        text = plain_line(raw)
        parted = separate(text)
        if len(raw) <= LINE_MOST and not parted.found and len(known) < KNOWN_MOST:
            known[raw] = text
        return self._public(word, parted, most, is_cut=len(raw) > RAW_MOST) if text else None

    def lines(self, word: str) -> str | None:
        """A public text with its line breaks."""
        value = self.raw.values.get(word)
        if value is None or value == "":
            return None
        raw = value if isinstance(value, str) else to_text(value)
        known = self.reading.lines_known
        if (before := known.get(raw)) is not None:
            return before or None
        text = plain_lines(raw)
        parted = separate(text)
        if len(raw) <= LINES_MOST and not parted.found and len(known) < KNOWN_MOST:
            known[raw] = text
        return self._public(word, parted, NOTES_MOST, is_cut=len(raw) > RAW_MOST) if text else None

    def _public(self, word: str, parted: Separated, most: int, *, is_cut: bool) -> str | None:
        if parted.found:
            self.take(parted)
            for code in sorted(parted.found):
                self.note(code, word, excerpt(parted.masked))
        if is_cut or len(parted.text) > most:
            self.note(IssueCode.TEXT_CUT, word, parted.text)
        return cut_text(parted.text, most) or None

    def take(self, parted: Separated) -> None:
        """Keeps ways in that were taken out; the first of each sort stays."""
        self.meeting_id = self.meeting_id or parted.meeting_id
        self.passcode = self.passcode or parted.passcode
        self.dial_in = self.dial_in or parted.dial_in
        self.full_link = self.full_link or parted.full_link

    @property
    def joins(self) -> JoinDetails:
        """The ways in that are kept apart."""
        if not (self.meeting_id or self.passcode or self.dial_in or self.full_link):
            return NO_JOINS
        return JoinDetails(self.meeting_id, self.passcode, self.dial_in, self.full_link)

    def refuse(self, code: IssueCode, word: str | None = None) -> None:
        """Notes a reason for which the row is not taken, by the format's own code for it."""
        self.refusals.append((self.reading.refusal_codes.get(code, code), word, self._shown(word)))

    def note(self, code: IssueCode, word: str | None = None, value: str | None = None) -> None:
        """Notes something about a row that is taken; the same once only."""
        self.noted[code, word, value if value is not None else self._shown(word)] = None

    def _shown(self, word: str | None) -> str | None:
        value = self.value(word) if word else None
        if value is None or value == "":
            return None
        return to_text(value) or str(value)[:VALUE_MOST]

    def issues(self) -> list[Issue]:
        """What is said about this row: for a refused one only the reasons."""
        if not self.refusals and not self.noted:
            return []
        entries = [(entry, Severity.REJECTED) for entry in self.refusals] or [(entry, severity_of(entry[0])) for entry in self.noted]
        return [self._issue(*entry, severity) for entry, severity in entries]

    def _issue(self, code: IssueCode, word: str | None, value: str | None, severity: Severity) -> Issue:
        name, column = (self.raw.sources.get(word) if word else None) or (None, None)
        return Issue(self.raw.row, column, self.key, name, code, shown_value(value), severity)


def excerpt(text: str) -> str:
    """The part of a masked text round its first mask, short enough to be shown."""
    return text[max(0, text.find(MASK) - VALUE_MOST // 2) :]


def shown_value(value: str | None) -> str | None:
    """A value as an issue shows it: one plain line without secrets and contacts, at most 80 characters."""
    text = masked(plain_line(value[:1000])) if value else ""
    return text[:VALUE_MOST] or None
