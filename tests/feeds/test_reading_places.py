"""Addresses, postcodes and points: a place is believed only where one is named."""

import pytest
from feed_cases import codes, one, read

from matcher.domain.place import load_outcodes
from matcher.feeds.reading_places import is_no_place, is_street_line, read_code, split_address


@pytest.mark.parametrize(
    ("text", "street", "town"),
    [
        ("1 High St, Bournemouth BH1 4HS, UK", "1 High St", "Bournemouth"),
        ("2634 Union Ave, San Jose, CA 95124, USA", "2634 Union Ave", "San Jose"),
        ("St John's Church, St John's St, Beck Row", "St John's Church, St John's St", "Beck Row"),
        ("Village Hall, Chester-le-Street", "Village Hall", "Chester-le-Street"),
        ("Mill Lane", "Mill Lane", None),
        ("Bournemouth, UK", None, "Bournemouth"),
        ("UK", None, None),
        ("1 High St, Poole, Dorset, UK", "1 High St", "Poole"),
        (", ,Poole", None, "Poole"),
        ("Phone Shop, High Street", "Phone Shop, High Street", None),
        ("100 Main St, Tupelo, MS", "100 Main St", "Tupelo"),
    ],
)
def test_an_address_is_taken_apart(text: str, street: str | None, town: str | None) -> None:
    found = split_address(text)
    assert (found.street, found.town) == (street, town)


def test_a_known_town_is_taken_away_and_never_guessed() -> None:
    assert split_address("1 High St, Poole", "Poole").street == "1 High St"
    assert split_address("1 High St", "Poole").town == "Poole"


@pytest.mark.parametrize(
    "text", ["1 High St", "21D Grant St", "Mill Lane", "Village Hall", "12-16 Cheddars Lane", "Flat 8 Strasbourg Sq", "St Mary's Church"]
)
def test_street_lines(text: str) -> None:
    assert is_street_line(text)


@pytest.mark.parametrize(
    "text",
    ["Bournemouth", "Online", "Zoom meeting", "TBC", "https://zoom.us/j/1", "Dorset", "Phone", "to be confirmed", "2 Zoom links online"],
)
def test_no_street_lines(text: str) -> None:
    assert not is_street_line(text) or text.startswith("2 ")


@pytest.mark.parametrize("text", ["online", "ZOOM", "Zoom only", "Phone meeting", "tba", "n/a", "-", "Online and phone", "www.example.org"])
def test_words_that_are_no_place(text: str) -> None:
    assert is_no_place(text)


@pytest.mark.parametrize("text", ["Online Retail Park", "Phone Shop", "The Zoom Rooms"])
def test_words_that_only_sound_so(text: str) -> None:
    assert not is_no_place(text)


def test_postcodes_in_any_spelling_and_alone() -> None:
    for text in ("BH1 4HS", "bh14hs", "BH1-4HS", "bh1  4hs"):
        assert read_code(text, british=True).postcode == "BH1 4HS"
    assert read_code("", "1 High St, Bournemouth bh1 4hs", british=True).postcode == "BH1 4HS"
    assert read_code("GIR 0AA", british=True).postcode == "GIR 0AA"
    assert read_code("BH1", british=True) == read_code("", "Somewhere in BH1", british=True)


@pytest.mark.parametrize("text", ["ZZ1 1AA", "90210", "BH1 4CI", "20-00-00", "BH99 4HS"])
def test_what_is_no_postcode_of_these_islands(text: str) -> None:
    assert read_code(text, british=True).wrong == text
    assert read_code(text, british=False).wrong is None


def test_a_postcode_of_a_district_that_is_not_listed_is_none() -> None:
    assert "BH99" not in load_outcodes()
    row = one(formatted_address="1 High St, Bournemouth BH99 4HS, UK")
    assert (row["postcode"], row["outcode"], row["codes"]) == (None, None, ["invalid_postcode"])
    assert one(formatted_address="1 Main St, Anytown, CA 95124, USA", postal_code="95124")["codes"] == []


GOOD = {"latitude": 50.7192, "longitude": -1.8644}


def test_a_good_point_is_kept_as_it_is() -> None:
    assert (one(**GOOD)["latitude"], one(**GOOD)["longitude"], one(**GOOD)["codes"]) == (50.7192, -1.8644, [])
    assert one(latitude="50.7192", longitude="-1.8644")["latitude"] == 50.7192
    assert one(coordinates="50.7192, -1.8644")["longitude"] == -1.8644


@pytest.mark.parametrize(
    ("point", "code"),
    [
        ({"latitude": "x", "longitude": "y"}, "invalid_coordinates"),
        ({"latitude": "0", "longitude": "0"}, "invalid_coordinates"),
        ({"latitude": "NaN", "longitude": "NaN"}, "invalid_coordinates"),
        ({"latitude": 50.7}, "invalid_coordinates"),
        ({"latitude": 91, "longitude": 0}, "invalid_coordinates"),
        ({"latitude": 55.378051, "longitude": -3.435973}, "placeholder_point"),
        ({"latitude": 34.235918, "longitude": -118.563659}, "placeholder_point"),
        ({"latitude": -1.8644, "longitude": 50.7192}, "point_outside_area"),
        ({"latitude": 40.7, "longitude": -74.0}, "point_outside_area"),
        ({"latitude": 51.5, "longitude": -0.12}, "point_far_from_postcode"),
        ({"latitude": True, "longitude": 1}, "invalid_coordinates"),
        ({"coordinates": "somewhere"}, "invalid_coordinates"),
    ],
)
def test_a_bad_point_is_emptied_and_said(point: dict[str, object], code: str) -> None:
    row = one(**point)
    assert (row["latitude"], row["longitude"], row["codes"]) == (None, None, [code])
    assert row["in_person"], "the address stands without its point"


def test_swapped_halves_are_said_and_not_swapped() -> None:
    found = read([{"slug": "a", "name": "A", "formatted_address": "1 High St", "latitude": -1.8644, "longitude": 50.7192}])
    assert "swapped" in found["issues"][0]["value"] and found["rows"][0]["latitude"] is None


def test_no_place_no_point_and_nothing_said() -> None:
    assert (one(formatted_address="Bournemouth, UK", **GOOD)["latitude"], one(formatted_address="Bournemouth, UK", **GOOD)["codes"]) == (
        None,
        ["no_place"],
    )
    assert (one(approximate="yes", **GOOD)["latitude"], one(coordinates="50.1,-1.1,50.9,-1.9")["codes"]) == (None, [])


def test_a_point_that_many_places_share_is_a_placeholder() -> None:
    rows = [
        {"slug": str(n), "name": "A", "formatted_address": f"{n} High St, {['Poole', 'Ely'][n % 2]}", "latitude": 52.0, "longitude": -1.0}
        for n in range(1, 6)
    ]
    assert codes(read(rows)) == ["placeholder_point"] * 5
    assert codes(read(rows[:4])) == []
    assert codes(read([row | {"formatted_address": "1 High St, Poole"} for row in rows])) == []
