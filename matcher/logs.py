"""What may stand in a log: events from an allow-list of keys, as one line of JSON each. No path, no query, no body, no value of an error."""

import logging
import sys
from collections import Counter
from collections.abc import MutableMapping
from pathlib import Path
from traceback import extract_tb
from typing import Any, TextIO

import structlog

KEYS = frozenset({"event", "at", "level", "route", "method", "status", "ms", "request_id", "actor_id", "thing_id", "letter_id", "code"}) | {
    "kind",
    "error",
    "outcome",
    "timer_id",
    "expired",
    "held",
}
dropped: Counter[str] = Counter()
"""How often a key that may not be logged was left out, by its name. A test and `check` read it."""


def set_up_logs(to: TextIO | None = None) -> None:
    """Send our events, and what libraries say (their name and kind of error only), to one stream of JSON lines."""
    stream = to or sys.stderr
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Libraries()]
    root.setLevel(logging.WARNING)


def keep_allowed(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out and count every key that is not on the list; values become short plain texts."""
    dropped.update(key for key in event if key not in KEYS)
    return {key: value if isinstance(value, (int, float)) else str(value)[:200] for key, value in event.items() if key in KEYS}


def where(error: BaseException) -> str:
    """An error as a log may hold it: its type, and the file and line it came from. Never its text: that quotes what people wrote."""
    frames = extract_tb(error.__traceback__)
    place = f" {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


class _Libraries(logging.Handler):
    """What aiohttp, asyncio and others log: their own name and the kind of error. Their sentences may quote addresses and headers."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        code = where(error) if error else f"{record.module}:{record.lineno}"
        structlog.get_logger().log(record.levelno, "library", code=f"{record.name} {code}")
