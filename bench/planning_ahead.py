"""The week planner at its full size: exact beside simple, and beside CP-SAT on the same plan at 1,000 referrals."""

import time
from collections.abc import Callable

import numpy as np

from bench.figures import Figure
from matcher.matching.planning import NOBODY, Plan, PlanQuestion, of_a_further_match, plan_week


def made_up_question(referrals: int, people: int, each: int) -> PlanQuestion:
    """One in ten for a pair, a block for each person, caps 0 to 3, some gone already."""
    draw = np.random.default_rng(1)
    person = np.concatenate([draw.choice(people, each, replace=False) for _ in range(referrals)])
    arcs = referrals * each
    return PlanQuestion(
        seats=np.where(draw.random(referrals) < 0.1, 2, 1),
        referral=np.repeat(np.arange(referrals), each),
        person=person,
        slot=person,
        p_hat=draw.random(arcs) * 0.9,
        km=draw.random(arcs) * 40,
        taken=draw.integers(0, 2, people),
        room=draw.integers(0, 4, people),
    )


def _best_of(plan: Callable[[], Plan], times: int) -> tuple[float, Plan]:
    """Seconds of processor time of the quickest try, and its plan."""
    took = []
    for _ in range(times):
        began = time.process_time()
        made = plan()
        took.append((time.process_time() - began, made))
    return min(took, key=lambda pair: pair[0])


def cp_sat_cost(question: PlanQuestion) -> int:
    """The same plan by constraint programming, on one thread."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    arcs = [model.new_bool_var("") for _ in question.referral]
    costs = [int(cost) * arc for cost, arc in zip(question.costs(), arcs, strict=True)]
    for referral, seats in enumerate(question.seats.tolist()):
        mine = [arcs[n] for n in np.flatnonzero(question.referral == referral)]
        model.add(sum(mine) <= seats)
        costs.append(NOBODY * (seats - sum(mine)))
    for slot, room in enumerate(question.room.tolist()):
        mine = [arcs[n] for n in np.flatnonzero(question.slot == slot)]
        places = [model.new_bool_var("") for _ in range(room)]
        model.add(sum(mine) == sum(places)) if mine else None
        further = of_a_further_match(np.arange(room) + question.taken[slot] + 1)
        costs += [int(cost) * place for cost, place in zip(further, places, strict=True)]
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 300
    solver.solve(model)
    return round(solver.objective_value)


def measure_planning(*, quick: bool) -> list[Figure]:
    """The figures; without OR-tools only those of the simple search."""
    size = (50, 60, 5) if quick else (5_000, 6_000, 40)
    question, tiny = made_up_question(*size), made_up_question(5, 5, 3)
    name = f"week plan, {size[0]:,} referrals, {size[1]:,} volunteers, {size[2]} candidates each"
    simple_took, simple = _best_of(lambda: plan_week(question, simple=True), 1 if quick else 3)
    if not plan_week(tiny).exact:
        return [Figure(f"{name}, simple (OR-tools is not installed)", f"{simple_took:.2f} s")]
    took, exact = _best_of(lambda: plan_week(question), 1 if quick else 5)
    dearer = 100 * (simple.cost / exact.cost - 1)
    small = made_up_question(20, 24, 5) if quick else made_up_question(1_000, 1_200, 40)
    flow_took, flow = _best_of(lambda: plan_week(small), 3)
    began = time.process_time()
    cost = cp_sat_cost(small)
    other = time.process_time() - began
    return [
        Figure(f"{name}, exact", f"{took:.3f} s of processor time", "≤ 0.25 s", None if quick else took <= 0.25),
        Figure(f"{name}, simple", f"{simple_took:.2f} s, {dearer:.1f} % dearer, {exact.filled - simple.filled} fewer placed"),
        Figure(
            f"the exact plan of {len(small.seats):,} referrals beside CP-SAT",
            f"{other / flow_took:,.0f} × quicker, the {'same' if cost == flow.cost else 'not the same'} optimum",
            "≥ 40 ×",
            None if quick else other >= 40 * flow_took and cost == flow.cost,
        ),
    ]
