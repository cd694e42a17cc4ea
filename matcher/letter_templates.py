"""The two template environments of letters, text and HTML, and how plain text is laid out. The words are in `letters/`."""

import re
import textwrap
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from matcher.domain.inert import inert
from matcher.domain.letter import Letter
from matcher.domain.letter_parts import Sender
from matcher.domain.words import date_words, day_words, list_words, moment_words, part_words, time_words, weekday_words
from matcher.vocabulary import is_neutral

LETTERS = Path(__file__).parent / "letters"
LINE = 72
"""Characters in a line of plain text; links are never broken."""
FILTERS = {
    "day": day_words,
    "time": time_words,
    "moment": moment_words,
    "weekday": weekday_words,
    "part": part_words,
    "dated": lambda day: date_words(date.fromisoformat(str(day))),  # a date, or a version that is one
    "listed": list_words,
}


def render_subject(letter: Letter) -> str:
    """The subject line, from its own small template."""
    return " ".join(_text().get_template(f"{letter.kind.value}.subject.jinja").render(letter=letter).split())


def render_text(letter: Letter, sender: Sender, subject: str) -> str:
    """The letter as plain text: lines of 72 characters, one blank line between paragraphs."""
    body = _text().get_template(f"{letter.kind.value}.txt.jinja").render(letter=letter, sender=sender, subject=subject)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", body)).strip() + "\n"


def render_html(letter: Letter, sender: Sender, subject: str) -> str:
    """The letter as simple HTML with inline styles: no images, nothing remote."""
    body = _html().get_template(f"{letter.kind.value}.html.jinja").render(letter=letter, sender=sender, subject=subject)
    return re.sub(r"\n\s*\n+", "\n", body).strip() + "\n"


def wrapped(text: str, indent: str = "") -> str:
    """One paragraph of plain text. Following lines of a list item are indented."""
    return textwrap.fill(" ".join(str(text).split()), LINE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def greeting_name(name: str) -> str:
    """The name for "Hello …", or nothing where the name itself would tell a stranger something: the first line is seen on lock screens."""
    return name if is_neutral(name) else ""


@cache
def _html() -> Environment:
    made = Environment(
        loader=FileSystemLoader(LETTERS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.filters.update(FILTERS, wrapped=wrapped, greeting_name=greeting_name)
    return made


@cache
def _text() -> Environment:
    """The same without escaping: in plain text "&amp;" would be read out as it stands. What people typed was made inert before."""
    return _html().overlay(autoescape=False)


def calendar_title(name: str) -> str:
    """The neutral title of a calendar entry ("Meet Sam"), without the name where that would tell a stranger something."""
    return _text().get_template("calendar_title.jinja").render(name=inert(name)).strip()
