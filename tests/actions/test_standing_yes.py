"""Where somebody's answer is always yes: said on their word, seen by whoever asks, and no more after two invitations in a row without a yes."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions.standing_yes import say_where_always
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Changed, Hidden
from tests.stage import Stage

FIRST_ON = date(2026, 11, 26)


def carol(stage: Stage) -> Actor:
    return Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))


async def say(stage: Stage, volunteer: UUID, *meetings: UUID, version: int | None = None, actor: Actor | None = None) -> None:
    """Carol ticks these meetings, and no others."""
    if version is None:
        version = await stage.one("SELECT version FROM volunteers WHERE id = $1", volunteer)
    facts: dict[str, Any] = {"volunteer_id": volunteer, "version": version, "meeting_ids": list(meetings)}
    await stage.db.act(say_where_always, stage.config, stage.now, actor=actor or carol(stage), **facts)


async def ask_anew(stage: Stage, week: int) -> tuple[Any, bool]:
    """Another newcomer, a week later: the invitation, and whether it was made on a standing yes."""
    stage.now += timedelta(minutes=1)
    await stage.begin(await stage.world.referral(on_date=FIRST_ON + timedelta(weeks=week)))
    offer = (await stage.offers())[-1]
    return offer, json.loads(await stage.one("SELECT why FROM offer_reasons WHERE offer_id = $1", offer["id"]))["standing"]


async def test_two_invitations_in_a_row_without_a_yes_and_it_counts_no_more_until_it_is_said_again(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom", going_cap=8)
    await say(stage, tom, stage.world.meeting_id)
    for week in (0, 1):
        offer, standing = await ask_anew(stage, week)
        assert standing is True
        await stage.no(offer)
    offer, standing = await ask_anew(stage, 2)
    assert standing is False, "two noes in a row: an invitation like any other"
    await stage.yes(offer)
    offer, standing = await ask_anew(stage, 3)
    assert standing is False, "a yes does not say it again: they do"
    await stage.no(offer)
    await say(stage, tom, stage.world.meeting_id)
    assert (await ask_anew(stage, 4))[1] is True


async def test_a_yes_between_keeps_it(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom", going_cap=8)
    await say(stage, tom, stage.world.meeting_id)
    for week in range(4):
        offer, standing = await ask_anew(stage, week)
        assert standing is True
        await (stage.yes(offer) if week == 1 else stage.no(offer))
        if week == 2:  # saved again while it still counts: it is the same word as before
            await say(stage, tom, stage.world.meeting_id)
    offer, standing = await ask_anew(stage, 4)
    assert standing is False, "the third and the fourth were noes"


async def test_silence_counts_as_a_no(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom", going_cap=8)
    await say(stage, tom, stage.world.meeting_id)
    for week in (1, 2):
        offer, standing = await ask_anew(stage, week)
        assert standing is True
        await stage.until(offer["reply_by"] + timedelta(minutes=1))
        assert await stage.one("SELECT state FROM offers WHERE id = $1", offer["id"]) == "expired"
    assert (await ask_anew(stage, 3))[1] is False


async def test_it_is_of_that_meeting_alone_and_asks_before_others(stage: Stage) -> None:
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    other = uuid4()
    await stage.world.meeting(other, weekday=5)
    tom, ann = [await stage.world.volunteer(name) for name in ("Tom", "Ann")]
    await say(stage, tom, other)
    await say(stage, ann, stage.world.meeting_id)
    await stage.begin(await stage.world.referral())
    rows = await stage.sql.fetch("SELECT o.volunteer_id, r.why FROM offers o JOIN offer_reasons r ON r.offer_id = o.id")
    told = {row["volunteer_id"]: json.loads(row["why"]) for row in rows}
    assert told[ann]["standing"] is True and told[ann]["rank"] == 1 and told[ann]["p_hat"] > 0.9
    assert tom not in told or not told[tom]["standing"]
    assert await stage.one("SELECT count(*) FROM matches") == 0, "a human answers"


async def test_only_their_own_coordinator_says_it_and_nobody_overwrites_unseen(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom")
    eve = Actor(ActorKind.COORDINATOR, UUID(int=5), area_ids=frozenset({UUID(int=6)}))
    with pytest.raises(Hidden):
        await say(stage, tom, stage.world.meeting_id, actor=eve)
    await say(stage, tom, stage.world.meeting_id, version=1)
    with pytest.raises(Changed):
        await say(stage, tom, version=1)
    assert await stage.one("SELECT count(*) FROM standing_yeses") == 1
    assert await stage.one("SELECT reason FROM audit WHERE thing_id = $1 ORDER BY id DESC LIMIT 1", tom) == "always_yes"


async def test_no_meeting_of_another_fellowship_is_taken(stage: Stage) -> None:
    other = uuid4()
    await stage.world.meeting(other, fellowship="na")
    tom = await stage.world.volunteer("Tom")
    await say(stage, tom, other)
    assert await stage.one("SELECT count(*) FROM standing_yeses") == 0
