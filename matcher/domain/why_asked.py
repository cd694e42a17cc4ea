"""Why somebody was asked, told to themselves: codes from the explanation that was stored with the invitation. It was true then; it is not reckoned anew."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

NEAR_KM = 10.0
"""Up to so many kilometres out and back the way costs nobody's willingness (matching 7.2)."""
NOT_LATELY = timedelta(days=14)


class Because(StrEnum):
    """One reason each; the words are in a template."""

    CLAIM = "claim"
    BY_HAND = "by_hand"
    STANDING = "standing"
    FREE = "free"
    NEAR = "near"
    WITHIN_REACH = "within_reach"
    NEVER_ASKED = "never_asked"
    NOT_LATELY = "not_lately"


def reasons_told(why: Mapping[str, Any]) -> tuple[Because, ...]:
    """The reasons of a stored explanation, in the order they are said. What it does not hold, or holds oddly, is no reason.

    Never anything of the newcomer, of others asked, or of a chance that was reckoned.
    """
    if why.get("claim"):
        return (Because.CLAIM,)
    if why.get("policy") == "by_hand":
        return (Because.BY_HAND, Because.FREE)
    found = [Because.STANDING if str(why.get("standing")) == "True" else Because.FREE]
    km = _number(why.get("km"))
    if km is not None:
        found.append(Because.NEAR if km <= NEAR_KM else Because.WITHIN_REACH)
    return tuple(found + _since(why))


def _since(why: Mapping[str, Any]) -> list[Because]:
    decided, last = _moment(why.get("decided_at")), _moment(why.get("last_asked_at"))
    if "last_asked_at" in why and why["last_asked_at"] is None:
        return [Because.NEVER_ASKED]
    return [Because.NOT_LATELY] if decided and last and decided - last >= NOT_LATELY else []


def _number(value: Any) -> float | None:
    try:
        read = float(value)
    except (TypeError, ValueError):
        return None
    return read if 0 <= read < float("inf") else None


def _moment(value: Any) -> datetime | None:
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.utcoffset() is not None else None
