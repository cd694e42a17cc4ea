"""From an error code to the sentence on the screen. Every sentence is in web/words/*.json; a part of the site may bring its own file and add to a field."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from web.forms import Form

WORDS = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Sentences by field (or `Record.field`, where one form needs its own) and code, sentences by code alone, and what frames them."""

    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    any: dict[str, str] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)


@cache
def error_words() -> Catalogue:
    """All catalogues together. ValueError if two files say the same thing, so that no sentence is lost unseen."""
    merged = Catalogue()
    for path in sorted(WORDS.glob("*.json")):
        read = json.loads(path.read_text(encoding="utf-8"))
        _add(merged.any, read.get("any", {}), path.name)
        _add(merged.whole, read.get("whole", {}), path.name)
        for name, own in read.get("fields", {}).items():
            _add(merged.fields.setdefault(name, {}), own, f"{path.name}, {name},")
    return merged


def _add(known: dict[str, str], more: dict[str, str], where: str) -> None:
    if known.keys() & more.keys():
        raise ValueError(f"{where} repeats {', '.join(sorted(known.keys() & more.keys()))}")
    known.update(more)


def error_sentence(form: Form, name: str) -> str:
    """What the screen says about one wrong answer: the form's own sentence, else the field's, else the one for any field."""
    problem = form.errors[name]
    words = error_words()
    own = {**words.fields.get(name, {}), **words.fields.get(f"{form.kind}.{name}", {})}
    called = own.get("name") or words.whole["name"]
    sentence = own.get(problem.code) or words.any.get(problem.code) or words.any["wrong_kind"]
    figures = defaultdict(str, problem.limits, name=called, Name=called[:1].upper() + called[1:])
    said = sentence.format_map(figures)
    return words.whole["row"].format(row=problem.limits["row"], sentence=said) if "row" in problem.limits else said
