"""The week's plan for a coordinator: who would best go with whom, all at once, and who is irreplaceable. A suggestion: it asks nobody and changes nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np

from matcher.actions.scene import Scene, scene_of
from matcher.actions.searching import eligible_now, search_in
from matcher.actions.showing_candidates import name_of
from matcher.config import Config
from matcher.domain.arrangement import Referral, ReferralOption
from matcher.domain.availability import block_of
from matcher.domain.connection import Connection
from matcher.domain.option import Option
from matcher.domain.volunteer import GOINGS_A_BLOCK
from matcher.matching.chances import chance_of_yes, faded_tiredness
from matcher.matching.eligible import Eligible, candidate_of
from matcher.matching.planning import Plan, PlanQuestion, plan_week, who_is_irreplaceable
from matcher.matching.rules_meeting import half_hours_out
from matcher.store import parties, planning_rows

AHEAD = timedelta(days=14)
MOST_PLANNED = 60
"""So many open referrals are planned at once, the nearest deadlines first."""
MOST_EACH = 40
"""So many volunteers are looked at for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One pair of the plan. `name` is empty where the volunteer is of a roster the reader does not see. `lost`: seats that stay empty without them."""

    referral: Referral
    option: ReferralOption
    volunteer_id: UUID
    name: str
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPlan:
    """`alone` are referrals for which the plan has nobody, or one of two. `exact` is false where the extra is not installed."""

    pairs: tuple[Suggestion, ...]
    alone: tuple[Referral, ...]
    planned: int
    whole: bool
    exact: bool
    set_aside: int

    def of(self, referral_id: UUID) -> tuple[Suggestion, ...]:
        """What the plan says of one referral."""
        return tuple(pair for pair in self.pairs if pair.referral.id == referral_id)

    @property
    def irreplaceable(self) -> tuple[Suggestion, ...]:
        """One line for each person without whom fewer could be helped, the greatest loss first."""
        people = {pair.volunteer_id: pair for pair in self.pairs if pair.lost}
        return tuple(sorted(people.values(), key=lambda pair: (-pair.lost, pair.name, pair.volunteer_id)))


class _Arc(NamedTuple):
    referral: int
    person: Eligible
    option: Option
    km: float


async def plan_the_week(c: Connection, config: Config, now: datetime, area_ids: Sequence[UUID]) -> WeekPlan:
    """The plan of these areas' open referrals. The caller has made sure that they are the reader's own."""
    found = await planning_rows.list_open_seats(c, area_ids, now, most=MOST_PLANNED + 1)
    scenes = [await scene_of(c, config, now, referral) for referral in found[:MOST_PLANNED]]
    arcs = [arc for number, scene in enumerate(scenes) for arc in await _arcs_of(number, scene)]
    question = _question([scene.referral for scene in scenes], arcs, now)
    # Some hundred milliseconds of arithmetic: not while others wait for this process.
    plan = await asyncio.to_thread(plan_week, question)
    lost = await asyncio.to_thread(who_is_irreplaceable, question, plan)
    pairs = await _named(c, config, scenes, arcs, plan=plan, lost=lost, question=question, area_ids=area_ids)
    filled = np.bincount(question.referral[list(plan.chosen)], minlength=len(scenes)) if plan.chosen else 0 * question.seats
    return WeekPlan(
        pairs=tuple(sorted(pairs, key=lambda pair: (pair.option.starts_at, pair.referral.reference, pair.volunteer_id))),
        alone=tuple(scene.referral for scene, left in zip(scenes, question.seats - filled, strict=True) if left),
        planned=len(scenes),
        whole=len(found) <= MOST_PLANNED,
        exact=plan.exact,
        set_aside=plan.set_aside,
    )


async def _arcs_of(number: int, scene: Scene) -> list[_Arc]:
    """Who could go with one newcomer, as the machine would look: every hard rule holds."""
    lead = scene.config.timing.lead
    ahead = [option for option in scene.open_options if lead < option.starts_at - scene.now <= AHEAD]
    if not ahead or (scene.referral.to_settle and not scene.referral.released):
        return []
    search = await search_in(scene, ahead, by_hand=True)
    people = await eligible_now(scene, search, enough=MOST_EACH)
    arcs = [_Arc(number, one, option, _km(one, option)) for one in people for option in one.options]
    if scene.referral.seats - scene.referral.seats_taken < 2:
        return arcs
    counts = [sum(arc.option == option for arc in arcs) for option in search.options]
    best = search.options[counts.index(max(counts))]  # a pair goes to one meeting
    return [arc for arc in arcs if arc.option == best]


def _km(one: Eligible, option: Option) -> float:
    return candidate_of(replace(one, options=(option,))).km or 0.0


def _p_hat(arc: _Arc, now: datetime) -> float:
    """Their chance of a yes as it is reckoned with when people are asked (matching 7.1)."""
    standing = arc.person.standing
    tired = faded_tiredness(standing.tally.tired, standing.tally.tired_at, now)
    return chance_of_yes(standing.tally, arc.km, tired, standing=arc.option.meeting_id in standing.always_yes)


def _question(referrals: Sequence[Referral], arcs: Sequence[_Arc], now: datetime) -> PlanQuestion:
    persons = {one: n for n, one in enumerate(dict.fromkeys(arc.person.volunteer.id for arc in arcs))}
    slots = {slot: n for n, slot in enumerate(dict.fromkeys((arc.person.volunteer.id, block_of(arc.option.on_date)) for arc in arcs))}
    people = {arc.person.volunteer.id: arc.person for arc in arcs}
    taken = [people[one].standing.matches_in_block.get(block, 0) for one, block in slots]
    caps = [people[one].volunteer.going_cap or GOINGS_A_BLOCK for one, _ in slots]
    out = [half_hours_out(arc.person.volunteer, arc.option) for arc in arcs]
    return PlanQuestion(
        seats=np.array([referral.seats - referral.seats_taken for referral in referrals], dtype=np.int64),
        referral=np.array([arc.referral for arc in arcs], dtype=np.int64),
        person=np.array([persons[arc.person.volunteer.id] for arc in arcs], dtype=np.int64),
        slot=np.array([slots[arc.person.volunteer.id, block_of(arc.option.on_date)] for arc in arcs], dtype=np.int64),
        p_hat=np.array([_p_hat(arc, now) for arc in arcs], dtype=np.float64),
        km=np.array([arc.km for arc in arcs], dtype=np.float64),
        taken=np.array(taken, dtype=np.int64),
        room=np.maximum(0, np.array(caps, dtype=np.int64) - np.array(taken, dtype=np.int64)),
        out_from=np.array([hours.start for hours in out], dtype=np.int64),
        out_until=np.array([hours.stop for hours in out], dtype=np.int64),
    )


async def _named(
    c: Connection,
    config: Config,
    scenes: Sequence[Scene],
    arcs: Sequence[_Arc],
    *,
    plan: Plan,
    lost: dict[int, int],
    question: PlanQuestion,
    area_ids: Sequence[UUID],
) -> list[Suggestion]:
    """The chosen pairs with the names of the reader's own roster."""
    own = [arcs[n].person.volunteer.id for n in plan.chosen if arcs[n].person.volunteer.area_id in area_ids]
    people = await parties.list_volunteer_parties(c, own)
    return [
        Suggestion(
            referral=scenes[arcs[n].referral].referral,
            option=next(one for one in scenes[arcs[n].referral].open_options if (one.meeting_id, one.on_date) == arcs[n].option.key),
            volunteer_id=arcs[n].person.volunteer.id,
            name=name_of(config, people, arcs[n].person.volunteer.id),
            lost=lost.get(int(question.person[n]), 0),
        )
        for n in plan.chosen
    ]
