"""The words that ship as files: each fellowship's own, the role card, and the list of words that must not show on a lock screen."""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from matcher.domain.fellowship import Fellowship

WORD_FILES = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class FellowshipWords:
    """How one fellowship is spoken of (journeys 16). `helpline` is None until a coordinator enters one; `check` names those missing."""

    name: str
    spoken: str
    group_word: str
    who_for: str
    minimum_age: int
    maximum_age: int | None
    focus: str
    focus_words: str
    who_may_accompany: str
    web_address: str
    helpline: str | None
    companion: str
    words: dict[str, str | None]
    not_words: tuple[str, ...]
    explanation: tuple[str, ...]
    what_to_expect: tuple[str, ...]
    small_next_steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleCard:
    """What a companion does and does not do: the points for everybody, then the fellowship's own (journeys 15)."""

    title: str
    version: str
    points: tuple[str, ...]


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WORD_FILES / name).read_text(encoding="utf-8"))
    return found


@cache
def fellowship_words(fellowship: Fellowship) -> FellowshipWords:
    """The words of one fellowship. A missing or unknown key fails here, that is at the first test."""
    entry: dict[str, Any] = _read("fellowships.json")["fellowships"][fellowship.value]
    lists: dict[str, Any] = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return FellowshipWords(**{**entry, **lists})


@cache
def role_card(fellowship: Fellowship) -> RoleCard:
    """The role card of one fellowship. `version` is a date: a volunteer acknowledges it again when it changes."""
    card = _read("role_card.json")
    return RoleCard(card["title"], card["version"], (*card["points"], *card["additions"][fellowship.value]))


@cache
def _listed() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words found in any spelling of case, and abbreviations found in capitals only ("NA" is a fellowship, "Na" a name)."""
    words = _read("neutral_words.json")
    anyhow = "|".join(re.escape(word) for word in sorted([*words["whole_words"], *words["phrases"]], key=len, reverse=True))
    exact = "|".join(words["exact_words"])
    edges = r"(?<![^\W_])(?:{})(?![^\W_])"
    return re.compile(edges.format(anyhow), re.I), re.compile(edges.format(exact))


def telling_words(text: str) -> list[str]:
    """The words in a text that would tell a stranger what it is about (journeys 9.1). Empty for a neutral text."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))
    return [found.group() for pattern in _listed() for found in pattern.finditer(plain)]


def is_neutral(text: str) -> bool:
    """Whether a text may stand in a subject, a sender's name, a calendar or the first line of a letter."""
    return not telling_words(text)
