"""One fuzzing run of one kind of feed, in a process of its own: `python fuzz_feed.py KIND CORPUS [--plant] [options of libFuzzer]`.

The judge is that of the other tests of parsers. test_fuzzing.py starts this, with atheris among the modules, and says what came of it.
"""

import json
import sys
from collections.abc import Mapping

import atheris

with atheris.instrument_imports(include=["matcher.feeds", "matcher.domain"]):
    from test_parse_any_bytes import check
    from test_parse_any_rows import BOOKS, check_feed

    from bench.sheets import zipped
    from matcher.feeds import reading
    from matcher.feeds.recognising import recognise_format

MEMBERS = {"xlsx": "xl/worksheets/sheet1.xml", "ods": "content.xml"}
"""The member of a spreadsheet that is fuzzed; bytes changed in the archive itself would hardly ever unpack again."""


def body_of(kind: str, fuzzed: bytes) -> tuple[bytes, str]:
    """The file that is read, and its format."""
    return (zipped(BOOKS[kind] | {MEMBERS[kind]: fuzzed}), "sheet") if kind in MEMBERS else (fuzzed, kind)


def rows_in(format: str, body: bytes) -> tuple[object, list[object]] | None:
    """A feed of JSON with the list of its rows; None for what is none, or lists its rows in several places."""
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    name = {"bmlt": "meetings", "ukna": "data"}.get(format, "")
    rows = feed.get(name) if isinstance(feed, Mapping) else feed
    if format == "ukna" and not isinstance(feed, Mapping):
        return None
    return (feed, rows) if isinstance(rows, list) and rows else None


def judge(kind: str, fuzzed: bytes) -> None:
    """No exception, one object, and no row that the feed has not."""
    body, format = body_of(kind, fuzzed)
    found = check(body, format)
    recognise_format(body)
    taken = {row["row"] for row in found["rows"]}
    if format in ("sheet", "tsml_csv", "naws_csv"):
        lines = max(fuzzed.count(mark) for mark in (b"\n", b"\r", b"[", b"row", b"\x0a\x00", b"\x0d\x00")) + 1
        assert len(taken) <= lines and len(found["rows"]) <= 7 * len(taken)
    elif feed := rows_in(format, body):
        check_feed(format, *feed)
    else:
        assert len(taken) <= fuzzed.count(b"{") and len(found["rows"]) <= 7 * len(taken)


def plant() -> None:
    """The wrong version: a crash for a key of twelve letters, which the corpus has nowhere."""
    real = reading.cut_text

    def crashing(text: str, most: int) -> str:
        return real(text, most) if len(text) < 12 else text[1 // 0]

    reading.cut_text = crashing


def main() -> None:
    kind, corpus, *options = sys.argv[1:]
    if "--plant" in options:
        options.remove("--plant")
        plant()
    atheris.Setup([sys.argv[0], corpus, *options], lambda fuzzed: judge(kind, fuzzed))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
