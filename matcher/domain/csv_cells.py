"""Sheets on their way out: UTF-8 with its mark, and no cell that a spreadsheet would run as a formula (security 9)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def inert_cell(text: str) -> str:
    """The text with a leading apostrophe where a spreadsheet would take it for a formula. A number below nought is none."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(text) else text


def plain_cell(text: str) -> str:
    """A cell as it was before `inert_cell`, without the space around it."""
    stripped = text.strip(" ")
    return stripped[1:] if stripped.startswith(tuple(f"'{start}" for start in FORMULA_STARTS)) else stripped.strip()


def csv_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as a sheet that every spreadsheet opens, each cell inert."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([inert_cell(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")
