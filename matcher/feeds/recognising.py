"""Which format a file is in, told from what is in it; a person says yes to it before it is used (meetings 5.8)."""

from itertools import islice

from matcher.feeds.archive import is_archive
from matcher.feeds.reading_json import load_json
from matcher.feeds.reading_text import FeedFault, decode_body, to_text
from matcher.feeds.sheet import first_lines
from matcher.feeds.sheet_headings import plain_heading
from matcher.feeds.spreadsheet import first_filled, open_spreadsheet
from matcher.feeds.table_rows import Cells

LOOKED_AT = 50
"""Elements of a list whose keys are looked at."""


def recognise_format(body: bytes) -> str | None:
    """The format's word, or None for what is none of them: a page, a picture, an empty file, another kind of JSON."""
    try:
        if is_archive(body):
            return _of_lines([cells for sheet in islice(open_spreadsheet(body).sheets(), 20) for _, cells in first_filled(sheet)])
        text, _ = decode_body(body)
        if text.lstrip()[:1] in ("[", "{") and (answer := _json(text)) is not None:
            return _of_json(answer, text)
        return _of_lines(first_lines(text))
    except FeedFault:
        return None


def _json(text: str) -> object:
    try:
        return load_json(text)
    except FeedFault:
        return None


def _of_json(answer: object, text: str) -> str | None:
    if isinstance(answer, dict):
        if "values" in answer or "range" in answer:
            return _of_lines(first_lines(text))
        if isinstance(answer.get("data"), list):
            return "ukna"
        rows = answer.get("meetings", [answer])
        found = _of_rows(rows if isinstance(rows, list) else [])
        return found if found in ("bmlt", "aagb") else None
    return _of_rows(answer) if isinstance(answer, list) else None


def _of_rows(rows: list[object]) -> str | None:
    looked_at = [row for row in rows[:LOOKED_AT] if isinstance(row, dict)]
    keys = {key for row in looked_at for key in row}
    if any(isinstance(row.get("data"), list) for row in looked_at):
        return "ukna"
    if "id_bigint" in keys or {"id", "startTime"} <= keys:
        return "bmlt"
    if {"code", "title", "lat"} <= keys:
        return "aagb"
    return "meeting_guide" if keys & {"slug", "day"} else None


def _of_lines(lines: list[Cells]) -> str | None:
    """By the headings; a table without any that we know is none of ours."""
    heads = [{plain_heading(to_text(cell)) for cell in cells} for cells in lines]
    if any("committeename" in head for head in heads):
        return "naws_csv"
    if any({"subregion", "name"} <= head and "id" not in head for head in heads):
        return "tsml_csv"
    return "sheet" if any(head & {"name", "meeting", "meetingname", "title", "id", "slug"} and len(head) > 1 for head in heads) else None
