"""Weekly windows survive the way onto a form and back, whatever they are."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.availability import DAY, WEEK, EmptyWindow, merge_windows
from matcher.domain.week_rows import WindowRow, rows_of, spans_of

SPANS = st.lists(
    st.tuples(st.integers(0, WEEK - 1), st.integers(1, WEEK)).map(lambda pair: (pair[0], min(WEEK, pair[0] + pair[1]))), max_size=12
)


@given(SPANS)
def test_what_a_form_shows_is_what_is_kept(spans: list[tuple[int, int]]) -> None:
    kept = merge_windows(spans)
    assert spans_of(rows_of(kept)) == kept


def test_an_evening_over_midnight_stays_one_row_also_on_sunday() -> None:
    kept = spans_of([WindowRow(4, time(20), time(1)), WindowRow(6, time(21), time(2))])
    assert kept == ((0, 120), (4 * DAY + 1200, 5 * DAY + 60), (6 * DAY + 1260, WEEK))
    rows = rows_of(kept)
    assert rows == (WindowRow(4, time(20), time(1)), WindowRow(6, time(21), time(2)))
    assert all(row.into_next_day for row in rows)


def test_midnight_at_the_end_is_the_days_own_and_a_whole_day_is_both() -> None:
    assert spans_of([WindowRow(0, time(18), time())]) == ((1080, DAY),)
    assert rows_of([(0, 2 * DAY)]) == (WindowRow(0, time(), time()), WindowRow(1, time(), time()))
    assert not WindowRow(0, time(18), time()).into_next_day


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(EmptyWindow):
        spans_of([WindowRow(2, time(9), time(9))])
