"""Two ways to solve a plan: exactly, as a flow of least cost (OR-tools, the extra `planner`), and by a simple search with a heap."""

import heapq
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Network:
    """Seats of each referral → candidate arcs → slots of people → away. `slots`: how many there are. `place_of` and `place_cost`: each place
    that a slot still has, cheapest first, and what filling it costs besides the arc. `nobody`, the cost of an empty seat, more than both together."""

    seats: Whole
    referral: Whole
    slot: Whole
    slots: int
    cost: Whole
    place_of: Whole
    place_cost: Whole
    nobody: int


def solve_by_flow(network: Network) -> Whole | None:
    """Positions of the arcs in a plan of least cost; None where OR-tools is not installed."""
    try:
        # Loaded here, not above: it takes up to half a second, and most installations do without it.
        from ortools.graph.python import min_cost_flow
    except ImportError:
        return None
    referrals, arcs = len(network.seats), len(network.referral)
    places, away = len(network.place_of), referrals + network.slots
    starts = np.concatenate([network.referral, referrals + network.place_of, np.arange(referrals)])
    ends = np.concatenate([referrals + network.slot, np.full(places + referrals, away)])
    room = np.concatenate([np.ones(arcs + places, dtype=np.int64), network.seats])
    costs = np.concatenate([network.cost, network.place_cost, np.full(referrals, network.nobody)])
    flow = min_cost_flow.SimpleMinCostFlow()
    numbers = flow.add_arcs_with_capacity_and_unit_cost(starts, ends, room, costs)
    flow.set_nodes_supplies(np.arange(referrals), network.seats)
    flow.set_node_supply(away, -int(network.seats.sum()))
    if flow.solve() != flow.OPTIMAL:
        raise ArithmeticError("every seat may stay empty, so there is always a plan")
    return np.flatnonzero(flow.flows(numbers[:arcs]))


def solve_greedily(network: Network) -> Whole:
    """Positions of the arcs of a plan that takes the cheapest candidate left, one at a time, and leaves no seat empty that somebody can
    fill. A few per cent dearer than the best."""
    first, end = np.searchsorted(network.place_of, network.slot), np.searchsorted(network.place_of, network.slot, side="right")
    left, filled, chosen = network.seats.copy(), Counter[int](), list[int]()
    heap = [(cost, arc) for arc, cost in enumerate(network.cost.tolist())]
    heapq.heapify(heap)
    while heap:
        cost, arc = heapq.heappop(heap)
        slot, referral = int(network.slot[arc]), network.referral[arc]
        place = first[arc] + filled[slot]
        if not left[referral] or place == end[arc]:
            continue
        now = int(network.cost[arc] + network.place_cost[place])
        if now > cost:  # a further match costs more than its arc: back to where that belongs
            heapq.heappush(heap, (now, arc))
        else:
            chosen.append(arc)
            left[referral] -= 1
            filled[slot] += 1
    return np.array(sorted(chosen), dtype=np.int64)
