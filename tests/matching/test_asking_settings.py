"""Settings of asking: the ends of each range are allowed, anything beyond is refused with its own sentence, and any change is told apart."""

from dataclasses import replace

import pytest

from matcher.matching.asking_settings import RANGES, SHIPPED, OutOfRange, Weights, fingerprint_of

HOURS = {"asking_from": (7, 20), "asking_until": (9, 22)}
"""Hours must also leave some between them."""


@pytest.mark.parametrize("key", RANGES)
def test_both_ends_of_a_range_are_allowed_and_what_lies_beyond_is_named(key: str) -> None:
    least, most = RANGES[key]
    for value in HOURS.get(key, (least, most)):
        assert getattr(replace(SHIPPED, **{key: value}), key) == value
    for value in (least - 0.001, most + 0.001):
        with pytest.raises(OutOfRange, match=rf"^asking\.{key} is between {least} and {most}\.$") as refused:
            replace(SHIPPED, **{key: value})
        assert refused.value.facts["key"] == key


@pytest.mark.parametrize("key", [key for key, (least, _) in RANGES.items() if isinstance(least, int)])
def test_counts_and_hours_are_whole(key: str) -> None:
    with pytest.raises(OutOfRange):
        replace(SHIPPED, **{key: getattr(SHIPPED, key) + 0.5})


@pytest.mark.parametrize(("begins", "ends"), [(21, 21), (15, 14)])
def test_asking_ends_after_it_begins(begins: int, ends: int) -> None:
    with pytest.raises(OutOfRange, match=r"asking\.asking_until"):
        replace(SHIPPED, asking_from=begins, asking_until=ends)


def test_every_setting_and_every_weight_changes_the_fingerprint() -> None:
    others = [replace(SHIPPED, rest_hours=25), replace(SHIPPED, weights=Weights(letter=0.03)), replace(SHIPPED, explore=0.06)]
    found = [fingerprint_of(settings) for settings in (SHIPPED, *others)]
    assert len(set(found)) == 4 and all(len(one) == 8 and set(one) <= set("0123456789abcdef") for one in found)
