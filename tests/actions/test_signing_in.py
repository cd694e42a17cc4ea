"""Codes and sign-ins: who gets one, how often it may be tried, and that no stranger can bar a keyworker."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from matcher.actions import setting_up, signing_in
from matcher.actions.signing_in import Tried
from matcher.config import Config
from matcher.database import Database
from matcher.domain.actor import OPERATOR
from matcher.links import new_token, token_hash
from matcher.store.audit import list_audit
from matcher.store.sign_ins import find_sign_in
from tests.people import People
from tests.site import Site, TestClock

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


class Desk:
    """One browser somewhere, asking and trying."""

    def __init__(self, db: Database, config: Config, clock: TestClock, network: str = HOME) -> None:
        self.db, self.config, self.clock, self.network = db, config, clock, network
        self.browser = new_token()

    async def ask(self, address: str) -> None:
        await self.db.act(signing_in.ask_for_code, self.config, self.clock.now, address=address, browser=self.browser, network=self.network)

    async def type(self, code: str) -> Tried:
        return await self.db.act(signing_in.try_code, self.config, self.clock.now, code=code, browser=self.browser, network=self.network)


@pytest.fixture
def desk(db: Database, config: Config, clock: TestClock, people: People) -> Desk:
    return Desk(db, config, clock)


async def codes_for(desk: Desk, connection: Any, people: People) -> list[str]:
    """Every code that waits for Priya, oldest first."""
    site = Site(desk.config, desk.db, desk.clock, None, people, connection)  # type: Any
    letters = await site.letters(people.priya.email, kind="sign_in_code")
    return [found.group() for letter in letters if (found := re.search(r"\b\d{6}\b", letter.text))]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_a_right_code_signs_in_once_and_is_audited(desk: Desk, connection: Any, people: People) -> None:
    await desk.ask(people.priya.email.upper())
    [code] = await codes_for(desk, connection, people)
    tried = await desk.type(code)
    assert tried.token and tried.staff and tried.staff.id == people.priya.id
    found = await find_sign_in(connection, token_hash(tried.token), desk.clock.now, idle=timedelta(minutes=30), most=timedelta(hours=12))
    assert found and found.staff.actor.provider_id == people.harbour_id
    assert (await desk.type(code)).token is None
    assert [row.action for row in await list_audit(connection, [people.priya.id])][-1] == "sign_in"


async def test_nobody_is_written_to_at_an_address_that_nobody_has(desk: Desk, connection: Any, people: People) -> None:
    await desk.ask("nobody@harbour.example.org")
    assert await connection.fetchval("SELECT count(*) FROM letters") == 0
    assert (await desk.type("123456")).live
    assert await connection.fetchval("SELECT count(*) FROM sign_in_codes WHERE staff_id IS NULL") == 1


async def test_a_known_and_an_unknown_address_take_the_same_steps(desk: Desk, connection: Any, people: People) -> None:
    for address in (people.priya.email, "nobody@harbour.example.org"):
        other = Desk(desk.db, desk.config, desk.clock)
        await other.ask(address)
        answers = [await other.type(f"{guess:06d}") for guess in range(10)]
        assert [(one.token, one.wait is None, one.live) for one in answers] == [(None, True, True)] * 10
        assert (await other.type("000011")).wait == timedelta(minutes=15)


async def test_three_codes_in_a_quarter_of_an_hour_and_ten_in_a_day(desk: Desk, connection: Any, people: People) -> None:
    for _ in range(5):
        await desk.ask(people.priya.email)
    assert len(await codes_for(desk, connection, people)) == 3
    for _ in range(6):
        desk.clock.forward(minutes=16)
        for _ in range(3):
            await desk.ask(people.priya.email)
    assert len(await codes_for(desk, connection, people)) == 10


async def test_a_stranger_elsewhere_can_use_up_neither_her_codes_nor_her_tries(desk: Desk, connection: Any, people: People) -> None:
    stranger = Desk(desk.db, desk.config, desk.clock, ELSEWHERE)
    for _ in range(4):
        await stranger.ask(people.priya.email)
    answers = [await stranger.type("000000") for _ in range(12)]
    assert answers[-1].wait is not None
    await desk.ask(people.priya.email)
    code = (await codes_for(desk, connection, people))[-1]
    assert (await desk.type(wrong(code))).token is None
    assert (await desk.type(code)).token


async def test_a_code_works_only_in_the_browser_that_asked(desk: Desk, connection: Any, people: People) -> None:
    await desk.ask(people.priya.email)
    [code] = await codes_for(desk, connection, people)
    other = Desk(desk.db, desk.config, desk.clock)
    assert not (await other.type(code)).live
    await other.ask("nobody@harbour.example.org")
    assert (await other.type(code)).token is None


async def test_ten_tries_then_a_quarter_of_an_hour_even_for_the_right_code(desk: Desk, connection: Any, people: People) -> None:
    await desk.ask(people.priya.email)
    [code] = await codes_for(desk, connection, people)
    for _ in range(10):
        assert (await desk.type(wrong(code))).wait is None
    assert (await desk.type(code)).wait == timedelta(minutes=15)
    desk.clock.forward(minutes=9)
    await desk.ask(people.priya.email)
    fresh = (await codes_for(desk, connection, people))[-1]
    assert (await desk.type(fresh)).wait == timedelta(minutes=6)
    desk.clock.forward(minutes=6)
    assert (await desk.type(fresh)).token


async def test_an_earlier_code_lives_on_for_its_own_ten_minutes(desk: Desk, connection: Any, people: People) -> None:
    await desk.ask(people.priya.email)
    desk.clock.forward(minutes=6)
    await desk.ask(people.priya.email)
    first, second = await codes_for(desk, connection, people)
    desk.clock.forward(minutes=4)
    assert (await desk.type(first)).token is None
    assert (await desk.type(second)).token


async def test_parallel_tries_of_one_browser_are_ten_in_all(desk: Desk, connection: Any, people: People) -> None:
    await desk.ask(people.priya.email)
    [code] = await codes_for(desk, connection, people)
    answers = await asyncio.gather(*(desk.type(wrong(code)) for _ in range(30)))
    assert sum(one.wait is None and one.live for one in answers) == 10
    assert await connection.fetchval("SELECT max(tries) FROM sign_in_codes") == 10


async def test_one_network_has_twenty_wrong_tries_an_hour_and_right_ones_do_not_count(
    db: Database, config: Config, clock: TestClock, people: People
) -> None:
    answers = []
    for number in range(3):
        desk = Desk(db, config, clock)
        await desk.ask(f"nobody{number}@harbour.example.org")
        answers += [await desk.type("000000") for _ in range(9)]
    assert sum(one.wait is None for one in answers) == 20
    assert answers[-1].wait == timedelta(hours=1)


async def test_a_sign_in_ends_when_idle_when_old_and_when_left(desk: Desk, connection: Any, people: People) -> None:
    config, clock = desk.config, desk.clock
    idle, most = config.timing.sign_in_idle, config.timing.sign_in_most
    await desk.ask(people.priya.email)
    [code] = await codes_for(desk, connection, people)
    token = (await desk.type(code)).token
    assert token

    async def signed_in() -> bool:
        return await find_sign_in(connection, token_hash(token), clock.now, idle=idle, most=most) is not None

    for _ in range(24):
        clock.forward(minutes=29)
        assert await signed_in()
        await desk.db.act(signing_in.note_seen, clock.now, token=token)
    clock.forward(minutes=29)
    assert not await signed_in(), "twelve hours are the most"
    clock.now -= timedelta(hours=2)
    assert await signed_in()
    await desk.db.act(signing_in.sign_out, clock.now, token=token)
    assert not await signed_in()


async def test_somebody_who_has_left_is_out_at_once(desk: Desk, connection: Any, people: People) -> None:
    await desk.ask(people.priya.email)
    [code] = await codes_for(desk, connection, people)
    token = (await desk.type(code)).token
    assert token
    await desk.ask(people.priya.email)
    waiting = (await codes_for(desk, connection, people))[-1]
    await desk.db.act(setting_up.disable_staff, desk.config, desk.clock.now, actor=OPERATOR, staff_id=people.priya.id)
    timing = desk.config.timing
    assert await find_sign_in(connection, token_hash(token), desk.clock.now, idle=timing.sign_in_idle, most=timing.sign_in_most) is None
    assert (await desk.type(waiting)).token is None
    assert await connection.fetchval("SELECT count(*) FROM letters WHERE state = 'waiting'") == 0
    desk.clock.forward(minutes=20)
    await desk.ask(people.priya.email)
    assert await connection.fetchval("SELECT count(*) FROM letters WHERE state = 'waiting'") == 0


async def test_neither_codes_nor_tokens_stand_in_the_database(desk: Desk, connection: Any, people: People) -> None:
    await desk.ask(people.priya.email)
    [code] = await codes_for(desk, connection, people)
    token = (await desk.type(code)).token or ""
    for table in ("sign_ins", "sign_in_codes", "letters", "rate_limits", "audit"):
        rows = await connection.fetch(f"SELECT t::text AS line FROM {table} t")
        everything = " ".join(row["line"] for row in rows)
        for secret in (
            code.encode().hex(),
            token,
            desk.browser,
            token.encode().hex(),
            people.priya.email,
            people.priya.email.encode().hex(),
        ):
            assert secret not in everything, table
