"""The ladder on a real database: what each rung changes, who is asked then, who is told, and that nothing happens without the yes it needs."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import widening
from matcher.actions.climbing import TAKE
from matcher.actions.widening import NothingNew
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Hidden
from matcher.domain.journey import ReferralClosed
from matcher.domain.rung import Rung
from matcher.domain.wishes import MayWiden
from tests.ladder_people import meeting, person
from tests.stage import Stage, words

EVERYTHING = [wish.value for wish in MayWiden]


async def referral(stage: Stage, *, fellowships: str = "{aa}", **changes: Any) -> UUID:
    """Noor's referral, begun."""
    made = await stage.world.referral(**changes)
    await stage.sql.execute("UPDATE referrals SET fellowships = $2::text::text[] WHERE id = $1", made, fellowships)
    await stage.begin(made)
    return made


async def asked(stage: Stage) -> list[str]:
    """Who has an invitation that waits for an answer."""
    names = {row["id"]: row["to"] for row in await stage.sql.fetch("SELECT id, volunteer_id AS to FROM offers WHERE state = 'sent'")}
    return sorted(str(volunteer) for volunteer in names.values())


async def all_say_no(stage: Stage, *, hours: float = 1.1) -> None:
    """Everybody who was asked says no; then some time goes by."""
    for offer in await stage.offers("sent"):
        await stage.no(offer)
    await stage.pass_time(minutes=1)
    await stage.pass_time(hours=hours)


async def rungs(stage: Stage, referral_id: UUID) -> list[tuple[Rung, str]]:
    """The rungs that were tried, with what came of each."""
    rows = await stage.sql.fetch("SELECT rung, outcome FROM ladder_steps WHERE referral_id = $1 ORDER BY number", referral_id)
    return [(Rung(row["rung"]), row["outcome"]) for row in rows]


def priya(stage: Stage) -> Actor:
    return Actor(ActorKind.KEYWORKER, stage.world.keyworker_id, provider_id=stage.world.provider_id)


async def test_a_referral_climbs_rung_by_rung_and_each_asks_only_those_it_opens_the_way_to(stage: Stage) -> None:
    near = await person(stage, "Ann")
    far = await person(stage, "Bob", km_north=12, further=True)
    farther = await person(stage, "Cy", km_north=21)
    tuesdays = await person(stage, "Dee", days="2")
    other = await person(stage, "Wendy", fellowship="na")
    distant = await person(stage, "Eli", km_north=90)
    await meeting(stage, km_north=14)
    await meeting(stage, weekday=2)
    await meeting(stage, fellowship="na")
    await meeting(stage, weekday=4, online=True)
    made = await referral(stage, fellowships="{aa,na}", may_widen=EVERYTHING)
    came = [await asked(stage)]
    for _ in range(5):
        await all_say_no(stage)
        came.append(await asked(stage))
    assert came == [[str(one)] for one in (near, far, farther, tuesdays, other, distant)]
    await all_say_no(stage)
    taken = [(rung, "taken") for rung in (Rung.REACH, Rung.FARTHER, Rung.OTHER_DAY, Rung.NEXT_FELLOWSHIP, Rung.ONLINE)]
    found = await rungs(stage, made)
    assert [one for one in found if one[1] == "taken"] == [*taken, (Rung.COORDINATOR, "taken")]
    assert (Rung.ONE_COMPANION, "nothing") in found, "one was wanted from the start"
    assert await stage.state(made) == "needs_person"
    assert await stage.one("SELECT count(*) FROM referral_options WHERE state <> 'lost'") == 3
    assert await stage.one("SELECT bool_or(rank = 1 AND state <> 'lost') FROM referral_options"), "what the newcomer chose stays"
    assert await stage.one("SELECT travel_minutes || array_to_string(times, ',') FROM referrals") == "603-evening", (
        "their own words stay theirs"
    )


async def test_the_next_rung_waits_an_asking_hour_for_those_of_the_last(stage: Stage) -> None:
    await person(stage, "Bob", km_north=12, further=True)
    tuesdays = await person(stage, "Dee", days="2")
    await meeting(stage, weekday=2)
    await referral(stage, may_widen=["other_day"])
    await all_say_no(stage, hours=0.9)
    assert await asked(stage) == []
    await stage.pass_time(minutes=6)
    assert await asked(stage) == [str(tuesdays)]


@pytest.mark.parametrize("rung", [Rung.FARTHER, Rung.OTHER_DAY, Rung.NEXT_FELLOWSHIP, Rung.ONLINE])
async def test_without_its_tick_a_rung_is_a_question_to_the_keyworker_and_their_yes_opens_it_at_once(stage: Stage, rung: Rung) -> None:
    await person(stage, "Cy", km_north=21)
    await person(stage, "Dee", days="2")
    await person(stage, "Wendy", fellowship="na")
    await person(stage, "Eli", km_north=90)
    for more in ({"km_north": 14}, {"weekday": 2}, {"fellowship": "na"}, {"online": True}):
        await meeting(stage, **more)
    made = await referral(stage, fellowships="{aa,na}")
    assert (await stage.state(made), await asked(stage)) == ("needs_person", [])
    reason = await stage.one("SELECT reason FROM tasks WHERE kind = 'ask_to_widen' AND state = 'open'")
    assert reason == "farther other_day next_fellowship online worker"
    assert "More people could come" in words(stage.letters_to("priya")[-1])
    await stage.db.act(widening.allow_widening, stage.config, stage.now, actor=priya(stage), referral_id=made, rungs=[rung])
    await stage.pass_time(minutes=1)
    assert len(await asked(stage)) == (2 if rung is Rung.ONLINE else 1) and (rung, "taken") in await rungs(stage, made)
    assert await stage.one("SELECT outcome FROM tasks WHERE kind = 'ask_to_widen'") == "answered"
    assert {one for one, outcome in await rungs(stage, made) if outcome == "taken"} == {Rung.COORDINATOR, rung}


async def test_what_would_help_nobody_is_not_asked_for(stage: Stage) -> None:
    made = await referral(stage, fellowships="{aa,na}")
    assert await stage.state(made) == "needs_person"
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'ask_to_widen'") == "worker"
    assert "Nothing yet" in words(stage.letters_to("priya")[-1])


async def test_two_become_one_only_where_the_newcomer_and_the_service_allow_it_and_nobody_said_two_as_care(stage: Stage) -> None:
    await person(stage, "Ann", pair_only=False)
    made = await referral(stage, seats=2, may_widen=["one_companion"])
    await all_say_no(stage)
    assert (Rung.ONE_COMPANION, "taken") in await rungs(stage, made) and await stage.one("SELECT seats FROM referrals") == 1
    for care, rule in ((["two_people"], "when_asked"), ([], "always")):
        await stage.sql.execute("UPDATE providers SET pair_rule = $1", rule)
        other = await stage.world.referral(seats=2, may_widen=["one_companion"])
        await stage.sql.execute("UPDATE referrals SET care = $2 WHERE id = $1", other, care)
        await stage.begin(other)
        await all_say_no(stage)
        assert (Rung.ONE_COMPANION, "nothing") in await rungs(stage, other)
        assert await stage.one("SELECT seats FROM referrals WHERE id = $1", other) == 2


async def test_nobody_behind_a_bar_and_nobody_unchecked_comes_in_by_any_rung(stage: Stage) -> None:
    await meeting(stage, weekday=2)
    barred = await person(stage, "Bob", km_north=12, further=True)
    unchecked = await person(stage, "Cy", days="2")
    made = await stage.world.referral(may_widen=EVERYTHING)
    await stage.sql.execute(
        """
        INSERT INTO bars (id, kind, newcomer_id, volunteer_id, set_at)
        SELECT gen_random_uuid(), 'newcomer_volunteer', newcomer_id, $2, $3 FROM referrals WHERE id = $1
        """,
        made,
        barred,
        stage.now,
    )
    await stage.sql.execute("UPDATE volunteers SET checklist_complete = false WHERE id = $1", unchecked)
    await stage.begin(made)
    assert (await stage.state(made), await stage.offers()) == ("needs_person", [])
    await stage.sql.execute("UPDATE volunteers SET checklist_complete = true WHERE id = $1", unchecked)
    await stage.sql.execute("UPDATE bars SET ended_at = $1", stage.now)
    again = await stage.world.referral(may_widen=EVERYTHING)
    await stage.begin(again)
    assert await asked(stage) == [str(barred)], "it was the bar that kept them"


async def test_only_its_own_keyworker_records_a_yes_and_a_yes_that_is_none_is_refused(stage: Stage) -> None:
    made = await referral(stage)
    stranger = Actor(ActorKind.KEYWORKER, uuid4(), provider_id=uuid4())
    act = stage.db.act
    with pytest.raises(Hidden):
        await act(widening.allow_widening, stage.config, stage.now, actor=stranger, referral_id=made, rungs=[Rung.ONLINE])
    for none in ([], [Rung.REACH], [Rung.COORDINATOR]):
        with pytest.raises(NothingNew):
            await act(widening.allow_widening, stage.config, stage.now, actor=priya(stage), referral_id=made, rungs=none)
    assert await stage.one("SELECT may_widen FROM referrals") == []


async def test_a_worker_who_goes_along_ends_the_search_and_thanks_whoever_was_asked(stage: Stage) -> None:
    await person(stage, "Ann")
    made = await referral(stage)
    await stage.db.act(widening.send_worker, stage.config, stage.now, actor=priya(stage), referral_id=made)
    await stage.pass_time(minutes=20)
    assert await stage.one("SELECT cancel_reason FROM referrals") == "arranged_otherwise"
    assert len(stage.letters_to("members.example")) == 2
    with pytest.raises(ReferralClosed):
        await stage.db.act(widening.allow_widening, stage.config, stage.now, actor=priya(stage), referral_id=made, rungs=[Rung.ONLINE])


async def crowd(stage: Stage) -> None:
    for name in ("Ann", "Bob", "Cy", "Dee", "Eli", "Fay", "Gus", "Hal", "Ida"):
        await person(stage, name)


async def test_after_two_days_the_coordinator_hears_of_it_once_and_not_again_when_time_is_short(stage: Stage) -> None:
    await crowd(stage)
    made = await referral(stage)
    await stage.sql.execute("UPDATE areas SET policy = 'round_robin_wave3_12h'")
    await stage.until(stage.now + timedelta(days=2))
    assert ["two days" in words(letter) for letter in stage.letters_to("carol")] == [True]
    assert await rungs(stage, made) == [(Rung.COORDINATOR, "told")] and await stage.state(made) == "looking"
    await stage.until(stage.now + timedelta(hours=8))
    assert len([letter for letter in stage.letters_to("carol") if "Little time is left" in words(letter)]) == 0


async def test_for_a_meeting_tomorrow_the_coordinator_hears_when_thirteen_asking_hours_are_left(stage: Stage) -> None:
    await crowd(stage)
    stage.now = stage.world.now = stage.now + timedelta(days=2)
    made = await referral(stage)
    await stage.until(stage.now + timedelta(hours=7))
    assert stage.letters_to("carol") == []
    await stage.until(stage.now + timedelta(minutes=31))
    [alert] = stage.letters_to("carol")
    assert "Little time is left" in words(alert) and await stage.state(made) == "looking"
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'overdue' AND state = 'open'") == "time_short"
    await stage.until(stage.now + timedelta(hours=3))
    assert len(stage.letters_to("carol")) == 1


async def test_where_people_are_weighed_few_of_them_are_told_to_the_coordinator_at_once_and_asking_goes_on(stage: Stage) -> None:
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    await person(stage, "Ann")
    made = await referral(stage)
    assert await stage.state(made) == "looking" and len(await asked(stage)) == 1
    [alert] = stage.letters_to("carol")
    assert "so a yes is not likely. We go on asking." in " ".join(words(alert).split())
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'overdue' AND state = 'open'") == "unlikely"
    assert await rungs(stage, made) == [(Rung.REACH, "nothing"), (Rung.COORDINATOR, "told")]
    await stage.until(stage.now + timedelta(hours=30))
    assert len(stage.letters_to("carol")) == 1, "once"


async def test_where_people_are_weighed_a_yes_that_is_unlikely_widens_what_may_be_widened_while_somebody_thinks(stage: Stage) -> None:
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    ann, dee = await person(stage, "Ann"), await person(stage, "Dee", days="2")
    await meeting(stage, weekday=2)
    made = await referral(stage, may_widen=["other_day"])
    assert await asked(stage) == sorted([str(ann), str(dee)])
    assert await rungs(stage, made) == [(Rung.REACH, "nothing"), (Rung.OTHER_DAY, "taken")]


async def test_where_people_are_weighed_enough_of_them_leave_the_coordinator_in_peace(stage: Stage) -> None:
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    await crowd(stage)
    made = await referral(stage)
    assert stage.letters_to("carol") == [] and await rungs(stage, made) == []


async def test_the_ladder_begins_anew_with_the_next_meeting(stage: Stage) -> None:
    made = await referral(stage, may_widen=EVERYTHING)
    await stage.sql.execute("UPDATE referrals SET ladder_step = 5, ladder_at = submitted_at, rungs_taken = '{0,1}' WHERE id = $1", made)
    await stage.sql.execute("UPDATE referrals SET meeting_number = 2 WHERE id = $1", made)
    row = await stage.sql.fetchrow("SELECT ladder_step, ladder_at, rungs_taken FROM referrals WHERE id = $1", made)
    assert tuple(row.values()) == (0, None, [])
    await stage.sql.execute("UPDATE referrals SET meeting_number = 1 WHERE id = $1", made)


def test_each_rung_up_to_the_online_one_has_its_action() -> None:
    assert list(TAKE) == [rung for rung in Rung if rung <= Rung.ONLINE]
