"""Which row of a feed is which known meeting (meetings 7.1). Pure: what follows from it is in the action that imports."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from matcher.domain.known_meeting import Incoming, KnownMeeting
from matcher.domain.meeting import ParsedMeeting
from matcher.domain.meeting_change import changed_fields, is_another_meeting, plan_changes


@dataclass(frozen=True, slots=True)
class Update:
    """A known meeting that its source names with something new; nothing new where it was only missing. `fields`: keys of a row."""

    known: KnownMeeting
    incoming: Incoming
    before: ParsedMeeting
    fields: frozenset[str]
    concerns_plans: frozenset[str]


@dataclass(slots=True)
class Matched:
    """Every row and every known meeting of a source, each in one list. `ambiguous`: rows that could be several missing ones, and were added."""

    unchanged: list[KnownMeeting] = field(default_factory=list)
    updated: list[Update] = field(default_factory=list)
    restored: list[Update] = field(default_factory=list)
    held: list[Update] = field(default_factory=list)
    added: list[Incoming] = field(default_factory=list)
    refused: list[KnownMeeting] = field(default_factory=list)
    missing: list[KnownMeeting] = field(default_factory=list)
    ambiguous: int = 0

    @property
    def changes_of_plan(self) -> int:
        """Known meetings whose day, start, zone, place, link or status the feed now gives otherwise; a mere new key is none, nor one held already."""
        changes = (*self.updated, *self.restored, *(change for change in self.held if not change.known.is_held))
        return sum(bool(change.concerns_plans) for change in changes)


def who_to_read(
    rows: Iterable[Incoming], known: Mapping[str, KnownMeeting], refused: Collection[str], joins: Mapping[UUID, dict[str, str]]
) -> set[UUID]:
    """The meetings whose kept row `match_rows` must see: those that differ, those that were missing or held, those that no row names."""
    named = {incoming.row.source_key: incoming for incoming in rows}
    wanted = set[UUID]()
    for key, meeting in known.items():
        incoming = named.get(key)
        if incoming is None:
            if key not in refused:
                wanted.add(meeting.id)
        elif not _is_same(incoming, meeting, joins) or _was_away(meeting):
            wanted.add(meeting.id)
    return wanted


def _is_same(incoming: Incoming, meeting: KnownMeeting, joins: Mapping[UUID, dict[str, str]]) -> bool:
    return incoming.content_hash == meeting.content_hash and incoming.joins == joins.get(meeting.id)


def _was_away(meeting: KnownMeeting) -> bool:
    return meeting.is_missing or meeting.is_held or not meeting.is_live


def match_rows(
    rows: Sequence[Incoming],
    known: Mapping[str, KnownMeeting],
    *,
    said: Mapping[UUID, ParsedMeeting],
    refused: Collection[str],
    joins: Mapping[UUID, dict[str, str]],
) -> Matched:
    """Sort every row and every known meeting. `said`: the kept rows of those that `who_to_read` names; `joins`: what each source said last."""
    matched, strangers, named = Matched(), list[Incoming](), set[str]()
    for incoming in rows:
        key = incoming.row.source_key
        named.add(key)
        meeting = known.get(key)
        if meeting is None:
            strangers.append(incoming)
        elif _is_same(incoming, meeting, joins) and not _was_away(meeting):
            matched.unchanged.append(meeting)
        else:
            _sort_known(matched, meeting, incoming, said[meeting.id], joins=joins.get(meeting.id))
    missing = [meeting for key, meeting in known.items() if key not in named and key not in refused]
    matched.refused = [meeting for key, meeting in known.items() if key in refused and key not in named]
    moved = _sort_strangers(matched, strangers, missing, said)
    matched.missing = [meeting for meeting in missing if meeting.id not in moved]
    return matched


def _sort_known(
    matched: Matched, meeting: KnownMeeting, incoming: Incoming, before: ParsedMeeting, *, joins: dict[str, str] | None
) -> None:
    change = _update(meeting, incoming, before, joins)
    if is_another_meeting(before, incoming.row):
        matched.held.append(change)
    elif meeting.is_missing or not meeting.is_live:
        matched.restored.append(change)
    else:
        matched.updated.append(change)


def _update(
    meeting: KnownMeeting, incoming: Incoming, before: ParsedMeeting, joins: dict[str, str] | None, *, moved: bool = False
) -> Update:
    fields, concerns = changed_fields(before, incoming.row), plan_changes(before, incoming.row)
    if not moved and incoming.joins != joins:
        fields |= {"join_secret_separated"}
    return Update(meeting, incoming, before, fields | ({"source_key"} if moved else set()), concerns)


Likeness = tuple[str, int | None, object]


def _identity(row: ParsedMeeting) -> Likeness:
    return row.name, row.iso_weekday, row.start


def _is_same_place(one: ParsedMeeting, other: ParsedMeeting) -> bool:
    same_district = one.outcode is not None and one.outcode == other.outcode
    return same_district or (one.conference_url is not None and one.conference_url == other.conference_url)


def _sort_strangers(
    matched: Matched, strangers: list[Incoming], missing: list[KnownMeeting], said: Mapping[UUID, ParsedMeeting]
) -> set[UUID]:
    """Rows with an unknown key: the one missing meeting they must be, else new. Two rows that claim one meeting both count as new."""
    alike: dict[Likeness, list[KnownMeeting]] = defaultdict(list)
    for meeting in missing:
        alike[_identity(said[meeting.id])].append(meeting)
    claims: dict[UUID, int] = defaultdict(int)
    candidates: list[list[KnownMeeting]] = []
    for incoming in strangers:
        found = [m for m in alike.get(_identity(incoming.row), ()) if _is_same_place(said[m.id], incoming.row)]
        candidates.append(found)
        for meeting in found:
            claims[meeting.id] += 1
    moved = set[UUID]()
    for incoming, found in zip(strangers, candidates, strict=True):
        if len(found) == 1 and claims[found[0].id] == 1:
            meeting = found[0]
            moved.add(meeting.id)
            change = _update(meeting, incoming, said[meeting.id], None, moved=True)
            (matched.restored if meeting.is_missing or not meeting.is_live else matched.updated).append(change)
        else:
            matched.added.append(incoming)
            matched.ambiguous += bool(found)
    return moved
