"""The policies an area may choose, by name: the one place from which the clock, the simulator and a replay take them (matching 8.8)."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from matcher.domain.errors import Misconfigured
from matcher.matching.asking_view import AskDecision, AskingView
from matcher.matching.choosing_asks import choose_asks
from matcher.matching.waves import WAVE_POLICIES, choose_wave

Choose = Callable[..., AskDecision]
Policy = Callable[[AskingView], AskDecision]
PRODUCT = "product"
POLICIES: Mapping[str, Choose] = MappingProxyType(
    {PRODUCT: choose_asks, **{name: partial(choose_wave, settings=settings) for name, settings in WAVE_POLICIES.items()}}
)
POLICY_NAMES = tuple(POLICIES)


class UnknownPolicy(Misconfigured):
    """There is no policy of this name."""


def policy_named(name: str) -> Policy:
    """Whom this policy would ask. Raises UnknownPolicy."""
    if name not in POLICIES:
        raise UnknownPolicy
    return POLICIES[name]
