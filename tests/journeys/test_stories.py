"""Whole stories over real HTTP and SMTP, with a real PostgreSQL and a worker on the test's clock: from a form to the letters of everybody in it."""

from collections import Counter

from tests.journeys.story import CAROL, PRIYA, Story


async def test_tom_says_yes_and_a_quarter_of_an_hour_later_everybody_knows(story: Story) -> None:
    for name in ("Tom", "Wendy", "Ann"):
        await story.stage.world.volunteer(name)
    referral = await story.priya_refers()
    await story.asked("tom", "wendy", "ann")
    invitations = [letter for name in ("tom", "wendy", "ann") for letter in story.letters(name)]
    assert len(invitations) == 3 and not [letter for letter in invitations if "Noor" in letter.text + letter.html]
    assert "We asked 3 people" in await story.priya_reads(referral)

    assert "Thank you" in (await story.answers("tom", "yes")).text
    assert "Somebody said yes" in await story.priya_reads(referral)
    await story.later(minutes=14)
    assert story.letters("noor") == story.letters("priya") == [], "nobody is told while Tom may still undo it"
    await story.later(minutes=2)

    assert Counter(letter.to.split("-")[0].split("@")[0] for letter in story.postbox.letters if letter.subject != "Your code") == {
        "tom": 3, "wendy": 2, "ann": 2, "noor": 1, "priya": 1,
    }  # fmt: skip
    noor, tom = story.newest("noor"), story.newest("tom")
    assert "Tom" in noor and "a blue coat" in noor and "7.15" in noor
    assert "Noor" in tom and "Mill Hall" in tom
    for other in ("wendy", "ann"):
        assert story.letters(other)[-1].subject == "Thursday: thank you" and "Noor" not in story.newest(other)
    assert "Somebody goes along. The plan is set" in story.newest("priya") and "Noor" not in story.newest("priya")
    assert "The plan stands" in await story.priya_reads(referral)
    assert "Somebody is already going" in (await story.links.browser.get(story.link("wendy", "/answer/"))).text
    plan = await story.links.browser.get(story.link("noor", "/plan/"))
    assert "Hello Noor" in plan.text and "Mill Hall" in plan.text


async def test_somebody_without_telephone_or_email_has_the_whole_plan_on_paper(story: Story) -> None:
    await story.stage.world.volunteer("Tom")
    referral = await story.priya_refers(contact={"channels": "keyworker"})
    assert "no plan to print yet" in (await story.opens(PRIYA, f"/referrals/{referral}/plan")).text
    await story.answers("tom", "yes")
    await story.later(minutes=16)
    assert "because you are the one who tells them" in story.newest("priya")

    home = await story.opens(PRIYA, "/referrals")
    assert "Print the plan and give it to your client" in home.text
    sheet = await story.opens(PRIYA, f"/referrals/{referral}/plan")
    for said in ("Noor: Thursday 26 November, 7.30pm", "Tom", "a blue coat", "7.15pm", "Mill Hall", "1 Mill Lane", "Priya", "999"):
        assert said in sheet.text, said
    await story.submits(PRIYA, sheet, action="/plan")
    assert "Nothing to do just now" in (await story.opens(PRIYA, "/referrals")).text
    assert "Noor" in story.newest("tom") and story.letters("noor") == []
    await story.until_before_the_meeting(minutes=-90)
    assert story.letters("noor") == [], "nothing was ever sent to somebody who has no address"


async def test_everybody_says_no_and_carol_finds_somebody_by_telephone(story: Story) -> None:
    for name in ("Tom", "Wendy"):
        await story.stage.world.volunteer(name)
    referral = await story.priya_refers()
    for name in ("tom", "wendy"):
        assert "Thank you" in (await story.answers(name, "no")).text
    assert "Nobody who fits has said yes" in story.newest("carol") and "Noor" not in story.newest("carol")

    queue = await story.opens(CAROL, "/coordinator")
    assert "Nobody who fits has said yes" in queue.text and not queue.names("Noor")
    people = await story.opens(CAROL, f"/coordinator/referrals/{referral}/people")
    tom = await story.stage.one("SELECT id FROM volunteers WHERE number = 1")
    assert f"/coordinator/referrals/{referral}/people/{tom}" in people.body.decode()
    page = await story.opens(CAROL, f"/coordinator/referrals/{referral}/people/{tom}/yes")
    option = page.form().fields["option"].values[0]
    assert "Yes recorded" in (await story.submits(CAROL, page, {"option": option})).text
    assert "Nothing needs you just now" in (await story.opens(CAROL, "/coordinator")).text

    assert story.letters("noor") == []
    await story.later(minutes=16)
    assert "Tom" in story.newest("noor") and "Noor" in story.newest("tom")
    assert "The plan stands" in await story.priya_reads(referral)


async def test_tom_cannot_come_after_all_and_somebody_else_goes_instead(story: Story) -> None:
    await story.stage.world.volunteer("Tom")
    referral = await story.priya_refers()
    await story.answers("tom", "yes")
    await story.later(minutes=16)
    assert "Tom" in story.newest("noor")
    await story.stage.world.volunteer("Wendy")
    await story.later(hours=3)

    assert "Thank you for telling us" in (await story.answers("tom", "go_back", "/cannot-come/")).text
    before = len(story.letters("noor"))
    gone = await story.links.browser.get(story.link("noor", "/plan/"))
    assert "We are sorting out who comes with you" in gone.text and "Tom" not in gone.text
    assert "can't come" in story.newest("priya") and "Somebody goes along" not in await story.priya_reads(referral)
    assert "Noor" not in story.newest("wendy")
    await story.answers("wendy", "yes")
    assert "Wendy" not in (await story.links.browser.get(story.link("noor", "/plan/"))).text
    await story.later(minutes=16)
    await story.later(minutes=2)

    assert len(story.letters("noor")) == before + 1, "one letter says it all"
    assert story.letters("noor")[-1].subject == "Thursday: new details" and "Somebody else comes with you" in story.newest("noor")
    assert "Wendy" in story.newest("noor") and "Noor" in story.newest("wendy")
    assert "Wendy" in (await story.links.browser.get(story.link("noor", "/plan/"))).text


async def test_of_two_companions_only_one_is_found_and_carol_and_tom_hear_it_in_time(story: Story) -> None:
    await story.until_before_the_meeting(hours=8)
    for name in ("Tom", "Wendy"):
        await story.stage.world.volunteer(name)
    referral = await story.priya_refers(more={"companions": "2"})
    await story.answers("tom", "yes")
    await story.until_before_the_meeting(hours=6)
    await story.later(minutes=2)
    assert story.letters("noor") == [], "half a plan is no plan yet"
    assert "a second one is missing" in story.newest("carol") and "Please keep the time free" in story.newest("tom")

    page = await story.opens(CAROL, f"/coordinator/referrals/{referral}/one-companion")
    assert "It is never decided for them" in page.text and page.form().fields["agreed"].chosen == []
    await story.submits(CAROL, page, {"agreed": True})
    assert await story.stage.state(referral) == "matched"
    await story.later(minutes=16)
    assert "Tom" in story.newest("noor") and "Noor" in "".join(letter.text for letter in story.letters("tom"))


async def test_when_nobody_can_come_the_honest_answer_leaves_before_the_meeting(story: Story) -> None:
    await story.stage.world.volunteer("Tom")
    referral = await story.priya_refers()
    await story.answers("tom", "no")
    await story.until_before_the_meeting(hours=2, seconds=1)
    assert story.letters("noor") == []
    await story.later(seconds=1)

    assert await story.stage.state(referral) == "closed"
    assert "Nobody could come with you" in story.newest("noor") and "It has nothing to do with you" in story.newest("noor")
    assert "Nobody could go along this time" in story.newest("priya")
    assert "nobody could come with you this time" in (await story.links.browser.get(story.link("noor", "/plan/"))).text
    assert "Closed: nobody could come" in await story.priya_reads(referral)
    assert len(story.letters("tom")) == 1, "who said no is left in peace"
