"""An area whose policy is `product`: asked by what is known of people, each ask and each decision kept with its figures."""

import json
from datetime import timedelta
from typing import Any

from tests.stage import Stage, words

FIGURES = {
    "version",
    "settings",
    "n",
    "y",
    "tired",
    "pressure",
    "p_hat",
    "in_time",
    "cost",
    "index",
    "need",
    "q_before",
    "propensity",
    "explored",
}


async def asked(stage: Stage, *names: str, unsteady: str | None = None) -> tuple[Any, list[Any]]:
    """A referral in an area that weighs; `unsteady` was silent six times, and that long ago that it tires nobody any more."""
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    for name in names:
        volunteer = await stage.world.volunteer(name)
        if name == unsteady:
            await stage.sql.execute(
                "INSERT INTO volunteer_tally (volunteer_id, asks, last_asked_at, tired_at) VALUES ($1, 6, $2, $2)",
                volunteer,
                stage.now - timedelta(days=200),
            )
    referral = await stage.world.referral()
    await stage.begin(referral)
    return referral, await stage.offers("sent")


async def test_who_hardly_ever_answers_is_asked_last_and_every_figure_is_kept(stage: Stage) -> None:
    _, offers = await asked(stage, "Tom", "Wendy", "Ann", unsteady="Tom")
    rows = [json.loads(row["why"]) for row in await stage.sql.fetch("SELECT why FROM offer_reasons WHERE policy = 'product'")]
    assert offers and len(rows) == len(offers)
    for row in rows:
        assert set(row) >= FIGURES and 0 < row["p_hat"] < 1 and 0 < row["propensity"] <= 1 and len(row["hopes"]) == 3
    best = next(row for row in rows if row["rank"] == 1)
    assert best["n"] == 0 and best["last_asked_at"] is None
    tom = await stage.one("SELECT volunteer_id FROM volunteer_tally WHERE asks = 6")
    assert len(offers) == 2 and tom is not None and tom not in {offer["volunteer_id"] for offer in offers}, (
        "first on the roster, else one of the two"
    )


async def test_what_is_waited_for_is_read_back_and_a_decision_that_asks_nobody_says_why(stage: Stage) -> None:
    _, offers = await asked(stage, "Tom", "Wendy", "Ann")
    await stage.pass_time(hours=1, minutes=1)
    rows = await stage.sql.fetch("SELECT asked, reason FROM ask_decisions WHERE policy = 'product' ORDER BY decided_at, asked DESC")
    assert (rows[0]["asked"], rows[0]["reason"]) == (len(offers), "worth_asking")
    assert len(rows) > 1 and all(row["reason"] for row in rows)


async def test_a_no_is_learned_and_the_next_is_weighed(stage: Stage) -> None:
    _, offers = await asked(stage, "Tom", "Wendy", "Ann", "Bob", "Cy", "Dee", "Eli", "Fay", "Gil", "Hal")
    before = {offer["volunteer_id"] for offer in offers}
    for offer in offers:
        await stage.no(offer)
    await stage.pass_time(minutes=1)
    after = {offer["volunteer_id"] for offer in await stage.offers("sent")}
    assert after and not after & before
    tally = await stage.sql.fetchrow(
        "SELECT asks, answers, yeses, tired FROM volunteer_tally WHERE volunteer_id = $1", offers[0]["volunteer_id"]
    )
    assert (tally["asks"], tally["answers"], tally["yeses"], tally["tired"]) == (1, 1, 0, 1)


async def test_where_another_email_would_only_tire_nobody_is_said_to_have_been_asked(stage: Stage) -> None:
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    tom = await stage.world.volunteer("Tom")
    await stage.sql.execute(
        "INSERT INTO volunteer_tally (volunteer_id, asks, tired, last_asked_at, tired_at) VALUES ($1, 20, 40, $2, $3)",
        tom,
        stage.now - timedelta(days=8),
        stage.now,
    )
    referral = await stage.world.referral()
    await stage.begin(referral)
    assert await stage.one("SELECT array_agg(DISTINCT reason) FROM ask_decisions") == ["unlikely"] and not await stage.offers()
    assert await stage.state(referral) == "needs_person"
    [alert] = stage.letters_to("carol")
    assert "was asked" not in words(alert) and "Nobody who fits has said yes" in words(alert)
