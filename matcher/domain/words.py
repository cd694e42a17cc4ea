"""Days and times as people say them ("Thursday 26 November, 7.30pm"), and short lists. Whole sentences live in templates, not here."""

from collections.abc import Sequence
from datetime import date, datetime

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
AFTERNOON_HOUR = 12
EVENING_HOUR = 17


def weekday_words(day: date) -> str:
    """The day of the week: "Thursday"."""
    return WEEKDAYS[day.weekday()]


def day_words(day: date) -> str:
    """Day of the week, day and month: "Thursday 26 November". The year is left out: a letter is never about another year's day."""
    return f"{weekday_words(day)} {day.day} {MONTHS[day.month - 1]}"


def date_words(day: date) -> str:
    """A date with its year, for things that were checked or last changed: "3 November 2026"."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def time_words(local: datetime) -> str:
    """Local wall time: "7.30pm", "7pm", "12 noon", "12 midnight" (never "12am", which nobody is sure about)."""
    if local.minute == 0 and local.hour in (0, 12):
        return "12 noon" if local.hour else "12 midnight"
    minutes = f".{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def moment_words(local: datetime) -> str:
    """Day and time together: "Thursday 26 November, 7.30pm"."""
    return f"{day_words(local)}, {time_words(local)}"


def part_of_day(local: datetime) -> str:
    """Morning until noon, afternoon until five, then evening."""
    if local.hour < AFTERNOON_HOUR:
        return "morning"
    return "afternoon" if local.hour < EVENING_HOUR else "evening"


def part_words(local: datetime) -> str:
    """Day of the week and part of day, all that a subject line may say: "Thursday evening"."""
    return f"{weekday_words(local)} {part_of_day(local)}"


def list_words(items: Sequence[str], last: str = "and") -> str:
    """Names or things in a row: "Tom", "Tom and Wendy", "tea, chairs and cups"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
