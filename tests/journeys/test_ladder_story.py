"""One referral walks the whole ladder under a clock that only the test moves: each rung is read in words by keyworker and coordinator."""

from uuid import UUID

from matcher.domain.wishes import MayWiden
from tests.journeys.story import CAROL, PRIYA, Story
from tests.ladder_people import meeting, person
from tests.site import Seen

EVERYTHING = [wish.value for wish in MayWiden if wish is not MayWiden.ONLINE]
RUNGS = {
    "Bob": "We also asked people who said they would come further if needed",
    "Cy": "We also asked for meetings further away, up to 90 minutes",
    "Dee": "We also asked for another day, or another meeting",
    "Wendy": "We also asked for the next fellowship on their list",
}


async def both_read(story: Story, referral: UUID, sentence: str) -> None:
    """It stands on the keyworker's page and on the coordinator's, and the coordinator's says nothing of Noor."""
    assert sentence in await story.priya_reads(referral), sentence
    page = await story.opens(CAROL, f"/coordinator/referrals/{referral}")
    assert sentence in page.text and "Noor" not in page.body.decode(), sentence


async def test_a_referral_walks_the_whole_ladder_and_everybody_reads_each_rung_in_words(story: Story) -> None:
    stage = story.stage
    await person(stage, "Ann")
    await person(stage, "Bob", km_north=12, further=True)
    await person(stage, "Cy", km_north=21)
    await person(stage, "Dee", days="2")
    await person(stage, "Wendy", fellowship="na")
    await person(stage, "Eli", km_north=90)
    await meeting(stage, km_north=14)
    await meeting(stage, weekday=2)
    await meeting(stage, fellowship="na")
    await meeting(stage, online=True)
    referral = await story.priya_refers(more={"may_widen": EVERYTHING}, fellowships=["aa", "na"])
    await story.asked("ann")
    before: list[str] = ["ann"]
    for name, sentence in RUNGS.items():
        assert sentence not in await story.priya_reads(referral)
        assert "Thank you" in (await story.answers(before[-1], "no")).text
        await story.later(minutes=61)
        before.append(name.lower())
        await story.asked(*before)
        await both_read(story, referral, sentence)

    assert "Thank you" in (await story.answers("wendy", "no")).text
    await story.later(minutes=61)
    assert "Nobody who fits has said yes" in story.newest("carol")
    waiting = await story.opens(CAROL, f"/coordinator/referrals/{referral}")
    assert "There is nobody left whom we could ask by email: a person looks now" in waiting.text
    assert "Nobody who could come has said yes" in await story.priya_reads(referral)
    await keyworker_allows_online(story, referral)

    await story.later(minutes=1)
    await both_read(story, referral, "We also asked for an online meeting, joined together")
    await story.asked(*before, "eli")
    assert "An answer, whatever happens" in await story.priya_reads(referral)
    await stage.until(await stage.one("SELECT deadline FROM referrals"))
    await the_honest_no(story, referral)


async def keyworker_allows_online(story: Story, referral: UUID) -> None:
    """Priya was asked for the one thing that would help and is not allowed yet; her client's yes opens it."""
    assert "More people could come if your client likes to widen a wish" in story.newest("priya")
    home = await story.opens(PRIYA, "/referrals")
    assert "ask your client what else they say yes to" in home.text
    question = await story.opens(PRIYA, f"/referrals/{referral}/widen")
    assert "An online meeting, joined together" in question.text and "Somebody could come then" in question.text
    assert "A meeting further away" not in question.text, "it is allowed already"
    assert "Tick what they say yes to" in (await story.submits(PRIYA, question, {}, action="/widen", status=400)).text
    await story.submits(PRIYA, question, {"yes_to": ["online"]}, action="/widen")
    assert "ask your client what else they say yes to" not in (await story.opens(PRIYA, "/referrals")).text


async def the_honest_no(story: Story, referral: UUID) -> None:
    """Nobody said yes: Noor reads it in time, with what was tried and three meetings; both pages say how it ended and what there is instead."""
    noor = story.newest("noor")
    assert "Nobody could come with you" in noor and "we tried people from further away, places further away" in noor
    assert "on a screen" in noor and "one of their own team goes with you" in noor
    seen: Seen = await story.opens(PRIYA, f"/referrals/{referral}")
    for said in ("What there is instead", "These three are the best next ones", "You, or a colleague, could go along", "Start again"):
        assert said in seen.text, said
    assert "The honest answer left" in (await story.opens(CAROL, f"/coordinator/referrals/{referral}")).text
    assert await story.stage.one("SELECT close_reason FROM referrals") == "unfilled"
