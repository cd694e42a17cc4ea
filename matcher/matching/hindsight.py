"""The most that anybody could have brought together in a made-up county, knowing every answer: a flow of least cost (matching 16).

Loose on purpose: nobody tires, nobody cancels, meetings never clash. Needs OR-tools, the extra `planner`.
"""

from matcher.domain.errors import Refusal
from matcher.matching.simulated_county import LEAD, Choice, Tie, World
from matcher.matching.simulated_life import LATER_OPTION, add_waking

UNFILLED = 10**6


class NoPlanner(Refusal):
    """The bound "hindsight" is left out: it needs the extra `planner` (OR-tools), which is not installed."""


def hindsight_trips(world: World) -> list[float]:
    """The trips, in km, of as many matches as could be had. Raises NoPlanner where OR-tools is missing."""
    try:
        from ortools.graph.python import min_cost_flow
    except ImportError as missing:
        raise NoPlanner from missing
    count = len(world.ties)
    flow = min_cost_flow.SimpleMinCostFlow()
    nodes: dict[tuple[int, int], int] = {}
    trips: dict[int, float] = {}
    sink = count
    for i, ties in enumerate(world.ties):
        flow.set_node_supply(i, 1)
        flow.add_arc_with_capacity_and_unit_cost(i, sink, 1, UNFILLED)
        for j, tie in ties.items():
            answered_at = add_waking(float(world.newcomers.at[i]), tie.wait)
            for choice in tie.choices if tie.answer < world.answers[j] else ():
                if answered_at < choice.start - LEAD and _would_take(tie, choice, world.settings.options):
                    node = nodes.setdefault((j, choice.block), sink + 1 + len(nodes))
                    trips[flow.add_arc_with_capacity_and_unit_cost(i, node, 1, round(choice.km * 10))] = choice.km
    for (j, _), node in nodes.items():
        flow.add_arc_with_capacity_and_unit_cost(node, sink, int(world.town.cap[j]), 0)
    flow.set_node_supply(sink, -count)
    if flow.solve() != flow.OPTIMAL:
        raise ArithmeticError("the flow has a solution: everybody may stay unfilled")
    return [km for arc, km in trips.items() if flow.flow(arc)]


def _would_take(tie: Tie, choice: Choice, options: int) -> bool:
    """Whether they would say yes to it in any place of the list."""
    draws = [(tie.yes * 9973 * place) % 1 for place in range(1, options)]
    return tie.yes < choice.chance or any(draw < choice.chance * LATER_OPTION for draw in draws)
