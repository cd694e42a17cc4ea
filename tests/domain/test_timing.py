"""When things are due: shipped values, impossible settings, and moments that keep their order whatever the clocks do."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.availability import Notice
from matcher.domain.errors import Misconfigured
from matcher.domain.letter_kind import RECEIVERS, LetterKind, Party
from matcher.domain.occurrence import local_instant
from matcher.domain.quiet_hours import QuietHours, add_waking_time
from matcher.domain.timing import (
    SHIPPED,
    Timing,
    answer_deadline,
    is_late,
    last_moment,
    letter_due,
    not_after,
    pair_deadline,
    reply_by,
    tells_at_once,
    told_at,
    undo_until,
)

LONDON = ZoneInfo("Europe/London")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MONDAY_TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""23 November 2026, where London's clock is UTC."""

asked = st.one_of(
    st.integers(0, 10 * 1440).map(lambda n: datetime(2027, 3, 22, tzinfo=UTC) + n * MINUTE),
    st.integers(0, 10 * 1440).map(lambda n: datetime(2026, 10, 19, tzinfo=UTC) + n * MINUTE),
)
ahead = st.integers(1, 21 * 1440).map(lambda n: n * MINUTE)
notices = st.sampled_from([None, *Notice])


def test_shipped_values_are_those_of_the_design() -> None:
    t = SHIPPED
    assert (t.undo, t.reply_most, t.lead) == (15 * MINUTE, 24 * HOUR, 2 * HOUR)
    assert (t.wave_size, t.wave_gap, t.wave_limit) == (3, 4 * HOUR, 3)
    assert (t.near, t.near_gap, t.very_near, t.very_near_size) == (12 * HOUR, 30 * MINUTE, 3 * HOUR, 10)
    assert t.meeting_within == 168 * HOUR
    assert (t.unmatched_alert, t.decide_before, t.late_under, t.meet_before) == (48 * HOUR, 6 * HOUR, 3 * HOUR, 15 * MINUTE)
    assert (t.newcomer_quiet, t.volunteer_quiet) == (QuietHours(time(21), time(8)), QuietHours(time(22), time(8)))
    assert (t.code_life, t.code_tries, t.sign_in_idle, t.sign_in_most) == (10 * MINUTE, 10, 30 * MINUTE, 12 * HOUR)
    assert (t.mail_retry, t.draft_kept, t.checked_amber, t.checked_most) == (72 * HOUR, *(timedelta(days=n) for n in (7, 90, 180)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"undo": timedelta(0)},
        {"undo": timedelta(minutes=-1)},
        {"undo": 5 * HOUR},
        {"undo": 90 * MINUTE, "lead": HOUR},
        {"lead": timedelta(0)},
        {"lead": 7 * HOUR},
        {"at_once_under": HOUR},
        {"decide_before": HOUR},
        {"wave_size": 0},
        {"wave_size": 11},
        {"very_near_size": 11},
        {"wave_limit": 0},
        {"near_gap": 5 * HOUR},
        {"very_near": 13 * HOUR},
        {"reply_most": timedelta(days=4)},
        {"code_life": 11 * MINUTE},
        {"code_tries": 11},
        {"code_tries": 0},
        {"sign_in_idle": 31 * MINUTE},
        {"sign_in_most": 13 * HOUR},
        {"sign_in_most": 10 * MINUTE},
        {"sign_in_warning": 30 * MINUTE},
        {"mail_retry": 73 * HOUR},
        {"draft_kept": timedelta(days=8)},
        {"checked_most": timedelta(days=60)},
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_refused_with_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured) as refusal:
        Timing(**wrong)
    assert refusal.value.sentence.endswith(".") and " " in refusal.value.sentence


def test_reply_by_is_a_day_or_half_the_way_by_the_waking_clock() -> None:
    tomorrow = MONDAY_TEN + 24 * HOUR
    far = MONDAY_TEN + timedelta(days=10)
    assert reply_by(MONDAY_TEN, far, far - 2 * HOUR, LONDON) == datetime(2026, 11, 24, 20, 0, tzinfo=UTC), (
        "12 h before the night, 12 after it"
    )
    assert reply_by(MONDAY_TEN, MONDAY_TEN + 8 * HOUR, MONDAY_TEN + 6 * HOUR, LONDON) == MONDAY_TEN + 4 * HOUR
    assert reply_by(MONDAY_TEN, tomorrow, tomorrow - 2 * HOUR, LONDON) == datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert reply_by(MONDAY_TEN, MONDAY_TEN + 3 * HOUR, MONDAY_TEN + HOUR, LONDON) == MONDAY_TEN + HOUR, "never after the last moment"


@given(asked, ahead, notices)
def test_reply_by_never_passes_the_last_moment_and_never_comes_before_the_ask(at: datetime, far: timedelta, notice: Notice | None) -> None:
    starts_at = at + far
    latest = last_moment(starts_at, LONDON, notice)
    answer = reply_by(at, starts_at, latest, LONDON)
    assert answer <= latest <= starts_at - SHIPPED.lead
    assert answer == latest or answer >= at
    assert answer == latest or answer == add_waking_time(at, min(24 * HOUR, far / 2), LONDON, SHIPPED.volunteer_quiet)


def test_the_last_moment_keeps_to_own_notice() -> None:
    evening = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
    assert last_moment(evening, LONDON, Notice.TWO_HOURS) == last_moment(evening, LONDON, Notice.SAME_DAY) == evening - 2 * HOUR
    assert last_moment(evening, LONDON, Notice.ONE_DAY).date() == datetime(2026, 11, 25, tzinfo=UTC).date()
    assert last_moment(evening, LONDON, None) == last_moment(evening, LONDON, Notice.ONE_DAY)
    longer = replace(SHIPPED, lead=5 * HOUR, at_once_under=6 * HOUR)
    assert last_moment(evening, LONDON, Notice.TWO_HOURS, timing=longer) == evening - 5 * HOUR


@given(asked, ahead)
def test_the_moments_of_a_yes_keep_their_order(accepted_at: datetime, far: timedelta) -> None:
    starts_at = accepted_at + far
    undo_ends = undo_until(accepted_at, starts_at)
    assert accepted_at < undo_ends <= min(starts_at, accepted_at + SHIPPED.undo)
    assert told_at(accepted_at, starts_at) == (accepted_at if far < 3 * HOUR else undo_ends)
    assert tells_at_once(accepted_at, starts_at) is (far < 3 * HOUR)
    pair = pair_deadline(starts_at, undo_ends)
    assert pair <= starts_at - SHIPPED.lead, "the answer leaves before the meeting"
    assert pair == starts_at - 6 * HOUR or pair in (undo_ends, starts_at - 2 * HOUR)
    assert undo_ends <= answer_deadline(starts_at, undo_ends) <= starts_at


def test_letters_wait_for_the_undo_window_from_three_hours_on() -> None:
    start = MONDAY_TEN + 9 * HOUR
    assert not tells_at_once(start - 3 * HOUR, start)
    assert tells_at_once(start - 3 * HOUR + timedelta(seconds=1), start)


def test_a_drop_out_is_late_under_three_hours() -> None:
    start = MONDAY_TEN + 9 * HOUR
    assert not is_late(start - 3 * HOUR, start)
    assert is_late(start - 3 * HOUR + timedelta(seconds=1), start)


@pytest.mark.parametrize(
    ("far", "size", "gap"),
    [
        (timedelta(days=3), 3, 4 * HOUR),
        (12 * HOUR, 3, 4 * HOUR),
        (11 * HOUR, 3, 30 * MINUTE),
        (3 * HOUR, 3, 30 * MINUTE),
        (2 * HOUR, 10, 30 * MINUTE),
    ],
)
def test_waves_quicken_as_the_meeting_comes_near(far: timedelta, size: int, gap: timedelta) -> None:
    assert SHIPPED.wave_at(MONDAY_TEN, MONDAY_TEN + far) == (size, gap)


@pytest.mark.parametrize("kind", LetterKind)
def test_no_letter_is_tried_for_ever_or_after_its_use(kind: LetterKind) -> None:
    starts_at = MONDAY_TEN + 30 * HOUR
    until = not_after(kind, MONDAY_TEN, starts_at=starts_at, ends_at=starts_at + HOUR, reply_by_at=MONDAY_TEN + 5 * HOUR)
    assert MONDAY_TEN < until <= MONDAY_TEN + 72 * HOUR
    exact = {
        LetterKind.OFFER: MONDAY_TEN + 5 * HOUR,
        LetterKind.SIGN_IN_CODE: MONDAY_TEN + 10 * MINUTE,
        LetterKind.VOLUNTEER_CONFIRMATION: starts_at,
        LetterKind.NO_COMPANION: starts_at,
        LetterKind.COVERED: starts_at,
        LetterKind.KEYWORKER_NOTICE: MONDAY_TEN + 72 * HOUR,
        LetterKind.MORNING_OF: starts_at - 3 * HOUR,
        LetterKind.CHECK_IN: starts_at + 25 * HOUR,
    }
    assert until == exact.get(kind, until)


def test_a_letter_whose_moment_is_not_known_is_a_mistake() -> None:
    for kind in (LetterKind.OFFER, LetterKind.CHANGE, LetterKind.CHECK_IN):
        with pytest.raises(ValueError, match=kind):
            not_after(kind, MONDAY_TEN)


def test_an_offer_waits_for_the_morning_and_news_of_an_early_meeting_does_not() -> None:
    night = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    morning, early = datetime(2026, 11, 24, 8, 0, tzinfo=UTC), datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert letter_due(LetterKind.OFFER, Party.VOLUNTEER, night, LONDON, starts_at=early) == morning
    for kind in (LetterKind.CANCELLATION, LetterKind.NO_COMPANION, LetterKind.NEWCOMER_CONFIRMATION):
        assert letter_due(kind, Party.NEWCOMER, night, LONDON, starts_at=early) == night
        assert letter_due(kind, Party.NEWCOMER, night, LONDON, starts_at=morning + HOUR) == morning
    assert letter_due(LetterKind.CHANGE, Party.NEWCOMER, night, LONDON, starts_at=early) == night + 2 * MINUTE
    assert letter_due(LetterKind.CHANGE, Party.NEWCOMER, night, LONDON, starts_at=morning + HOUR) == morning
    assert letter_due(LetterKind.OFFER_ACCEPTED, Party.VOLUNTEER, night, LONDON, starts_at=morning + HOUR) == night
    assert letter_due(LetterKind.COORDINATOR_ALERT, Party.COORDINATOR, night, LONDON) == night
    assert letter_due(LetterKind.REMINDER, Party.NEWCOMER, night, LONDON, starts_at=morning + HOUR) == datetime(
        2026, 11, 23, 20, 59, tzinfo=UTC
    )


def test_a_newcomer_is_quiet_an_hour_earlier_than_a_volunteer() -> None:
    half_past_nine = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    late = half_past_nine + timedelta(days=2)
    assert letter_due(LetterKind.CANCELLATION, Party.VOLUNTEER, half_past_nine, LONDON, starts_at=late) == half_past_nine
    assert letter_due(LetterKind.CANCELLATION, Party.NEWCOMER, half_past_nine, LONDON, starts_at=late) == datetime(
        2026, 11, 24, 8, 0, tzinfo=UTC
    )


def test_a_change_waits_for_the_next_one_but_not_where_the_start_is_near() -> None:
    for far, waits in ((timedelta(days=2), 2 * MINUTE), (3 * HOUR, 2 * MINUTE), (3 * HOUR - MINUTE, timedelta(0))):
        due = letter_due(LetterKind.CHANGE, Party.VOLUNTEER, MONDAY_TEN, LONDON, starts_at=MONDAY_TEN + far)
        assert due == MONDAY_TEN + waits
    at_once = replace(SHIPPED, told_together=timedelta(0))
    assert letter_due(LetterKind.CHANGE, Party.VOLUNTEER, MONDAY_TEN, LONDON, starts_at=MONDAY_TEN + 9 * HOUR, timing=at_once) == MONDAY_TEN


@given(asked, st.sampled_from([(kind, party) for kind, parties in RECEIVERS.items() for party in sorted(parties)]), ahead)
def test_no_letter_but_a_reminder_is_due_before_it_was_written(at: datetime, letter: tuple[LetterKind, Party], far: timedelta) -> None:
    due = letter_due(*letter, at, LONDON, starts_at=at + far)
    assert due >= at or letter[0] is LetterKind.REMINDER
    if letter[0] not in (LetterKind.OFFER, LetterKind.SIGN_IN_CODE) and due > at:
        assert due <= at + 12 * HOUR


@pytest.mark.parametrize(("day", "hours"), [((2027, 3, 28), 23), ((2026, 10, 25), 25)])
def test_the_day_of_a_clock_change_has_its_own_length_and_the_evening_keeps_its_time(day: tuple[int, int, int], hours: int) -> None:
    on = datetime(*day, tzinfo=UTC).date()
    before, after = (local_instant(each, time(12), LONDON) for each in (on - timedelta(days=1), on))
    assert after - before == hours * HOUR
    starts_at = local_instant(on, time(19, 30), LONDON)
    undo_ends = undo_until(before, starts_at)
    assert pair_deadline(starts_at, undo_ends).astimezone(LONDON).time() == time(13, 30)
    assert last_moment(starts_at, LONDON, Notice.TWO_HOURS).astimezone(LONDON).time() == time(17, 30)
    assert last_moment(starts_at, LONDON, Notice.ONE_DAY).astimezone(LONDON).date() == on - timedelta(days=1)


def test_every_combination_of_kind_and_party_has_a_due_moment() -> None:
    for kind, party in product(LetterKind, Party):
        assert letter_due(kind, party, MONDAY_TEN, LONDON, starts_at=MONDAY_TEN + HOUR).utcoffset() == timedelta(0)
