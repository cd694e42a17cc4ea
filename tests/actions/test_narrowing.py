"""The SQL that narrows the roster loses nobody whom the pure rules would let stand, whatever people and wishes there are."""

import random
from dataclasses import replace
from datetime import timedelta

from matcher.actions.scene import Scene, scene_of
from matcher.actions.searching import about, card_version, eligible_now, search_in
from matcher.domain.journey_word import ReferralState
from matcher.domain.wishes import Comfort, SaysIs
from matcher.matching.eligible import Search, eligible_people
from matcher.store import candidates, referrals
from tests.stage import Stage

PLANTED = {
    "a box too small": ("reach_at @> box(point($1, $2), point($1, $2))", "reach_at @> box(point($1 + 0.05, $2), point($1 + 0.05, $2))"),
    "a wish turned round": ("says_is = $8", "says_is <> $8"),
    "windows forgotten for the other week": (
        "windows @> $4::int4multirange",
        "lower(windows) > 1440 AND windows @> $4::int4multirange",
    ),
}


async def people(stage: Stage, count: int, seed: int) -> None:
    """Volunteers of every kind around the meeting: near and far, free and not, paused, away, with every wish."""
    chance = random.Random(seed)
    for number in range(count):
        volunteer = await stage.world.volunteer(
            f"Person {number}",
            radius_km=chance.choice([1, 2, 5, 30]),
            says_is=chance.choice(["woman", "man", None, "own_words"]),
            comfortable_with=chance.choice(["women", "men", "anyone", "anyone"]),
            notice=chance.choice(["two_hours", "same_day", "one_day", "two_days"]),
            state=chance.choice(["active", "active", "active", "paused"]),
        )
        await stage.sql.execute(
            """
            UPDATE volunteer_reach SET latitude = latitude + $2, longitude = longitude + $3 WHERE volunteer_id = $1
            """,
            volunteer,
            chance.uniform(-0.08, 0.08),
            chance.uniform(-0.12, 0.12),
        )
        day = chance.randrange(7)
        if chance.random() < 0.5:
            await stage.sql.execute(
                "UPDATE volunteers SET windows = int4multirange(int4range($2, $3)) WHERE id = $1",
                volunteer,
                day * 1440 + 900,
                day * 1440 + 1440,
            )
        if chance.random() < 0.2:
            await stage.sql.execute(
                "UPDATE volunteers SET away = datemultirange(daterange($2, $3)) WHERE id = $1",
                volunteer,
                stage.now.date(),
                stage.now.date() + timedelta(days=chance.randrange(1, 9)),
            )


async def whole_roster(stage: Stage, scene: Scene, search: Search) -> set[object]:
    """Everybody the pure rules pass, without any narrowing."""
    ids = [row["id"] for row in await stage.sql.fetch("SELECT id FROM volunteers")]
    everybody = await candidates.list_people_named(
        scene.tx, ids, search.options, search.now, about=about(scene), role_card_version=card_version("aa")
    )
    return {person.volunteer.id for person in eligible_people(everybody, search)}


async def lost(stage: Stage, seed: int) -> int:
    """How many people narrowing loses, over the wishes a newcomer can have."""
    missing = 0
    [referral_id] = [row["id"] for row in await stage.sql.fetch("SELECT id FROM referrals")]
    async with stage.db.reading() as c:
        referral = await referrals.get_referral(c, referral_id)
        scene = await scene_of(c, stage.config, stage.now, replace(referral, state=ReferralState.LOOKING))
        plain = await search_in(scene, scene.open_options)
        for comfort in (Comfort.WOMAN, Comfort.MAN, Comfort.NO_PREFERENCE):
            for says in (SaysIs.WOMAN, SaysIs.MAN, None):
                for hours in (0, 40, 74):
                    search = replace(
                        plain, needs=replace(plain.needs, comfort=comfort, newcomer_is=says), now=stage.now + timedelta(hours=hours)
                    )
                    wanted = await whole_roster(stage, scene, search)
                    found = {person.volunteer.id for person in await eligible_now(scene, search, enough=1000)}
                    assert found <= wanted
                    missing += len(wanted - found)
    return missing


async def test_narrowing_loses_nobody(stage: Stage) -> None:
    await people(stage, 120, seed=7)
    await stage.world.referral(state="draft")
    assert await lost(stage, 7) == 0


async def test_a_wrong_narrowing_is_caught_by_the_same_test(stage: Stage, monkeypatch) -> None:
    await people(stage, 120, seed=8)
    await stage.world.referral(state="draft")
    right = candidates.FIND_NEAR
    for fault, (old, new) in PLANTED.items():
        assert old in right
        monkeypatch.setattr(candidates, "FIND_NEAR", right.replace(old, new))
        assert await lost(stage, 8) > 0, fault


async def test_a_search_that_needs_more_people_looks_further(stage: Stage) -> None:
    await people(stage, 60, seed=9)
    await stage.world.referral(state="draft")
    [referral_id] = [row["id"] for row in await stage.sql.fetch("SELECT id FROM referrals")]
    async with stage.db.reading() as c:
        referral = replace(await referrals.get_referral(c, referral_id), state=ReferralState.LOOKING)
        scene = await scene_of(c, stage.config, stage.now, referral)
        search = await search_in(scene, scene.open_options)
        all_of_them = await eligible_now(scene, search, enough=1000)
        few = await eligible_now(scene, search, enough=1)
    assert {p.volunteer.id for p in few} <= {p.volunteer.id for p in all_of_them} and few
