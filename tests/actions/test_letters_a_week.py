"""Letters of the week (H16): those that have left or wait to leave. An invitation that was taken back before it left is none."""

from uuid import UUID, uuid4

import pytest

from matcher.actions import amending, posting
from matcher.domain.delivery import Sent
from matcher.domain.journey import CancelReason
from matcher.store import candidates
from tests.referral_making import priya
from tests.stage import Stage

LETTERS = "SELECT letters FROM volunteer_weeks"


async def asked(stage: Stage, *, leaves: bool) -> UUID:
    """A referral for which Tom is asked; its letter leaves, or is still waiting when the referral is called off."""
    referral = await stage.world.referral()
    await stage.first_look(referral)
    if leaves:
        for letter in await stage.db.act(posting.claim_letters, stage.now, lease_id=uuid4(), most=5):
            assert await stage.db.act(posting.record_outcome, stage.config, stage.now, letter, outcome=Sent("250"))
    return referral


async def call_off(stage: Stage, referral: UUID) -> None:
    await stage.db.act(
        amending.cancel_referral, stage.config, stage.now, actor=priya(stage), referral_id=referral, reason=CancelReason.DUPLICATE
    )


async def people_asked(stage: Stage) -> int:
    found: int = await stage.one("SELECT count(*) FROM offers")
    return found


async def test_an_invitation_that_never_left_is_no_letter_of_the_week(stage: Stage) -> None:
    await stage.world.volunteer("Tom", letters_per_week=1)
    for number in (1, 2, 3):
        referral = await asked(stage, leaves=False)
        assert await people_asked(stage) == number and await stage.one(LETTERS) == 1
        await call_off(stage, referral)
    await call_off(stage, await asked(stage, leaves=True))
    assert await people_asked(stage) == 4
    await asked(stage, leaves=False)
    assert await people_asked(stage) == 4, "the one that left is the one he wanted"


async def test_one_that_waits_to_leave_counts_as_open(stage: Stage) -> None:
    await stage.world.volunteer("Tom", letters_per_week=2)
    await asked(stage, leaves=False)
    await asked(stage, leaves=False)
    assert await people_asked(stage) == 1


async def test_a_letter_under_way_when_it_is_withdrawn_counts_once_it_has_arrived(stage: Stage) -> None:
    await stage.world.volunteer("Tom", letters_per_week=1)
    referral = await asked(stage, leaves=False)
    [letter] = await stage.db.act(posting.claim_letters, stage.now, lease_id=uuid4(), most=5)
    await call_off(stage, referral)
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, letter, outcome=Sent("250"))
    await asked(stage, leaves=False)
    assert await people_asked(stage) == 1


async def test_counting_every_invitation_would_be_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Teeth: with the count as it was, somebody who has had no letter at all is left alone for a week."""
    for name in ("FIND_NEAR", "LIST_NAMED"):
        wrong = getattr(candidates, name).replace(candidates.COUNTS, "NOT f.by_telephone")
        assert wrong != getattr(candidates, name)
        monkeypatch.setattr(candidates, name, wrong)
    await stage.world.volunteer("Tom", letters_per_week=1)
    await call_off(stage, await asked(stage, leaves=False))
    await asked(stage, leaves=False)
    assert await people_asked(stage) == 1
