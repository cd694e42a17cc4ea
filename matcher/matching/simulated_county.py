"""A made-up county: homes, meetings, referrals, and everything anybody would answer, drawn before a policy runs (matching 15).

Kilometres on a plane, hours since Monday 00:00 local, no clock change. All values are assumptions; the order of the draws is the contract.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.matching.simulated_settings import WorldSettings

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

TOWNS = np.array([(0.0, 0.0), (14.0, 4.0), (-9.0, 11.0), (6.0, -13.0)])
TOWN_SHARES = (0.5, 0.2, 0.15, 0.15)
FELLOWSHIP_SHARES = (0.42, 0.14, 0.2, 0.14, 0.06, 0.04)
WEEK, DAY, BLOCK = 168, 24, 672
EVENING_START, DAY_START = 19, 13
NEAREST_MEETINGS = 8
LEAST_AHEAD = 20.0
LEAD = 2.0
"""Hours before a start after which nobody can accept it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The volunteers and the weekly meetings."""

    homes: Floats
    fellowship: Whole
    radius: Whole
    gender: Whole
    cap: Whole
    kind: Whole
    answers: Floats
    yes: Floats
    median: Floats
    free: Flags
    meeting_fellowship: Whole
    meeting_day: Whole
    meeting_evening: Flags
    venues: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """What each volunteer (column) would do about each referral (row): below the chance means it happens. `wait` in waking hours."""

    yes: Floats
    answer: Floats
    wait: Floats
    cancel: Floats
    cancel_at: Floats
    leave: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    """The referrals in the order of their arrival."""

    at: Floats
    fellowship: Whole
    places: Floats
    lead: Whole
    comfort: Whole


class Choice(NamedTuple):
    """One option as one volunteer sees it: which of the newcomer's it is, its start, the trip, the block of four weeks it counts in, and the
    chance of a yes to it as the first of those that are left, untired.
    """

    option: int
    start: float
    km: float
    block: int
    chance: float


class Tie(NamedTuple):
    """What one eligible volunteer would do about one referral: the draws, with the choices in the newcomer's order."""

    choices: tuple[Choice, ...]
    yes: float
    answer: float
    wait: float
    cancel: float
    cancel_at: float
    leave: float


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One made-up world. `starts`: start of each option by referral, in the newcomer's order; `feasible` and `km`: referral × option ×
    volunteer, whether the volunteer is eligible for the option and how long the trip would be; `deadline`: latest start less two hours;
    `ties`: by referral, the eligible volunteers in roster order.
    """

    settings: WorldSettings
    seed: int
    town: Town
    newcomers: Newcomers
    draws: Draws
    answers: Floats
    yes: Floats
    wait: Floats
    said_standing: Flags
    starts: Floats
    feasible: Flags
    km: Floats
    deadline: Floats
    ties: tuple[Mapping[int, Tie], ...]

    @property
    def eligible(self) -> Flags:
        """Referral × volunteer: eligible for any option."""
        return np.asarray(self.feasible.any(axis=1))


def build_world(settings: WorldSettings, seed: int) -> World:
    """Draw a world. The same settings and seed give the same world to the last digit."""
    rng = np.random.default_rng(seed)
    town = _town(rng, settings)
    newcomers = _newcomers(rng, settings)
    draws = _draws(rng, len(newcomers.at), town)
    answers, yes, wait = town.answers, town.yes, draws.wait
    said = np.zeros(settings.volunteers, dtype=bool)
    if settings.standing > 0:
        said = (np.random.default_rng(seed + 999).random(settings.volunteers) < settings.standing) & (town.kind != 2)
        answers, yes = np.where(said, 0.97, answers), np.where(said, 0.95, yes)
        wait = np.where(said[None, :], wait * 0.02, wait)
    starts, feasible, km = _options(town, newcomers, settings.options)
    chances = yes * np.exp(-np.maximum(0, km - 10) / 40)
    return World(
        settings=settings,
        seed=seed,
        town=town,
        newcomers=newcomers,
        draws=draws,
        answers=answers,
        yes=yes,
        wait=wait,
        said_standing=said,
        starts=starts,
        feasible=feasible,
        km=km,
        deadline=starts.max(axis=1) - LEAD,
        ties=_ties(feasible, starts, km, chances=chances, draws=replace(draws, wait=wait)),
    )


def _place(rng: np.random.Generator, count: int, spread: float) -> Floats:
    towns = TOWNS[rng.choice(4, count, p=TOWN_SHARES)]
    return towns + rng.normal(0, spread, (count, 2))


def _town(rng: np.random.Generator, settings: WorldSettings) -> Town:
    count = settings.volunteers
    homes = _place(rng, count, 4)
    fellowship = rng.choice(6, count, p=FELLOWSHIP_SHARES)
    radius = rng.choice([5, 8, 12, 18, 25], count, p=[0.15, 0.25, 0.3, 0.2, 0.1])
    gender = rng.choice(2, count, p=[0.6, 0.4])
    cap = rng.choice([1, 2, 4], count, p=[0.35, 0.4, 0.25])
    kind = rng.choice(3, count, p=[0.25, 0.5, 0.25])
    answers = np.clip(np.array([0.93, 0.6, 0.08])[kind] + rng.normal(0, 0.05, count), 0.02, 0.99)
    yes = np.clip(np.array([0.55, 0.4, 0.3])[kind] + rng.normal(0, 0.12, count), 0.05, 0.95)
    median = np.array([2.0, 6.0, 20.0])[kind] * np.exp(rng.normal(0, 0.3, count))
    free = rng.random((count, 7, 2)) < np.array([settings.day, settings.evening])
    held = [(number, int(rng.integers(7)), bool(rng.random() < 0.75)) for number in _meeting_fellowships()]
    return Town(
        homes=homes,
        fellowship=fellowship,
        radius=radius,
        gender=gender,
        cap=cap,
        kind=kind,
        answers=answers,
        yes=yes,
        median=median,
        free=free,
        meeting_fellowship=np.array([meeting[0] for meeting in held]),
        meeting_day=np.array([meeting[1] for meeting in held]),
        meeting_evening=np.array([meeting[2] for meeting in held]),
        venues=_place(rng, len(held), 3),
    )


def _meeting_fellowships() -> list[int]:
    return [number for number, share in enumerate(FELLOWSHIP_SHARES) for _ in range(max(4, int(40 * share)))]


def _newcomers(rng: np.random.Generator, settings: WorldSettings) -> Newcomers:
    rows: list[tuple[float, int, Any, int, int]] = []
    for week in range(settings.weeks):
        for _ in range(int(rng.poisson(settings.load * settings.rate * settings.volunteers / 4.33))):
            day, hour = int(rng.integers(5)), float(rng.uniform(9, 17))
            fellowship = int(rng.choice(6, p=FELLOWSHIP_SHARES))
            place = _place(rng, 1, 3)[0]
            lead = int(rng.choice([1, 2, 3, 5, 7, 10], p=[0.12, 0.18, 0.2, 0.2, 0.2, 0.1]))
            comfort = int(rng.choice([-1, 0, 1], p=[0.5, 0.3, 0.2]))
            rows.append((week * WEEK + day * DAY + hour, fellowship, place, lead, comfort))
    rows.sort(key=lambda row: row[0])
    return Newcomers(
        at=np.array([row[0] for row in rows], dtype=np.float64),
        fellowship=np.array([row[1] for row in rows], dtype=np.int64),
        places=np.array([row[2] for row in rows], dtype=np.float64).reshape(-1, 2),
        lead=np.array([row[3] for row in rows], dtype=np.int64),
        comfort=np.array([row[4] for row in rows], dtype=np.int64),
    )


def _draws(rng: np.random.Generator, count: int, town: Town) -> Draws:
    shape = (count, len(town.cap))
    yes, answer = rng.random(shape), rng.random(shape)
    wait = np.exp(rng.normal(0, 1.1, shape)) * town.median
    return Draws(yes=yes, answer=answer, wait=wait, cancel=rng.random(shape), cancel_at=rng.random(shape), leave=rng.random(shape))


def _options(town: Town, newcomers: Newcomers, most: int) -> tuple[Floats, Flags, Floats]:
    """The occurrences each newcomer would take, and who could go along to each."""
    count, people = len(newcomers.at), len(town.cap)
    starts = np.zeros((count, most))
    feasible = np.zeros((count, most, people), dtype=bool)
    km = np.zeros((count, most, people))
    for i in range(count):
        place = newcomers.places[i]
        near = _km(town.homes, place)
        comfort = int(newcomers.comfort[i])
        fits = (town.fellowship == newcomers.fellowship[i]) & (near <= town.radius)
        if comfort >= 0:
            fits = fits & (town.gender == comfort)
        for k, (start, meeting) in enumerate(_next_starts(town, newcomers, i)[:most]):
            venue = town.venues[meeting]
            there = _km(town.homes, venue)
            free = town.free[:, int(town.meeting_day[meeting]), int(town.meeting_evening[meeting])]
            starts[i, k] = start
            feasible[i, k] = fits & free & (there <= town.radius)
            km[i, k] = near + math.hypot(*(place - venue)) + there
    return starts, feasible, km


def _ties(feasible: Flags, starts: Floats, km: Floats, *, chances: Floats, draws: Draws) -> tuple[dict[int, Tie], ...]:
    ties: list[dict[int, Tie]] = [{} for _ in starts]
    choices: dict[tuple[int, int], list[Choice]] = {}
    rows, options, people = (found.tolist() for found in np.nonzero(feasible))
    trips, hopes = km[feasible].tolist(), chances[feasible].tolist()
    for i, k, j, trip, hope in zip(rows, options, people, trips, hopes, strict=True):
        start = float(starts[i, k])
        choices.setdefault((i, j), []).append(Choice(k, start, trip, int(start // BLOCK), hope))
    pairs = np.nonzero(feasible.any(axis=1))
    columns = (draws.yes, draws.answer, draws.wait, draws.cancel, draws.cancel_at, draws.leave)
    for i, j, *drawn in zip(*(found.tolist() for found in pairs), *(column[pairs].tolist() for column in columns), strict=True):
        ties[i][j] = Tie(tuple(choices[i, j]), *drawn)
    return tuple(ties)


def _next_starts(town: Town, newcomers: Newcomers, i: int) -> list[tuple[float, int]]:
    """Start and number of the nearest meetings of the fellowship, best day first."""
    at, place, lead = float(newcomers.at[i]), newcomers.places[i], int(newcomers.lead[i])
    meetings = np.flatnonzero(town.meeting_fellowship == newcomers.fellowship[i])
    away = _km(town.venues[meetings], place)
    nearest = meetings[np.argsort(away, kind="stable")][:NEAREST_MEETINGS]
    found = []
    for rank, meeting in enumerate(nearest.tolist()):
        in_week = int(town.meeting_day[meeting]) * DAY + (EVENING_START if town.meeting_evening[meeting] else DAY_START)
        start = math.floor(at / WEEK) * WEEK + in_week
        while start <= at:
            start += WEEK
        if start - at < LEAST_AHEAD:
            start += WEEK
        found.append((abs((start - at) / DAY - lead), rank, float(start), meeting))
    return [(start, meeting) for _, _, start, meeting in sorted(found)]


def _km(points: Floats, point: Floats) -> Floats:
    return np.asarray(np.hypot(points[:, 0] - point[0], points[:, 1] - point[1]))
