"""A file is told by what is in it: each format, in each way it comes, and what is none."""

import json

import pytest
from feed_cases import SAMPLES, written

from bench.sheets import ods_of, xlsx_of, zipped
from matcher.feeds.formats import FORMATS
from matcher.feeds.recognising import recognise_format

BMLT = {"id_bigint": "1", "weekday_tinyint": "1"}
MARKER = {"code": "1", "title": "A", "lat": "1", "lng": "2"}
TSML = ["Time", "Day", "Name", "Address", "Region", "Sub Region", "Types"]
NAWS = ["Committee", "CommitteeName", "Day", "Time"]
SHEET = ["ID", "Name", "Day", "Time"]


def json_of(feed: object) -> bytes:
    return json.dumps(feed).encode()


FILES = {
    "meeting_guide": [json_of([{"slug": "a"}]), json_of([{"name": "A", "day": 1}]), b"\xef\xbb\xbf" + json_of([{"slug": "a"}])],
    "bmlt": [json_of([BMLT]), json_of({"meetings": [BMLT], "formats": []}), json_of([{"id": 1, "startTime": "19:00", "day": 0}])],
    "ukna": [json_of({"data": [{"id": "a"}], "links": {}}), json_of([{"data": []}]), json_of({"data": []})],
    "aagb": [json_of([MARKER]), json_of(MARKER)],
    "naws_csv": [written([NAWS]), written([NAWS], ";"), xlsx_of([NAWS]), ods_of([["NA in Dorset"], NAWS])],
    "tsml_csv": [written([TSML]), xlsx_of([TSML]), json_of({"values": [TSML]})],
    "sheet": [written([SHEET]), written([["Our list"], [], SHEET], "\t"), xlsx_of([SHEET]), ods_of([SHEET]), json_of({"values": [SHEET]}),
              written([["ID", *TSML]])],
}  # fmt: skip


@pytest.mark.parametrize(("format", "body"), [(format, body) for format, bodies in FILES.items() for body in bodies])
def test_a_file_is_told_by_what_is_in_it(format: str, body: bytes) -> None:
    assert recognise_format(body) == format


def test_every_format_can_be_told() -> None:
    assert set(FILES) == set(FORMATS)


@pytest.mark.parametrize(
    "body",
    [b"", b"\n\n", b"hello", b"<html><body>Sign in</body></html>", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n\x00", json_of({"error": 403}), json_of([]), json_of(5),
     json_of([1]), json_of({"meetings": 5}), json_of({"values": 5}), json_of([{"id": "1", "key_string": "B"}]), b"[1, 2", zipped({}), b"Colour,Shoe\nred,9\n",
     b'"' + b"x" * 200_000],
)  # fmt: skip
def test_what_is_none_of_them_is_told_as_none(body: bytes) -> None:
    assert recognise_format(body) is None


WANTED = {
    "aagb_fenland.json": "aagb",
    "bmlt_berlin.json": "bmlt",
    "bmlt_yap_day2.json": "bmlt",
    "bmlt_yap_formats.json": None,
    "mg_c4r_pdf_fixture.json": "meeting_guide",
    "mg_raleigh_aa_2017.json": "meeting_guide",
    "tsml_template.csv": "tsml_csv",
    "meeting_guide_types_en.json": None,
}


def test_real_files_beside_the_repository_are_told_too() -> None:
    there = {name: recognise_format((SAMPLES / name).read_bytes()) for name in WANTED if (SAMPLES / name).exists()}
    assert there == {name: WANTED[name] for name in there}
