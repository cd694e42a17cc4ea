"""The policies an area may choose, by name: the one place from which both the clock and the simulator take them (matching 8.8)."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from matcher.matching.asking_view import AskDecision
from matcher.matching.choosing_asks import choose_asks
from matcher.matching.waves import WAVE_POLICIES, choose_wave

Choose = Callable[..., AskDecision]
PRODUCT = "product"
POLICIES: Mapping[str, Choose] = MappingProxyType(
    {PRODUCT: choose_asks, **{name: partial(choose_wave, settings=settings) for name, settings in WAVE_POLICIES.items()}}
)
