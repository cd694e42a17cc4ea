"""Time and place in the rules: unknown places, the meeting on the way, night and clock changes, notice, clashes, and who was asked (RG-03 to RG-05, BX-02)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from made_up import CENTRE, FAR, LONDON, MEETING, NEAR, NOW, THURSDAY, a_question, a_volunteer, an_option, some_needs

from matcher.domain.availability import WEEK, Away, Notice, PartOfDay, block_of, merge_windows, split_over_sunday, weekly_window
from matcher.domain.place import NOWHERE, Circle, Point, TravelMode
from matcher.domain.volunteer import Standing
from matcher.domain.wishes import Care, Need
from matcher.matching.eligible import Search, candidate_of, eligible_people
from matcher.matching.question import Rule, Verdict
from matcher.matching.rules import failed_rules, is_eligible, unknown_rules
from matcher.matching.rules_meeting import h11_reach, h12_free, half_hours_out, minutes_each_way

ALWAYS = ((0, 10080),)
EVERY_PART = frozenset((day, part) for day in range(7) for part in PartOfDay)


def test_twelve_km_away_and_near_the_meeting_comes_before_three_km_away_and_not_free() -> None:
    newcomer, venue = CENTRE, Point(50.8187, -1.8800)  # the meeting is 11 km north of the newcomer
    option = an_option(venue=venue)
    needs = some_needs(travel_minutes_most=90)
    on_the_way = a_volunteer(1, reach=(Circle(Point(50.8277, -1.8800), 2.0),))  # 12 km from the newcomer, 1 km from the meeting
    next_door = a_volunteer(2, reach=(Circle(Point(50.7470, -1.8800), 10.0),), windows=weekly_window(3, time(9), time(17)))  # 3 km away
    assert newcomer.latitude < next_door.reach[0].centre.latitude < on_the_way.reach[0].centre.latitude
    found = eligible_people([(next_door, Standing()), (on_the_way, Standing())], Search(needs, [option], NOW))
    assert [one.volunteer.number for one in found] == [1]
    assert failed_rules(a_question(next_door, needs, option)) == Rule.H12


def test_both_need_only_reach_the_meeting_not_each_other() -> None:
    far_from_newcomer = a_volunteer(reach=(Circle(NEAR, 1.0),))
    assert is_eligible(a_question(far_from_newcomer))
    meets_elsewhere = an_option(meet_up=FAR)
    assert failed_rules(a_question(far_from_newcomer, option=meets_elsewhere)) == Rule.H11


def test_an_unknown_place_is_not_a_candidate_is_counted_apart_and_is_never_nearest() -> None:
    unplaced, known = a_volunteer(1, reach=()), a_volunteer(2)
    assert h11_reach(a_question(unplaced)) is Verdict.UNKNOWN
    assert unknown_rules(a_question(unplaced)) == Rule.H11
    found = eligible_people([(unplaced, Standing()), (known, Standing())], Search(some_needs(), [an_option()], NOW))
    assert [one.volunteer.number for one in found] == [2]
    online = an_option(in_person=False, has_way_in=True, venue=None)
    both = eligible_people([(unplaced, Standing()), (known, Standing())], Search(some_needs(), [online, an_option(rank=2)], NOW))
    assert [candidate_of(one).km is None for one in both] == [True, False]


@pytest.mark.parametrize("in_person", [True, False])
@pytest.mark.parametrize("has_way_in", [True, False])
def test_online_needs_a_way_in_and_no_reach_and_in_person_needs_a_known_place(in_person: bool, has_way_in: bool) -> None:
    option = an_option(in_person=in_person, has_way_in=has_way_in, venue=None)
    hand_picked = replace(option, picked_by_hand=True)
    assert is_eligible(a_question(a_volunteer(reach=()), option=hand_picked)) == (not in_person and has_way_in)


def test_a_newcomer_of_unknown_place_is_asked_for_only_what_was_picked_by_hand() -> None:
    unplaced = some_needs(travel_from=NOWHERE)
    assert failed_rules(a_question(needs=unplaced)) == Rule.H7
    assert is_eligible(a_question(needs=unplaced, option=an_option(picked_by_hand=True)))


def test_an_option_picked_by_hand_satisfies_time_and_travel_and_nothing_else() -> None:
    needs = some_needs(times=frozenset(), earliest_on=date(2026, 6, 1), travel_minutes_most=10)
    picked = an_option(picked_by_hand=True)
    assert is_eligible(a_question(needs=needs, option=picked))
    assert failed_rules(a_question(needs=replace(needs, avoid_meetings=frozenset({MEETING})), option=picked)) == Rule.H7
    assert failed_rules(a_question(needs=replace(needs, care=frozenset({Care.DAYTIME_ONLY})), option=picked)) == Rule.H7
    assert failed_rules(a_question(needs=replace(needs, needs=frozenset({Need.BSL})), option=picked)) == Rule.H8


@pytest.mark.parametrize(("ends", "fits"), [(time(17, 59), True), (time(18), True), (time(18, 1), False)])
def test_daytime_only_is_over_by_six_by_the_meetings_clock(ends: time, fits: bool) -> None:
    length = (datetime.combine(THURSDAY, ends) - datetime.combine(THURSDAY, time(16))) // timedelta(minutes=1)
    needs = some_needs(care=frozenset({Care.DAYTIME_ONLY}), times=EVERY_PART)
    option = an_option(starts=time(16), length_minutes=length)
    assert is_eligible(a_question(a_volunteer(windows=ALWAYS), needs, option)) == fits


def test_a_meeting_over_midnight_is_not_daytime() -> None:
    needs = some_needs(care=frozenset({Care.DAYTIME_ONLY}), times=EVERY_PART)
    late = an_option(starts=time(22, 30), length_minutes=120)
    assert failed_rules(a_question(a_volunteer(windows=ALWAYS), needs, late)) == Rule.H7


@pytest.mark.parametrize("need", [Need.INTERPRETER, Need.LARGE_PRINT, Need.EASY_READ, Need.QUIET, Need.ADVOCATE, Need.OTHER])
def test_needs_that_no_meeting_states_are_told_to_people_and_keep_nobody_away(need: Need) -> None:
    assert is_eligible(a_question(needs=some_needs(needs=frozenset({need}))))


def test_step_free_is_asked_of_a_place_and_not_of_a_meeting_held_online_only() -> None:
    needs = some_needs(needs=frozenset({Need.STEP_FREE}))
    assert failed_rules(a_question(needs=needs)) == Rule.H8
    assert is_eligible(a_question(needs=needs, option=an_option(attributes=frozenset({"wheelchair"}))))
    assert is_eligible(a_question(needs=needs, option=an_option(in_person=False, has_way_in=True)))
    signed = some_needs(needs=frozenset({Need.BSL}))
    assert failed_rules(a_question(needs=signed, option=an_option(in_person=False, has_way_in=True))) == Rule.H8


@pytest.mark.parametrize("weekday", range(7))
def test_free_from_meeting_up_to_the_end_and_not_a_minute_less(weekday: int) -> None:
    on = date(2026, 5, 18) + timedelta(days=weekday)
    option, exact = an_option(on), weekly_window(weekday, time(18, 45), time(20, 30))
    assert is_eligible(a_question(a_volunteer(windows=exact), option=option))
    for window in (weekly_window(weekday, time(18, 46), time(20, 30)), weekly_window(weekday, time(18, 45), time(20, 29))):
        assert failed_rules(a_question(a_volunteer(windows=window), option=option)) == Rule.H12
    other_day = weekly_window((weekday + 1) % 7, time(18, 45), time(20, 30))
    assert failed_rules(a_question(a_volunteer(windows=other_day), option=option)) == Rule.H12


def test_an_unknown_length_is_an_hour() -> None:
    volunteer = a_volunteer(windows=weekly_window(3, time(18, 45), time(20)))
    assert is_eligible(a_question(volunteer, option=an_option(length_minutes=None)))
    assert failed_rules(a_question(volunteer, option=an_option(length_minutes=61))) == Rule.H12


@pytest.mark.parametrize("on", [date(2026, 10, 22), date(2026, 10, 29), date(2027, 3, 25), date(2027, 4, 1)])
def test_seven_on_thursday_stays_seven_on_thursday_on_both_sides_of_the_clock_change(on: date) -> None:
    volunteer = a_volunteer(windows=weekly_window(3, time(18, 45), time(20, 30)))
    now = datetime.combine(on, time(9), UTC) - timedelta(days=2)
    option = an_option(on, last_checked_at=now)
    needs = some_needs(times=frozenset({(3, PartOfDay.EVENING)}))
    assert is_eligible(a_question(volunteer, needs, option, now=now))


def free_exactly(starts_at: datetime, ends_at: datetime, shift: int = 0) -> tuple[tuple[int, int], ...]:
    """The window from one reading of the clock to another, moved by so many minutes."""
    first, last = (at.astimezone(LONDON).replace(tzinfo=None) for at in (starts_at, ends_at))
    start = (first.weekday() * 1440 + first.hour * 60 + first.minute + shift) % WEEK
    return split_over_sunday(start, start + (last - first) // timedelta(minutes=1))


@pytest.mark.parametrize("monday", [date(2026, 5, 11), date(2026, 10, 19), date(2027, 3, 22)])
@pytest.mark.parametrize("weekday", range(7))
def test_every_hour_of_every_day_is_covered_by_its_own_window_and_no_other_in_weeks_with_and_without_a_clock_change(
    monday: date, weekday: int
) -> None:
    for hour in range(24):
        option = an_option(monday + timedelta(days=weekday), time(hour), length_minutes=60, in_person=False)
        if option.ends_at.astimezone(LONDON).utcoffset() != option.starts_at.astimezone(LONDON).utcoffset():
            continue  # the hour that is skipped or comes twice: tests of availability
        for shift, free in ((0, True), (1, False), (-1, False), (60, False), (1440, False), (-1440, False)):
            window = free_exactly(option.starts_at, option.ends_at, shift)
            assert (h12_free(a_question(a_volunteer(windows=window), option=option)) is Verdict.PASS) == free, (hour, shift)


@pytest.mark.parametrize("weekday", range(7))
def test_a_window_from_ten_at_night_to_two_covers_half_past_midnight_of_the_next_day(weekday: int) -> None:
    overnight = a_volunteer(windows=merge_windows(weekly_window(weekday, time(22), time(2))))
    next_day = date(2026, 5, 11) + timedelta(days=weekday + 1)
    late = an_option(next_day, time(0, 30), length_minutes=60)
    assert h12_free(a_question(overnight, option=late)) is Verdict.PASS
    assert h12_free(a_question(overnight, option=replace(late, length_minutes=91))) is Verdict.FAIL
    assert h12_free(a_question(overnight, option=an_option(next_day - timedelta(days=1), time(0, 30), length_minutes=60))) is Verdict.FAIL


@pytest.mark.parametrize("away_on", [THURSDAY, THURSDAY + timedelta(days=1)])
def test_away_on_either_date_of_a_meeting_over_midnight(away_on: date) -> None:
    late = an_option(starts=time(22, 30), length_minutes=120)
    volunteer = a_volunteer(windows=ALWAYS, away=(Away(away_on, away_on),))
    assert failed_rules(a_question(volunteer, option=late)) == Rule.H13
    assert is_eligible(a_question(replace(volunteer, away=(Away(date(2026, 5, 16), date(2026, 5, 17)),)), option=late))


@pytest.mark.parametrize(
    ("notice", "last"),
    [
        (Notice.TWO_HOURS, datetime(2026, 5, 14, 16, 0, tzinfo=UTC)),
        (Notice.SAME_DAY, datetime(2026, 5, 14, 16, 0, tzinfo=UTC)),
        (Notice.ONE_DAY, datetime(2026, 5, 13, 22, 59, 59, tzinfo=UTC)),
        (Notice.TWO_DAYS, datetime(2026, 5, 12, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_notice_counts_to_the_second_and_by_local_date(notice: Notice, last: datetime) -> None:
    question = a_question(a_volunteer(notice=notice))
    assert is_eligible(replace(question, now=last))
    assert failed_rules(replace(question, now=last + timedelta(seconds=1))) == Rule.H14


def test_the_going_cap_counts_the_block_of_the_meeting_and_no_other() -> None:
    block = block_of(THURSDAY)
    for taken, fits in ((0, True), (1, True), (2, False), (3, False)):
        assert is_eligible(a_question(standing=Standing(matches_in_block={block: taken, block + 1: 9, block - 1: 9}))) == fits


def test_a_cap_of_one_lets_somebody_go_once() -> None:
    once = a_volunteer(going_cap=1)
    assert is_eligible(a_question(once))
    assert failed_rules(a_question(once, standing=Standing(matches_in_block={block_of(THURSDAY): 1}))) == Rule.H15


@pytest.mark.parametrize(("days", "fits"), [(0, True), (-1, True), (180, True), (181, False)])
def test_a_meeting_is_offered_for_180_days_after_it_was_checked(days: int, fits: bool) -> None:
    assert is_eligible(a_question(option=an_option(last_checked_at=NOW - timedelta(days=days)))) == fits


def test_the_way_there_and_back_counts_as_out_of_the_house() -> None:
    option, by_car = an_option(), a_volunteer()
    assert minutes_each_way(by_car, option) == 10
    out = half_hours_out(by_car, option)
    assert [datetime.fromtimestamp(half * 1800, UTC).strftime("%H:%M") for half in (out[0], out[-1] + 1)] == ["17:30", "20:00"]
    unknown = half_hours_out(replace(by_car, travel_how=None), option)
    assert [datetime.fromtimestamp(half * 1800, UTC).strftime("%H:%M") for half in (unknown[0], unknown[-1] + 1)] == ["16:30", "20:30"]
    for half in range(out[0] - 1, out[-1] + 2):
        assert is_eligible(a_question(standing=Standing(busy=frozenset({half})))) == (half not in out)


def test_travel_is_reckoned_from_the_nearest_own_area_that_holds_both_places() -> None:
    two_areas = a_volunteer(reach=(Circle(FAR, 100.0), Circle(CENTRE, 10.0)), travel_how=TravelMode.CAR)
    assert minutes_each_way(two_areas, an_option()) == 10
    assert minutes_each_way(two_areas, an_option(in_person=False, has_way_in=True)) == 0
    assert minutes_each_way(a_volunteer(reach=()), an_option()) is None


def test_the_newcomer_cannot_be_in_two_places_either() -> None:
    option = an_option()
    for start, end, fits in ((-60, 0, True), (-60, 1, False), (104, 200, False), (105, 200, True)):
        span = (option.meets_at + timedelta(minutes=start), option.meets_at + timedelta(minutes=end))
        assert is_eligible(a_question(needs=some_needs(other_matches=(span,)))) == fits


def test_a_no_is_for_the_whole_referral_and_another_day_frees_days_not_shown() -> None:
    no = Standing(said_no=True, asked_for_meeting_numbers=frozenset({1}), said_another_day=True, banked_yes=True)
    assert failed_rules(a_question(needs=some_needs(meeting_number=2), standing=no)) == Rule.H20
    another = Standing(asked_for_meeting_numbers=frozenset({1}), said_another_day=True, shown=frozenset({(MEETING, THURSDAY)}))
    assert failed_rules(a_question(standing=another)) == Rule.H20
    same_day_elsewhere = an_option(meeting_id=UUID(int=5))
    assert failed_rules(a_question(option=same_day_elsewhere, standing=another)) == Rule.H20
    assert is_eligible(a_question(option=an_option(date(2026, 5, 21)), standing=another))
    assert is_eligible(a_question(needs=some_needs(meeting_number=2), standing=another))


def test_an_unresolved_nickname_holds_everybody_but_is_no_bar_against_anybody() -> None:
    held = a_question(needs=some_needs(unresolved_avoid_people=True))
    assert failed_rules(held) == Rule.H18 == unknown_rules(held)


def test_a_barred_district_matters_only_where_people_meet_in_person() -> None:
    barred = Standing(barred_outcodes=frozenset({"BH1"}))
    assert failed_rules(a_question(standing=barred)) == Rule.H18
    assert is_eligible(a_question(option=an_option(in_person=False, has_way_in=True), standing=barred))
