"""Whose turn it is, who has a source, and what is done with what its publisher answers: leases, rotation, pauses, validators."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from matcher.actions.import_reading import read_feed
from matcher.actions.source_fetching import SourceTakenOver, bring_in_fetched, claim_source_due
from matcher.actions.source_trying import NotSeenYet, change_source, keep_trial, switch_source
from matcher.domain.feed_issue import Run
from matcher.domain.meeting_source import Fetched, MeetingSource
from matcher.domain.source_schedule import LEASE, next_fetch
from matcher.feed_worker import FeedWorker
from matcher.fetching import FetchRules
from matcher.fetching_pages import fetch_list
from matcher.store.meeting_sources import find_source
from tests.conftest import TestDatabase
from tests.directory import Directory, open_directory, rows
from tests.publisher import Publisher, publishing, says
from tests.world import MONDAY_TEN


@pytest.fixture
async def directory(database: TestDatabase) -> AsyncIterator[Directory]:
    async with open_directory(database) as opened:
        yield opened


def worker_of(directory: Directory, **rules: Any) -> FeedWorker:
    made = FetchRules(**{"from_loopback": True, "wait_s": 5.0} | rules)
    return FeedWorker(directory.db, directory.world.config, rules=made, clock=lambda: directory.now)


async def source_of(directory: Directory, source_id: str) -> MeetingSource:
    async with directory.db.reading() as c:
        found = await find_source(c, source_id)
    assert found is not None
    return found


async def switched_on(directory: Directory, source_id: str, url: str, **changes: Any) -> MeetingSource:
    """A source that somebody has looked at and switched on."""
    await directory.add(source_id, url=url, **changes)
    facts = {"actor": directory.carol, "source_id": source_id}
    act, config = directory.db.act, directory.world.config
    await act(keep_trial, config, directory.now, fetched=Fetched(body=b"[]", http_status=200), from_file=False, **facts)
    await act(switch_source, config, directory.now, on=True, **facts)
    return await source_of(directory, source_id)


def feeds(feed: list[dict[str, Any]]) -> Any:
    return says(json.dumps(feed).encode())


async def test_a_source_is_fetched_when_its_time_has_come_and_not_before(directory: Directory) -> None:
    async with publishing(feeds(rows())) as publisher:
        await switched_on(directory, "bay", publisher.url)
        worker = worker_of(directory)
        assert await worker.run_until_idle() == 1
        directory.source = "bay"
        assert len(await directory.meetings()) == 10 and len(publisher.asked) == 1
        source = await source_of(directory, "bay")
        assert source.next_fetch_at is not None
        assert timedelta(hours=19) < source.next_fetch_at - directory.now < timedelta(hours=29)
        directory.now = source.next_fetch_at - timedelta(minutes=1)
        assert await worker.run_until_idle() == 0 and len(publisher.asked) == 1
        directory.pass_days(1)
        assert await worker.run_until_idle() == 1 and len(publisher.asked) == 2


async def test_a_source_that_nobody_switched_on_is_never_fetched(directory: Directory) -> None:
    async with publishing(feeds(rows())) as publisher:
        await directory.add("bay", url=publisher.url)
        assert await worker_of(directory).run_until_idle() == 0 and publisher.asked == []
        with pytest.raises(NotSeenYet):
            await directory.db.act(switch_source, directory.world.config, directory.now, actor=directory.carol, source_id="bay", on=True)


async def test_another_address_must_be_looked_at_again(directory: Directory) -> None:
    async with publishing(feeds(rows())) as publisher:
        await switched_on(directory, "bay", publisher.url)
        for settings, on in (({"interval_h": 48, "licence_note": "asked"}, True), ({"url": "https://other.example.org/"}, False)):
            await directory.db.act(
                change_source, directory.world.config, directory.now, actor=directory.carol, source_id="bay", settings=settings
            )
            assert (await source_of(directory, "bay")).is_on is on


async def test_validators_of_the_last_good_list_are_sent_and_a_304_is_a_good_run(directory: Directory) -> None:
    async def once(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        return web.Response(body=json.dumps(rows()).encode(), headers={"ETag": '"v1"'})

    async with publishing(once) as publisher:
        await switched_on(directory, "bay", publisher.url)
        worker = worker_of(directory)
        await worker.run_until_idle()
        directory.pass_days(2)
        await worker.run_until_idle()
    runs = await directory.sql.fetch("SELECT run, http_status FROM import_runs ORDER BY started_at")
    assert [(run["run"], run["http_status"]) for run in runs] == [("ok", 200), ("not_modified", 304)]
    directory.source = "bay"
    assert {row["last_seen_at"] for row in (await directory.meetings()).values()} == {directory.now}


async def test_a_dead_source_waits_longer_and_longer_and_blocks_nobody(directory: Directory) -> None:
    async with publishing(says(status=500)) as dead, publishing(feeds(rows())) as well:
        await switched_on(directory, "dead", dead.url)
        await switched_on(directory, "well", well.url.replace("127.0.0.1", "localhost"))
        worker = worker_of(directory)
        pauses = []
        for _ in range(8):
            assert await worker.run_until_idle() >= 1
            source = await source_of(directory, "dead")
            assert source.next_fetch_at is not None
            pauses.append((source.next_fetch_at - directory.now) / timedelta(hours=1))
            directory.now = source.next_fetch_at
        assert [round(pause / 1.2) <= 2**n <= round(pause / 0.8) for n, pause in enumerate(pauses[:5])] == [True] * 5
        assert all(19 < pause < 29 for pause in pauses[5:])
        assert len(well.asked) >= 2 and (await source_of(directory, "dead")).failures == 8
        assert (await source_of(directory, "well")).state.value == "ok"


async def test_the_one_tried_longest_ago_comes_first(directory: Directory) -> None:
    async with publishing(says(status=500)) as one, publishing(says(status=500)) as other:
        await switched_on(directory, "one", one.url)
        await switched_on(directory, "two", other.url)
        worker = worker_of(directory)
        taken = []
        for _ in range(6):
            await directory.sql.execute("UPDATE meeting_sources SET next_fetch_at = $1 WHERE next_fetch_at IS NOT NULL", directory.now)
            before = len(one.asked), len(other.asked)
            assert await worker.step()
            taken.append("a" if len(one.asked) > before[0] else "b")
            directory.now += timedelta(minutes=1)
        assert taken == ["a", "b"] * 3


async def test_a_publisher_who_asks_to_be_left_alone_is(directory: Directory) -> None:
    async with publishing(says(status=503, Retry_After="200000")) as publisher:
        await switched_on(directory, "bay", publisher.url)
        await worker_of(directory).run_until_idle()
    source = await source_of(directory, "bay")
    assert source.next_fetch_at == directory.now + timedelta(seconds=200_000)


async def test_many_workers_never_fetch_one_source_twice_nor_one_host_at_once(directory: Directory) -> None:
    at_once, most = 0, 0

    async def slow(_: web.Request) -> web.StreamResponse:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.15)
        at_once -= 1
        return web.Response(body=json.dumps(rows(3)).encode())

    async with publishing(slow) as publisher:
        for number in range(4):
            await switched_on(directory, f"s{number}", f"{publisher.url}?list={number}")
        workers = [worker_of(directory) for _ in range(6)]
        for _ in range(8):
            await asyncio.gather(*(worker.step() for worker in workers))
    asked = sorted(request.query["list"] for request in publisher.asked)
    assert asked == ["0", "1", "2", "3"] and most == 1
    assert await directory.sql.fetchval("SELECT count(*) FROM meetings WHERE source_id LIKE 's_'") == 12


async def test_what_a_worker_brings_late_counts_for_nothing(directory: Directory) -> None:
    await switched_on(directory, "bay", "https://feeds.example.org/list.json")
    lease, other = uuid4(), uuid4()
    source = await directory.db.act(claim_source_due, directory.now, lease_id=lease)
    assert source is not None and await directory.db.act(claim_source_due, directory.now, lease_id=other) is None
    directory.now += LEASE + timedelta(hours=4)
    assert await directory.db.act(claim_source_due, directory.now, lease_id=other) is not None
    read = read_feed(source, Fetched(body=json.dumps(rows()).encode(), http_status=200))
    with pytest.raises(SourceTakenOver):
        await directory.db.act(bring_in_fetched, directory.now, source_id="bay", lease_id=lease, feed=read, jitter=0.0)
    await directory.db.act(switch_source, directory.world.config, directory.now, actor=directory.carol, source_id="bay", on=False)
    with pytest.raises(SourceTakenOver):
        await directory.db.act(bring_in_fetched, directory.now, source_id="bay", lease_id=other, feed=read, jitter=0.0)
    assert await directory.sql.fetchval("SELECT count(*) FROM meetings WHERE source_id = 'bay'") == 0


async def test_an_inner_address_is_a_named_outcome_and_reaches_nobody(directory: Directory) -> None:
    async with publishing(feeds(rows())) as inside:
        await switched_on(directory, "bay", f"http://127.0.0.1:{inside.port}/")
        await worker_of(directory, from_loopback=False).run_until_idle()
        assert inside.asked == []
    found = await directory.sql.fetchrow("SELECT run, error_kind FROM import_runs")
    assert (found["run"], found["error_kind"]) == ("failed", "address_refused")


# ── lists in pages ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_pages(count: int, *, next_of: Any = None) -> Any:
    async def page(request: web.Request) -> web.StreamResponse:
        number = int(request.query.get("page", "0"))
        following = (next_of or (lambda n: f"/feed.json?page={n + 1}"))(number)
        links = {"next": {"href": following}} if number + 1 < count else {}
        return web.json_response({"data": [{"id": f"p{number}"}], "links": links})

    return page


async def paged(publisher: Publisher, between_s: float = 0.0, **rules: float) -> Fetched:
    source = MeetingSource(
        **dict.fromkeys(("area_id", "failing_since", "last_attempt_at", "last_success_at", "etag", "last_modified", "last_good_rows"))
        | {"id": "na", "name": "NA", "fellowship": "na", "format": "ukna", "url": publisher.url, "timezone": "Europe/London"}
        | {"date_order": "dmy", "keep_areas": (), "state": "ok"}
    )
    return await fetch_list(source, FetchRules(**{"from_loopback": True, "wait_s": 5.0} | rules), between_s=between_s)


async def test_pages_are_put_together_on_one_host_only_and_never_without_end() -> None:
    async with publishing(in_pages(3)) as publisher:
        found = await paged(publisher)
        assert [row["id"] for row in json.loads(found.body or b"")["data"]] == ["p0", "p1", "p2"]
    async with publishing(in_pages(3, next_of=lambda _: "https://elsewhere.example.org/")) as publisher:
        assert (await paged(publisher)).error == "redirect_refused"
    async with publishing(in_pages(10_000)) as publisher:
        assert (await paged(publisher)).error == "too_large" and len(publisher.asked) == 201


async def test_pages_that_come_one_by_one_for_hours_hold_up_nobody() -> None:
    """Each page is in time; all together would outlast the worker's lease, and no other source would be asked meanwhile."""
    assert FetchRules().wait_for_pages_s + FetchRules().wait_s < LEASE.total_seconds()
    async with publishing(in_pages(10_000)) as publisher:
        found = await paged(publisher, between_s=0.2, wait_for_pages_s=0.5)
    assert (found.body, found.error) == (None, "timeout") and len(publisher.asked) < 5


async def test_a_page_that_cannot_be_had_fails_the_whole_list() -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        answer: web.StreamResponse = await in_pages(5)(request)
        return web.Response(status=502) if request.query.get("page") == "3" else answer

    async with publishing(breaks) as publisher:
        found = await paged(publisher)
    assert (found.body, found.error) == (None, "http_error")


# ── when ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_chance_moves_a_fetch_by_a_fifth_at_most_and_quarantine_waits_as_ever() -> None:
    now = MONDAY_TEN
    hours = [
        (next_fetch(now, run, interval_h=24, failures=failures, jitter=jitter) - now) / timedelta(hours=1)
        for run, failures, jitter in ((Run.OK, 0, -1), (Run.OK, 0, 1), (Run.QUARANTINED, 1, 0), (Run.FAILED, 1, 0), (Run.FAILED, 99, 0))
    ]
    assert hours == [19.2, 28.8, 24, 1, 24]
