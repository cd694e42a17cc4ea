"""A month of daily fetches over HTTP with every fault a publisher can have, and a plan that hangs on one of the meetings. The directory ends true."""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from matcher.actions import importing
from matcher.actions.meeting_change_telling import tell_meeting_changed
from matcher.actions.meeting_source_keeping import add_source
from matcher.actions.source_trying import keep_trial, switch_source
from matcher.domain import known_meeting
from matcher.domain.actor import OPERATOR, Actor, ActorKind
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting_source import Fetched, MeetingSource, SourceState
from matcher.feed_worker import FeedWorker
from matcher.fetching import FetchRules
from tests.conftest import TestDatabase
from tests.publisher import publishing
from tests.stage import Stage, set_stage

DAYS = 36
DOWN = range(8, 18)
RENUMBERED_FROM, ENDS_ON, MOVES_ON = 19, 10, 13
PLANNED, ENDS = "m4", "m7"
PLAN_ON = date(2026, 12, 17)
TRUTH = [
    {"slug": f"m{n}", "name": f"Meeting {n}", "day": n % 7, "time": "19:30", "latitude": 52.48, "longitude": -1.9}
    | {"formatted_address": "1 Broad St, Birmingham B1 2EA, UK"}
    for n in range(25)
]


def truth_of(day: int) -> list[dict[str, Any]]:
    """What is really held on a day: one meeting ends for good, one moves to eight o'clock while its publisher is down."""
    held = [row for row in TRUTH if not (row["slug"] == ENDS and day >= ENDS_ON)]
    return [row | {"time": "20:00"} if row["slug"] == PLANNED and day >= MOVES_ON else row for row in held]


def feed_of(day: int, chance: random.Random) -> list[dict[str, Any]]:
    """A good list of that day, in any order, under new numbers after the renumbering."""
    rows = [row | ({"slug": f"new-{row['slug']}"} if day >= RENUMBERED_FROM else {}) for row in truth_of(day)]
    chance.shuffle(rows)
    return rows


def answer_of(day: int, feed: list[dict[str, Any]]) -> web.Response:
    """What the publisher says on a day."""
    if day in DOWN:
        return web.Response(status=503 if day % 2 else 404)
    wrong: dict[int, Any] = {
        2: [],
        4: feed[: len(feed) // 2],
        5: [row | {"day": (row["day"] + 1) % 7} for row in feed],
        22: [row | {"time": "00:00"} for row in feed],
        27: {"error": "quota"},
    }
    text = {
        6: "<!doctype html><title>Just a moment...</title>checking your browser",
        24: json.dumps(feed)[:300],
        29: "<html><body>Moved</body></html>",
    }
    if day == 26:
        return web.Response(status=304)
    return web.Response(body=(text.get(day) or json.dumps(wrong.get(day, feed))).encode(), headers={"ETag": f'"{day}"'})


@dataclass
class Month:
    """What was seen on the way: every id there ever was, and what was withdrawn while it was still held."""

    stage: Stage
    ids: set[Any] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    async def look(self, day: int) -> None:
        """Look at the directory at the end of a day."""
        found = await self.stage.sql.fetch("SELECT id, name, status FROM meetings WHERE source_id = 'town'")
        gone = self.ids - {row["id"] for row in found}
        self.faults += [f"day {day}: {len(gone)} rows were deleted"] if gone else []
        self.ids |= {row["id"] for row in found}
        held = {row["name"] for row in truth_of(day)}
        lost = sorted(row["name"] for row in found if row["status"] == "withdrawn" and row["name"] in held)
        self.faults += [f"day {day}: {', '.join(lost)} withdrawn though still held"] if lost else []

    async def end(self) -> list[str]:
        """All that is wrong after the month: with the directory, and with the letters."""
        rows = await self.stage.sql.fetch("SELECT name, status, starts, iso_weekday FROM meetings WHERE source_id = 'town'")
        found = {(r["name"], r["starts"], r["iso_weekday"]) for r in rows if r["status"] == "active"}
        true = {(r["name"], time.fromisoformat(r["time"]), r["day"] or 7) for r in truth_of(DAYS)}
        self.faults += [f"not true in the end: {sorted(map(str, found ^ true))}"] if found != true else []
        letters = await self.stage.sql.fetch("SELECT party_id, kind, about_id, state FROM letters WHERE kind IN ('change', 'cancellation')")
        told = Counter((r["party_id"], r["kind"]) for r in letters if r["state"] != "cancelled")
        self.faults += [f"{kind} told {times} times" for (_, kind), times in told.items() if times > 1]
        self.faults += [] if len(told) == 2 else [f"{len(told)} people were told of the change, not 2"]
        return self.faults


async def open_town(stage: Stage, url: str) -> None:
    """The source, looked at and switched on by Carol."""
    never: dict[str, Any] = dict.fromkeys(
        ("area_id", "failing_since", "last_attempt_at", "last_success_at", "etag", "last_modified", "last_good_rows")
    )
    source = MeetingSource(
        id="town",
        name="Town",
        fellowship=Fellowship.AA,
        format="meeting_guide",
        url=url,
        timezone="Europe/London",
        date_order="dmy",
        keep_areas=(),
        state=SourceState.OK,
        **never,
    )
    assert await stage.db.act(add_source, stage.now, actor=OPERATOR, source=source)
    facts = {"actor": carol(stage), "source_id": "town"}
    await stage.db.act(keep_trial, stage.config, stage.now, fetched=Fetched(body=b"[]"), from_file=False, **facts)
    await stage.db.act(switch_source, stage.config, stage.now, on=True, **facts)


def carol(stage: Stage) -> Actor:
    return Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))


async def make_plan(stage: Stage) -> Any:
    """Noor goes to one of the list's meetings with Tom; the meeting's id."""
    meeting = await stage.one("SELECT id FROM meetings WHERE source_key = $1", PLANNED)
    await stage.world.volunteer("Tom")
    await stage.begin(await stage.world.referral(meeting_id=meeting, on_date=PLAN_ON))
    (offer,) = await stage.offers("sent")
    await stage.yes(offer)
    return meeting


async def tell_where_asked(stage: Stage, meeting: Any) -> None:
    """Carol works off her list: whoever plans to go hears of what changed. She presses twice, as people do."""
    asked = await stage.one("SELECT count(*) FROM tasks WHERE kind = 'ring_them' AND state = 'open' AND meeting_id = $1", meeting)
    for _ in range(2 if asked else 0):
        await stage.db.act(tell_meeting_changed, stage.config, stage.now, actor=carol(stage), meeting_id=meeting)


async def live_a_month(stage: Stage) -> list[str]:
    """Every day: one fetch, what falls due, what Carol does about it. All that went wrong."""
    chance, month, day, meeting = random.Random(3), Month(stage), 0, None

    async def publish(request: web.Request) -> web.StreamResponse:
        assert "If-None-Match" in request.headers or day != 26
        return answer_of(day, feed_of(day, chance))

    async with publishing(publish) as publisher:
        await open_town(stage, publisher.url)
        rules = FetchRules(from_loopback=True, wait_s=5.0)
        workers = [FeedWorker(stage.db, stage.config, rules=rules, clock=lambda: stage.now) for _ in range(2)]
        for day in range(DAYS + 1):
            await stage.sql.execute("UPDATE meeting_sources SET next_fetch_at = $1 WHERE id = 'town'", stage.now)
            asked = len(publisher.asked)
            for worker in workers:
                await worker.run_until_idle()
            assert len(publisher.asked) == asked + 1, "one source, one fetch"
            meeting = meeting or await make_plan(stage)
            await tell_where_asked(stage, meeting)
            await stage.worker.run_until_idle()
            await month.look(day)
            stage.now += timedelta(days=1)
    return await month.end()


async def test_a_month_with_every_fault_ends_true_and_tells_each_once(database: TestDatabase, tmp_path: Path) -> None:
    async with set_stage(database, tmp_path) as stage:
        assert await live_a_month(stage) == []
        kinds = await stage.sql.fetch("SELECT error_kind, count(*) AS n FROM import_runs WHERE source_id = 'town' GROUP BY error_kind")
        found = {row["error_kind"]: row["n"] for row in kinds}
        assert found.pop(None) == DAYS + 1 - 18 and found.pop("http_error") == 10
        assert found == {"no_rows": 1, "too_few_rows": 1, "mass_change": 2, "unreadable": 1, "wrong_shape": 1} | {
            "blocked_by_security_service": 1,
            "html_page": 1,
        }
        gone = await stage.sql.fetchrow("SELECT status, missing_runs FROM meetings WHERE name = 'Meeting 7'")
        assert gone["status"] == "withdrawn" and gone["missing_runs"] >= 3


async def test_a_rule_that_takes_an_empty_list_at_its_word_is_caught(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the large importers do: whatever the list no longer names is gone at once."""
    monkeypatch.setattr(importing, "judge_read", lambda result, source: None)
    monkeypatch.setattr(known_meeting, "WITHDRAWN_AFTER_RUNS", 1)
    monkeypatch.setattr(known_meeting, "WITHDRAWN_AFTER", timedelta(0))
    async with set_stage(database, tmp_path) as stage:
        faults = await live_a_month(stage)
    assert any(fault.startswith("day 2: ") and "withdrawn though still held" in fault for fault in faults), faults
