"""The same bytes again are not read again, and come to the same as if they were: all unchanged, what is missing waits on. Otherwise they are read."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from matcher.actions.import_reading import find_same, read_changed, reader_mark
from matcher.actions.importing import import_meetings
from matcher.actions.meeting_editing import correct_meeting
from matcher.actions.meeting_settling import settle_held
from matcher.domain.actor import FEED
from matcher.domain.meeting_source import Fetched
from matcher.store.meeting_sources import find_source
from tests.conftest import TestDatabase
from tests.directory import Directory, but, open_directory, rows

BAD = {"slug": "bad", "name": "Bad", "day": 9, "time": "19:00"}


@pytest.fixture
async def directory(database: TestDatabase) -> AsyncIterator[Directory]:
    async with open_directory(database) as opened:
        yield opened


async def run(directory: Directory, feed: Any) -> tuple[bool, dict[str, Any]]:
    """One run as the worker does it: whether the list was the same, and what it printed."""
    body = feed if isinstance(feed, bytes) else json.dumps(feed).encode()
    async with directory.db.reading() as c:
        source = await find_source(c, "ours")
        assert source is not None
        read = await read_changed(c, source, Fetched(body=body, http_status=200))
    report = await directory.db.act(import_meetings, directory.now, actor=FEED, source_id="ours", feed=read)
    directory.pass_days(1)
    return read.same_as is not None, report.to_json()


async def test_the_same_bytes_come_to_the_same_as_if_they_were_read(directory: Directory) -> None:
    await run(directory, [*rows(), BAD])
    fewer = [*rows(9), BAD]
    assert (await run(directory, fewer))[1]["missing"] == 1
    is_same, said = await run(directory, fewer)
    again = {name: value for name, value in said.items() if value}
    assert is_same and again == {"unchanged": 9, "missing": 1, "rejected": 1, "issues": said["issues"], "run": "ok"} and said["issues"]
    found = await directory.meetings()
    yesterday = directory.now - timedelta(days=1)
    assert {row["last_confirmed_at"] for key, row in found.items() if key != "m9"} == {yesterday}
    assert (found["m9"]["missing_runs"], found["m9"]["status"]) == (2, "unconfirmed")
    issues = await directory.sql.fetch("SELECT count(*) AS n FROM import_issues GROUP BY run_id")
    assert len(issues) == 3 and len({row["n"] for row in issues}) == 1
    for _ in range(15):
        is_same, said = await run(directory, fewer)
        assert is_same
    assert (await directory.statuses())["m9"] == "withdrawn"


def written_otherwise(feed: list[dict[str, Any]]) -> bytes:
    """The same rows: other bytes, the keys turned round, every date of change another one."""
    return json.dumps([dict(reversed((row | {"updated": "2026-02-02 11:00:00"}).items())) for row in feed], indent=1).encode()


async def test_other_bytes_that_say_the_same_come_to_the_same_as_if_they_were_read(directory: Directory) -> None:
    dated = [{**row, "updated": "2026-01-01 10:00:00"} for row in [*rows(9), BAD]]
    await run(directory, [*rows(), BAD])
    assert (await run(directory, dated))[1]["missing"] == 1
    is_same, said = await run(directory, written_otherwise(dated))
    assert is_same and (said["unchanged"], said["missing"], said["rejected"], said["changed_fields"]) == (9, 1, 1, [])
    before = await directory.sql.fetch(
        "SELECT last_seen_at, last_confirmed_at, missing_runs, status, content_hash FROM meetings ORDER BY id"
    )
    await directory.sql.execute("UPDATE import_runs SET fingerprint = NULL")
    directory.now -= timedelta(days=1)
    await directory.sql.execute("UPDATE meetings SET missing_runs = missing_runs - 1 WHERE missing_runs > 0")
    is_same, read = await run(directory, written_otherwise(dated) + b" ")
    assert not is_same and read == said, "read anew it comes to the same"
    after = await directory.sql.fetch(
        "SELECT last_seen_at, last_confirmed_at, missing_runs, status, content_hash FROM meetings ORDER BY id"
    )
    assert before == after
    assert (await run(directory, written_otherwise(but(dated, "m3", notes="Tea"))))[1]["updated"] == 1
    issues = await directory.sql.fetch(
        "SELECT array_agg((row_number, code, value) ORDER BY number) AS said FROM import_issues GROUP BY run_id"
    )
    assert len({str(row["said"]) for row in issues if len(row["said"]) == len(issues[-1]["said"])}) >= 1 and len(issues) == 5


async def test_other_bytes_or_another_way_of_reading_are_read(directory: Directory) -> None:
    await run(directory, rows())
    assert (await run(directory, but(rows(), "m1", notes="Tea")))[0] is False
    assert (await run(directory, but(rows(), "m1", notes="Tea")))[0] is True
    await directory.sql.execute("UPDATE meeting_sources SET timezone = 'Europe/Dublin'")
    is_same, said = await run(directory, but(rows(), "m1", notes="Tea"))
    assert not is_same and said["error_kind"] == "mass_change"


async def test_what_waits_for_a_person_is_read_again_until_they_have_decided(directory: Directory) -> None:
    await run(directory, rows())
    other = but(rows(), "m1", day=5, name="Something altogether unlike")
    assert (await run(directory, other))[1]["held"] == 1
    assert await run(directory, other) == (False, {**(await run(directory, other))[1]})
    meeting = await directory.id_of("m1")
    facts = {"actor": directory.carol, "meeting_id": meeting}
    await directory.db.act(settle_held, directory.world.config, directory.now, same=False, **facts)
    is_same, said = await run(directory, other)
    assert not is_same and said["added"] == 1, "the other meeting comes in although not a byte has changed"
    assert (await run(directory, other))[0] is True


async def test_a_correction_ends_on_its_day_although_its_list_says_nothing_new(directory: Directory) -> None:
    await run(directory, rows())
    until = directory.now + timedelta(days=2)
    facts = {"actor": directory.carol, "meeting_id": await directory.id_of("m1"), "values": {"start": "20:00"}, "reason": "for a while"}
    await directory.db.act(correct_meeting, directory.world.config, directory.now, until=until, **facts)
    assert (await run(directory, rows()))[0] and (await directory.start_of("m1")).hour == 20
    directory.pass_days(2)
    assert (await run(directory, rows()))[0] and (await directory.start_of("m1")).hour == 19
    await directory.db.act(correct_meeting, directory.world.config, directory.now, until=directory.now + timedelta(days=1), **facts)
    directory.pass_days(2)
    await directory.unmodified()
    assert (await directory.start_of("m1")).hour == 19


async def test_what_happened_since_the_bytes_were_compared_is_noticed(directory: Directory) -> None:
    await run(directory, rows())
    body = json.dumps(rows()).encode()
    async with directory.db.reading() as c:
        source = await find_source(c, "ours")
        assert source is not None
        read = await read_changed(c, source, Fetched(body=body, http_status=200))
    assert read.same_as is not None
    await directory.sql.execute(
        "UPDATE meetings SET missing_since = $1, missing_runs = 1, status = 'unconfirmed' WHERE source_key = 'm2'", directory.now
    )
    report = await directory.db.act(import_meetings, directory.now, actor=FEED, source_id="ours", feed=read)
    assert (report.restored, report.unchanged) == (1, 9)


async def test_a_mark_that_forgets_how_a_list_is_read_is_caught(directory: Directory) -> None:
    await run(directory, rows())
    async with directory.db.reading() as c:
        source = await find_source(c, "ours")
        assert source is not None
        fetched = Fetched(body=json.dumps(rows()).encode())
        assert await find_same(c, source, fetched) is not None
        for changed in (replace(source, timezone="Europe/Dublin"), replace(source, keep_areas=("LS",)), replace(source, format="bmlt")):
            assert reader_mark(changed) != reader_mark(source) and await find_same(c, changed, fetched) is None
