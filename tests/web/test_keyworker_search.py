"""How the search is going, for a keyworker: counts that name and betray nobody, and the one change that would help most, reckoned and not guessed."""

from datetime import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.keyworker_desk import Desk, eve_sits_down, sit_down
from tests.link_stage import Links, hash_of_all_tables
from tests.site import Seen

NAMES = ("Tom", "Ahmed", "Bill", "Dan", "Frank", "George", "Harry")


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await sit_down(links)


async def searching(desk: Desk, **changes: Any) -> UUID:
    """Noor's referral, begun."""
    made = await desk.stage.world.referral(**changes)
    await desk.stage.begin(made)
    return made


async def page_of(desk: Desk, referral: UUID) -> Seen:
    return await desk.get(f"/referrals/{referral}/search")


def counted(seen: Seen) -> list[str]:
    """The figures of the funnel, in their order."""
    text = seen.text.split("step by step")[1].split("So far we asked")[0]
    labels = ("On the roster here", "of the fellowship", "may be asked just now", "fit what was asked", "can get there", "are free then")
    ends = [text.index(label) + len(label) for label in labels]
    starts = [text.index(label) for label in labels[1:]] + [len(text)]
    return [text[a:b].strip(" …\n") for a, b in zip(ends, starts, strict=True)]


async def test_many_are_counted_few_are_not_and_nobody_is_named(desk: Desk) -> None:
    for name in NAMES[:6]:
        await desk.stage.world.volunteer(name)
    await desk.stage.world.volunteer("Wendy", fellowship="na")
    referral = await searching(desk)
    before = await hash_of_all_tables(desk.stage.sql)
    seen = await page_of(desk, referral)
    assert counted(seen) == ["7", "6", "fewer than 5", "fewer than 5", "fewer than 5", "fewer than 5"]
    assert "So far we asked 3 people. 3 are still thinking about it, 0 said no." in seen.text
    assert not [name for name in (*NAMES, "Wendy") if name in seen.body.decode()]
    assert await hash_of_all_tables(desk.stage.sql) == before, "looking changes nothing"


async def test_one_and_four_look_alike_down_to_the_last_byte_of_the_picture(desk: Desk) -> None:
    referral = await desk.stage.world.referral()

    async def picture() -> str:
        return (await page_of(desk, referral)).body.decode().split("<figure")[1].split("</figure")[0]

    assert counted(await page_of(desk, referral)) == ["0"] * 6
    await desk.stage.world.volunteer("Tom")
    one = await picture()
    for name in ("Ahmed", "Bill", "Dan"):
        await desk.stage.world.volunteer(name)
    assert one == await picture() and one.count("fewer than 5") == 6
    await desk.stage.world.volunteer("Frank")
    assert counted(await page_of(desk, referral)) == ["5"] * 6
    await desk.stage.begin(referral)


async def test_eve_never_sees_it(desk: Desk) -> None:
    referral = await searching(desk)
    seen = await (await eve_sits_down(desk.links)).get(f"/referrals/{referral}/search", status=404)
    assert "going" not in seen.text


async def test_the_wish_that_helps_most_is_said_as_a_band(desk: Desk) -> None:
    for name in NAMES[:2]:
        await desk.stage.world.volunteer(name)
    referral = await searching(desk, comfort="woman")
    assert "A few more people could come if they were happy to go with anybody." in (await page_of(desk, referral)).text
    for name in NAMES[2:]:
        await desk.stage.world.volunteer(name)
    assert "Several more people could come if they were happy to go with anybody." in (await page_of(desk, referral)).text


async def test_where_nothing_helps_alone_two_things_are_said(desk: Desk) -> None:
    for name in NAMES[:2]:
        await desk.stage.world.volunteer(name)
    referral = await searching(desk, comfort="woman")
    await desk.stage.sql.execute("UPDATE referrals SET languages = '{pl}'")
    text = (await page_of(desk, referral)).text
    assert (
        "Two things would have to change: a few more people could come if they were happy to go with anybody, and if an interpreter came"
        in text
    )


async def test_a_further_meeting_is_proposed_with_its_day_where_that_brings_most(desk: Desk) -> None:
    for name in NAMES[:5]:
        await desk.stage.world.volunteer(name)
    await desk.stage.sql.execute("UPDATE volunteers SET windows = '{[5340,5520)}'")  # Thursdays from 5pm to 8pm: not the later meeting
    await desk.stage.world.meeting(uuid4(), starts=time(18))
    referral = await searching(desk)
    text = (await page_of(desk, referral)).text
    assert counted(await page_of(desk, referral))[-1] == "0"
    assert "A second meeting to choose from: several more people could come to Thursday Welcome on Thursday 26 November, 6pm." in text
    await desk.stage.sql.execute("UPDATE volunteers SET windows = '{}'")
    assert "No change of wishes that we could reckon" in (await page_of(desk, referral)).text


async def test_the_status_page_leads_there_until_somebody_said_yes(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral = await desk.send()
    await desk.stage.worker.run_until_idle()
    status = await desk.get(f"/referrals/{referral}")
    assert status.page and any(href == f"/referrals/{referral}/search" for href, _ in status.page.links)
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    assert "Nobody is looked for just now" in (await page_of(desk, referral)).text
    assert f"/referrals/{referral}/search" not in (await desk.get(f"/referrals/{referral}")).body.decode()


async def test_a_barred_person_changes_no_figure(desk: Desk) -> None:
    for name in NAMES[:6]:
        await desk.stage.world.volunteer(name)
    referral = await searching(desk, comfort="woman")
    before = (await page_of(desk, referral)).text
    barred = await desk.stage.world.volunteer("Harry")
    newcomer = await desk.stage.one("SELECT newcomer_id FROM referrals WHERE id = $1", referral)
    await desk.stage.sql.execute(
        "INSERT INTO bars (id, kind, newcomer_id, volunteer_id, set_at) VALUES ($1, 'newcomer_volunteer', $2, $3, $4)",
        uuid4(),
        newcomer,
        barred,
        desk.stage.now,
    )
    assert (await page_of(desk, referral)).text == before
