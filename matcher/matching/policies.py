"""The policies by which asking can be decided, by name: the one place where a replay looks them up. Each is a pure function of a view."""

from collections.abc import Callable
from functools import partial

from matcher.domain.errors import Misconfigured
from matcher.matching.asking_view import AskDecision, AskingView
from matcher.matching.waves import WAVE_POLICIES, choose_wave

Policy = Callable[[AskingView], AskDecision]
POLICY_NAMES = tuple(WAVE_POLICIES)


class UnknownPolicy(Misconfigured):
    """There is no policy of this name."""


def policy_named(name: str) -> Policy:
    """Whom this policy would ask. Raises UnknownPolicy."""
    if name not in WAVE_POLICIES:
        raise UnknownPolicy
    return partial(choose_wave, settings=WAVE_POLICIES[name])
