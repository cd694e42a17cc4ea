"""What the newcomer is told that their companion knows of them is what the companion was told, the telephone number above all."""

from datetime import timedelta

import pytest

from matcher.actions.amending import withdraw_consent
from matcher.actions.scene import claim_scene
from matcher.actions.telling import told_of
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.connection import Connection
from matcher.domain.letter_parts import Told
from matcher.store import matches
from tests.stage import Stage, words

NUMBER = "01632 960009"


async def planned(stage: Stage, *, newcomer: bool, volunteer: bool) -> tuple[Told, ...]:
    """A plan that both were told of; returns what the newcomer's own page says the companion knows."""
    tom = await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.sql.execute("UPDATE referrals SET share_number = $1", newcomer)
    await stage.sql.execute("UPDATE volunteers SET share_number = $2 WHERE id = $1", tom, volunteer)
    await stage.begin(referral)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=16)

    async def told(tx: Connection) -> tuple[Told, ...]:
        scene = await claim_scene(tx, stage.config, stage.now, referral)
        return await told_of(scene, await matches.list_matches(tx, referral, 1))

    return await stage.db.act(told)


@pytest.mark.parametrize(("newcomer", "volunteer"), [(True, True), (True, False), (False, True)])
async def test_a_number_is_said_to_be_given_exactly_where_it_was_given(stage: Stage, newcomer: bool, volunteer: bool) -> None:
    on_the_page = await planned(stage, newcomer=newcomer, volunteer=volunteer)
    [to_noor] = stage.letters_to("noor")
    given = any(NUMBER in words(letter) for letter in stage.letters_to("members.example"))
    assert given == (newcomer and volunteer)
    assert (Told.PHONE in on_the_page) == given
    assert ("your number" in words(to_noor)) == given


async def test_who_stops_everything_by_their_own_link_is_named_to_nobody_but_the_companion_hears_that_it_is_off(stage: Stage) -> None:
    """R47: the volunteers hear "no longer needed", and everything else stops at once; the keyworker's list says that consent was withdrawn."""
    await planned(stage, newcomer=False, volunteer=False)
    stage.now += timedelta(minutes=1)
    referral = await stage.sql.fetchrow("SELECT id, newcomer_id FROM referrals")
    noor = Actor(ActorKind.NEWCOMER, referral["newcomer_id"])
    await stage.db.act(withdraw_consent, stage.config, stage.now, actor=noor, referral_id=referral["id"], method="own_link")
    await stage.pass_time(minutes=5)
    written = await stage.sql.fetch("SELECT party_kind, kind, state FROM letters WHERE created_at >= $1", stage.now - timedelta(minutes=5))
    assert [tuple(row) for row in written] == [("volunteer", "cancellation", "sent")]
    assert await stage.one("SELECT count(*) FROM tasks WHERE state = 'open'") == 0
    assert await stage.one("SELECT close_reason FROM referrals") == "consent_withdrawn"


@pytest.mark.parametrize(
    ("exposure", "met", "needs", "told"),
    [
        ("never", 0, [], {Told.FIRST_MEETING}),
        ("never", 1, [], set()),
        ("been_before", 0, [], set()),
        ("never", 0, ["quiet"], {Told.FIRST_MEETING, Told.NEEDS}),
        ("been_before", 0, ["quiet"], {Told.NEEDS}),
    ],
)
async def test_what_a_companion_reads_about_the_day_is_what_the_newcomer_is_told_that_they_know(
    stage: Stage, exposure: str, met: int, needs: list[str], told: set[Told]
) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    so_far = "UPDATE referrals SET exposure = $1, met_count = $2, first_met_at = $3, needs = $4 WHERE id = $5"
    await stage.sql.execute(so_far, exposure, met, stage.now if met else None, needs, referral)
    await stage.begin(referral)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=16)
    [to_noor] = stage.letters_to("noor")
    [plan] = [words(letter) for letter in stage.letters_to("tom") if "You will meet" in words(letter)]
    assert ("They have never been to one" in plan) == ("that it is your first meeting" in words(to_noor)) == (Told.FIRST_MEETING in told)
    assert ("a quiet place to sit" in plan) == ("what you need on the day" in words(to_noor)) == (Told.NEEDS in told)
