"""The policies an area may choose, by name: the one place from which the clock, the simulator and a replay take them (matching 8.8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from matcher.domain.errors import Misconfigured
from matcher.matching.asking_view import AskDecision, AskingView
from matcher.matching.choosing_asks import choose_asks
from matcher.matching.waves import WAVE_4H, WAVE_POLICIES, choose_wave

Choose = Callable[..., AskDecision]
Policy = Callable[[AskingView], AskDecision]
PRODUCT = "product"
POLICIES: Mapping[str, Choose] = MappingProxyType(
    {PRODUCT: choose_asks, **{name: partial(choose_wave, settings=settings) for name, settings in WAVE_POLICIES.items()}}
)
POLICY_NAMES = tuple(POLICIES)
FALLBACK = WAVE_4H.policy
"""Asks where `product` could not decide: it reads less and reckons less, so what stopped the one hardly stops the other."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision and the policy that made it. `fault`: why it was not the area's own."""

    decision: AskDecision
    policy: str
    fault: Exception | None = None


class UnknownPolicy(Misconfigured):
    """There is no policy of this name."""


def policy_named(name: str) -> Policy:
    """Whom this policy would ask. Raises UnknownPolicy."""
    if name not in POLICIES:
        raise UnknownPolicy
    return POLICIES[name]


def decide(policy: str, view: AskingView) -> Decided:
    """Whom an area's policy asks now; where `product` raises, whom the plain wave asks instead: nobody waits for a fault of ours to be mended."""
    try:
        return Decided(POLICIES[policy](view), policy)
    except Exception as fault:
        if policy != PRODUCT:
            raise
        return Decided(POLICIES[FALLBACK](view), FALLBACK, fault)
