"""What a list would bring, before anything of it counts: meeting by meeting, as a coordinator looks at it. Nothing here is ever kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Any

from matcher.domain.feed_issue import ErrorKind, Issue, Run, Severity, run_of
from matcher.domain.import_matching import Matched, Update
from matcher.domain.meeting import ParsedMeeting, ParseResult

SHOWN = 100
"""Lines of one kind that a page shows; the counts are of all of them."""
HIDDEN_FIELDS = frozenset({"source_key", "join_secret_separated", "attendable", "needs_human_check", "format_ids"})
"""Changed keys that say nothing to a person, or that nobody may read here."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a meeting as it is and as the list gives it, as JSON has it."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLine:
    """One meeting of a preview. `row`: its place in the list; None for one that the list does not name."""

    row: int | None
    name: str
    iso_weekday: int | None
    start: time | None
    place: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen. `kind`: why the guards would not believe it, or why there is nothing to believe."""

    kind: ErrorKind | None
    taken: int = 0
    unchanged: int = 0
    rejected: int = 0
    skipped: int = 0
    added_count: int = 0
    changed_count: int = 0
    held_count: int = 0
    missing_count: int = 0
    added: tuple[PreviewLine, ...] = ()
    changed: tuple[PreviewLine, ...] = ()
    held: tuple[PreviewLine, ...] = ()
    missing: tuple[PreviewLine, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def run(self) -> Run:
        """How such a run would end."""
        return run_of(self.kind)

    @property
    def can_be_used(self) -> bool:
        """Whether a person may bring it in: there are meetings in it, even where the guards would stop it by itself."""
        return self.taken > 0

    @property
    def worth_a_look(self) -> tuple[Issue, ...]:
        """Refused lines first, then those a person must look at; what is only for the curious is left out."""
        grave = [issue for issue in self.issues if issue.severity is not Severity.NOTICE]
        return tuple(sorted(grave, key=lambda issue: issue.severity is not Severity.REJECTED))


def preview_of(result: ParseResult, matched: Matched, *, kind: ErrorKind | None, missing: Iterable[ParsedMeeting]) -> Preview:
    """Put a preview together. `missing`: what is kept of the meetings that the list does not name."""
    changed = [*matched.updated, *matched.restored]
    gone = list(missing)
    return Preview(
        kind=kind,
        taken=len(result.rows),
        unchanged=len(matched.unchanged),
        rejected=result.rejected,
        skipped=result.skipped,
        added_count=len(matched.added),
        changed_count=len(changed),
        held_count=len(matched.held),
        missing_count=len(gone),
        added=tuple(_line(incoming.row) for incoming in matched.added[:SHOWN]),
        changed=tuple(_changed(change) for change in changed[:SHOWN]),
        held=tuple(_changed(change) for change in matched.held[:SHOWN]),
        missing=tuple(_line(row, row_number=None) for row in gone[:SHOWN]),
        issues=result.issues,
    )


def preview_of_nothing(result: ParseResult, kind: ErrorKind) -> Preview:
    """A list that cannot be believed as it stands: only what was found in it."""
    return Preview(kind=kind, rejected=result.rejected, skipped=result.skipped, issues=result.issues)


def _changed(change: Update) -> PreviewLine:
    old, new = change.before.to_json(), change.incoming.row.to_json()
    shown = sorted(change.fields - HIDDEN_FIELDS)
    return _line(change.incoming.row, differences=tuple(Difference(name, old[name], new[name]) for name in shown))


def _line(row: ParsedMeeting, *, row_number: int | None = 0, differences: tuple[Difference, ...] = ()) -> PreviewLine:
    place = row.venue or row.address or row.town or ("online" if row.online else "")
    return PreviewLine(
        row=row.row if row_number is not None else None,
        name=row.name,
        iso_weekday=row.iso_weekday,
        start=row.start,
        place=", ".join(part for part in (place, row.outcode) if part),
        differences=differences,
    )
