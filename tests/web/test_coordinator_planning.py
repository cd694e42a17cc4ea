"""The planners' pages for a coordinator: where company is missing, and this week as a suggestion. With the solver: test_planning_pages_exact.py."""

import sys
from datetime import date
from uuid import uuid4

import pytest
from coordinator_desk import Desk, address, open_desk

from tests.link_stage import Links, hash_of_all_tables

COVERAGE, WEEK = "/coordinator/coverage", "/coordinator/week"


@pytest.fixture
async def desk(links: Links, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setitem(sys.modules, "ortools.graph.python", None)  # as if the extra were not installed
    return await open_desk(links)


async def test_an_empty_roster_and_an_empty_week_say_so(desk: Desk) -> None:
    coverage, week = await desk.get(COVERAGE), await desk.get(WEEK)
    assert "neither a referral of the last 26 weeks nor a volunteer" in coverage.text and "No open referral looks for somebody" in week.text
    narrowed = await desk.get(f"{COVERAGE}?fellowship=na")
    assert "neither a referral nor a volunteer to show for this choice" in narrowed.text


async def test_coverage_counts_who_was_without_company_and_who_is_free(desk: Desk) -> None:
    for name in ("Wendy", "Bill"):
        await desk.stage.world.volunteer(name, fellowship="na")
    referral = await desk.referral()
    assert await desk.stage.state(referral) == "needs_person"
    await desk.stage.world.volunteer("Tom")
    before = await hash_of_all_tables(desk.stage.sql)
    page = await desk.get(COVERAGE)
    assert "Most is missing on Thursday evenings (1 of 1 referral without company, 1 volunteer free)." in page.text
    assert "1 without company of 1" in page.text and "Nobody was left without company here." in page.text
    assert "It needs OR-tools" in page.text and "One more:" not in page.text and "Who would help most" not in page.text
    assert page.body.decode().count('class="gap1"') == 1
    assert await hash_of_all_tables(desk.stage.sql) == before, "looking changes nothing"
    only = await desk.get(f"{COVERAGE}?fellowship=na")
    assert "without company of" not in only.text and "Narcotics Anonymous, Millbrook" in only.text and "Show all" in only.text
    assert page.page and ("/coordinator/coverage", "Coverage") in page.page.links


async def test_another_area_shows_nothing_of_this_one_however_it_is_asked_for(desk: Desk) -> None:
    await desk.referral()
    await desk.stage.world.volunteer("Tom")
    eve = await desk.eve()
    for path in (COVERAGE, f"{COVERAGE}?area={desk.stage.world.area_id}", f"{COVERAGE}?area=nonsense&fellowship=zz"):
        seen = await eve.get(path, status=None)
        assert "Millbrook" not in seen.text and "without company of" not in seen.text
    assert "Tom" not in (await eve.get(WEEK)).text


async def test_old_referrals_and_refused_ones_are_not_counted(desk: Desk) -> None:
    await desk.referral()
    await desk.acting()
    await desk.stage.sql.execute("UPDATE referrals SET submitted_at = submitted_at - interval '27 weeks'")
    assert "without company of" not in (await desk.get(COVERAGE)).text


async def test_the_week_counts_on_those_who_usually_say_yes(desk: Desk) -> None:
    await desk.stage.sql.execute("UPDATE areas SET policy = 'product'")
    people = {name: await desk.stage.world.volunteer(name) for name in ("Ahmed", "Tom", "Wendy")}
    for name, yeses in (("Ahmed", 0), ("Tom", 4), ("Wendy", 0)):
        await desk.stage.sql.execute(
            "INSERT INTO volunteer_tally (volunteer_id, asks, yeses) VALUES ($1, 5, $2)", people[name], float(yeses)
        )
    await desk.stage.world.referral()
    page = await desk.get(WEEK)
    assert "Tom" in page.text and "Ahmed" not in page.text and "Wendy" not in page.text
    await desk.close_all()


async def test_the_week_suggests_pairs_names_who_is_needed_and_asks_nobody(desk: Desk) -> None:
    waiting = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    other = await desk.stage.world.referral(on_date=date(2026, 12, 3))
    before = await hash_of_all_tables(desk.stage.sql)
    page = await desk.get(WEEK)
    assert await hash_of_all_tables(desk.stage.sql) == before
    assert "This is a quick plan, not the best one" in page.text
    assert page.page and (address(waiting, f"/people/{tom}"), "Tom") in page.page.links
    assert "Tom: without them 2 newcomers would have nobody" in page.text and "2 fewer could have company" in page.text
    assert "Thursday 26 November, 7.30pm" in page.text and "Thursday 3 December, 7.30pm" in page.text
    await desk.stage.begin(other)


async def test_a_suggestion_stands_beside_the_line_of_somebody_without_company(desk: Desk) -> None:
    referral = await desk.referral()
    line = await desk.stage.one("SELECT id FROM tasks WHERE referral_id = $1 AND kind = 'needs_person'", referral)
    nobody = await desk.get(f"/coordinator/tasks/{line}")
    assert "Nobody who keeps every rule is left for this one." in nobody.text
    await desk.stage.world.volunteer("Tom")
    page = await desk.get(f"/coordinator/tasks/{line}")
    assert "Tom on Thursday 26 November, 7.30pm. They were not asked: that is for you to do." in page.text
    assert await desk.stage.one("SELECT count(*) FROM offers") == 0


async def test_a_barred_person_is_never_suggested_and_a_full_one_neither(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    await desk.bar(referral, tom)
    page = await desk.get(WEEK)
    assert "Tom" not in page.text and "Still without company in this plan" in page.text


async def test_two_meetings_at_once_are_never_one_persons(desk: Desk) -> None:
    await desk.stage.world.meeting(meeting := uuid4())
    first, second = await desk.referral(), await desk.referral(meeting_id=meeting)
    await desk.stage.world.volunteer("Tom")
    page = await desk.get(WEEK)
    assert page.text.count("Thursday 26 November, 7.30pm") == 1 and "1 possible pair was left out" in page.text
    assert await desk.stage.state(first) == await desk.stage.state(second) == "needs_person"


async def test_what_is_more_than_a_fortnight_away_is_not_planned_yet(desk: Desk) -> None:
    await desk.referral(on_date=date(2026, 12, 10))
    await desk.stage.world.volunteer("Tom")
    page = await desk.get(WEEK)
    assert "Tom" not in page.text and "For none of the open referrals" in page.text
