"""JSON bodies: loaded without surprises, or refused as a whole (meetings 4.1)."""

import json
from collections.abc import Iterable
from typing import Any

from matcher.domain.feed_issue import ErrorKind
from matcher.feeds.reading_text import FeedFault

DEPTH_MOST = 20


def load_json(text: str) -> Any:
    """The value; bare NaN and Infinity are null. Raises FeedFault for what is no JSON, and for nesting over 20."""
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise FeedFault(ErrorKind.UNREADABLE) from None
    if _is_too_deep(value):
        raise FeedFault(ErrorKind.UNREADABLE)
    return value


def _is_too_deep(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(DEPTH_MOST):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return any(isinstance(outer, dict | list) for outer in level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
