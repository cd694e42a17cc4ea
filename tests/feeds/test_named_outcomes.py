"""What can go wrong with a whole feed has the same name in every format, and nothing is taken from it."""

import gc
import json
import time
from typing import Any

import pytest
from feed_cases import answer, codes

from bench.parsing import FEEDS
from matcher.domain.fellowship import Fellowship
from matcher.feeds.formats import FORMATS, parse
from matcher.feeds.recognising import recognise_format

HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body></body></html>"
CHALLENGE = (
    b"\n <html><body>Checking your browser before accessing the list<script src='/cdn-cgi/challenge-platform/x.js'></script></body></html>"
)
KINDS = {format: kind for kind, (format, _) in reversed(FEEDS.items())}
"""One kind of made-up feed, in text, for each format."""


def body(format: str, size: int = 20) -> bytes:
    return FEEDS[KINDS[format]][1](size)


def renamed(format: str) -> bytes:
    """A feed whose publisher has given every field another name."""
    text = body(format).decode()
    if format in ("sheet", "tsml_csv", "naws_csv"):
        head, _, lines = text.partition("\n")
        return (",".join(f"new {cell.strip()} 2" for cell in head.split(",")) + "\n" + lines).encode()

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {name if name in ("data", "meetings", "links") else f"{name}2": other(inner) for name, inner in value.items()}
        return [other(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(other(json.loads(text))).encode()


@pytest.mark.parametrize("kind", FEEDS)
def test_made_up_feeds_are_told_and_read_whole(kind: str) -> None:
    format, make = FEEDS[kind]
    feed = make(80)
    found = answer(feed, format, fellowship="NA")
    assert (recognise_format(feed), found["run"]) == (format, "ok")
    assert len(found["rows"]) == (20 if "ods" in kind else 80) and found["rejected"] == found["skipped"] == 0
    assert all(row["attendable"] for row in found["rows"] if row["in_person"] or row["online"]) and "gull" not in json.dumps(found)


GUIDE = {"slug": "a", "name": "Ebb", "day": 1, "time": "19:00"}
LETTERS = [f"z{n}" for n in range(40_000)]
CROWDED: dict[str, tuple[str, Any]] = {
    "types that nobody knows": ("meeting_guide", [GUIDE | {"types": LETTERS}]),
    "numbers of formats that are none": ("bmlt", [{"id_bigint": "1", "meeting_name": "Ebb", "format_shared_id_list": ",".join(LETTERS)}]),
    "one key for all": ("meeting_guide", [GUIDE | {"name": letter} for letter in LETTERS[:16_000]]),
}


@pytest.mark.parametrize("name", CROWDED)
def test_much_of_one_thing_costs_no_more_than_much_of_all(name: str) -> None:
    """Processor time: each thing was compared with all before it, and a feed of 20 MB would have taken hours."""
    format, feed = CROWDED[name]
    body, began = json.dumps(feed).encode(), time.process_time()
    assert parse(body, format=format, fellowship=Fellowship.NA).error_kind in (None, "no_usable_rows")
    assert time.process_time() - began < 10


def test_every_format_is_tried() -> None:
    assert set(KINDS) == set(FORMATS)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("feed", "kind"),
    [
        (HTML, "html_page"),
        (CHALLENGE, "blocked_by_security_service"),
        (b"\x00\x01\x02", "unreadable"),
        (b"\xff\xfe\x00", "unreadable"),
        (b"\x81\x8d", "unreadable"),
    ],
)
def test_what_is_no_feed_has_a_name(format: str, feed: bytes, kind: str) -> None:
    found = answer(feed, format)
    assert (found["run"], found["error_kind"], found["rows"], found["rejected"]) == ("failed", kind, [], 0)


@pytest.mark.parametrize("format", FORMATS)
def test_a_feed_that_changes_its_keys_is_not_taken_for_an_empty_one(format: str) -> None:
    found = answer(renamed(format), format, fellowship="NA")
    assert found["rows"] == [] and found["error_kind"] in ("missing_required_column", "no_usable_rows")
    assert found["error_kind"] == "missing_required_column" or found["rejected"] == 20


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_not_utf_8_is_read_and_said(format: str) -> None:
    feed = body(format).replace(b"Harbour", b"Caf\xe9")
    found = answer(feed, format, fellowship="NA")
    assert len(found["rows"]) == 20 and any(row["name"].startswith("Café ") for row in found["rows"])
    assert (codes(found)[0], found["issues"][0]["row"]) == ("encoding_guessed", None)


@pytest.mark.parametrize("format", FORMATS)
def test_too_many_rows_and_too_many_bytes(format: str) -> None:
    feed = body(format)
    assert parse(feed, format=format, fellowship=Fellowship.NA, most_rows=19).error_kind == "too_many_rows"
    assert parse(feed, format=format, fellowship=Fellowship.NA, most_rows=20).error_kind is None
    assert parse(feed, format=format, fellowship=Fellowship.NA, most_bytes=len(feed) - 1).error_kind == "too_large"


@pytest.mark.parametrize("format", FORMATS)
def test_the_collector_of_rubbish_is_on_again_afterwards(format: str) -> None:

    for feed in (body(format), HTML):
        parse(feed, format=format, fellowship=Fellowship.NA)
        assert gc.isenabled()
