"""The planners' pages where OR-tools is installed: the worth of one more volunteer, and a plan that says it is the best there is."""

import pytest
from coordinator_desk import Desk, open_desk

from tests.link_stage import Links


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await open_desk(links)


async def test_the_worth_of_one_more_is_reckoned_and_who_would_help_most_is_named(desk: Desk) -> None:
    await desk.referral(comfort="woman")
    await desk.referral(comfort="woman")
    await desk.stage.world.volunteer("Tom")
    page = await desk.get("/coordinator/coverage")
    assert "2 without company of 2" in page.text and "One more: +2" in page.text
    assert "Alcoholics Anonymous, Thursday evenings, near B1, a woman: 2 more newcomers with company" in page.text
    assert "not installed" not in page.text
    await desk.stage.world.volunteer("Wendy", says_is="woman")
    covered = await desk.get("/coordinator/coverage")
    assert "One more: no gain" in covered.text and "One more volunteer would have changed nothing on paper" in covered.text


async def test_the_weeks_plan_is_the_best_and_does_not_excuse_itself(desk: Desk) -> None:
    await desk.referral()
    await desk.stage.world.volunteer("Tom")
    page = await desk.get("/coordinator/week")
    assert "quick plan" not in page.text and "Tom: without them 1 newcomer would have nobody" in page.text
