"""The referral form over real HTTP: five pages, check, send; kept as it is filled in; every bad answer with a sentence and nothing lost."""

import pytest

from tests.keyworker_desk import Desk, sit_down
from tests.link_stage import Links


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await sit_down(links)


async def test_five_pages_a_check_page_and_send_make_a_referral_that_is_asked_for(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral_id = await desk.send()
    assert await desk.stage.state(referral_id) == "looking"
    await desk.stage.worker.run_until_idle()
    assert len(desk.stage.letters_to("tom")) == 1
