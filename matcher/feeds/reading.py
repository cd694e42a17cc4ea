"""A feed's rows into meetings, the same for every format: each row read or refused, then points and keys settled over the whole feed."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matcher.domain.feed_issue import ErrorKind, Issue, IssueCode, severity_of
from matcher.domain.meeting import JoinDetails, ParsedMeeting, ParseResult, Schedule, Status, is_attendable
from matcher.feeds.fingerprint import Fingerprint
from matcher.feeds.raw_rows import RawRow, Reading, RowInHand, Source, shown_value
from matcher.feeds.reading_days import feed_number
from matcher.feeds.reading_details import (
    attributes_of_row,
    audience_of_row,
    format_ids_of_row,
    note_day_words,
    notes_of_row,
    regions_of_row,
    schedule_of_row,
    types_of_row,
    updated_of_row,
    url_of_row,
    zone_of_row,
)
from matcher.feeds.reading_keys import Settled, settle_keys, synthetic_key
from matcher.feeds.reading_points import RawPoint, Setting, judge_point, shared_points
from matcher.feeds.reading_text import NAME_MOST, cut_text, plain_line, to_text
from matcher.feeds.reading_when import When, read_when
from matcher.feeds.reading_whereabouts import how_held, read_conference, read_place
from matcher.feeds.reading_words import told_status

_WHOLE_NUMBER = re.compile(r"^(\d+)\.0+$")
KEY_MOST = 1000
CHECKED = frozenset({IssueCode.TIME_24_00, IssueCode.POSSIBLY_NOT_WEEKLY, IssueCode.POSSIBLY_MANY_DAYS, IssueCode.POSSIBLY_CLOSING})
"""What a person must look at before the meeting is offered by itself."""


@dataclass(slots=True)
class Draft:
    """A row that is taken, but for what is settled over the whole feed: its keys, and whether its point is one that others share.

    Little is kept of it, because a feed may have a hundred thousand. `where`: the point's field and its values, for an issue about it.
    """

    meetings: tuple[ParsedMeeting, ...]
    joins: JoinDetails
    issues: list[Issue]
    point: RawPoint
    setting: Setting
    fault: IssueCode | None
    where: tuple[Source | None, tuple[object, ...]] | None


def read_rows(
    raws: Iterable[RawRow],
    reading: Reading,
    *,
    refused: Sequence[Issue] = (),
    noted: Sequence[Issue] = (),
    left_out: Callable[[], int] = int,
) -> ParseResult:
    """The whole feed. `refused`: rows the adapter could not even hand over, one issue each; `noted`: what it found about the feed.

    `left_out`: asked at the end, how many rows it left out because the feed itself marks them as deleted.
    """
    issues, drafts = list(refused), list[Draft]()
    fingerprint = Fingerprint() if reading.fingerprints else None
    if fingerprint and reading.is_glance:
        for raw in raws:
            fingerprint.add(raw, reading)
        return ParseResult(fingerprint=fingerprint.of([*refused, *noted], left_out()))
    rejected = len({issue.row for issue in refused})
    for raw in raws:
        if fingerprint:
            fingerprint.add(raw, reading)
        row = RowInHand(raw, reading)
        draft = read_row(row)
        if draft:
            drafts.append(draft)
        else:
            rejected += 1
            issues.extend(row.issues())
    settled = _settle(drafts)
    skipped = settled.skipped + left_out()
    for draft in drafts:
        issues.extend(draft.issues)
    issues = [*noted, *issues, *settled.issues]
    return ParseResult(
        rows=tuple(settled.rows),
        issues=tuple(sorted(issues, key=in_order)),
        rejected=rejected,
        skipped=skipped,
        error_kind=_error_kind(len(settled.rows), rejected + skipped),
        joins=settled.joins,
        fingerprint=fingerprint.of([*refused, *noted], left_out()) if fingerprint else None,
    )


def _error_kind(taken: int, others: int) -> ErrorKind | None:
    if taken:
        return None
    return ErrorKind.NO_USABLE_ROWS if others else ErrorKind.NO_ROWS


def in_order(issue: Issue) -> tuple[int, int, str]:
    """By row, then column; what is about the whole feed comes first."""
    return issue.row or 0, len(issue.column or ""), issue.column or ""


def _settle(drafts: list[Draft]) -> Settled:
    shared = shared_points((draft.point, draft.setting) for draft in drafts)
    meetings: list[tuple[ParsedMeeting, JoinDetails]] = []
    for draft in drafts:
        if shared and draft.fault is not IssueCode.INVALID_COORDINATES and draft.point.spot in shared:
            draft.fault = IssueCode.PLACEHOLDER_POINT
            draft.meetings = tuple(replace(meeting, latitude=None, longitude=None) for meeting in draft.meetings)
        if draft.fault:
            draft.issues.append(_about_point(draft, draft.fault))
        meetings.extend((meeting, draft.joins) for meeting in draft.meetings)
    return settle_keys(meetings)


def _about_point(draft: Draft, fault: IssueCode) -> Issue:
    (source, halves), point = draft.where or (None, ()), draft.point
    value = ",".join(plain_line(to_text(half)) for half in halves)
    turned = RawPoint(point.longitude, point.latitude, is_given=True)
    if fault is IssueCode.POINT_OUTSIDE_AREA and judge_point(turned, draft.setting, frozenset())[1] is None:
        value += " (halves swapped?)"
    name, column = source or (None, None)
    meeting = draft.meetings[0]
    key = meeting.source_key if len(draft.meetings) == 1 else meeting.source_key.rpartition("-")[0]
    return Issue(meeting.row, column, key, name, fault, shown_value(value), severity_of(fault))


def _where_point(row: RowInHand) -> tuple[Source | None, tuple[object, ...]]:
    if row.is_empty("latitude") and row.is_empty("longitude"):
        return row.raw.sources.get("coordinates"), (row.value("coordinates"),)
    return row.raw.sources.get("latitude"), (row.value("latitude"), row.value("longitude"))


def _meetings(when: When, fields: dict[str, Any]) -> Iterable[ParsedMeeting]:
    """One meeting for each day of the row, or the one by appointment."""
    key = fields["source_key"]
    if not when.days:
        yield ParsedMeeting(**fields)
    for day in when.days:
        fields["iso_weekday"] = day
        fields["source_key"] = key if len(when.days) == 1 else f"{key}-{feed_number(day)}"
        yield ParsedMeeting(**fields)


def read_row(row: RowInHand) -> Draft | None:
    """One row, or None where it is refused; the reasons are noted on the row."""
    key = row.plain("key")
    row.key = cut_text(_WHOLE_NUMBER.sub(r"\1", key) if row.reading.from_cells and "." in key else key, KEY_MOST) or None
    for code, word in row.raw.refusals:
        row.refuse(code, word)
    if not row.key and not row.reading.synthesises_keys:
        row.refuse(IssueCode.MISSING_KEY, "key")
    name = row.line("name", NAME_MOST)
    if not name:
        row.refuse(IssueCode.MISSING_NAME, "name")
    when = read_when(row)
    if row.refusals or not name:
        return None
    if not row.key:
        row.key = synthetic_key(name, row.plain("day"), row.plain("start"), row.plain("postcode") or row.plain("address"))
        row.note(IssueCode.SYNTHESISED_KEY, "key", row.key)
    return _draft(row, name, when)


def _draft(row: RowInHand, name: str, when: When) -> Draft:
    zone = zone_of_row(row)
    place = read_place(row, zone)
    link, phone = read_conference(row)
    notes, location_notes, travel_notes = notes_of_row(row), row.lines("location_notes"), row.lines("travel_notes")
    texts = [text for text in (notes, row.line("comment")) if text]
    types = types_of_row(row)
    told = told_status(row.plain("status_words"), *texts)
    has_way_in = bool(link.url or phone.phone or row.meeting_id)
    held = how_held(row, place, has_way_in=has_way_in, told=told, code_closed=types.is_temporarily_closed, code_online=types.says_online)
    schedule = schedule_of_row(row, when, name, [*texts, location_notes or "", place.formatted_address or ""])
    audience, audience_note = audience_of_row(row, types, texts)
    note_day_words(row, when, name, texts, in_person=held.in_person)
    fields: dict[str, Any] = {
        "row": row.raw.row,
        "source_key": row.key,
        "name": name,
        "fellowship": row.reading.fellowship,
        "start": when.start,
        "end": when.end,
        "duration_min": when.minutes,
        "duration_is_assumed": when.is_assumed,
        "timezone": zone,
        "schedule": schedule,
        "status": held.status,
        "in_person": held.in_person,
        "online": held.online,
        "venue": place.venue,
        "address": place.address,
        "formatted_address": place.formatted_address,
        "town": place.town,
        "postcode": place.code.postcode,
        "outcode": place.code.outcode,
        "conference_url": link.url,
        "conference_provider": link.provider,
        "conference_phone": phone.phone,
        "audience": audience,
        "audience_note": audience_note,
        "attributes": attributes_of_row(row, types, audience),
        "languages": tuple(sorted(types.languages)),
        "raw_types": types.raw,
        "format_ids": format_ids_of_row(row),
        "notes": notes,
        "location_notes": location_notes,
        "travel_notes": travel_notes,
        "source_url": url_of_row(row),
        "source_updated": updated_of_row(row),
    }
    fields |= regions_of_row(row)
    fields["join_secret_separated"] = bool(row.joins)
    fields["needs_human_check"] = any(code in CHECKED for code, _, _ in row.noted)
    is_free = "institutional" not in fields["attributes"]
    fields["attendable"] = is_free and _attendable(
        when, schedule, held.status, in_person=held.in_person, has_way_in=held.online and has_way_in
    )
    point, fault = judge_point(place.point, place.setting, frozenset())
    if point:
        fields |= {"latitude": point.latitude, "longitude": point.longitude}
    where = _where_point(row) if place.point.is_given else None
    return Draft(tuple(_meetings(when, fields)), row.joins, row.issues(), place.point, place.setting, fault, where)


def _attendable(when: When, schedule: Schedule, status: Status, *, in_person: bool, has_way_in: bool) -> bool:
    day = when.days[0] if when.days else None
    return is_attendable(status=status, schedule=schedule, iso_weekday=day, start=when.start, in_person=in_person, has_way_in=has_way_in)
