"""Files of postcode points: recognised by their headings, read alike from a CSV and from a zip, and what cannot be a table is refused."""

import csv
import math
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.domain.national_grid import grid_to_degrees
from matcher.domain.postcode import spell_postcode
from matcher.places_grid import grids_to_degrees
from matcher.places_loading import Counts, read_spots
from matcher.places_reading import LONGEST_LINE, UnusablePostcodes, recognise

ONS = "pcd,pcd2,pcds,dointr,doterm,oscty,oseast1m,osnrth1m,osgrdind,lat,long"
ONS_ROWS = [
    '"BH1 4AA","BH1  4AA","BH1 4AA","198001","","E1","409000","91000","1",50.7201,-1.8801',
    '"BH1 4AB","BH1  4AB","BH1 4AB","198001","201801","E1","409000","91000","1",50.7202,-1.8802',
    '"BT1 1AA","BT1  1AA","BT1 1AA","198001","","N1","333800","374000","8",54.6,-5.93',
    '"JE2 3AB","JE2  3AB","JE2 3AB","198001","","","","","9",99.999999,0.000000',
]
GRID_ROWS = ['"TR1 1AA",10,651409,313177,"E92000001","","","","",""', '"TR1 1AB",90,0,0,"E92000001","","","","",""']


def zipped(file: Path, **texts: str) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in texts.items():
            packed.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("_txt", ".txt"), text)
    return file


def lines(*rows: str) -> str:
    return "\n".join([*rows, ""])


def test_an_ons_directory_gives_live_postcodes_of_britain_and_counts_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "ONSPD_FEB_2026_UK.csv"
    file.write_text(lines(ONS, *ONS_ROWS))
    found, counts = recognise(file), Counts()
    assert (found.source, found.year) == ("ons", 2026)
    assert [spot for batch in read_spots(found, counts) for spot in batch] == [("BH1 4AA", (-1.8801, 50.7201))]
    assert (counts.rows, counts.used, counts.ended, counts.northern_ireland, counts.without_position) == (4, 1, 1, 1, 1)


def test_a_zip_of_the_ons_directory_is_read_once_though_its_rows_stand_there_twice(tmp_path: Path) -> None:
    whole, part = lines(ONS, *ONS_ROWS, '"BH1 4AD","","BH1 4AD","","","","","","",50.73,-1.87'), lines(ONS, ONS_ROWS[0])
    texts = {
        "Data__ONSPD_FEB_2026_UK_csv": whole,
        "Data__multi__ONSPD_FEB_2026_UK_BH_csv": part,
        "Documents__names_csv": "code,name\nE1,x\n",
    }
    found, counts = recognise(zipped(tmp_path / "onspd.zip", **texts)), Counts()
    assert (found.source, found.year, len(found.pieces)) == ("ons", 2026, 1)
    assert [code for batch in read_spots(found, counts) for code, _ in batch] == ["BH1 4AA", "BH1 4AD"]


def test_a_zip_of_code_point_open_is_read_in_all_its_files(tmp_path: Path) -> None:
    headers = "PC,PQ,EA,NO,CY,RH,LH,CC,DC,WC\nPostcode,Positional_quality_indicator,Eastings,Northings\n"
    other = '"BH1 4AA",10,409000,91000,"E92000001","","","","",""\n'
    texts = {
        "Doc__Code_Point_Open_Column_Headers_csv": headers,
        "Data__CSV__tr_csv": lines(*GRID_ROWS),
        "Data__CSV__bh_csv": other,
        "licence_txt": "x",
    }
    found, counts = recognise(zipped(tmp_path / "codepo_gb.zip", **texts)), Counts()
    spots = dict(spot for batch in read_spots(found, counts) for spot in batch)
    assert found.source == "code_point_open" and set(spots) == {"BH1 4AA", "TR1 1AA"} and counts.without_position == 1
    assert spots["TR1 1AA"][1] == pytest.approx(52.657979, abs=5e-5) and spots["TR1 1AA"][0] == pytest.approx(1.716052, abs=8e-5)


def test_any_table_with_postcodes_and_points_will_do(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("id,Postcode,Latitude,Longitude\n1,bh14aa,50.72,-1.88\n", encoding="utf-8-sig")
    found = recognise(file)
    assert (found.source, found.year) == ("table", None)
    assert list(read_spots(found, Counts())) == [[("BH1 4AA", (-1.88, 50.72))]]


@pytest.mark.parametrize(
    ("row", "counted"),
    [
        ("BH1 4AA,0,0", "unreadable"),
        ("BH1 4AA,nan,-1.88", "unreadable"),
        ("BH1 4AA,inf,-1.88", "unreadable"),
        ("BH1 4AA,-1.88,50.72", "unreadable"),
        ("BH1 4AA,55.37805,-3.43597", "unreadable"),
        ("BH1 4AA,north,west", "unreadable"),
        ("BH1,50.72,-1.88", "unreadable"),
        ("BH1 4AA", "unreadable"),
        ("BH1 4AA,,", "without_position"),
        ("BH1 4AA,99.999999,0", "without_position"),
        ("bt1 1aa,54.6,-5.9", "northern_ireland"),
    ],
)
def test_a_row_without_a_point_is_counted_by_what_is_wrong_and_never_loaded(tmp_path: Path, row: str, counted: str) -> None:
    file = tmp_path / "points.csv"
    file.write_text(lines("pcds,lat,long", row, "BH1 4AB,50.72,-1.88"))
    counts = Counts()
    assert [code for batch in read_spots(recognise(file), counts) for code, _ in batch] == ["BH1 4AB"]
    assert getattr(counts, counted) == 1 and counts.rows == 2


def test_a_postcode_that_comes_twice_is_taken_once_also_from_another_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.places_loading.BATCH", 2)
    file = tmp_path / "points.csv"
    file.write_text(
        lines("pcds,lat,long", *(f"{code},50.72,-1.88" for code in ("BH1 4AA", "BH14AA", "BH1 4AB", "bh1 4aa", "BH1 5AA", "BH14 4AA")))
    )
    counts = Counts()
    batches = [[code for code, _ in batch] for batch in read_spots(recognise(file), counts)]
    assert batches == [["BH1 4AA"], ["BH1 4AB"], ["BH1 5AA", "BH14 4AA"]] and counts.twice == 2


def test_the_grid_on_arrays_is_the_grid_one_by_one() -> None:
    rng = random.Random(7)
    grid = [(rng.uniform(0, 700_000), rng.uniform(0, 1_300_000)) for _ in range(500)]
    latitudes, longitudes = grids_to_degrees(np.array([e for e, _ in grid]), np.array([n for _, n in grid]))
    for (east, north), latitude, longitude in zip(grid, latitudes, longitudes, strict=True):
        assert (latitude, longitude) == pytest.approx(grid_to_degrees(east, north), abs=1e-9)


def test_what_is_off_the_grid_is_no_number() -> None:
    latitudes, longitudes = grids_to_degrees(np.array([-1.0, 700_001.0, math.nan, 400_000.0]), np.array([5.0, 5.0, 5.0, 1_300_001.0]))
    assert np.isnan(latitudes).all() and np.isnan(longitudes).all()


def test_files_that_are_no_table_are_refused_by_name(tmp_path: Path) -> None:
    bad = zipped(tmp_path / "names.zip", names_csv="code,name\nE1,x\n")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04" + b"\xff\x00" * 100)
    page = tmp_path / "page.csv"
    page.write_text("<html><body>not found</body></html>")
    half = tmp_path / "half.csv"
    half.write_text("pcds,lat\nBH1 4AA,50.72\n")
    for file in (bad, broken, page, half, tmp_path / "missing.csv", tmp_path):
        with pytest.raises(UnusablePostcodes, match="Nothing was changed"):
            recognise(file)


def test_a_zip_that_breaks_off_and_a_line_without_end_are_refused(tmp_path: Path) -> None:
    file = zipped(
        tmp_path / "points.zip", points_csv=lines("pcds,lat,long", *(f"BH1 4A{x},50.{y},-1.88" for x in "ABDEF" for y in range(10, 999)))
    )
    raw = bytearray(file.read_bytes())
    raw[300:340] = b"\x00" * 40
    file.write_bytes(raw)
    with pytest.raises(UnusablePostcodes, match=r"to its end|cannot be read"):
        list(read_spots(recognise(file), Counts()))
    long = tmp_path / "long.csv"
    long.write_text("pcds,lat,long\nBH1 4AA,50.72,-1.88\n" + "x" * (LONGEST_LINE + 1))
    with pytest.raises(UnusablePostcodes, match="too long"):
        list(read_spots(recognise(long), Counts()))


CELLS = st.one_of(
    st.sampled_from(
        ["BH1 4AA", "bh14ab", "BT1 1AA", "50.72", "-1.88", "0", "nan", "inf", "-0", "1e400", "99.999999", "", " ", "٣", "0x1p3", "1_0"]
    ),
    st.text(max_size=12),
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, max_size=6), max_size=12))
def test_any_rows_are_counted_once_each_and_no_postcode_is_invented(tmp_path: Path, rows: list[list[str]]) -> None:
    file = tmp_path / "points.csv"
    with file.open("w", encoding="utf-8", newline="", errors="surrogateescape") as out:
        writer = csv.writer(out)
        writer.writerow(["pcds", "lat", "long", "doterm"])
        writer.writerows([cell.encode("utf-8", "replace").decode() for cell in row] for row in rows)
    counts = Counts()
    try:
        spots = [spot for batch in read_spots(recognise(file), counts) for spot in batch]
    except UnusablePostcodes as refused:
        assert "Nothing was changed" in refused.sentence
        return
    told = counts.used + counts.ended + counts.without_position + counts.northern_ireland + counts.unreadable + counts.twice
    assert told == counts.rows and len(spots) == counts.used == len({code for code, _ in spots})
    given_codes = {spell_postcode(row[0]) for row in rows if row}
    assert {code for code, _ in spots} <= given_codes
    assert all(49 <= latitude <= 61.5 and -11 <= longitude <= 2.5 for _, (longitude, latitude) in spots)
