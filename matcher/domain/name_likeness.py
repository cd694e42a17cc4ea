"""Whether a name may be somebody’s: names are sealed, so that they are compared word by word once opened. No database."""

import re
import unicodedata

LEAST_ALIKE = 3
"""Letters that two words must share before one counts as a short form of the other: "Tom" and "Tommy", but not "T"."""


def words_of(text: str) -> list[str]:
    """The words of a name, without case or accents: "Zoë O’Hara" is zoe, o, hara."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.findall(r"\w+", plain.casefold())


def begins_like(typed: str, *names: str) -> bool:
    """Whether every word typed begins some word of these names. Nothing typed fits nobody."""
    known = words_of(" ".join(names))
    asked = words_of(typed)
    return bool(asked) and all(any(word.startswith(part) for word in known) for part in asked)


def may_mean(said: str, *names: str) -> bool:
    """Whether somebody so called may be meant: one of the words said and one of these names begin alike, as far as the shorter goes."""
    known = [word for word in words_of(" ".join(names)) if len(word) >= LEAST_ALIKE]
    heard = [word for word in words_of(said) if len(word) >= LEAST_ALIKE]
    return any(one.startswith(other) or other.startswith(one) for one in heard for other in known)
