"""Fifty people press Continue at the same moment for the last place, over HTTP, on two web processes: one goes along, all others read thanks."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest

from matcher.actions.amending import cancel_referral
from matcher.actions.letter_writing import make_link
from matcher.crypto import Vault
from matcher.database import Database
from matcher.domain.actor import OPERATOR, Actor, ActorKind
from matcher.domain.connection import Connection
from matcher.domain.journey_word import CancelReason, OfferState
from matcher.links import form_token
from matcher.store import offers
from matcher.store.audit import claim_acting
from tests.conftest import ROOT, TestDatabase
from tests.link_stage import Links
from tests.reading_html import SeenPage
from tests.site import from_own_page

PEOPLE, SENT = 50, 10
GOING, COVERED = "Thank you. You are going along", "Somebody is already going"


@dataclass(frozen=True)
class Course:
    """Where a race is run: the stage, the two processes' address, and what both know."""

    links: Links
    db: Database
    base_url: str
    vault: Vault
    people: list[UUID]


@dataclass(frozen=True)
class Trial:
    """How one race ended: the heading of each answer with its status, and what the tables say."""

    referral_id: UUID
    answers: Counter[tuple[int, str]]
    states: dict[str, int]
    matches: int
    seats_taken: int
    seconds: float


async def run_race(course: Course) -> Trial:
    """A referral with one place, 10 open invitations and 40 expired ones; everybody says yes at once."""
    world, sql = course.links.stage.world, course.links.stage.sql
    referral_id = await world.referral()
    option_id = await sql.fetchval("SELECT id FROM referral_options WHERE referral_id = $1", referral_id)
    tokens = await course.db.act(invite_all, course, referral_id, option_id)
    began = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as visitors:
        answers = await asyncio.gather(*(say_yes(visitors, course, token, option_id) for token in tokens))
    seconds = time.perf_counter() - began
    states = await sql.fetch("SELECT state, count(*) AS n FROM offers WHERE referral_id = $1 GROUP BY state", referral_id)
    return Trial(
        referral_id,
        Counter(answers),
        {row["state"]: row["n"] for row in states},
        await sql.fetchval("SELECT count(*) FROM matches WHERE referral_id = $1 AND state <> 'cancelled'", referral_id),
        await sql.fetchval("SELECT seats_taken FROM referrals WHERE id = $1", referral_id),
        seconds,
    )


async def invite_all(tx: Connection, course: Course, referral_id: UUID, option_id: UUID) -> list[str]:
    """Everybody's invitation as it is some hours later; returns the tokens of their links."""
    links = course.links
    now, world = links.stage.now, links.stage.world
    await claim_acting(tx, OPERATOR, "build", now)
    tokens = []
    for number, person in enumerate(course.people):
        new = offers.NewOffer(
            id=uuid4(),
            referral_id=referral_id,
            provider_id=world.provider_id,
            area_id=world.area_id,
            meeting_number=1,
            volunteer_id=person,
            fellowship="aa",
            wave=1,
            by_hand=False,
            by_telephone=False,
            reply_by=now + timedelta(hours=4),
            last_moment=now + timedelta(days=3),
            created_at=now,
            option_ids=(option_id,),
            decision_id=uuid4(),
            policy="race",
            why={},
        )
        await offers.insert_offer(tx, new)
        await offers.claim_offer_state(tx, new.id, now, sources=[OfferState.QUEUED], to=OfferState.SENT)
        if number < PEOPLE - SENT:  # first those who were asked before: no more than ten are ever open at once
            await offers.claim_offer_state(tx, new.id, now, sources=[OfferState.SENT], to=OfferState.EXPIRED)
        party = ("volunteer", person)
        link = await make_link(tx, links.config, now, "answer_offer", party=party, about_id=new.id, expires_at=new.last_moment)
        tokens.append(link.rsplit("/", 1)[1])
    return tokens


async def say_yes(visitors: aiohttp.ClientSession, course: Course, token: str, option_id: UUID) -> tuple[int, str]:
    """One person's Continue, with the form token that their page holds: its status and what the page says first."""
    sent = {"token": form_token(course.vault, token, "link.answer_offer"), "choice": str(option_id)}
    async with visitors.post(f"{course.base_url}/answer/{token}", data=sent, headers=from_own_page(course.base_url)) as answer:
        page = SeenPage(await answer.text())
    return answer.status, next(text for level, text in page.headings if level == "h1")


def judge(trial: Trial) -> None:
    """Exactly one winner, 49 kind pages; and the tables say the same."""
    assert trial.answers == Counter({(200, GOING): 1, (200, COVERED): PEOPLE - 1}), trial.answers
    assert trial.states == {"accepted": 1, "covered": PEOPLE - 1}, trial.states
    assert (trial.matches, trial.seats_taken) == (1, 1)


@asynccontextmanager
async def course_of(links: Links, database: TestDatabase, port: int, *, wrong: bool = False) -> AsyncIterator[Course]:
    """Fifty people on the roster and two web processes on one port."""
    stage = links.stage
    vault = stage.config.vault
    base_url = f"http://127.0.0.1:{port}"
    people = [await stage.world.volunteer(f"P{number}") for number in range(PEOPLE)]
    told = {
        "dsn": database.program_dsn,
        "base_url": base_url,
        "master": vault.masters[1].hex(),
        "identity": vault.identity.hex(),
        "now": stage.now.isoformat(),
        "wrong": wrong,
    }
    processes = [await start_web(told) for _ in range(2)]
    try:
        yield Course(links, stage.db, base_url, vault, people)
    finally:
        for process in processes:
            assert process.stdin
            process.stdin.close()
            assert await asyncio.wait_for(process.wait(), 20) == 0


async def start_web(told: dict[str, Any]) -> asyncio.subprocess.Process:
    """One web process, ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.race_web", cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin and process.stdout
    process.stdin.write((json.dumps(told) + "\n").encode())
    await process.stdin.drain()
    while (line := await asyncio.wait_for(process.stdout.readline(), 30)) != b"ready\n":
        assert line, "a web process did not start"
    drain = asyncio.create_task(process.stdout.read())
    process.log = drain  # its log must not fill the pipe
    return process


async def after(course: Course, trial: Trial) -> None:
    """Call the referral off through the product, so that the same people can race again."""
    stage = course.links.stage
    priya = Actor(ActorKind.KEYWORKER, id=stage.world.keyworker_id, provider_id=stage.world.provider_id)
    reason = CancelReason.ARRANGED_OTHERWISE
    await course.db.act(cancel_referral, stage.config, stage.now, actor=priya, referral_id=trial.referral_id, reason=reason)


async def run_trials(course: Course, trials: int) -> list[Trial]:
    """So many races, each judged."""
    run = []
    for _ in range(trials):
        run.append(await run_race(course))
        judge(run[-1])
        await after(course, run[-1])
    sql = course.links.stage.sql
    assert await sql.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0
    return run


async def test_fifty_yeses_at_once_are_one_companion_and_49_thanks(links: Links, database: TestDatabase, free_port: int) -> None:
    async with course_of(links, database, free_port + 1) as course:
        assert len(await run_trials(course, 10)) == 10


@pytest.mark.long
async def test_two_hundred_times_fifty_yeses_at_once(links: Links, database: TestDatabase, free_port: int) -> None:
    async with course_of(links, database, free_port + 1) as course:
        run = await run_trials(course, 200)
    assert len(run) == 200
    slowest = sorted(trial.seconds for trial in run)
    sys.stdout.write(f"50 answers: median {slowest[100]:.2f} s, slowest {slowest[-1]:.2f} s\n")


async def test_an_acceptance_that_looks_and_then_acts_is_caught(links: Links, database: TestDatabase, free_port: int) -> None:
    """Teeth: the same race against the planted mistake gives the place to several people, and the same judge says so."""
    async with course_of(links, database, free_port + 1, wrong=True) as course:
        trial = await run_race(course)
        with pytest.raises(AssertionError):
            judge(trial)
        assert trial.answers[200, GOING] > 1, "the planted mistake gave the place away more than once"
        await make_good(course)
        await after(course, trial)


async def make_good(course: Course) -> None:
    """Take back what the mistake left, so that the check at the end of every test finds a whole database."""
    sql, now = course.links.stage.sql, course.links.stage.now
    async with sql.transaction():
        await claim_acting(sql, OPERATOR, "make_good", now)
        await sql.execute("UPDATE offers SET state = 'declined' WHERE state = 'accepted'")
        await sql.execute("UPDATE referrals SET seats_taken = 0")
