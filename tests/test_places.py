"""Shown distances, the building of the tables, and the commands."""

from pathlib import Path

import pytest
from geopy.distance import geodesic
from typer.testing import CliRunner

from matcher.domain.place import NOWHERE, Miles, Place, Point, Precision, load_outcodes
from matcher.place_commands import places_app
from matcher.places import place_text, shown_distance
from matcher.places_reading import UnusablePostcodes
from matcher.places_tables import build_tables

ROWS = [
    "1,BH1 4AA,50.7200001,-1.88",
    "2,BH1 4AB,50.7300001,-1.87",
    "3,BH1 4AD,50.7400001,-1.80",
    "4,BH1 5AA,50.75,-1.86",
    "5,BT1 1AA,54.6,-5.92",
    "6,BH1 4AE,99.999999,0.000000",
]


def written(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    file = folder / "points.csv"
    file.write_text("\n".join([*lines, ""]), encoding=encoding)
    return file


def table(folder: Path, name: str) -> list[list[str]]:
    return [line.split(",") for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def known(latitude: float, longitude: float, radius_m: int = 100) -> Place:
    return Place(Point(latitude, longitude), Precision.VENUE, radius_m, "hall")


def test_centres_are_medians_and_hold_nine_in_ten(tmp_path: Path) -> None:
    report = build_tables(written(tmp_path, "id,postcode,latitude,longitude", *ROWS), 2017, tmp_path / "out")
    assert (report.postcodes, report.without_position, report.unreadable) == (5, 1, 0)
    assert (report.outcodes, report.northern_ireland, report.sectors) == (2, 1, 2)
    outcodes, sectors = table(tmp_path / "out", "outcodes.csv"), table(tmp_path / "out", "sectors.csv")
    assert outcodes[0] == ["outcode", "latitude", "longitude", "postcodes", "radius90_m"]
    assert outcodes[1][:4] == ["BH1", "50.73500", "-1.86500", "4"]
    assert outcodes[2] == ["BT1", "54.60000", "-5.92000", "1", "0"]
    assert [row[0] for row in sectors] == ["sector", "BH1 4", "BH1 5"]  # Northern Ireland by district only
    assert sectors[1][1:4] == ["50.73000", "-1.87000", "3"]
    far = geodesic((50.7300001, -1.87), (50.7400001, -1.80)).m
    assert int(sectors[1][4]) == pytest.approx(far, abs=1)


def test_the_radius_holds_nine_postcodes_in_ten_and_not_the_tenth(tmp_path: Path) -> None:
    letters = "ABDEFGHJLN"
    rows = [f"BH1 4A{letter},{50.72 + place / 1000},-1.88" for letter, place in zip(letters, [0, 0, 0, 0, 0, 0, 0, 0, 1, 9], strict=True)]
    build_tables(written(tmp_path, "pcds,lat,long", *rows), 2025, tmp_path)
    assert int(table(tmp_path, "sectors.csv")[1][4]) == pytest.approx(111, abs=1)


@pytest.mark.parametrize(
    "headings",
    [
        "postcode,latitude,longitude",
        "pcd,lat,long",
        "PCDS,LAT,LON",
        '"Postcode","Latitude","Longitude"',
        " postcode , lat , lng ",
        "\ufeffpcds,lat,long",
    ],
)
def test_headings_are_read_in_each_usual_spelling(tmp_path: Path, headings: str) -> None:
    report = build_tables(written(tmp_path, headings, "bh14aa,50.72,-1.88", "BH1  4AB,50.73,-1.87"), 2024, tmp_path)
    assert (report.postcodes, report.sectors) == (2, 1)


CODE_POINT = ['"TR1 1AA",10,651409,313177,"E92000001"', '"TR1 1AB",10,651410,313178,"E92000001"', '"TR1 1AD",90,0,0,"E92000001"']


@pytest.mark.parametrize("headings", [[], ["Postcode,Positional_quality_indicator,Eastings,Northings,Country_code"]])
def test_code_point_open_is_converted_from_the_grid(tmp_path: Path, headings: list[str]) -> None:
    report = build_tables(written(tmp_path, *headings, *CODE_POINT), 2026, tmp_path)
    assert (report.postcodes, report.without_position) == (2, 1)
    _, latitude, longitude, _, _ = table(tmp_path, "sectors.csv")[1]
    assert geodesic((float(latitude), float(longitude)), (52.657979, 1.716052)).m < 5


def test_northern_ireland_is_not_placed_by_a_grid_it_is_not_on(tmp_path: Path) -> None:
    rows = [f"TR1 1A{letter},10,651409,313177" for letter in "ABDEFGHJLNPQRSTUWXYZ"] * 5
    report = build_tables(written(tmp_path, *rows, "BT1 1AA,10,333800,374000"), 2026, tmp_path)
    assert (report.unreadable, report.northern_ireland, report.outcodes) == (1, 0, 1)


def test_the_year_stands_in_the_attribution_and_in_the_readme(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Vintage: 2017. © Crown copyright and database right 2017.", encoding="utf-8")
    build_tables(written(tmp_path, "pcds,lat,long", "BH1 4AA,50.72,-1.88"), 2026, tmp_path)
    assert (tmp_path / "attribution.txt").read_text(encoding="utf-8").count("database right 2026.") == 3
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "Vintage: 2026. © Crown copyright and database right 2026."
    assert list(tmp_path.glob("*.new")) == []


@pytest.mark.parametrize(
    "lines",
    [
        [""],
        ["pcds,lat"],
        ["name,lat,long", "hall,50.72,-1.88"],
        ["pcds,lat,long"],
        ["pcds,lat,long", "BH1 4AA,north,west"],
        ["pcds,lat,long", "BH1 4AA,nan,-1.88"],
        ["pcds,lat,long", "BH1 4AA,-1.88,50.72"],
        ["pcds,lat,long", "BH1,50.72,-1.88"],
        ["pcds,lat,long", "BH1 4AA"],
        ["<html><body>not found</body></html>"],
        ["pcds,lat,long", *["BH1 4AA,50.72,-1.88"] * 98, "rubbish,50,-1", "rubbish,50,-1"],
    ],
)
def test_a_file_that_is_no_table_is_refused_and_changes_nothing(tmp_path: Path, lines: list[str]) -> None:
    out = tmp_path / "out"
    with pytest.raises(UnusablePostcodes, match="Nothing was changed"):
        build_tables(written(tmp_path, *lines), 2026, out)
    assert not out.exists()


def test_bytes_that_are_no_text_and_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "points.zip").write_bytes(b"PK\x03\x04\xff\xfe\x00\x9d")
    for name in ("points.zip", "missing.csv", "."):
        with pytest.raises(UnusablePostcodes, match="cannot be read"):
            build_tables(tmp_path / name, 2026, tmp_path / "out")


def test_one_bad_row_in_a_hundred_is_counted_not_fatal(tmp_path: Path) -> None:
    report = build_tables(written(tmp_path, "pcds,lat,long", *["BH1 4AA,50.72,-1.88"] * 99, "rubbish,50.72,-1.88"), 2026, tmp_path)
    assert (report.postcodes, report.unreadable) == (99, 1)


@pytest.mark.parametrize("vintage", [0, 26, 20170])
def test_a_year_that_is_none_is_refused(tmp_path: Path, vintage: int) -> None:
    with pytest.raises(UnusablePostcodes, match="Say of which year"):
        build_tables(written(tmp_path, "pcds,lat,long", "BH1 4AA,50.72,-1.88"), vintage, tmp_path / "out")


def test_a_shown_distance_is_the_geodesic_in_miles() -> None:
    assert shown_distance(known(50.72, -1.88), known(50.72, -1.88)) == Miles(0, 0.25)
    assert shown_distance(known(51.5, -0.12), known(53.48, -2.24)) == Miles(164, 164)
    assert shown_distance(known(50.72, -1.88, 1300), known(50.77, -1.88, 1200)) == Miles(2, 5)


def test_an_unknown_place_has_no_distance() -> None:
    assert shown_distance(NOWHERE, known(50.72, -1.88)) is None
    assert shown_distance(known(50.72, -1.88), NOWHERE) is None


def test_a_text_is_shown_with_where_it_comes_from() -> None:
    assert place_text("bh1") == (load_outcodes()["BH1"], "outcodes.csv 2017")
    assert place_text("BH1 4AB")[1] == "sectors.csv 2017"
    assert place_text("50.72055, -1.88123") == (
        Place(Point(50.72055, -1.88123), Precision.VENUE, 100, "50.72055, -1.88123"),
        "as typed",
    )
    for text in ("Bournemouth", "0,0", "-1.88,50.72", "999,999", ""):
        assert place_text(text) == (NOWHERE, "")


def test_the_show_command_prints_point_precision_radius_and_source() -> None:
    shown = CliRunner().invoke(places_app, ["show", "bh14ab"])
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["place", "point", "precision", "radius_m", "from"]
    assert "BH1 4" in shown.stdout and "sector" in shown.stdout and "BH1 4AB" not in shown.stdout


def test_the_show_command_says_when_it_knows_no_such_place() -> None:
    shown = CliRunner().invoke(places_app, ["show", "Atlantis"])
    assert (shown.exit_code, shown.stdout) == (1, "") and "no place we know" in shown.stderr


def test_the_show_command_says_how_far_and_about_how_long() -> None:
    shown = CliRunner().invoke(places_app, ["show", "BH1 4", "--to", "50.7212,-1.8650"])
    assert shown.exit_code == 0
    assert "distance" in shown.stdout and shown.stdout.count("(our estimate)") == 4
    assert "on foot    about 15 to 40 minutes" in shown.stdout and "car        about 10 to 15 minutes" in shown.stdout
    far = CliRunner().invoke(places_app, ["show", "BH1", "--to", "M14"])
    assert "on foot" not in far.stdout and "bicycle" not in far.stdout and "car        about" in far.stdout


def test_the_show_command_works_no_way_out_from_a_point() -> None:
    refused = CliRunner().invoke(places_app, ["show", "50.7212,-1.8650", "--to", "BH1"])
    assert refused.exit_code == 1 and "not at a point" in refused.stderr


def test_the_build_command_builds_and_counts(tmp_path: Path) -> None:
    file = written(tmp_path, "id,postcode,latitude,longitude", *ROWS)
    built = CliRunner().invoke(places_app, ["build", str(file), "--vintage", "2017", "--out", str(tmp_path / "out")])
    assert built.exit_code == 0 and "postcodes 5 · without position 1" in built.stdout
    assert (tmp_path / "out" / "sectors.csv").exists()


def test_the_build_command_refuses_without_a_vintage_and_a_bad_file_with_a_sentence(tmp_path: Path) -> None:
    file = written(tmp_path, "name,lat,long", "hall,50.72,-1.88")
    without = CliRunner().invoke(places_app, ["build", str(file), "--out", str(tmp_path / "out")])
    assert without.exit_code == 2 and "--vintage" in without.stderr
    refused = CliRunner().invoke(places_app, ["build", str(file), "--vintage", "2017", "--out", str(tmp_path / "out")])
    assert refused.exit_code == 1 and "no column of postcodes" in refused.stderr
    assert not (tmp_path / "out").exists()
