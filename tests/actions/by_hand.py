"""Carol at work by hand on the stage: referrals that wait for her, and what she does with them. Not a test itself."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from matcher.domain.actor import Actor, ActorKind
from matcher.domain.sealed import PersonKey
from tests.stage import Stage

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


def carol(stage: Stage) -> Actor:
    """The coordinator of the area."""
    return Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))


def eve() -> Actor:
    """A coordinator of somewhere else."""
    return Actor(ActorKind.COORDINATOR, uuid4(), area_ids=frozenset({uuid4()}))


async def do(stage: Stage, action: Any, referral_id: UUID, *, by: Actor | None = None, **facts: Any) -> str:
    """Carol (or somebody else) does something by hand; the worker then does what is due."""
    actor = by or carol(stage)
    done: str = await stage.db.act(action, stage.config, stage.now, actor=actor, referral_id=referral_id, **facts)
    await stage.worker.run_until_idle()
    return done


async def option_of(stage: Stage, referral_id: UUID) -> UUID:
    found: UUID = await stage.one("SELECT id FROM referral_options WHERE referral_id = $1", referral_id)
    return found


async def waiting(stage: Stage, **changes: Any) -> UUID:
    """A referral for which the machine found nobody: it waits for Carol."""
    referral = await stage.world.referral(**changes)
    await stage.begin(referral)
    assert await stage.state(referral) == "needs_person"
    return referral


async def everybody_declined(stage: Stage) -> tuple[UUID, list[Any]]:
    """Three were asked and all three said no."""
    for name in ("Tom", "Ahmed", "Bill"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral()
    await stage.begin(referral)
    asked = await stage.offers("sent")
    for offer in asked:
        await stage.no(offer)
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "needs_person"
    return referral, asked


async def set_to_settle(stage: Stage, referral: UUID, *what: str, comfort: str | None = None) -> None:
    """What its keyworker said that a coordinator must settle first."""
    await stage.sql.execute(
        "UPDATE referrals SET to_settle = $2, comfort = coalesce($3, comfort) WHERE id = $1", referral, list(what), comfort
    )


async def bar(stage: Stage, referral: UUID, volunteer: UUID) -> None:
    """These two are never brought together."""
    newcomer = await stage.one("SELECT newcomer_id FROM referrals WHERE id = $1", referral)
    await stage.sql.execute(
        "INSERT INTO bars (id, kind, newcomer_id, volunteer_id, set_at) VALUES ($1, 'newcomer_volunteer', $2, $3, $4)",
        uuid4(),
        newcomer,
        volunteer,
        stage.now,
    )


async def named(stage: Stage, referral: UUID, *names: str) -> None:
    """Whom Noor must not meet, in her own words, as the form seals it."""
    row = await stage.sql.fetchrow(
        "SELECT k.person_id, k.wrapped FROM referrals r JOIN person_keys k ON k.person_id = r.newcomer_id WHERE r.id = $1", referral
    )
    said = {"people": [{"name": name, "how_known": ""} for name in names]}
    box = stage.config.vault.seal(PersonKey(row["person_id"], row["wrapped"]), f"referrals.avoid_box:{referral}", said)
    await stage.sql.execute("UPDATE referrals SET avoid_box = $2 WHERE id = $1", referral, box)


async def neighbour(stage: Stage, name: str) -> UUID:
    """A volunteer of the roster next door who comes as far as this meeting."""
    area = await stage.one("SELECT id FROM areas WHERE name = 'Next door'")
    if area is None:
        area = uuid4()
        await stage.sql.execute("SELECT set_config('alongside.acting', $1, false)", f"{stage.now.isoformat()}|operator||test|")
        await stage.sql.execute(
            "INSERT INTO areas (id, name, discreet_name, reply_to, created_at) VALUES ($1, 'Next door', 'Next', 'n@next.example', $2)",
            area,
            stage.now,
        )
    volunteer = await stage.world.volunteer(name)
    await stage.sql.execute("UPDATE volunteers SET area_id = $2 WHERE id = $1", volunteer, area)
    return volunteer
