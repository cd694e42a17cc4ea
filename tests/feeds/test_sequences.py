"""Several runs in a row: the sequence cases beside the repository where they are present, our own, and a month of days with faults."""

import json
import random
from collections.abc import AsyncIterator
from datetime import date, time
from typing import Any

import pytest

from matcher.actions.import_reading import read_feed
from matcher.actions.importing import import_meetings
from matcher.actions.meeting_editing import correct_meeting
from matcher.domain.actor import FEED
from matcher.domain.meeting_source import Fetched
from matcher.store.meeting_sources import find_source
from tests.conftest import TestDatabase
from tests.directory import Directory, but, open_directory, rows
from tests.feeds.feed_cases import SAMPLES

FIELDS = {"day": "iso_weekday", "duration": "duration_min"}
NAMED = SAMPLES / "examples.json"
CASES = [case for case in json.loads(NAMED.read_text())["cases"] if case["adapter"] == "sequence"] if NAMED.exists() else []
FEWER = [row for row in rows() if row["slug"] != "m3"]
OWN: list[dict[str, Any]] = [
    {
        "id": "override-ends-when-the-source-comes-round",
        "input": [{"feed": rows()}, {"override": {"m0": {"start": "19:30"}}}, {"feed": but(rows(), "m0", time="19:30")}],
        "expect": [{"added": 10}, {}, {"updated": 1, "conflicts": 0, "effective_start_of_m0": "19:30", "conflict_reported": False}],
    },
    {
        "id": "override-survives-a-refresh",
        "input": [{"feed": rows()}, {"override": {"m0": {"start": "19:30"}}}, {"feed": but(rows(), "m0", notes="Tea"), "days_later": 1}],
        "expect": [{}, {}, {"updated": 1, "changed_fields": ["notes"], "effective_start_of_m0": "19:30", "conflict_reported": False}],
    },
    {
        "id": "override-conflict-is-said",
        "input": [{"feed": rows()}, {"override": {"m0": {"start": "19:30"}}}, {"feed": but(rows(), "m0", time="18:00")}],
        "expect": [{}, {}, {"effective_start_of_m0": "19:30", "conflict_reported": True, "needs_coordinator": True, "conflicts": 1}],
    },
    {
        "id": "down-for-ten-days-is-stale",
        "input": [{"feed": rows()}, *({"http_status": status, "days_later": 2} for status in (0, 500, 503, 403, 0))],
        "expect": [{}, *({"run": "failed", "existing_rows_unchanged": True} for _ in range(4)), {"all_rows_flag": "stale"}],
    },
    {
        "id": "not-modified-confirms",
        "input": [{"feed": rows(), "etag": "a"}, {"etag": "a", "http_status": 304, "days_later": 1}],
        "expect": [{"added": 10}, {"run": "not_modified", "seen_at_advanced": True, "deleted": 0}],
    },
    {
        "id": "gone-and-back",
        "input": [{"feed": rows()}, *({"feed": FEWER, "days_later": days} for days in (1, 7, 8)), {"feed": rows(), "days_later": 1}],
        "expect": [
            {},
            {"missing": 1, "status_of_m3": "unconfirmed"},
            {"missing": 1, "withdrawn": 0},
            {"withdrawn": 1, "status_of_m3": "withdrawn", "row_still_in_table": True, "history_kept": True},
            {"restored": 1, "status_of_m3": "active", "same_internal_id": True},
        ],
    },
    {
        "id": "another-source-with-the-same-keys",
        "input": [{"feed": rows()}, {"source": "other", "feed": rows(3)}],
        "expect": [{"added": 10}, {"added": 3, "missing": 0}],
    },
]


@pytest.fixture
async def directory(database: TestDatabase) -> AsyncIterator[Directory]:
    async with open_directory(database) as opened:
        yield opened


@pytest.mark.parametrize("case", [*OWN, *CASES], ids=lambda case: case["id"])
async def test_each_run_of_a_sequence_does_what_it_says(directory: Directory, case: dict[str, Any]) -> None:
    for step, expect in zip(case["input"], case["expect"], strict=True):
        report = await take_step(directory, step)
        for word, wanted in expect.items():
            found = await look_up(directory, report, word)
            assert found == wanted, f"{word} is {found!r}, not {wanted!r}: {report}"


async def take_step(directory: Directory, step: dict[str, Any]) -> dict[str, Any]:
    """One step of a sequence; what it printed."""
    directory.pass_days(step.get("days_later", 0))
    await choose_source(directory, step.get("source"))
    if corrections := step.get("override"):
        for key, values in corrections.items():
            for name, value in values.items():
                await directory.db.act(
                    correct_meeting,
                    directory.world.config,
                    directory.now,
                    actor=directory.carol,
                    meeting_id=await directory.id_of(key),
                    values={FIELDS.get(name, name): value},
                    reason="somebody rang",
                )
    status = step.get("http_status", 200)
    if status == 304:
        return await directory.unmodified()
    if status != 200:
        return await directory.down(status)
    return await directory.feed(step["feed"], etag=step.get("etag")) if "feed" in step else {}


async def choose_source(directory: Directory, named: Any) -> None:
    """The source a step speaks of, made when it is first named."""
    if named is None:
        return
    directory.source = named if isinstance(named, str) else named["id"]
    async with directory.db.reading() as c:
        known = await find_source(c, directory.source)
    if known is None:
        await directory.add(directory.source)


async def look_up(directory: Directory, report: dict[str, Any], word: str) -> Any:
    """What a word of an expectation means: a key of the report, or something in the tables."""
    if word in report:
        return report[word]
    found, before = await directory.meetings(), directory.before
    if word.startswith("status_of_"):
        return found[word.removeprefix("status_of_")]["status"]
    if word.startswith("effective_start_of_"):
        start: time = found[word.removeprefix("effective_start_of_")]["starts"]
        return start.strftime("%H:%M")
    if word == "all_rows_flag":
        async with directory.db.reading() as c:
            source = await find_source(c, directory.source)
        return "stale" if source and source.is_stale(directory.now) else None
    if word == "history_kept":
        return bool(await directory.sql.fetchval("SELECT count(*) FROM meeting_history"))
    if word == "conflict_reported":
        return bool(await directory.sql.fetchval("SELECT count(*) FROM meeting_overrides WHERE conflict_value IS NOT NULL"))
    looks = {
        "seen_at_advanced": lambda: all(found[key]["last_seen_at"] > before[key]["last_seen_at"] for key in before),
        "row_still_in_table": lambda: before.keys() <= found.keys(),
        "same_internal_id": lambda: all(found[key]["id"] == before[key]["id"] for key in before),
        "existing_rows_unchanged": lambda: found == before,
    }
    return looks[word]()


# ── a month ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

TRUTH = rows(40)
GONE, LATER = "m7", "m9"


def fault_of(day: int, feed: list[dict[str, Any]]) -> Any:
    """What the publisher's answer is on a bad day; None on a good one."""
    if 8 <= day < 18:
        return 503
    return {
        2: [],
        4: feed[: len(feed) // 2],
        5: [row | {"day": (row["day"] + 1) % 7} for row in feed],
        6: "<!doctype html><title>Just a moment...</title>checking your browser",
        19: [row | {"slug": f"new-{row['slug']}"} for row in feed],
        22: [row | {"time": "00:00"} for row in feed],
        24: '[{"slug": "m1", ',
    }.get(day)


async def run_month(directory: Directory, *, guarded: bool = True) -> list[dict[str, Any]]:
    """Thirty-five daily runs: one meeting ends for good on day 10, one moves to eight o'clock on day 20, the rest is as it was."""
    reports, renumbered = [], False
    shuffle = random.Random(3)
    for day in range(36):
        directory.pass_days(1)
        feed = [row for row in TRUTH if not (row["slug"] == GONE and day >= 10)]
        feed = but(feed, LATER, time="20:00") if day >= 20 else feed
        shuffle.shuffle(feed)
        answer = fault_of(day, feed)
        renumbered = renumbered or day == 19
        if answer is None and renumbered:
            answer = [row | {"slug": f"new-{row['slug']}"} for row in feed]
        if isinstance(answer, list) and renumbered and day > 19:
            answer = [row | {"slug": f"new-{row['slug'].removeprefix('new-')}"} for row in answer]
        if isinstance(answer, int):
            reports.append(await directory.down(answer))
        else:
            reports.append(await run_once(directory, feed if answer is None else answer, guarded=guarded))
    return reports


async def run_once(directory: Directory, feed: Any, *, guarded: bool) -> dict[str, Any]:
    body = feed.encode() if isinstance(feed, str) else json.dumps(feed).encode()
    async with directory.db.reading() as c:
        source = await find_source(c, directory.source)
    assert source is not None
    read = read_feed(source, Fetched(body=body, http_status=200))
    report = await directory.db.act(import_meetings, directory.now, actor=FEED, source_id=directory.source, feed=read, guarded=guarded)
    return report.to_json()


async def test_a_month_of_days_with_faults_ends_true(directory: Directory) -> None:
    reports = await run_month(directory)
    found = {row["name"]: row for row in (await directory.meetings()).values()}
    gone, later = found.pop("Meeting 7"), found["Meeting 9"]
    assert len(found) == 39 and {row["status"] for row in found.values()} == {"active"}
    assert gone["status"] == "withdrawn" and later["starts"] == time(20)
    assert {row["starts"] for name, row in found.items() if name != "Meeting 9"} == {time(19)}
    assert {name: row["iso_weekday"] for name, row in found.items()} == {r["name"]: r["day"] or 7 for r in TRUTH if r["slug"] != GONE}
    assert sum(report["added"] for report in reports) == 40 and sum(report["withdrawn"] for report in reports) == 1
    assert sum(report["deleted"] for report in reports) == 0
    assert [r["error_kind"] for r in reports if r["run"] == "quarantined"] == ["no_rows", "too_few_rows", "mass_change", "mass_change"]


async def test_one_line_for_one_change_in_a_whole_month(directory: Directory) -> None:
    await directory.feed(TRUTH)
    await directory.world.referral(meeting_id=await directory.id_of(LATER), on_date=date(2027, 1, 7))
    await run_month(directory)
    assert [task for task in await directory.tasks() if task[0] == "ring_them"] == [("ring_them", "meeting_changed")]


async def test_without_the_guards_the_month_would_end_false(directory: Directory) -> None:
    await run_month(directory, guarded=False)
    history = await directory.sql.fetchval("SELECT count(*) FROM meeting_history WHERE field IN ('iso_weekday', 'start')")
    assert history > 100
