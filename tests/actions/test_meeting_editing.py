"""Coordinators and the directory: adding, correcting, checking; and what a change does to the plans that hang on it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions.meeting_change_telling import ToldOfChange, tell_meeting_changed
from matcher.actions.meeting_dates import NothingDifferent, change_date, restore_date, set_weeks
from matcher.actions.meeting_editing import add_meeting, check_meeting, correct_meeting, read_joins
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Hidden, Refused
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ParsedMeeting
from matcher.domain.occurrence import ExceptionKind, MeetingException, MeetingWeeks
from matcher.store.directory import get_meeting
from tests.stage import Stage, words

THURSDAY = date(2026, 11, 26)
NEW = ParsedMeeting(
    row=1,
    source_key="",
    name="Friday Quiet",
    fellowship=Fellowship.NA,
    iso_weekday=5,
    start=time(18),
    duration_min=90,
    timezone="Europe/London",
    in_person=True,
    venue="Mill Hall",
    address="1 Mill Lane",
    town="Millbrook",
    postcode="B1 1AA",
)


def carol(stage: Stage) -> Actor:
    return Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))


async def known_meeting(stage: Stage) -> UUID:
    """Makes the world's meeting one whose source says what stands in its columns."""
    meeting = stage.world.meeting_id
    row = ParsedMeeting(
        row=1,
        source_key=str(meeting)[:8],
        name="Thursday Welcome",
        fellowship=Fellowship.AA,
        iso_weekday=4,
        start=time(19, 30),
        end=time(20, 30),
        duration_min=60,
        timezone="Europe/London",
        attendable=True,
        in_person=True,
        venue="Mill Hall",
        address="1 Mill Lane",
        formatted_address="1 Mill Lane, Millbrook B1 1AA",
        town="Millbrook",
        postcode="B1 1AA",
        outcode="B1",
        latitude=52.4797,
        longitude=-1.9027,
        attributes=("open", "wheelchair"),
    )
    import json

    await stage.sql.execute("UPDATE meetings SET source_row = $2 WHERE id = $1", meeting, json.dumps(row.to_json()))
    return meeting


async def correct(stage: Stage, meeting: UUID, reason: str = "they rang", **values: Any) -> int:
    return await stage.db.act(
        correct_meeting, stage.config, stage.now, actor=carol(stage), meeting_id=meeting, values=values, reason=reason
    )


async def tell(stage: Stage, meeting: UUID) -> ToldOfChange:
    told = await stage.db.act(tell_meeting_changed, stage.config, stage.now, actor=carol(stage), meeting_id=meeting)
    await stage.pass_time(minutes=2)  # a change waits so long for the next one
    return told


async def going(stage: Stage, *, confirmed: bool = True, **changes: Any) -> tuple[UUID, UUID, UUID]:
    """Tom has said yes to Noor's Thursday; everybody knows, unless the undo window is still open. The meeting, the referral, the match."""
    meeting = await known_meeting(stage)
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral(**changes)
    await stage.begin(referral)
    answer = await stage.yes((await stage.offers("sent"))[0])
    assert answer.match
    if confirmed:
        await stage.pass_time(hours=4)
        assert len(stage.letters_to("noor@")) == 1
    stage.now += timedelta(minutes=1)
    return meeting, referral, answer.match.id


def news(stage: Stage, who: str, opening: str = "Something about") -> str:
    """The words of the newest letter to somebody that begins so."""
    found = [words(letter) for letter in stage.letters_to(who) if opening in words(letter)]
    assert found, [words(letter)[:80] for letter in stage.letters_to(who)]
    return found[-1]


async def match_row(stage: Stage) -> Any:
    return await stage.sql.fetchrow("SELECT * FROM matches")


async def open_tasks(stage: Stage, kind: str) -> list[Any]:
    return list(await stage.sql.fetch("SELECT * FROM tasks WHERE kind = $1 AND state = 'open'", kind))


# ── the directory itself ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_meeting_added_by_hand_can_be_offered_at_once(stage: Stage) -> None:
    meeting = await stage.db.act(add_meeting, stage.config, stage.now, actor=carol(stage), area_id=stage.world.area_id, new=NEW)
    async with stage.db.reading() as c:
        shown = await get_meeting(c, meeting)
    assert shown.is_manual and shown.attendable and not shown.needs_human_check and shown.area_id == stage.world.area_id
    assert (shown.outcode, shown.formatted_address, shown.place_precision) == ("B1", "1 Mill Lane, Millbrook B1 1AA", "sector")
    assert (shown.confirmed_how, shown.last_confirmed_at) == ("person", stage.now)
    assert [o.on_date for o in shown.coming(stage.now, 2)] == [date(2026, 11, 27), date(2026, 12, 4)]


async def test_one_kept_by_hand_is_changed_itself_with_its_history(stage: Stage) -> None:
    meeting = await stage.db.act(add_meeting, stage.config, stage.now, actor=carol(stage), area_id=stage.world.area_id, new=NEW)
    assert await correct(stage, meeting, start="19:15", postcode="B2 4AA") == 0
    row = await stage.sql.fetchrow("SELECT starts, outcode, formatted_address, source_row::text FROM meetings WHERE id = $1", meeting)
    assert (row["starts"], row["outcode"]) == (time(19, 15), "B2") and "19:15" in row["source_row"]
    assert await stage.one("SELECT count(*) FROM meeting_overrides") == 0
    fields = await stage.sql.fetch("SELECT field FROM meeting_history WHERE meeting_id = $1 ORDER BY field", meeting)
    assert [line["field"] for line in fields] == ["end", "formatted_address", "outcode", "postcode", "start"]


async def test_only_the_areas_own_coordinators_change_a_meeting(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    for actor in (
        Actor(ActorKind.COORDINATOR, uuid4(), area_ids=frozenset({uuid4()})),
        Actor(ActorKind.KEYWORKER, stage.world.keyworker_id, provider_id=stage.world.provider_id),
    ):
        facts = {"actor": actor, "meeting_id": meeting}
        with pytest.raises((Refused, Hidden)):
            await stage.db.act(correct_meeting, stage.config, stage.now, values={"start": "10:00"}, reason="x", **facts)
        with pytest.raises((Refused, Hidden)):
            await stage.db.act(tell_meeting_changed, stage.config, stage.now, **facts)
        with pytest.raises((Refused, Hidden)):
            await stage.db.act(read_joins, stage.config, stage.now, **facts)
    assert await stage.one("SELECT starts FROM meetings WHERE id = $1", meeting) == time(19, 30)


async def test_checked_says_by_whom_and_brings_an_unconfirmed_meeting_back(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    await stage.sql.execute("UPDATE meetings SET status = 'unconfirmed', attendable = false, needs_human_check = true")
    await stage.db.act(check_meeting, stage.config, stage.now, actor=carol(stage), meeting_id=meeting, how="phone")
    row = await stage.sql.fetchrow("SELECT * FROM meetings")
    assert (row["status"], row["attendable"], row["needs_human_check"]) == ("active", True, False)
    assert (row["confirmed_how"], row["confirmed_by"], row["last_confirmed_at"]) == ("phone", stage.world.coordinator_id, stage.now)


async def test_weeks_make_a_meeting_that_is_not_weekly_one_to_go_to(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    weeks = MeetingWeeks(weeks_of_month=frozenset({1, 3}))
    await stage.db.act(set_weeks, stage.config, stage.now, actor=carol(stage), meeting_id=meeting, weeks=weeks)
    async with stage.db.reading() as c:
        shown = await get_meeting(c, meeting)
    assert shown.attendable and shown.schedule == "not_weekly"
    assert [o.on_date.day for o in shown.coming(stage.now, 3)] == [3, 17, 7]
    await stage.db.act(set_weeks, stage.config, stage.now, actor=carol(stage), meeting_id=meeting, weeks=None)
    async with stage.db.reading() as c:
        assert (await get_meeting(c, meeting)).schedule == "weekly"


async def test_one_date_can_be_called_off_and_put_back(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    off = MeetingException(THURSDAY, ExceptionKind.CANCELLED, note="The hall is let")
    await stage.db.act(change_date, stage.config, stage.now, actor=carol(stage), meeting_id=meeting, different=off)
    async with stage.db.reading() as c:
        shown = await get_meeting(c, meeting)
    assert [(o.on_date, o.is_cancelled) for o in shown.coming(stage.now, 2)] == [(THURSDAY, True), (date(2026, 12, 3), False)]
    facts = {"actor": carol(stage), "meeting_id": meeting, "on_date": THURSDAY}
    await stage.db.act(restore_date, stage.config, stage.now, **facts)
    with pytest.raises(NothingDifferent):
        await stage.db.act(restore_date, stage.config, stage.now, **facts)


async def test_looking_at_the_ways_in_is_noted(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    await correct(stage, meeting, joins={"passcode": "sesame"})
    found = await stage.db.act(read_joins, stage.config, stage.now, actor=carol(stage), meeting_id=meeting)
    assert found == {"passcode": "sesame"}
    noted = await stage.sql.fetchrow("SELECT actor_id, thing_id FROM audit WHERE action = 'look_at_joins'")
    assert (noted["actor_id"], noted["thing_id"]) == (stage.world.coordinator_id, meeting)
    whole = await stage.one("SELECT string_agg(h::text, '') FROM meeting_history h")
    assert "sesame" not in whole


# ── plans that hang on it ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_change_without_plans_asks_nobody_to_ring(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    assert await correct(stage, meeting, start="20:00") == 0
    assert await open_tasks(stage, "ring_them") == []


@pytest.mark.parametrize("change", [{"start": "20:00"}, {"venue": "Chapel Room"}, {"iso_weekday": 5}, {"status": "temporarily_closed"}])
async def test_a_change_that_plans_hang_on_asks_the_coordinator_to_ring(stage: Stage, change: dict[str, Any]) -> None:
    meeting, _, _ = await going(stage)
    sent = len(stage.letters())
    assert await correct(stage, meeting, **change) == 1
    await stage.worker.run_until_idle()
    tasks = await open_tasks(stage, "ring_them")
    assert [(task["meeting_id"], task["area_id"]) for task in tasks] == [(meeting, stage.world.area_id)]
    assert len(stage.letters()) == sent


async def test_a_change_that_nobody_plans_by_asks_nothing(stage: Stage) -> None:
    meeting, _, _ = await going(stage)
    assert await correct(stage, meeting, notes="There is tea") == 0
    assert await open_tasks(stage, "ring_them") == []


async def test_half_an_hour_later_moves_the_plan_and_tells_everybody_once(stage: Stage) -> None:
    meeting, referral, _ = await going(stage)
    before = await match_row(stage)
    await correct(stage, meeting, start="20:00")
    assert await tell(stage, meeting) == ToldOfChange(moved=1)
    match = await match_row(stage)
    starts = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
    assert (match["starts_at"], match["meet_at"], match["state"]) == (starts, starts - timedelta(minutes=15), "confirmed")
    assert match["revision"] == before["revision"] + 1
    assert await stage.one("SELECT starts_at FROM referral_options") == starts
    assert await stage.one("SELECT upper(half_hours) FROM matches") * 1800 >= (starts + timedelta(minutes=60)).timestamp()
    assert await stage.one("SELECT b.busy = busy_bits(b.block, m.half_hours) FROM volunteer_blocks b JOIN matches m USING (volunteer_id)")
    toms, noors = news(stage, "tom-"), news(stage, "noor@")
    assert len(stage.letters_to("noor@")) == 2 and "7.30pm" in noors and "8pm" in noors
    assert "7.30pm" in toms and "8pm" in toms and "Noor" not in toms and "Mill Hall" not in toms
    kinds = await stage.sql.fetch("SELECT kind, count(*) AS n FROM letters WHERE kind IN ('change', 'keyworker_notice') GROUP BY kind")
    assert {row["kind"]: row["n"] for row in kinds} == {"change": 2, "keyworker_notice": 2}
    assert await open_tasks(stage, "ring_them") == [] and await stage.state(referral) == "matched"
    stage.now += timedelta(minutes=5)
    assert await tell(stage, meeting) == ToldOfChange(nothing=1)
    assert len(stage.letters_to("noor@")) == 2


async def test_another_room_is_said_and_nothing_else_moves(stage: Stage) -> None:
    meeting, _, _ = await going(stage, discreet=False)
    await correct(stage, meeting, venue="Chapel Room")
    assert await tell(stage, meeting) == ToldOfChange(moved=1)
    for letter in (news(stage, "tom-"), news(stage, "noor@")):
        assert "Mill Hall" in letter and "Chapel Room" in letter
    assert (await match_row(stage))["starts_at"] == datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"start": "10:00"},  # the newcomer said Thursday evenings
        {"iso_weekday": 6},
        {"status": "closed"},
        {"attributes": ["open"]},  # it stays: Noor has no needs
    ],
)
async def test_a_plan_that_no_longer_fits_is_called_off_and_a_person_called(stage: Stage, change: dict[str, Any]) -> None:
    meeting, referral, _ = await going(stage)
    await correct(stage, meeting, **change)
    told = await tell(stage, meeting)
    match = await match_row(stage)
    if "attributes" in change:
        assert (told, match["state"]) == (ToldOfChange(moved=1), "confirmed")
        return
    assert (told, match["state"], match["cancelled_reason"]) == (ToldOfChange(off=1), "cancelled", "meeting")
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT needs_reason FROM referrals") == "no_candidate"
    assert await stage.one("SELECT sum(busy_count) FROM volunteer_blocks") == 0
    rows = await stage.sql.fetch("SELECT party_kind FROM letters WHERE kind = 'cancellation' ORDER BY party_kind")
    assert [row["party_kind"] for row in rows] == ["newcomer", "volunteer"]
    assert "meeting_off" in str(await stage.one("SELECT string_agg(occasion, ' ') FROM letters WHERE kind = 'keyworker_notice'"))
    assert len(await open_tasks(stage, "needs_person")) == 1


async def test_with_another_option_left_the_search_goes_on(stage: Stage) -> None:
    for name in ("Ann", "Bob", "Cy", "Wendy"):
        await stage.world.volunteer(name)
    other = uuid4()
    await stage.world.meeting(other, weekday=4, starts=time(18, 30))
    meeting, referral, _ = await going(stage)
    starts = datetime(2026, 12, 3, 18, 30, tzinfo=UTC)
    await stage.sql.execute(
        """
        INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
        VALUES ($1, $2, 1, 2, $3, 'aa', $4, $5, $6, $7, 'open')
        """,
        uuid4(),
        referral,
        other,
        starts.date(),
        starts,
        starts + timedelta(hours=1),
        starts - timedelta(minutes=15),
    )
    await correct(stage, meeting, status="closed")
    assert await tell(stage, meeting) == ToldOfChange(off=1)
    assert await stage.state(referral) == "looking"
    asked = await stage.offers("sent")
    assert asked and all([await stage.option_of(offer) for offer in asked])
    assert "put off" in news(stage, "noor@", "put off")


async def test_a_date_called_off_cancels_the_plan_of_that_date_only(stage: Stage) -> None:
    meeting, referral, _ = await going(stage)
    off = MeetingException(THURSDAY, ExceptionKind.CANCELLED)
    plans = await stage.db.act(change_date, stage.config, stage.now, actor=carol(stage), meeting_id=meeting, different=off)
    assert plans == 1 and await tell(stage, meeting) == ToldOfChange(off=1)
    assert (await match_row(stage))["state"] == "cancelled" and await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT status FROM meetings WHERE id = $1", meeting) == "active"


async def test_another_date_called_off_is_nothing_to_them(stage: Stage) -> None:
    meeting, _, _ = await going(stage)
    off = MeetingException(date(2026, 12, 3), ExceptionKind.CANCELLED)
    await stage.db.act(change_date, stage.config, stage.now, actor=carol(stage), meeting_id=meeting, different=off)
    assert await tell(stage, meeting) == ToldOfChange(nothing=1)


async def test_a_date_moved_to_another_hall_names_it(stage: Stage) -> None:
    meeting, _, _ = await going(stage, discreet=False)
    moved = MeetingException(THURSDAY, ExceptionKind.MOVED, starts=time(20, 0), venue="Chapel Room")
    await stage.db.act(change_date, stage.config, stage.now, actor=carol(stage), meeting_id=meeting, different=moved)
    assert await tell(stage, meeting) == ToldOfChange(moved=1)
    letter = news(stage, "tom-")
    assert "Chapel Room" in letter and "Mill Hall" in letter and "8pm" in letter


async def test_a_companion_whom_it_no_longer_suits_is_thanked_and_another_is_sought(stage: Stage) -> None:
    meeting, referral, _ = await going(stage)
    await stage.sql.execute("UPDATE volunteers SET windows = '{[5370,5460)}'")  # Thursday 5.30pm to 7pm
    await stage.sql.execute("UPDATE referrals SET times = '{3-evening,3-afternoon}'")
    await correct(stage, meeting, start="20:30")
    assert await tell(stage, meeting) == ToldOfChange(off=1)
    assert (await match_row(stage))["cancelled_reason"] == "meeting"
    assert await stage.state(referral) in ("looking", "needs_person")
    assert await stage.one("SELECT state FROM referral_options") == "open"
    assert await stage.one("SELECT starts_at FROM referral_options") == datetime(2026, 11, 26, 20, 30, tzinfo=UTC)


async def test_in_the_undo_window_the_letters_that_wait_are_written_anew(stage: Stage) -> None:
    meeting, _, _ = await going(stage, confirmed=False)
    await correct(stage, meeting, start="20:00")
    assert await tell(stage, meeting) == ToldOfChange(moved=1)
    assert stage.letters_to("noor@") == []
    await stage.pass_time(hours=4)
    assert len(stage.letters_to("noor@")) == 1 and "8pm" in words(stage.letters_to("noor@")[0])
    assert "7.30pm" not in words(stage.letters_to("noor@")[0])


async def test_one_of_two_options_gone_withdraws_nobody_who_has_another(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    assert len(await stage.offers("sent")) == 1
    stage.now += timedelta(minutes=1)
    await correct(stage, meeting, start="20:00")
    assert await tell(stage, meeting) == ToldOfChange(moved=1)
    offer = (await stage.offers("sent"))[0]
    assert offer["last_moment"] <= datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
    assert await stage.one("SELECT deadline FROM referrals") == datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
    stage.now += timedelta(minutes=1)
    await correct(stage, meeting, status="closed")
    assert await tell(stage, meeting) == ToldOfChange(off=1)
    assert await stage.offers("sent") == [] and len(await stage.offers("withdrawn")) == 1
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'covered'") == 1


async def test_a_newcomer_without_a_safe_channel_is_told_by_their_keyworker(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral(channel="keyworker")
    await stage.begin(referral)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(hours=4)
    stage.now += timedelta(minutes=1)
    await correct(stage, meeting, start="20:00")
    assert await tell(stage, meeting) == ToldOfChange(moved=1)
    assert stage.letters_to("noor@") == []
    assert [task["reason"] for task in await open_tasks(stage, "tell_in_person")] == ["meeting"]


async def test_two_companions_of_whom_one_can_stay(stage: Stage) -> None:
    meeting = await known_meeting(stage)
    await stage.world.volunteer("Tom")
    await stage.world.volunteer("Wendy")
    referral = await stage.world.referral(seats=2)
    await stage.begin(referral)
    for offer in await stage.offers("sent"):
        await stage.yes(offer)
    await stage.pass_time(hours=4)
    assert await stage.state(referral) == "matched"
    first = await stage.sql.fetchval("SELECT volunteer_id FROM matches WHERE seat = 1")
    await stage.sql.execute("UPDATE volunteers SET windows = '{[5370,5460)}' WHERE id = $1", first)
    stage.now += timedelta(minutes=1)
    await correct(stage, meeting, start="20:00")
    assert await tell(stage, meeting) == ToldOfChange(moved=1)
    states = await stage.sql.fetch("SELECT seat, state FROM matches ORDER BY seat")
    assert [(row["seat"], row["state"]) for row in states] == [(1, "cancelled"), (2, "confirmed")]
    assert await stage.state(referral) in ("part_filled", "needs_person")
