"""Who was one of few, and how often: counted once for each referral, at its first look, and fading with each new one of the area."""

from datetime import date, timedelta

import pytest

from matcher.store.scarcity import count_mean_scarcity
from tests.stage import Stage


async def scarce(stage: Stage) -> dict[str, float]:
    rows = await stage.sql.fetch("SELECT volunteer_id::text AS id, scarce FROM volunteer_tally ORDER BY scarce DESC")
    return {row["id"]: row["scarce"] for row in rows}


async def people(stage: Stage, *names: str) -> list[str]:
    ids = [await stage.world.volunteer(name) for name in names]
    await stage.sql.executemany("INSERT INTO volunteer_tally (volunteer_id) VALUES ($1)", [(one,) for one in ids])
    return [str(one) for one in ids]


async def test_each_referral_counts_once_and_the_fewer_could_go_the_more(stage: Stage) -> None:
    tom, ann = await people(stage, "Tom", "Ann")
    await stage.begin(await stage.world.referral())
    assert await scarce(stage) == {tom: 0.5, ann: 0.5}
    for offer in await stage.offers("sent"):
        await stage.no(offer)
    await stage.pass_time(hours=2)
    assert await scarce(stage) == {tom: 0.5, ann: 0.5}, "a second look is no new referral"
    await stage.sql.execute("UPDATE volunteers SET windows = '{}' WHERE id = $1::text::uuid", ann)
    await stage.begin(await stage.world.referral(on_date=date(2026, 12, 3)))
    found = await scarce(stage)
    assert found[tom] == pytest.approx(0.5 * 0.995 + 1) and found[ann] == 0.5, "one who was not counted fades when it is read"
    async with stage.db.reading() as c:
        mean = await count_mean_scarcity(c, stage.world.area_id)
    assert mean == pytest.approx((0.5 * 0.995 + 1 + 0.5 * 0.995) / 2)


async def test_whoever_is_being_asked_at_this_moment_is_not_waited_for(stage: Stage) -> None:
    tom, ann = await people(stage, "Tom", "Ann")
    for one in (tom, ann):  # nobody may be asked just now, so that only the counting could wait
        await stage.sql.execute("UPDATE volunteer_tally SET last_asked_at = $2 WHERE volunteer_id = $1::text::uuid", one, stage.now)
    stage.now += timedelta(hours=13)
    referral = await stage.world.referral()
    async with stage.sql.transaction():
        await stage.sql.execute("SELECT FROM volunteer_tally WHERE volunteer_id = $1::text::uuid FOR UPDATE", ann)
        await stage.begin(referral)
    assert await scarce(stage) == {tom: 0.5, ann: 0.0}
