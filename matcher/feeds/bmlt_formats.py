"""The formats of a BMLT server: its key letters are its own, only the world ids beside them mean the same everywhere (meetings 5.5 and 6)."""

from collections.abc import Iterable, Mapping

from matcher.feeds.reading_text import to_text

SEEN_WITHOUT_LIST = frozenset({"VM", "HY", "TC"})
"""The key letters that every server keeps for virtual, hybrid and temporarily closed."""


def world_ids(formats: Iterable[object]) -> dict[str, str]:
    """World ids by key letters and by number; "" for a format that has none. Of a key in several languages the first with a world id counts."""
    found: dict[str, str] = {}
    for entry in formats:
        if not isinstance(entry, dict):
            continue
        world_id = to_text(entry.get("world_id") or entry.get("worldId")).strip()
        for key in _keys(entry):
            found[key] = found.get(key) or world_id
    return found


def _keys(entry: Mapping[str, object]) -> list[str]:
    translations = entry.get("translations")
    named = [entry, *(part for part in translations if isinstance(part, dict))] if isinstance(translations, list) else [entry]
    keys = [to_text(part.get("key_string") or part.get("key")).strip() for part in named]
    return [key for key in [*keys, to_text(entry.get("id")).strip()] if key]


def stand_for(letters: Iterable[str], known: Mapping[str, str] | None) -> dict[str, str | None]:
    """What each key of a row means in the public list of world ids; without the server's list nobody can know but for three of them."""
    if known is None:
        return {letter: letter if letter in SEEN_WITHOUT_LIST else None for letter in letters}
    return {letter: known.get(letter, "") or (letter if letter in SEEN_WITHOUT_LIST else "") for letter in letters}
