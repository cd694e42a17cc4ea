"""Days on which a meeting may not be held although nobody has said so: Christmas, New Year, Easter and the bank holidays of England."""

from datetime import date, timedelta
from functools import lru_cache

# Moved or added by royal proclamation: gov.uk/bank-holidays and the London Gazette.
MOVED = {(2020, "early_may"): date(2020, 5, 8), (2012, "spring"): date(2012, 6, 4), (2022, "spring"): date(2022, 6, 2)}
EXTRA = frozenset({date(2011, 4, 29), date(2012, 6, 5), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)})


def easter_sunday(year: int) -> date:
    """Easter of the western churches (the anonymous Gregorian computation, Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    lag = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * lag) // 433
    month = (h + lag - 7 * m + 90) // 25
    return date(year, month, (h + lag - 7 * m + 33 * month + 19) % 32)


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales of one year, with their substitute days (Banking and Financial Dealings Act 1971)."""
    easter = easter_sunday(year)
    new_year = date(year, 1, 1)
    christmas, boxing = date(year, 12, 25), date(year, 12, 26)
    substitutes = {new_year + timedelta(days={5: 2, 6: 1}.get(new_year.weekday(), 0))}
    substitutes.add(christmas + timedelta(days={5: 2, 6: 2}.get(christmas.weekday(), 0)))
    substitutes.add(boxing + timedelta(days={5: 2, 6: 2}.get(boxing.weekday(), 0)))
    fixed = {easter - timedelta(days=2), easter + timedelta(days=1), _last_monday(year, 8)}
    early_may = MOVED.get((year, "early_may"), _first_monday(year, 5))
    spring = MOVED.get((year, "spring"), _last_monday(year, 5))
    return frozenset(substitutes | fixed | {early_may, spring} | {day for day in EXTRA if day.year == year})


def is_holiday(on: date) -> bool:
    """Whether to ring before going: 24 to 26 December, 31 December, 1 January, Good Friday, Easter Monday, bank holidays (meetings 10)."""
    return (on.month, on.day) in {(12, 24), (12, 25), (12, 26), (12, 31), (1, 1)} or on in bank_holidays(on.year)


def _first_monday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7)


def _last_monday(year: int, month: int) -> date:
    last = date(year, month, 31)  # May and August
    return last - timedelta(days=last.weekday())
