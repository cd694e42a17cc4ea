"""JSON bodies: loaded without surprises, or refused as a whole (meetings 4.1)."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from matcher.domain.feed_issue import ErrorKind, Issue, IssueCode, Severity
from matcher.feeds.raw_rows import shown_value
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


def numbered_rows(rows: list[Any], most_rows: int) -> tuple[list[tuple[int, dict[str, Any]]], list[Issue]]:
    """The objects of a list with their places from 1, and a refusal for each element that is none. Raises FeedFault for too many, and for none."""
    if not rows:
        raise FeedFault(ErrorKind.NO_ROWS)
    if len(rows) > most_rows:
        raise FeedFault(ErrorKind.TOO_MANY_ROWS)
    numbered = list(enumerate(rows, start=1))
    refused = [
        Issue(place, None, None, None, IssueCode.NOT_A_ROW, shown_value(str(row)[:1000]), Severity.REJECTED)
        for place, row in numbered
        if not isinstance(row, dict)
    ]
    rows.clear()
    return [(place, row) for place, row in numbered if isinstance(row, dict)], refused


def letting_go(rows: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows in their order, each forgotten as soon as it is read: of a large feed never both halves are held."""
    rows.reverse()
    while rows:
        yield rows.pop()
