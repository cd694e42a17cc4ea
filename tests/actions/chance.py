"""A walk by chance through the shipped actions: one event after another from a seed, and after each every promise is asked. Not a test itself."""

import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import amending, answering, asking, confirming, posting, roster_states, timekeeping, withdrawing
from matcher.actions.asking import begin_asking
from matcher.actions.scene import claim_scene
from matcher.domain.actor import CLOCK, Actor, ActorKind
from matcher.domain.delivery import AddressRefused, Later, LetterRefused, Outcome, Sent, TransportIll, Unknown
from matcher.domain.errors import Refusal
from matcher.domain.journey_word import CancelReason
from matcher.domain.occurrence import local_instant
from matcher.store import audit
from matcher.transport import CheckedTransport
from matcher.worker import Worker
from tests.stage import Stage
from tests.world import LONDON

MOST_OPEN = 5
"""Referrals that are on their way at one time."""
OUTCOMES: tuple[tuple[Outcome, int], ...] = (
    (Sent("250"), 90),
    (Later("451 4.7.1"), 4),
    (TransportIll("connect"), 3),
    (Unknown("end"), 2),
    (AddressRefused("550 5.1.1"), 2),
    (LetterRefused("554 5.7.1"), 1),
)
OWN_RULES = {
    "an open offer has a covered letter that waits or has left since it was made open again": """
        SELECT l.id FROM letters l JOIN offers o ON o.id = l.about_id WHERE l.kind = 'covered' AND l.state = 'waiting' AND o.state = 'sent'
    """,
    "a referral still looks for company after its last moment": """
        SELECT id FROM referrals WHERE state IN ('looking', 'part_filled', 'needs_person') AND deadline < $1::timestamptz - interval '1 minute'
    """,
    "a newcomer waits for a plan whose companion has been let go": """
        SELECT l.id FROM letters l JOIN referrals r ON r.id = l.about_id
         WHERE l.kind IN ('newcomer_confirmation') AND l.state = 'waiting' AND r.seats_taken = 0
    """,
    "a referral ended without company and nobody told the newcomer": """
        SELECT r.id FROM referrals r WHERE r.close_reason = 'unfilled'
           AND NOT EXISTS (SELECT FROM letters l WHERE l.about_id = r.id AND l.kind = 'no_companion')
           AND NOT EXISTS (SELECT FROM tasks t WHERE t.referral_id = r.id AND t.kind = 'tell_in_person')
    """,
    "a newcomer waits alone for a plan that nobody keeps": """
        SELECT m.id FROM matches m JOIN referrals r ON r.id = m.referral_id
         WHERE m.state = 'cancelled' AND m.told_newcomer_at IS NOT NULL AND m.starts_at > $1 AND r.seats_taken = 0
           AND greatest(m.starts_at - interval '2 hours', m.ended_at) < $1::timestamptz - interval '1 minute'
           AND NOT EXISTS (SELECT FROM matches o WHERE o.referral_id = r.id AND o.told_newcomer_at > m.told_newcomer_at)
           AND NOT EXISTS (SELECT FROM letters l WHERE l.about_id = r.id AND l.party_kind = 'newcomer' AND l.created_at >= m.ended_at
                            AND l.kind IN ('cancellation', 'no_companion'))
           AND NOT EXISTS (SELECT FROM tasks t WHERE t.referral_id = r.id AND t.kind IN ('tell_in_person', 'letter_bounced', 'not_told'))
    """,
    "somebody going along holds no seat": """
        SELECT m.id FROM matches m JOIN referrals r ON r.id = m.referral_id
         WHERE m.state IN ('planned', 'confirmed') AND r.state = 'closed' AND m.ends_at > $1
    """,
}
"""What must hold beside the questions of `check`, whatever happened; each names the rows that break it, `$1` is now."""


class Broken(Exception):
    """A promise does not hold after an event."""


class Moody:
    """The mail server outside: takes most letters, and treats the others as chance will have it."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.taken: list[bytes] = []

    async def send(self, raw: bytes, *, envelope_from: str, envelope_to: str) -> Outcome:
        [outcome] = self._chance.choices([one for one, _ in OUTCOMES], [weight for _, weight in OUTCOMES])
        if isinstance(outcome, (Sent, Unknown)):
            self.taken.append(raw)
        return outcome

    def begin_no_more(self) -> None:
        """Nothing waits here."""

    async def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Walk:
    """The state of one walk: whom there is is read from the tables, in an order that does not depend on random ids."""

    stage: Stage
    seed: int
    tilt: dict[str, int] = field(default_factory=dict)
    """Other weights for some events, to walk where a mistake would show."""
    events: list[str] = field(default_factory=list)
    refused: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        server = CheckedTransport(Moody(self.chance))
        self.stage.worker = Worker(self.stage.db, self.stage.config, server, clock=lambda: self.stage.now)

    async def set_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twelve volunteers of several kinds, and two more meetings. Ids come from the seed too, so that a walk can be walked again."""
        monkeypatch.setattr(os, "urandom", random.Random(self.seed).randbytes)
        world = self.stage.world
        for number in range(12):
            await world.volunteer(f"V{number}", notice=("two_hours", "same_day", "one_day")[number % 3], going_cap=1 + number % 3)
        self.meetings = {4: world.meeting_id, 6: uuid4(), 7: uuid4()}
        for weekday in (6, 7):
            await world.meeting(self.meetings[weekday], weekday=weekday)

    async def go(self, length: int) -> None:
        """So many events; raises Broken, with the seed and the last events, as soon as a promise does not hold."""
        for _ in range(length):
            [event] = self.chance.choices(list(EVENTS), [self.tilt.get(name, weight) for name, (_, weight) in EVENTS.items()])
            await self.happen(event)

    async def happen(self, event: str) -> None:
        """One event, all that is due now, and every promise."""
        try:
            what = await EVENTS[event][0](self)
        except Refusal as refusal:
            self.refused += 1
            what = f"refused: {type(refusal).__name__}"
        self.events.append(f"{self.stage.now:%a %d %H:%M:%S} {event}: {what}")
        told = event if not what.startswith(("nobody", "nothing", "enough")) else f"{event}, in vain"
        self.done[told] = self.done.get(told, 0) + 1
        await self.stage.worker.run_until_idle()
        await self.look()

    async def look(self) -> None:
        """Raise Broken where a promise does not hold."""
        broken = [f"{one.promise} {one.rule}: {one.row_id}" for one in (await self.stage.check()).broken]
        for rule, query in OWN_RULES.items():
            rows = await self.stage.sql.fetch(query, *([self.stage.now] if "$1" in query else []))
            broken += [f"{rule}: {row['id']}" for row in rows]
        if broken:
            told = "\n  ".join(self.events[-20:])
            raise Broken(f"seed {self.seed}, event {len(self.events)}: {broken}\n  {told}")

    # Who and what there is.

    async def rows(self, query: str, *args: Any) -> list[Any]:
        return list(await self.stage.sql.fetch(query, *args))

    async def one_of(self, query: str, *args: Any) -> Any:
        """One row by chance; None where there is none."""
        rows = await self.rows(query, *args)
        return self.chance.choice(rows) if rows else None

    async def act(self, action: Callable[..., Awaitable[Any]], **facts: Any) -> Any:
        return await self.stage.db.act(action, self.stage.config, self.stage.now, **facts)


OFFER = """
    SELECT o.*, v.number FROM offers o JOIN volunteers v ON v.id = o.volunteer_id JOIN referrals r ON r.id = o.referral_id
     WHERE r.state <> 'closed' OR o.created_at > $1::timestamptz - interval '1 day' ORDER BY o.created_at, v.number
"""
OPEN_OFFER = """
    SELECT o.*, v.number FROM offers o JOIN volunteers v ON v.id = o.volunteer_id WHERE o.state IN ('sent', 'expired') ORDER BY o.created_at, v.number
"""
LAST_MOMENT = """
    SELECT min(o.last_moment) FROM offers o JOIN referrals r ON r.id = o.referral_id
     WHERE o.state IN ('sent', 'expired') AND r.state IN ('looking', 'part_filled', 'needs_person')
       AND o.last_moment >= $1 AND o.last_moment < least(r.deadline, $1::timestamptz + interval '6 days')
"""
LIVE_MATCH = """
    SELECT m.*, v.number FROM matches m JOIN volunteers v ON v.id = m.volunteer_id WHERE m.state IN ('planned', 'confirmed') AND m.starts_at > $1
     ORDER BY m.accepted_at, v.number
"""


def volunteer(row: Any) -> Actor:
    return Actor(ActorKind.VOLUNTEER, row["volunteer_id"])


def carol(walk: Walk) -> Actor:
    return Actor(ActorKind.COORDINATOR, walk.stage.world.coordinator_id, area_ids=frozenset({walk.stage.world.area_id}))


def priya(walk: Walk) -> Actor:
    return Actor(ActorKind.KEYWORKER, walk.stage.world.keyworker_id, provider_id=walk.stage.world.provider_id)


async def refer(walk: Walk) -> str:
    """A referral for a meeting in the days ahead, of one kind or another, and its asking begun."""
    stage, chance = walk.stage, walk.chance
    if await stage.one("SELECT count(*) FROM referrals WHERE state <> 'closed' AND deadline > $1", stage.now) >= MOST_OPEN:
        return "enough"
    on_date, meeting_id = next_date(walk)
    changes = {
        "seats": chance.choice((1, 1, 2)),
        "agree_first": chance.random() < 0.2,
        "channel": chance.choice(("email", "email", "keyworker")),
        "may_widen": chance.choice(([], ["one_companion"])),
    }
    stage.world.now = stage.now
    referral_id = await stage.world.referral(on_date=on_date, meeting_id=meeting_id, **changes)
    await add_option(walk, referral_id, on_date)

    async def begin(tx: Any) -> None:
        await audit.claim_acting(tx, CLOCK, "begin", stage.now)
        await begin_asking(await claim_scene(tx, stage.config, stage.now, referral_id))

    await stage.db.act(begin)
    return f"{on_date} {changes}"


def next_date(walk: Walk) -> tuple[date, UUID]:
    """An evening between tomorrow and ten days from now."""
    today = walk.stage.now.astimezone(LONDON).date()
    ahead = [today + timedelta(days=days) for days in range(11)]
    fitting = [
        day
        for day in ahead
        if day.isoweekday() in walk.meetings and local_instant(day, time(19, 30), LONDON) > walk.stage.now + timedelta(hours=2.2)
    ]
    chosen = walk.chance.choice(fitting)
    return chosen, walk.meetings[chosen.isoweekday()]


async def add_option(walk: Walk, referral_id: UUID, on_date: date) -> None:
    """Half of the referrals accept a second evening too."""
    later, meeting_id = next_date(walk)
    if later == on_date or walk.chance.random() < 0.5:
        return
    starts_at = local_instant(later, time(19, 30), LONDON)
    await walk.stage.sql.execute(
        """
        INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
        VALUES ($7, $1, 1, 2, $2, 'aa', $3, $4, $5, $6, 'open')
        """,
        referral_id,
        meeting_id,
        later,
        starts_at,
        starts_at + timedelta(hours=1),
        starts_at - timedelta(minutes=15),
        uuid4(),
    )


async def say_yes(walk: Walk, query: str = OPEN_OFFER, *args: Any) -> str:
    offer = await walk.one_of(query, *args)
    if offer is None:
        return "nobody"
    options = await walk.rows(
        "SELECT x.option_id FROM offer_options x JOIN referral_options p ON p.id = x.option_id WHERE x.offer_id = $1 ORDER BY p.rank",
        offer["id"],
    )
    option_id = walk.chance.choice(options)["option_id"]
    said = await walk.act(answering.accept_offer, actor=volunteer(offer), offer_id=offer["id"], option_id=option_id)
    return f"volunteer {offer['number']}: {said.what}"


async def say_yes_late(walk: Walk) -> str:
    """A yes by whatever link there is: used, expired, withdrawn, of a referral long over."""
    return await say_yes(walk, OFFER, walk.stage.now)


async def say_yes_too_late(walk: Walk) -> str:
    """At the last moment of somebody's link or a second later, while the search goes on for others."""
    last = await walk.stage.one(LAST_MOMENT, walk.stage.now)
    if last is None:
        return "nobody"
    await walk.stage.until(last + timedelta(seconds=walk.chance.choice((0, 1))))
    return await say_yes(walk, OPEN_OFFER.replace("ORDER BY", "AND o.last_moment <= $1 ORDER BY"), walk.stage.now)


async def say_no(walk: Walk) -> str:
    offer = await walk.one_of(OFFER, walk.stage.now)
    if offer is None:
        return "nobody"
    said = await walk.act(answering.decline_offer, actor=volunteer(offer), offer_id=offer["id"], another_day=walk.chance.random() < 0.3)
    return f"volunteer {offer['number']}: {said.what}"


async def undo(walk: Walk) -> str:
    match = await walk.one_of(
        LIVE_MATCH.replace("ORDER BY", "AND m.undo_until > $1::timestamptz - interval '1 minute' ORDER BY"), walk.stage.now
    )
    if match is None:
        return "nobody"
    undone = await walk.act(withdrawing.undo_acceptance, actor=volunteer(match), match_id=match["id"])
    return f"volunteer {match['number']}: {undone}"


async def cannot_come(walk: Walk) -> str:
    match = await walk.one_of(LIVE_MATCH, walk.stage.now)
    if match is None:
        return "nobody"
    gone = await walk.act(withdrawing.withdraw_companion, actor=volunteer(match), match_id=match["id"])
    return f"volunteer {match['number']}: {gone}"


async def agree(walk: Walk) -> str:
    row = await walk.one_of(
        "SELECT id, newcomer_id FROM referrals WHERE agree_first AND state IN ('matched', 'needs_person') ORDER BY submitted_at"
    )
    if row is None:
        return "nobody"
    await walk.act(confirming.agree_plan, actor=priya(walk), referral_id=row["id"])
    return "said OK"


async def pause(walk: Walk) -> str:
    row = await walk.one_of("SELECT id AS volunteer_id, number FROM volunteers WHERE state = 'active' ORDER BY number")
    if row is None:
        return "nobody"
    holder = replace(volunteer(row), link_purpose="pause", about_id=row["volunteer_id"])
    await walk.act(roster_states.pause_volunteer, actor=holder, volunteer_id=row["volunteer_id"])
    return f"volunteer {row['number']}"


async def come_back(walk: Walk) -> str:
    """Somebody who paused is back; an address that was refused has been put right."""
    row = await walk.one_of("SELECT id AS volunteer_id, number FROM volunteers WHERE state = 'paused' ORDER BY number")
    if row is None:
        return "nobody"
    await walk.stage.sql.execute("UPDATE volunteers SET email_state = 'ok' WHERE id = $1", row["volunteer_id"])
    await walk.act(roster_states.resume_volunteer, actor=carol(walk), volunteer_id=row["volunteer_id"])
    return f"volunteer {row['number']}"


async def ask_by_hand(walk: Walk) -> str:
    referral = await walk.one_of("SELECT id FROM referrals WHERE state IN ('looking', 'part_filled', 'needs_person') ORDER BY submitted_at")
    person = await walk.one_of("SELECT id, number FROM volunteers ORDER BY number")
    if referral is None:
        return "nobody"
    options = await walk.rows("SELECT id FROM referral_options WHERE referral_id = $1 ORDER BY rank", referral["id"])
    facts = {"referral_id": referral["id"], "volunteer_id": person["id"], "option_ids": [option["id"] for option in options]}
    await walk.act(asking.ask_by_hand, actor=carol(walk), **facts)
    return f"volunteer {person['number']}"


async def yes_by_telephone(walk: Walk) -> str:
    offer = await walk.one_of(OPEN_OFFER)
    if offer is None:
        return "nobody"
    option_id = await walk.stage.one("SELECT option_id FROM offer_options WHERE offer_id = $1 LIMIT 1", offer["id"])
    said = await walk.act(answering.accept_offer, actor=carol(walk), offer_id=offer["id"], option_id=option_id, by_telephone=True)
    return f"volunteer {offer['number']}: {said.what}"


async def cancel(walk: Walk) -> str:
    row = await walk.one_of("SELECT id FROM referrals WHERE state <> 'closed' ORDER BY submitted_at")
    if row is None:
        return "nobody"
    await walk.act(amending.cancel_referral, actor=priya(walk), referral_id=row["id"], reason=CancelReason.UNWELL)
    return "cancelled"


async def lose_worker(walk: Walk) -> str:
    """A worker takes what is due and is never heard of again: its leases end."""
    walk.stage.now += timedelta(minutes=walk.chance.randint(1, 40))
    letters = await walk.stage.db.act(posting.claim_letters, walk.stage.now, lease_id=uuid4(), most=20)
    taken = await walk.stage.db.act(timekeeping.claim_timers, walk.stage.now, lease_id=uuid4(), most=20)
    await walk.stage.worker.run_until_idle()
    walk.stage.now += timedelta(seconds=51)
    return f"{len(letters)} letters, {len(taken)} timers"


async def some_minutes(walk: Walk) -> str:
    walk.stage.now += timedelta(seconds=walk.chance.randint(1, 1200))
    return ""


async def some_hours(walk: Walk) -> str:
    """The worker is at work all along, as it would be."""
    await walk.stage.until(walk.stage.now + timedelta(minutes=walk.chance.randint(30, 480)))
    return ""


async def to_the_next_border(walk: Walk) -> str:
    """To just before, at, or just after the next moment at which something is due by itself."""
    due = await walk.stage.one("SELECT min(due_at) FROM timers WHERE state = 'waiting' AND due_at > $1", walk.stage.now)
    if due is None:
        return "nothing is due"
    await walk.stage.until(max(walk.stage.now, due + timedelta(seconds=walk.chance.choice((-1, 0, 0, 1)))))
    return "before, at or after"


Event = Callable[[Walk], Awaitable[str]]
EVENTS: dict[str, tuple[Event, int]] = {
    "refer": (refer, 12),
    "yes": (say_yes, 14),
    "late yes": (say_yes_late, 4),
    "yes too late": (say_yes_too_late, 3),
    "no": (say_no, 10),
    "undo": (undo, 8),
    "cannot come": (cannot_come, 4),
    "agree": (agree, 4),
    "pause": (pause, 2),
    "come back": (come_back, 6),
    "ask by hand": (ask_by_hand, 3),
    "yes by telephone": (yes_by_telephone, 2),
    "cancel": (cancel, 1),
    "lose worker": (lose_worker, 3),
    "minutes": (some_minutes, 16),
    "hours": (some_hours, 6),
    "border": (to_the_next_border, 8),
}
"""What may happen, and how often of about a hundred."""
