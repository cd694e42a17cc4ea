"""Checks and disarms what goes into a letter's template, field by field: typed text becomes inert, links must be ours, times must be local."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from matcher.domain.inert import inert

Record = TypeVar("Record")
_OURS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.~?=&%-")


class UnsafeLetter(ValueError):
    """This letter would break a rule that every letter keeps."""


def made_safe(record: Record, base_url: str) -> Record:
    """The same record with every typed text made inert. Raises UnsafeLetter for a foreign link or a time without its local zone."""
    kind: Any = type(record)
    made: Record = kind(**{name: _safe(getattr(record, name), mark, base_url) for name, mark in _marks(kind).items()})
    return made


def checked_link(link: str, base_url: str) -> str:
    """A link on our own host, in characters that no mail program cuts or changes. Raises UnsafeLetter."""
    if not link.startswith(f"{base_url}/") or not _OURS.issuperset(link[len(base_url) :]):
        raise UnsafeLetter("a link leads elsewhere")
    return link


@cache
def _marks(record: Any) -> dict[str, str]:
    """Each field with how its text is treated: "link" and "mailbox" from their annotations, "" for everything else."""
    hints = get_type_hints(record, include_extras=True)
    return {field.name: _mark(hints[field.name]) for field in fields(record)}


def _mark(hint: Any) -> str:
    own = getattr(hint, "__metadata__", ())
    return own[0] if own else next(filter(None, map(_mark, get_args(hint))), "")


def _safe(value: Any, mark: str, base_url: str) -> Any:
    if isinstance(value, Enum) or value is None:
        return value
    if isinstance(value, str):
        return checked_link(value, base_url) if mark == "link" else value if mark == "mailbox" else inert(value)
    if isinstance(value, datetime):
        return _local(value)
    if isinstance(value, tuple):
        return tuple(_safe(item, mark, base_url) for item in value)
    return made_safe(value, base_url) if is_dataclass(value) else value


def _local(moment: datetime) -> datetime:
    """A letter shows wall time: an instant in UTC would be an hour wrong all summer."""
    if moment.tzinfo is None or moment.tzinfo is UTC or str(moment.tzinfo) in ("UTC", "Etc/UTC"):
        raise UnsafeLetter("a time has no local zone")
    return moment
