"""Postcodes as people and feeds write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.place import find_outcode_in, find_postcode_in, load_outcodes, read_postcode
from matcher.domain.postcode import (
    has_postcode,
    outcode_of,
    outcodes_in,
    postcodes_in,
    sector_of,
    spell_outcode,
    spell_postcode,
    spell_sector,
)


@pytest.mark.parametrize(
    ("written", "postcode"),
    [
        ("BH1 4AB", "BH1 4AB"),
        ("bh14ab", "BH1 4AB"),
        (" Bh1-4aB ", "BH1 4AB"),
        ("BH1  4AB", "BH1 4AB"),
        ("BH1\u00a04AB", "BH1 4AB"),
        ("ＢＨ１ ４ＡＢ", "BH1 4AB"),
        ("B12BB", "B1 2BB"),
        ("B112BB", "B11 2BB"),
        ("EC1A1BB", "EC1A 1BB"),
        ("W1A 0AX", "W1A 0AX"),
        ("BT1 1AA", "BT1 1AA"),
        ("gir0aa", "GIR 0AA"),
        ("IV3 8BN", "IV3 8BN"),
        ("IP28 8AA", "IP28 8AA"),
    ],
)
def test_a_postcode_in_any_spelling_is_read(written: str, postcode: str) -> None:
    assert read_postcode(written) == postcode


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "BH1",
        "BH1 4",
        "4AB",
        "BH1 4CB",  # C I K M O V never stand in the second half
        "BH1 4AV",
        "BH1 44B",
        "QX1 4AB",  # no such area
        "ZZ9 9ZZ",
        "BH99X 4AB",
        "BH98 4AB",  # an area that exists, a district that does not
        "GIR 1AA",
        "BX1 1LT",  # no place on the ground
        "20-45-45",
        "07700 900123",
        "Flat 1A 2BC",
        "K1A 0B1",
        "10115",
        "1012 AB",
        "D02 AF30",
        "BH1 4ABC",
        "XBH1 4AB",
        "BH1\n\n4AB\x00",
        "BH¹ 4AB x",
    ],
)
def test_what_is_no_postcode_is_not_read_as_one(written: str) -> None:
    assert read_postcode(written) is None


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("St Mary's Hall, 3 High Street, Bournemouth BH1 4AB", "BH1 4AB"),
        ("St Mary's Hall, Bournemouth, bh1-4ab.", "BH1 4AB"),
        ("BH1 4AB, UK", "BH1 4AB"),
        ("(SE1 7PB)", "SE1 7PB"),
        ("SE1 7PB.Ring the bell", "SE1 7PB"),
        ("was SE1 7PB, now BH1 4AB", "BH1 4AB"),
        ("Flat E1 5th floor", None),
        ("Block e1 2nd door", None),
        ("https://example.org/bh14ab", None),
        ("https://example.org/?pwd=B12BB", None),
        ("someone@bh14ab.example", None),
        ("bh14ab.example", None),
        ("codeBH1 4AB", None),
        ("BH1 4ABC", None),
        ("20-45-45, 01202 123456", None),
    ],
)
def test_in_running_text_a_postcode_stands_alone(text: str, postcode: str | None) -> None:
    assert find_postcode_in(text) == postcode


@pytest.mark.parametrize(
    ("text", "outcode"),
    [
        ("SE1", "SE1"),
        ("se1", "SE1"),
        ("Church Hall, London SE1", "SE1"),
        ("Church Hall, London se1", None),
        ("Church Hall, London SE1 7PB", "SE1"),
        ("Friends House, NW1", "NW1"),
        ("Flat E1, the hall", None),
        ("Room B2", None),
        ("off the M1", None),
        ("GIR 0AA", None),
        ("Room B2, Church Hall, LS1", "LS1"),
    ],
)
def test_a_district_alone_counts_only_in_capitals_or_as_the_whole_field(text: str, outcode: str | None) -> None:
    assert find_outcode_in(text) == outcode


def test_a_field_that_must_never_hold_a_postcode_sees_also_those_of_districts_not_in_the_table() -> None:
    assert "JE3" not in load_outcodes() and read_postcode("JE3 1AA") is None
    assert has_postcode("JE3 1AA") and has_postcode("call me at bh14ab") and not has_postcode("Priya, Room B2")


@pytest.mark.parametrize(
    ("text", "outcode", "sector"),
    [
        ("bh14ab", "BH1", "BH1 4"),
        ("BH1 4", "BH1", "BH1 4"),
        ("bh1-4", "BH1", "BH1 4"),
        ("BH14", "BH14", None),
        ("BH1", "BH1", None),
        ("EC1A 1BB", "EC1A", "EC1A 1"),
        ("GIR 0AA", None, None),
        ("Bournemouth", None, None),
        ("", None, None),
    ],
)
def test_a_code_is_cut_to_its_district_and_sector(text: str, outcode: str | None, sector: str | None) -> None:
    assert (outcode_of(text), sector_of(text)) == (outcode, sector)


@given(st.text())
def test_any_text_is_answered_without_a_crash(text: str) -> None:
    found = postcodes_in(text)
    assert all(spell_postcode(code) == code for code in found)
    assert all(spell_outcode(code) == code for code in outcodes_in(text))
    assert spell_sector(text) is None or sector_of(text) == spell_sector(text)


@given(
    st.sampled_from(sorted(load_outcodes())),
    st.from_regex(r"[0-9][ABD-HJLNP-UW-Z]{2}", fullmatch=True),
    st.sampled_from(["", " ", "-", "  "]),
)
def test_every_district_of_the_table_makes_postcodes_that_are_found_in_an_address(outcode: str, inward: str, gap: str) -> None:
    assert read_postcode(f"{outcode}{gap}{inward}") == f"{outcode} {inward}"
    assert find_postcode_in(f"The Hall, High Street, Town, {outcode}{gap}{inward}, UK") == f"{outcode} {inward}"
