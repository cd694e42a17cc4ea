"""Times and dates as people say them: "Thursday 26 November, 7.30pm". The words are in words/times.json; which zone is London's."""

import json
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MINUTE, HOUR, DAY = 60, 3600, 86400


def day_words(moment: date | datetime) -> str:
    """Thursday 26 November. An instant is taken to London first; a date or a wall time is said as it stands."""
    day = _local(moment)
    return f"{_words()['days'][day.weekday()]} {day.day} {_words()['months'][day.month - 1]}"


def short_day(moment: date | datetime) -> str:
    """Thu 26 Nov, for narrow cells."""
    day = _local(moment)
    return f"{_words()['days'][day.weekday()][:3]} {day.day} {_words()['months'][day.month - 1][:3]}"


def on_date(moment: date | datetime) -> str:
    """26 November 2026."""
    day = _local(moment)
    return f"{day.day} {_words()['months'][day.month - 1]} {day.year}"


def time_words(moment: time | datetime) -> str:
    """7.30pm, 7pm, midday, midnight."""
    local = _local(moment) if isinstance(moment, datetime) else moment
    hour, minute = local.hour, local.minute
    if minute == 0 and hour in (0, 12):
        return str(_words()["midday" if hour else "midnight"])
    half = _words()["pm" if hour >= 12 else "am"]
    return f"{(hour - 1) % 12 + 1}{f'.{minute:02}' if minute else ''}{half}"


def when_words(moment: datetime) -> str:
    """Thursday 26 November, 7.30pm."""
    return f"{day_words(moment)}, {time_words(moment)}"


def ago(moment: datetime, now: datetime) -> str:
    """How far an instant is from `now`: "3 hours ago", "in 2 days", "just now"."""
    seconds = (now - moment).total_seconds()
    size, unit = next(((s, u) for s, u in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")) if abs(seconds) >= s), (0, ""))
    if not size:
        return str(_words()["now"])
    count = int(abs(seconds) // size)
    one, many = _words()[unit]
    return str(_words()["past" if seconds > 0 else "ahead"]).format(span=one if count == 1 else many.format(n=count))


def _local(moment: Any) -> Any:
    return moment.astimezone(LONDON) if isinstance(moment, datetime) and moment.tzinfo else moment


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = json.loads((Path(__file__).parent / "words" / "times.json").read_text(encoding="utf-8"))
    return words
