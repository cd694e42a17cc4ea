"""Keys of rows, unique over a feed: repeats are skipped, and rows that share a key with other content keep it with a mark (meetings 4.9)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from matcher.domain.feed_issue import Issue, IssueCode, severity_of
from matcher.domain.meeting import JoinDetails, ParsedMeeting, content_hash


@dataclass(slots=True)
class Settled:
    """The meetings with their final keys, their separated ways in by key, and what was found."""

    rows: list[ParsedMeeting] = field(default_factory=list)
    joins: dict[str, JoinDetails] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    skipped: int = 0


def synthetic_key(*parts: str) -> str:
    """A key for a row that has none: the same name, day, start and place give the same key."""
    return "x-" + hashlib.sha256("\x1f".join(part.casefold() for part in parts).encode()).hexdigest()[:12]


def settle_keys(meetings: Sequence[tuple[ParsedMeeting, JoinDetails]]) -> Settled:
    """Each key once. Of exact repeats the first is kept; the same key with other content is marked in all of them, so that order is nothing."""
    by_key: dict[str, list[int]] = {}
    for place, (meeting, _) in enumerate(meetings):
        by_key.setdefault(meeting.source_key, []).append(place)
    shared = {key: places for key, places in by_key.items() if len(places) > 1}
    hashes = {place: content_hash(meetings[place][0]).hex() for places in shared.values() for place in places}
    differing = {key for key, places in shared.items() if len({hashes[place] for place in places}) > 1}
    settled, seen = Settled(), set[tuple[str, str]]()
    taken = set(by_key)
    for place, (meeting, joins) in enumerate(meetings):
        if place in hashes:
            key, content = meeting.source_key, hashes[place]
            if (key, content) in seen:
                settled.skipped += 1
                settled.issues.append(_issue(meeting, IssueCode.DUPLICATE_ROW))
                continue
            seen.add((key, content))
            if key in differing:
                settled.issues.append(_issue(meeting, IssueCode.DUPLICATE_KEY))
                meeting = replace(meeting, source_key=_marked(key, content, taken), needs_human_check=True)
                taken.add(meeting.source_key)
        settled.rows.append(meeting)
        if joins:
            settled.joins[meeting.source_key] = joins
    return settled


def _marked(key: str, content: str, taken: set[str]) -> str:
    """The key with eight digits of its content, or with more where another row's own key happens to be that."""
    lengths = range(8, len(content) + 1)
    return next((marked for n in lengths if (marked := f"{key}~{content[:n]}") not in taken), f"{key}~{content}~")


def _issue(meeting: ParsedMeeting, code: IssueCode) -> Issue:
    return Issue(meeting.row, None, meeting.source_key, None, code, meeting.source_key[:80], severity_of(code))
