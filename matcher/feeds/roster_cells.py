"""One cell of a roster sheet as a value, or the code of what is wrong with it. Nothing is guessed: what could mean two things is refused."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from matcher.domain.availability import Away, Notice
from matcher.domain.fellowship import Fellowship
from matcher.domain.language import language_tag
from matcher.domain.place import KM_PER_MILE, Circle, TravelMode, find_outcode
from matcher.domain.roster import NOT_ON_A_ROSTER, Dbs, GivenHow, ReachArea
from matcher.domain.text import BadText, find_full_postcode
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, TimeBand
from matcher.domain.wishes import SaysIs
from matcher.feeds.roster_when import NotUnderstood, read_windows

V = TypeVar("V")
SHOWN = 60
DAYS_AWAY_MOST = 20


class BadCell(ValueError):
    """This cell cannot be taken; `code` is the sentence's, `part` what of it was not understood."""

    def __init__(self, code: str, part: str = "", **limits: Any) -> None:
        self.code, self.part, self.limits = code, part.strip()[:SHOWN], limits
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell: its line, the column's heading, the code of a sentence, and what was read there."""

    line: int
    heading: str
    code: str
    shown: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)


def _choice(words: Mapping[str, V]) -> Callable[[str], V]:
    def read(text: str) -> V:
        word = re.sub(r"[\s_-]+", " ", text).strip().casefold()
        if word not in words:
            raise BadCell("not_understood", text)
        return words[word]

    return read


read_yes = _choice({"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False})
read_travel = _choice(
    {
        "walk": TravelMode.FOOT,
        "on foot": TravelMode.FOOT,
        "foot": TravelMode.FOOT,
        "bus": TravelMode.BUS_TRAIN,
        "train": TravelMode.BUS_TRAIN,
        "bus or train": TravelMode.BUS_TRAIN,
        "bus/train": TravelMode.BUS_TRAIN,
        "bicycle": TravelMode.BICYCLE,
        "bike": TravelMode.BICYCLE,
        "car": TravelMode.CAR,
    }
)
read_notice = _choice(
    {
        "2 hours": Notice.TWO_HOURS,
        "two hours": Notice.TWO_HOURS,
        "same day": Notice.SAME_DAY,
        "1 day": Notice.ONE_DAY,
        "one day": Notice.ONE_DAY,
        "2 days": Notice.TWO_DAYS,
        "two days": Notice.TWO_DAYS,
    }
)
read_comfort = _choice(
    {
        "women": ComfortableWith.WOMEN,
        "a woman": ComfortableWith.WOMEN,
        "men": ComfortableWith.MEN,
        "a man": ComfortableWith.MEN,
        "anyone": ComfortableWith.ANYONE,
        "anybody": ComfortableWith.ANYONE,
    }
)
read_says = _choice(
    {
        "woman": SaysIs.WOMAN,
        "a woman": SaysIs.WOMAN,
        "man": SaysIs.MAN,
        "a man": SaysIs.MAN,
        "rather not say": SaysIs.RATHER_NOT_SAY,
    }
)
read_how = _choice(
    {
        "in person": GivenHow.IN_PERSON,
        "telephone": GivenHow.TELEPHONE,
        "by telephone": GivenHow.TELEPHONE,
        "phone": GivenHow.TELEPHONE,
        "paper": GivenHow.PAPER,
        "on paper": GivenHow.PAPER,
    }
)
read_dbs = _choice({"not required": Dbs.NOT_REQUIRED, "basic": Dbs.BASIC, "enhanced": Dbs.ENHANCED})
_BANDS = _choice(
    {
        "under 1": TimeBand.UNDER_ONE,
        "under 1 year": TimeBand.UNDER_ONE,
        "1 2": TimeBand.ONE_TO_TWO,
        "1 to 2": TimeBand.ONE_TO_TWO,
        "2 5": TimeBand.TWO_TO_FIVE,
        "2 to 5": TimeBand.TWO_TO_FIVE,
        "5+": TimeBand.FIVE_OR_MORE,
        "5 or more": TimeBand.FIVE_OR_MORE,
        "over 5": TimeBand.FIVE_OR_MORE,
    }
)


def read_band(text: str) -> TimeBand:
    """A band ("2-5"), or whole years ("7 years"), which lie in one band only."""
    plain = re.sub(r"\s*(?:years?|yrs?)\.?$", "", text.strip().replace("–", "-"), flags=re.IGNORECASE)
    if re.fullmatch(r"\d{1,2}", plain):
        return max((band for band in TimeBand if band.years <= int(plain)), key=lambda band: band.years)
    return _BANDS(plain)


def read_memberships(text: str, names: Mapping[str, Fellowship]) -> frozenset[Membership]:
    """Fellowships by name or code with a kind in brackets: "AA; SMART Recovery (facilitator)". Nobody said otherwise: a member."""
    kinds = {
        "member": Kind.MEMBER,
        "facilitator": Kind.FACILITATOR,
        "trained facilitator": Kind.FACILITATOR,
        "peer mentor": Kind.PEER_MENTOR,
    }
    found: dict[Fellowship, Membership] = {}
    for part in _parts(text, r"[;,/&\n]|\band\b"):
        name, _, kind = part.removesuffix(")").partition("(")
        fellowship = names.get(fellowship_key(name))
        if fellowship is None or (kind.strip().casefold() or "member") not in kinds:
            raise BadCell("not_understood", part)
        if fellowship in NOT_ON_A_ROSTER:
            raise BadCell("not_here", part)
        if fellowship in found:
            raise BadCell("twice_in_cell", part)
        found[fellowship] = Membership(fellowship, kinds[kind.strip().casefold() or "member"])
    return frozenset(found.values())


def fellowship_key(name: str) -> str:
    """A fellowship's name as it is looked up: letters only, so that "A.A.", "Al-Anon" and "al anon" are found."""
    return re.sub(r"[^a-z]", "", name.casefold())


def read_districts(text: str) -> tuple[str, ...]:
    """ "B14/B29" as districts that exist, each once, in order. A full postcode is refused: we do not need it."""
    if district := find_full_postcode(text):
        raise BadCell("full_postcode", district=district)
    places: dict[str, None] = {}
    for part in _parts(text, r"[;,/&\s]+|\band\b"):
        place = find_outcode(part)
        if place is None:
            raise BadCell("not_a_district", part)
        places[place.label] = None
    return tuple(places)


def read_km(text: str) -> float:
    """How far, in miles unless it says km; 1 to 100 km."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d)?)\s*(km|kilomet(?:re|er)s?|mi|miles?)?", text.strip(), re.IGNORECASE | re.ASCII)
    if found is None:
        raise BadCell("not_understood", text)
    km = float(found[1]) * (1 if (found[2] or "").lower().startswith("k") else KM_PER_MILE)
    if not 1 <= km <= 100:
        raise BadCell("too_far", text)
    return round(km, 2)


def reach_of(districts: tuple[str, ...], km: float) -> tuple[ReachArea, ...]:
    """A circle of that size around each district's centre."""
    places = [(district, find_outcode(district)) for district in districts]
    return tuple(ReachArea(district, Circle(place.point, km)) for district, place in places if place and place.point)


def read_languages(text: str) -> frozenset[str]:
    """Languages by name or tag; one that we do not know is refused, never taken for any."""
    tags = {part: language_tag(part) for part in _parts(text, r"[;,/&\n]|\band\b")}
    for part, tag in tags.items():
        if tag is None:
            raise BadCell("not_a_language", part)
    return frozenset(tag for tag in tags.values() if tag)


def read_when(text: str) -> tuple[tuple[int, int], ...]:
    """Weekly windows."""
    try:
        return read_windows(text)
    except NotUnderstood as error:
        raise BadCell("not_a_window", error.text) from error


def read_day(text: str) -> date:
    """26/11/2026 or 2026-11-26: day before month, as here."""
    spoken = re.fullmatch(r"(\d{1,2})[ ./-](\d{1,2})[ ./-](\d{4})", text.strip(), re.ASCII)
    ordered = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text.strip(), re.ASCII)
    found = ordered.groups() if ordered else spoken.groups()[::-1] if spoken else None
    try:
        if found:
            return date(int(found[0]), int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise BadCell("not_a_date", text)


def read_away(text: str) -> tuple[Away, ...]:
    """Leave as "24/12/2026 to 02/01/2027", several with semicolons; one date alone is that day."""
    found = []
    for part in _parts(text, r"[;\n]"):
        first, *rest = [read_day(end) for end in re.split(r"\s+(?:to|until|-|–)\s+|–", part)]
        if len(rest) > 1 or (rest and rest[0] < first):
            raise BadCell("not_a_date", part)
        found.append(Away(first, rest[0] if rest else first))
    if len(found) > DAYS_AWAY_MOST:
        raise BadCell("too_many", most=DAYS_AWAY_MOST)
    return tuple(found)


def read_count(most: int) -> Callable[[str], int]:
    """A whole number from 1."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,3}", text.strip(), re.ASCII):
            raise BadCell("not_a_number", text)
        if not 1 <= int(text) <= most:
            raise BadCell("from_one_to", text, most=most)
        return int(text)

    return read


def checked_text(clean: Callable[[str], str]) -> Callable[[str], str]:
    """A text by one of the rules for texts; its code is kept."""

    def read(text: str) -> str:
        try:
            return clean(text)
        except BadText as error:
            raise BadCell(error.code, **error.limits) from error

    return read


def _parts(text: str, separators: str) -> list[str]:
    return [part.strip() for part in re.split(separators, text, flags=re.IGNORECASE) if part.strip()]
