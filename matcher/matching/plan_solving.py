"""Two ways to solve a plan: exactly, as a flow of least cost (OR-tools, the extra `planner`), and by a simple search with a heap."""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Network:
    """Seats of each referral → candidate arcs → slots of people → away. `place_of` and `place_cost`: each place that a slot still has,
    cheapest first, and what filling it costs besides the arc. `nobody` is the cost of an empty seat."""

    seats: Whole
    referral: Whole
    slot: Whole
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
    away = referrals + int(network.slot.max(initial=-1)) + 1
    used = network.place_of < away - referrals
    starts = np.concatenate([network.referral, referrals + network.place_of[used], np.arange(referrals)])
    ends = np.concatenate([referrals + network.slot, np.full(int(used.sum()) + referrals, away)])
    room = np.concatenate([np.ones(arcs + int(used.sum()), dtype=np.int64), network.seats])
    costs = np.concatenate([network.cost, network.place_cost[used], np.full(referrals, network.nobody)])
    flow = min_cost_flow.SimpleMinCostFlow()
    numbers = flow.add_arcs_with_capacity_and_unit_cost(starts, ends, room, costs)
    flow.set_nodes_supplies(np.arange(referrals), network.seats)
    flow.set_node_supply(away, -int(network.seats.sum()))
    if flow.solve() != flow.OPTIMAL:
        raise ArithmeticError("every seat may stay empty, so there is always a plan")
    return np.flatnonzero(flow.flows(numbers[:arcs]))


def solve_greedily(network: Network) -> Whole:
    """Positions of the arcs of a plan that takes the cheapest candidate left, one at a time. A few per cent dearer than the best."""
    # A slot's next place, then the end of its places; a further match may cost more than when its arc was laid on the heap.
    following = np.searchsorted(network.place_of, np.arange(int(network.slot.max(initial=-1)) + 1))
    last = np.searchsorted(network.place_of, np.arange(len(following)), side="right")
    left, chosen = network.seats.copy(), []
    heap = [
        (int(network.cost[arc] + network.place_cost[following[slot]]), arc)
        for arc, slot in enumerate(network.slot)
        if following[slot] < last[slot]
    ]
    heapq.heapify(heap)
    while heap:
        cost, arc = heapq.heappop(heap)
        slot, referral = network.slot[arc], network.referral[arc]
        if not left[referral] or following[slot] == last[slot]:
            continue
        now = int(network.cost[arc] + network.place_cost[following[slot]])
        if now > cost:
            heapq.heappush(heap, (now, arc))
        elif now < network.nobody:
            chosen.append(arc)
            left[referral] -= 1
            following[slot] += 1
    return np.array(sorted(chosen), dtype=np.int64)
