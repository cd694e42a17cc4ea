"""The journey by chance: hundreds of events on the shipped actions, every promise asked after each; and planted mistakes that the same walk finds."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from matcher.actions import answering, ending, posting, timekeeping, unwinding, withdrawing
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.store import letters, matches, offers
from tests.actions.chance import EVENTS, Broken, Walk
from tests.conftest import TestDatabase
from tests.stage import Stage, set_stage

FAR = timedelta(days=3)


@pytest.mark.parametrize("seed", [1, 16])
async def test_no_event_breaks_a_promise(stage: Stage, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    walk = Walk(stage, seed)
    await walk.set_out(monkeypatch)
    await walk.go(90)
    assert len(walk.events) == 90 and walk.refused < 40
    assert len(set(EVENTS) & set(walk.done)) >= len(EVENTS) - 5, "a walk that never does most things proves nothing"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
async def test_no_event_breaks_a_promise_on_long_walks(stage: Stage, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    walk = Walk(stage, seed)
    await walk.set_out(monkeypatch)
    await walk.go(500)
    assert set(EVENTS) <= set(walk.done)


# Mistakes, each planted by putting something wrong in the place of one step. The walk must find it.


def undo_leaves_a_letter(patch: pytest.MonkeyPatch) -> None:
    """The letters that say "covered" are left waiting when the yes they were about is undone."""
    right = letters.update_letters_cancelled

    async def wrong(tx: Connection, about_ids: Any, now: datetime, **facts: Any) -> Any:
        return [] if facts.get("kinds") == ["covered"] else await right(tx, about_ids, now, **facts)

    patch.setattr(withdrawing.letters, "update_letters_cancelled", wrong)


def expiry_is_ignored_at_a_yes(patch: pytest.MonkeyPatch) -> None:
    """The last moment is not looked at, neither before nor in the statement that gives the seat."""
    get, claim = offers.get_offer, matches.claim_match

    async def get_wrong(c: Connection, offer_id: Any) -> Any:
        offer = await get(c, offer_id)
        return replace(offer, last_moment=offer.last_moment + FAR)

    async def claim_wrong(tx: Connection, referral_id: Any, number: int, new: Any, **facts: Any) -> Any:
        made = await claim(tx, referral_id, number, replace(new, accepted_at=min(new.accepted_at, new.starts_at - FAR)), **facts)
        await tx.execute("UPDATE offers SET answered_at = $2 WHERE id = $1", new.offer_id, new.accepted_at)
        return made

    patch.setattr(answering.offers, "get_offer", get_wrong)
    patch.setattr(answering.matches, "claim_match", claim_wrong)


def a_seat_is_not_given_back(patch: pytest.MonkeyPatch) -> None:
    async def wrong(*_args: Any, **_facts: Any) -> bool:
        return True

    patch.setattr(withdrawing.referrals, "claim_seat_back", wrong)


def half_hours_stay_taken(patch: pytest.MonkeyPatch) -> None:
    """A cancelled match is marked as such, and its volunteer stays booked."""

    async def wrong(tx: Connection, match_id: Any, now: datetime, *, reason: str, sources: Any = ()) -> bool:
        query = "UPDATE matches SET state = 'cancelled', cancelled_reason = $3, ended_at = $2 WHERE id = $1 AND state IN ('planned', 'confirmed')"
        return (await tx.execute(query, match_id, now, reason)).endswith(" 1")

    patch.setattr(unwinding.matches, "claim_cancelled", wrong)


def pausing_forgets_what_was_asked(patch: pytest.MonkeyPatch) -> None:
    async def wrong(*_args: Any, **_facts: Any) -> list[Any]:
        return []

    patch.setattr(withdrawing.offers, "list_open_offers_of_volunteer", wrong)


def the_last_moment_passes_in_silence(patch: pytest.MonkeyPatch) -> None:
    async def wrong(_tx: Connection, _config: Config, _now: datetime, _referral_id: Any) -> None:
        return None

    patch.setitem(timekeeping.DO, timekeeping.TimerKind.LAST_MOMENT, wrong)


def nobody_is_told_in_the_end(patch: pytest.MonkeyPatch) -> None:
    async def wrong(*_args: Any) -> None:
        return None

    patch.setattr(ending, "tell_newcomer_nobody", wrong)


def late_letters_are_left_lying(patch: pytest.MonkeyPatch) -> None:
    async def wrong(*_args: Any, **_facts: Any) -> int:
        return 0

    patch.setattr(posting, "end_late_letters", wrong)


def a_yes_tells_nobody(patch: pytest.MonkeyPatch) -> None:
    async def wrong(*_args: Any) -> None:
        return None

    patch.setattr(answering, "tell_accepted", wrong)


def a_seat_is_given_to_whoever_asks(patch: pytest.MonkeyPatch) -> None:
    """The guard of the update that gives a seat looks at nothing: whoever says yes goes."""
    guard = "AND (state IN ('looking', 'part_filled') OR state = 'needs_person' AND needs_reason = ANY($18))"
    assert guard in matches.ACCEPT
    patch.setattr(answering.matches, "ACCEPT", matches.ACCEPT.replace(guard, "AND $18::text[] IS NOT NULL"))


Mistake = Callable[[pytest.MonkeyPatch], None]
SLOWLY = {"yes": 3, "no": 2, "yes too late": 20}
"""A walk in which few say yes in time, and some just too late."""
WAVERING = {"yes": 20, "undo": 20, "cannot come": 10}
"""A walk in which many change their minds."""
FOUND_SOON: tuple[tuple[Mistake, str], ...] = (
    (undo_leaves_a_letter, "covered letter"),
    (expiry_is_ignored_at_a_yes, "I10"),
    (a_seat_is_not_given_back, "seats_taken"),
    (half_hours_stay_taken, "half hours held in a block"),
    (a_yes_tells_nobody, "offer_accepted"),
)
FOUND_LATER: tuple[tuple[Mistake, str], ...] = (
    (pausing_forgets_what_was_asked, "not active"),
    (the_last_moment_passes_in_silence, "after its last moment"),
    (nobody_is_told_in_the_end, "nobody told the newcomer"),
    (late_letters_are_left_lying, "past its latest moment"),
    (a_seat_is_given_to_whoever_asks, "seats_taken"),
)


async def first_found(database: TestDatabase, folder: Path, plant: Mistake, **how: Any) -> str:
    """What a walk with this mistake in it finds first; empty where it finds nothing."""
    staging = set_stage(database, folder)
    stage = await staging.__aenter__()
    found = ""
    with pytest.MonkeyPatch.context() as patch:
        walk = Walk(stage, 2, how.get("tilt", {}))
        await walk.set_out(patch)
        plant(patch)
        try:
            await walk.go(how["events"])
        except Broken as broken:
            found = str(broken)
    with suppress(AssertionError):  # the stage's own ending finds it too
        await staging.__aexit__(None, None, None)
    return found


@pytest.mark.parametrize(("plant", "finds"), FOUND_SOON, ids=[plant.__name__ for plant, _ in FOUND_SOON])
async def test_a_planted_mistake_is_found_soon(database: TestDatabase, tmp_path: Path, plant: Mistake, finds: str) -> None:
    found = await first_found(database, tmp_path, plant, events=150, tilt=SLOWLY if "expiry" in plant.__name__ else WAVERING)
    assert finds in found, found or "nothing was found"


@pytest.mark.long
@pytest.mark.parametrize(("plant", "finds"), FOUND_LATER, ids=[plant.__name__ for plant, _ in FOUND_LATER])
async def test_a_planted_mistake_is_found_in_a_longer_walk(database: TestDatabase, tmp_path: Path, plant: Mistake, finds: str) -> None:
    found = await first_found(database, tmp_path, plant, events=1500)
    assert finds in found, found or "nothing was found"
