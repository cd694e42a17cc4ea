"""What tests of the time after a meeting share: a plan that stands and is over, a newcomer who agreed to be asked, and the hands that answer."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from matcher.actions import recording_outcomes
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.outcome import Barrier, ToldHow, Went, WhatNow
from matcher.domain.permission_facts import LinkPurpose
from tests.referral_making import priya
from tests.stage import Stage

END = timedelta(hours=1)


async def agree_to_be_asked(stage: Stage, referral_id: UUID, *purposes: str) -> None:
    """The newcomer agreed to questions afterwards (C4), and to what else is named."""
    newcomer = await stage.one("SELECT newcomer_id FROM referrals WHERE id = $1", referral_id)
    for purpose in purposes or ("c4",):
        await stage.sql.execute(
            "INSERT INTO consents (id, person_id, purpose, given, wording_version, method, at) VALUES ($1, $2, $3, true, '1', 'spoken', $4)",
            uuid4(),
            newcomer,
            purpose,
            stage.now,
        )


async def planned(stage: Stage, *names: str, **changes: Any) -> UUID:
    """Somebody has said yes and everybody knows; the meeting lies ahead."""
    for name in names or ("Tom",):
        await stage.world.volunteer(name)
    referral = await stage.world.referral(**changes)
    await stage.begin(referral)
    for offer in await stage.offers("sent"):
        if await stage.state(referral) in ("looking", "part_filled"):
            await stage.yes(offer)
    await stage.pass_time(minutes=16)
    return referral


async def over(stage: Stage, referral_id: UUID) -> None:
    """Time goes by until the meeting has been over for an hour."""
    ends = await stage.one(
        "SELECT max(ends_at) FROM matches WHERE referral_id = $1 AND state IN ('planned', 'confirmed') AND ended_at IS NULL", referral_id
    )
    await stage.until(ends + END)


async def attended(stage: Stage, referral_id: UUID, *, went: Went = Went.YES, actor: Actor | None = None) -> None:
    """Priya writes down that they went."""
    by = actor or priya(stage)
    facts = {"referral_id": referral_id, "went": went, "how": ToldHow.KEYWORKER}
    await stage.db.act(recording_outcomes.record_attended, stage.config, stage.now, actor=by, **facts)
    await stage.worker.run_until_idle()


async def missed(stage: Stage, referral_id: UUID, what_now: WhatNow, *, barrier: Barrier | None = None, actor: Actor | None = None) -> bool:
    """Priya writes down that they did not go, and what they would like now."""
    by = actor or priya(stage)
    found: bool = await stage.db.act(
        recording_outcomes.record_not_attended,
        stage.config,
        stage.now,
        actor=by,
        referral_id=referral_id,
        how=ToldHow.KEYWORKER,
        what_now=what_now,
        barrier=barrier,
    )
    await stage.worker.run_until_idle()
    return found


async def noor(stage: Stage, referral_id: UUID) -> Actor:
    """The newcomer, by the link of a letter with questions."""
    newcomer = await stage.one("SELECT newcomer_id FROM referrals WHERE id = $1", referral_id)
    return Actor(ActorKind.NEWCOMER, newcomer, link_purpose=LinkPurpose.FOLLOW_UP)
