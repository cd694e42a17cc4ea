"""What a feed says, as one number: the same however it is written, and never the same where reading it would find something else."""

import json
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_parse_any_bytes import VALUES

from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ParseResult
from matcher.feeds.formats import parse

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
ROW: dict[str, Any] = {
    "slug": "m1",
    "name": "Hope",
    "day": 2,
    "time": "19:00",
    "location": "St Luke's Hall",
    "formatted_address": "1 High St, Bournemouth BH1 4HS, UK",
    "types": ["O", "W"],
    "notes": "Tea",
    "updated": "2026-01-01 10:00:00",
}
NAMES = sorted({*ROW, "id", "end_time", "latitude", "longitude", "timezone", "conference_url", "attendance_option", "what nobody reads"})


def read(feed: Any, format: str = "meeting_guide", **how: Any) -> ParseResult:
    body = feed if isinstance(feed, bytes) else json.dumps(feed).encode()
    return parse(body, format=format, fellowship=Fellowship.AA, fingerprints=True, **how)


def told(result: ParseResult) -> Any:
    """All that an import takes from a feed of a source it knows: the date of a change is kept with a change only."""
    rows = [{**row.to_json(), "source_updated": None} for row in result.rows]
    return rows, [issue.to_json() for issue in result.issues], result.rejected, result.skipped, result.error_kind, result.joins


@MANY
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4), min_size=1, max_size=3), st.integers(0, 5), st.data())
def test_two_feeds_with_one_fingerprint_are_read_alike(changes: list[dict[str, Any]], seed: int, data: Any) -> None:
    feed = [ROW | {"slug": f"m{n}"} | change for n, change in enumerate(changes)]
    chance = random.Random(seed)
    other = [dict(chance.sample(list(row.items()), len(row))) for row in feed]
    change = data.draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=1))
    other[0] |= change
    one, two, glance = read(feed), read(json.dumps(other, indent=1).encode()), read(other, is_glance=True)
    assert two.fingerprint == glance.fingerprint and not glance.rows
    if not change:
        assert one.fingerprint == two.fingerprint
    if one.fingerprint == two.fingerprint:
        assert told(one) == told(two)


def test_only_what_is_read_makes_another_fingerprint() -> None:
    first = read([ROW]).fingerprint
    assert first and read(json.dumps([ROW | {"updated": "2026-05-05 11:00:00", "author": "x"}], indent=3).encode()).fingerprint == first
    others = [
        [ROW | {"notes": "Tea."}],
        [ROW | {"updated": "yesterday"}],
        [ROW | {"updated": ""}],
        [{"id" if name == "slug" else name: value for name, value in ROW.items()}],
        [ROW | {"types": ["W", "O"]}],
        [5, ROW],
        [ROW, ROW],
    ]
    seen = {read(feed).fingerprint for feed in others} | {first}
    assert len(seen) == len(others) + 1 and None not in seen


def test_tables_and_other_forms_have_fingerprints_too() -> None:
    table = b"ID,Name,Day,Time,Updated\nm1,Hope,Tuesday,19:00,31/10/2026\n"
    again = b'"ID";"Name";"Day";"Time";"Updated"\r\n"m1";"Hope";"Tuesday";"19:00";"01/11/2026"\r\n'
    strange = b"ID,Name,Day,Time,Updated,Colour\nm1,Hope,Tuesday,19:00,31/10/2026,red\n"
    assert read(table, "sheet").fingerprint == read(again, "sheet").fingerprint != read(strange, "sheet").fingerprint
    page = {"data": [{"id": "u1", "attributes": {"title": "Hope", "field_meeting_day": "Monday", "changed": "2026-01-01T10:00:00+00:00"}}]}
    dated = {"links": {}, "meta": {"last_updated": "now"}, "data": [{**page["data"][0]}]}
    assert read(page, "ukna").fingerprint == read(dated, "ukna").fingerprint is not None
    assert read(b"[]").fingerprint is None and read(b"<html>").fingerprint is None
    assert parse(b"[]", format="sheet", fellowship=Fellowship.AA).fingerprint is None
