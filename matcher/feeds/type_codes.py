"""What a feed's type codes and names mean, by fellowship (meetings 6). The lists themselves are in data/meeting_types.json."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from matcher.domain.fellowship import Fellowship


class Kind(Enum):
    """What sort of thing a code says."""

    ATTRIBUTE = auto()
    LANGUAGE = auto()
    TEMPORARILY_CLOSED = auto()
    ONLINE = auto()
    HYBRID = auto()
    NOTHING = auto()


Meaning = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class TypesRead:
    """What a row's codes say. `raw`: all of them as given; `unknown`: those that no list has."""

    attributes: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    raw: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset()

    @property
    def is_temporarily_closed(self) -> bool:
        """Whether a code says that the place is closed for now."""
        return Kind.TEMPORARILY_CLOSED in self.kinds

    @property
    def says_online(self) -> bool:
        """Whether a code says online or hybrid; beside a place and without a link that proves nothing."""
        return Kind.ONLINE in self.kinds or Kind.HYBRID in self.kinds


def read_types(codes: Iterable[str], fellowship: Fellowship, stand_for: Mapping[str, str | None] | None = None) -> TypesRead:
    """Codes or English names, in any case, looked up in the fellowship's own list, then in the public one.

    `stand_for`: the listed code of each code of a server that has its own; None says that nobody can know, and is no unknown code.
    """
    raw = tuple(codes)
    if stand_for is None:
        return _read_listed(raw, fellowship)
    return _read_standing(raw, fellowship, tuple(stand_for.get(code, "") for code in raw))


@lru_cache(maxsize=4096)
def _read_standing(raw: tuple[str, ...], fellowship: Fellowship, listed: tuple[str | None, ...]) -> TypesRead:
    known = meanings(fellowship)
    return _types_read(raw, [(Kind.NOTHING, "") if code is None else known.get(_plain(code)) for code in listed])


@lru_cache(maxsize=4096)
def _read_listed(raw: tuple[str, ...], fellowship: Fellowship) -> TypesRead:
    known = meanings(fellowship)
    return _types_read(raw, [known.get(_plain(code)) for code in raw])


def _types_read(raw: tuple[str, ...], found: list[Meaning | None]) -> TypesRead:
    return TypesRead(
        attributes=frozenset(word for meaning in found if meaning for kind, word in [meaning] if kind is Kind.ATTRIBUTE),
        languages=frozenset(word for meaning in found if meaning for kind, word in [meaning] if kind is Kind.LANGUAGE),
        raw=raw,
        unknown=tuple(code for code, meaning in zip(raw, found, strict=True) if meaning is None),
        kinds=frozenset(meaning[0] for meaning in found if meaning),
    )


@cache
def meanings(fellowship: Fellowship) -> Mapping[str, Meaning]:
    """Every code and name this fellowship's feeds may use. Later entries give way: own codes, public codes, names, words of attributes."""
    lists = _lists()
    own = lists["own"].get(fellowship.value, {})
    codes = _of_kinds(lists)
    for code, language in lists["languages"].items():
        codes.setdefault(_plain(code), (Kind.LANGUAGE, language))
    public = {_plain(code): (Kind.ATTRIBUTE, word) for code, word in lists["public"].items()}
    by_code = codes | public
    names = {_plain(name): by_code[_plain(code)] for code, name in lists["names"].items()}
    names |= {_plain(name): (Kind.ATTRIBUTE, word) for name, word in lists["other_names"].items()}
    words = {word.replace("_", " "): (Kind.ATTRIBUTE, word) for word in vocabulary()}
    return words | names | by_code | {_plain(code): (Kind.ATTRIBUTE, word) for code, word in own.items()}


@cache
def vocabulary() -> frozenset[str]:
    """The closed list of attributes (meetings 6)."""
    lists = _lists()
    listed = set(lists["public"].values()) | set(lists["other_names"].values())
    return frozenset(listed.union(*(own.values() for own in lists["own"].values())) | {"institutional"})


def _of_kinds(lists: Mapping[str, Any]) -> dict[str, Meaning]:
    kinds = {
        "temporarily_closed": Kind.TEMPORARILY_CLOSED,
        "online": Kind.ONLINE,
        "hybrid": Kind.HYBRID,
        "unnamed_language": Kind.NOTHING,
    }
    return {_plain(code): (kind, name) for name, kind in kinds.items() for code in lists[name]}


@cache
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = json.loads((files("matcher") / "data" / "meeting_types.json").read_text(encoding="utf-8"))
    return lists


def _plain(code: str) -> str:
    return re.sub(r"\s+", " ", code.replace("’", "'").replace("`", "'")).strip().casefold()
