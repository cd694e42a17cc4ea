"""Why somebody was asked, or how asking them is weighed, for a coordinator: every rule that is met or not, and every term, in words."""

from datetime import timedelta
from uuid import UUID

import pytest
from coordinator_desk import Desk, address, open_desk

from tests.link_stage import Links
from tests.site import Seen


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await open_desk(links)


async def person_page(desk: Desk, referral: UUID, volunteer: UUID) -> Seen:
    return await desk.get(address(referral, f"/people/{volunteer}"))


async def test_a_wave_shows_what_it_went_by_and_the_rules_that_are_met(desk: Desk) -> None:
    for name in ("Tom", "Ahmed", "Bill", "Dan"):
        await desk.stage.world.volunteer(name)
    referral = await desk.referral()
    [first, *_] = await desk.stage.offers("sent")
    overview = await desk.get(address(referral))
    assert overview.text.count("All of it") == 3
    page = await person_page(desk, referral, first["volunteer_id"])
    assert "Why they were asked, as it was then" in page.text and "of 4 who could go, wave 1" in page.text
    assert "Last asked before Never" in page.text and "whoever was asked longest ago is asked first" in page.text
    assert "Chance of a yes" not in page.text, "a wave reckons with no chances"
    assert "What fits here: 19 of 21 rules" in page.text and "They are usually free then." in page.text
    unasked = await desk.stage.one("SELECT id FROM volunteers WHERE id NOT IN (SELECT volunteer_id FROM offers)")
    page = await person_page(desk, referral, unasked)
    assert "How asking them is weighed" in page.text and "What fits here: 21 of 21 rules" in page.text
    assert "The newcomer is 18 or over." in page.text and "Place in the order" not in page.text


async def test_where_people_are_weighed_every_term_is_said_as_it_was_when_they_were_asked(desk: Desk) -> None:
    await desk.stage.sql.execute("UPDATE areas SET policy = 'product'")
    tom = await desk.stage.world.volunteer("Tom")
    await desk.stage.sql.execute(
        """
        INSERT INTO volunteer_tally (volunteer_id, asks, yeses, answers, log_delay, tired, tired_at, last_asked_at)
        VALUES ($1, 4, 2, 3, 3.4, 0.8, $2, $3)
        """,
        tom,
        desk.stage.now,
        desk.stage.now - timedelta(days=9),
    )
    referral = await desk.referral()
    page = await person_page(desk, referral, tom)
    for said in (
        "Why they were asked, as it was then",
        "in 10, asked then",
        "Asked 4 times, said yes twice (older ones count less)",
        "Within about 4 hours of the day",
        "About one invitation felt lately",
        "Last asked before 9 days ago",
        "times what it takes out of them",
        "None for this meeting",
    ):
        assert said in page.text, said
    await desk.stage.sql.execute("UPDATE volunteer_tally SET yeses = 0, asks = 9, tired = 5 WHERE volunteer_id = $1", tom)
    assert (await person_page(desk, referral, tom)).text == page.text, "what is shown is what was true when they were asked"


async def test_terms_of_today_follow_the_figures_of_today(desk: Desk) -> None:
    await desk.stage.sql.execute("UPDATE areas SET policy = 'product'")
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    page = await person_page(desk, referral, tom)
    assert "How asking them is weighed" in page.text and "in 10, if asked now" in page.text
    assert "Never: we reckon with what is usual" in page.text and "Rested: no invitation felt lately" in page.text
    await desk.stage.sql.execute(
        "INSERT INTO volunteer_tally (volunteer_id, asks, tired, tired_at) VALUES ($1, 9, 5, $2)", tom, desk.stage.now
    )
    later = await person_page(desk, referral, tom)
    assert "Asked 9 times, never said yes" in later.text and "Many invitations felt lately: 5" in later.text


async def test_an_ask_by_hand_has_no_terms_and_says_nothing_of_any(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    await desk.submit(await desk.get(address(referral, f"/people/{tom}/ask")))
    assert "Why they were asked, as" not in (await person_page(desk, referral, tom)).text
    assert "Asked by a coordinator" in (await desk.get(address(referral))).text
