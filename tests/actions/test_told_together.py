"""One change, one letter: what comes within two minutes to the same person replaces what waits, whatever its kind. Nobody is told A, B, A."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from matcher.actions import amending, withdrawing
from matcher.actions.meeting_change_telling import tell_meeting_changed
from matcher.actions.scene import claim_scene
from matcher.actions.standing_in import record_yes
from matcher.actions.telling import tell_newcomer_cancelled
from matcher.domain.actor import CLOCK
from matcher.domain.connection import Connection
from matcher.domain.journey import CancelReason
from matcher.domain.letter_parts import Ending
from matcher.domain.occurrence import ExceptionKind, MeetingException
from matcher.store import directory
from matcher.store.audit import claim_acting
from tests.actions.by_hand import carol
from tests.referral_making import priya
from tests.stage import Stage, who, words

THURSDAY = date(2026, 11, 26)
KINDS = "SELECT string_agg(kind || ' ' || state, ', ' ORDER BY created_at, revision) FROM letters WHERE party_kind = $1"


async def going(stage: Stage) -> UUID:
    """Tom goes along with Noor, and both know."""
    await stage.world.volunteer("Tom")
    referral: UUID = await stage.world.referral(discreet=False)
    await stage.begin(referral)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=30)
    assert len(stage.letters_to("noor")) == 1
    return referral


async def moved_to(stage: Stage, hour: int, minute: int = 0) -> None:
    """Carol moves Thursday's meeting and tells everybody."""
    meeting = stage.world.meeting_id
    different = MeetingException(THURSDAY, ExceptionKind.MOVED, starts=time(hour, minute))

    async def move(tx: Connection) -> None:
        await directory.upsert_exception(tx, meeting, different, stage.now, by_staff=stage.world.coordinator_id)

    await stage.db.act(move)
    await stage.db.act(tell_meeting_changed, stage.config, stage.now, actor=carol(stage), meeting_id=meeting)
    await stage.worker.run_until_idle()


def read_by(stage: Stage, who: str) -> set[str]:
    return {words(letter) for letter in stage.letters_to(who)}


async def test_a_change_waits_two_minutes_and_leaves(stage: Stage) -> None:
    await going(stage)
    await moved_to(stage, 20)
    assert len(stage.letters_to("noor")) == 1
    await stage.pass_time(minutes=2)
    assert len(stage.letters_to("noor")) == 2
    assert sum("7.30pm" in text and "8pm" in text for text in read_by(stage, "noor")) == 1


async def test_moved_and_moved_back_within_two_minutes_is_one_letter_with_what_is_true(stage: Stage) -> None:
    await going(stage)
    before = {name: read_by(stage, name) for name in ("tom-", "noor")}
    await moved_to(stage, 20)
    stage.now += timedelta(minutes=1)
    await moved_to(stage, 19, 30)
    await stage.pass_time(minutes=5)
    for name, had in before.items():
        [text] = read_by(stage, name) - had
        assert "7.30pm" in text and "8pm" not in text
    kinds = await stage.one(KINDS, "newcomer")
    assert kinds == "newcomer_confirmation sent, change cancelled, newcomer_confirmation sent"


async def test_a_change_and_then_the_end_of_it_is_only_the_end(stage: Stage) -> None:
    referral = await going(stage)
    await moved_to(stage, 20)
    stage.now += timedelta(minutes=1)
    await stage.db.act(
        amending.cancel_referral, stage.config, stage.now, actor=priya(stage), referral_id=referral, reason=CancelReason.UNWELL
    )
    await stage.pass_time(minutes=5)
    assert await stage.one(KINDS, "newcomer") == "newcomer_confirmation sent, change cancelled, cancellation sent"
    assert "change sent" not in str(await stage.one(KINDS, "volunteer"))


async def test_put_off_at_night_and_found_again_before_morning_is_one_letter(stage: Stage) -> None:
    """Another kind: the word that it is off still waits for her morning when somebody else says yes."""
    referral = await going(stage)
    [offer] = await stage.sql.fetch("SELECT * FROM offers")
    match = await stage.one("SELECT id FROM matches")
    option = await second_thursday(stage, referral)
    wendy = await stage.world.volunteer("Wendy")
    await stage.until(datetime(2026, 11, 25, 21, 30, tzinfo=UTC))
    await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(offer), match_id=match)
    await put_off(stage, referral)
    assert "cancellation waiting" in await stage.one(KINDS, "newcomer")
    await stage.sql.execute("UPDATE timers SET due_at = $1 WHERE kind = 'look' AND state = 'waiting'", stage.now)
    await by_telephone(stage, referral, wendy, option)
    await stage.pass_time(minutes=16)
    await stage.until(datetime(2026, 11, 26, 9, 0, tzinfo=UTC))
    kinds = await stage.one(KINDS, "newcomer")
    assert "cancellation cancelled" in kinds and "cancellation sent" not in kinds and kinds.endswith("change sent")


async def second_thursday(stage: Stage, referral: UUID) -> Any:
    """A second dated meeting the newcomer would go to."""
    return await stage.one(
        """
        INSERT INTO referral_options SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'rank', 2, 'state', 'open',
               'on_date', o.on_date + 7, 'starts_at', o.starts_at + interval '7 days', 'ends_at', o.ends_at + interval '7 days',
               'meet_at', o.meet_at + interval '7 days'))).*
          FROM referral_options o WHERE referral_id = $1 RETURNING id
        """,
        referral,
    )


async def put_off(stage: Stage, referral: UUID) -> None:
    """Noor is to hear that Thursday is off."""

    async def tell(tx: Connection) -> None:
        await claim_acting(tx, CLOCK, "put_off", stage.now)
        scene = await claim_scene(tx, stage.config, stage.now, referral)
        await tell_newcomer_cancelled(scene, scene.options[0], Ending.PUT_OFF)

    await stage.db.act(tell)


async def by_telephone(stage: Stage, referral: UUID, volunteer: UUID, option: UUID) -> None:
    """Carol rings somebody who says yes."""
    await stage.db.act(
        record_yes, stage.config, stage.now, actor=carol(stage), referral_id=referral, volunteer_id=volunteer, option_id=option
    )
