"""References: checked, unambiguous, read in any spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.reference import LENGTH, PREFIX, RANDOM_BYTES, SYMBOLS, last4, make_reference, read_reference

SOME = make_reference(bytes(range(RANDOM_BYTES)))


def test_it_looks_like_one() -> None:
    prefix, first, second = SOME.split("-")
    assert (prefix, len(first), len(second)) == (PREFIX, 4, 4)
    assert set(first + second) <= set(SYMBOLS) and not set(SYMBOLS) & set("01ILOSZAEU")
    assert last4(SOME) == second


@given(st.binary(min_size=RANDOM_BYTES, max_size=32))
def test_it_is_read_in_any_spelling(random: bytes) -> None:
    reference = make_reference(random)
    spellings = (
        reference,
        reference.lower(),
        reference.replace("-", ""),
        reference.replace("-", " "),
        f"  {reference[len(PREFIX) + 1 :]} ",
    )
    assert {read_reference(spelling) for spelling in spellings} == {reference}


def test_one_wrong_symbol_or_any_two_swapped_are_found() -> None:
    symbols = SOME.replace("-", "")[len(PREFIX) :]
    for place in range(LENGTH):
        for other in set(SYMBOLS) - {symbols[place]}:
            assert read_reference(symbols[:place] + other + symbols[place + 1 :]) is None
        for second in range(place + 1, LENGTH):
            swapped = list(symbols)
            swapped[place], swapped[second] = swapped[second], swapped[place]
            assert symbols[place] == symbols[second] or read_reference("".join(swapped)) is None


@pytest.mark.parametrize("text", ["", "ALG", "ALG-7K4M", "hello there", "ALG-0OIL-1111", SOME + "7", "\x00" * 8, "٣٤٥٦٧٨٩٣"])
def test_what_is_none_is_not_read(text: str) -> None:
    assert read_reference(text) is None


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="random"):
        make_reference(b"short")


def test_references_are_spread_evenly() -> None:
    from hashlib import sha256

    made = [make_reference(sha256(str(n).encode()).digest()) for n in range(2000)]
    assert len(set(made)) == 2000
    counts = [sum(reference[4] == symbol for reference in made) for symbol in SYMBOLS]
    assert min(counts) > 2000 / len(SYMBOLS) / 2
