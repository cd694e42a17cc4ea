"""Somebody whose invitation never left was not asked (H20): they may be asked again. One that was on its way, or was refused, counts."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import posting, withdrawing
from matcher.actions.scene import claim_scene
from matcher.domain.actor import CLOCK
from matcher.domain.connection import Connection
from matcher.domain.delivery import LetterRefused, Sent
from matcher.domain.journey_word import OfferReason
from matcher.domain.outbox import ClaimedLetter
from matcher.store import audit, candidates
from tests.stage import Stage, who


async def one_of_two_asked(stage: Stage, *, most: int) -> tuple[UUID, list[ClaimedLetter]]:
    """Two are asked; the letters of the first `most` are with a worker, and the first of them has arrived."""
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral()
    await stage.first_look(referral)
    claimed = await stage.db.act(posting.claim_letters, stage.now, lease_id=uuid4(), most=most)
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, claimed[0], outcome=Sent("250"))
    return referral, claimed


async def says_yes_and_drops_out(stage: Stage) -> None:
    """The one who was reached goes, and after the undo window does not."""
    [first] = await stage.offers("sent")
    answer = await stage.yes(first)
    assert answer.match
    await stage.pass_time(minutes=20)
    assert await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(first), match_id=answer.match.id)
    await stage.pass_time(minutes=1)


async def offers_of_the_other(stage: Stage) -> list[Any]:
    first = (await stage.offers("declined"))[0]["volunteer_id"]
    return [offer for offer in await stage.offers() if offer["volunteer_id"] != first]


async def test_who_was_withdrawn_before_the_letter_left_is_asked_when_the_place_opens_again(stage: Stage) -> None:
    referral, _ = await one_of_two_asked(stage, most=1)
    await says_yes_and_drops_out(stage)
    assert [offer["state"] for offer in await offers_of_the_other(stage)] == ["withdrawn", "sent"]
    assert await stage.state(referral) == "looking"


async def test_counting_every_withdrawn_invitation_as_asked_would_be_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Teeth: with the rule that asks only for a row, the second one is never written to and the machine gives up."""
    wrong = candidates.LIST_NAMED.replace(candidates.LEFT, "true")
    assert wrong != candidates.LIST_NAMED
    monkeypatch.setattr(candidates, "LIST_NAMED", wrong)
    referral, _ = await one_of_two_asked(stage, most=1)
    await says_yes_and_drops_out(stage)
    assert [offer["state"] for offer in await offers_of_the_other(stage)] == ["withdrawn"]
    assert await stage.state(referral) == "needs_person"


async def test_a_letter_on_its_way_when_it_was_withdrawn_has_asked(stage: Stage) -> None:
    _, claimed = await one_of_two_asked(stage, most=2)

    async def no_longer_needed(tx: Connection) -> None:
        await audit.claim_acting(tx, CLOCK, "recheck_offer", stage.now)
        scene = await claim_scene(tx, stage.config, stage.now, claimed[1].referral_id or uuid4())
        await withdrawing.take_back(scene, claimed[1].about_id, reason=OfferReason.NO_LONGER_NEEDED)

    await stage.db.act(no_longer_needed)
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, claimed[1], outcome=Sent("250"))
    late = await stage.sql.fetchrow("SELECT state, sent_at FROM offers WHERE id = $1", claimed[1].about_id)
    assert (late["state"], late["sent_at"]) == ("withdrawn", stage.now)
    await stage.pass_time(minutes=1)
    assert len(await stage.offers()) == 2


async def test_an_invitation_that_the_mail_server_would_not_take_is_not_written_again_and_again(stage: Stage) -> None:
    referral, claimed = await one_of_two_asked(stage, most=2)
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, claimed[1], outcome=LetterRefused("554"))
    [first] = await stage.offers("sent")
    await stage.no(first)
    await stage.pass_time(minutes=1)
    assert [offer["state"] for offer in await offers_of_the_other(stage)] == ["withdrawn"]
    assert await stage.state(referral) == "needs_person"
