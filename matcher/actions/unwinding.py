"""Taking things back: offers withdrawn, matches cancelled, seats given back. The small steps that several actions on a referral share."""

from collections.abc import Iterable, Sequence

from matcher.actions.asking import begin_asking, set_look, set_timer
from matcher.actions.bundling import take_letters_back
from matcher.actions.scene import Scene, again
from matcher.actions.telling_volunteers import tell_cancelled, tell_covered
from matcher.domain.arrangement import Match, Offer
from matcher.domain.journey_word import MatchReason, MatchState, OfferReason
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import CoveredBecause, Ending
from matcher.domain.outbox import GO_ON_FOLLOWING, TimerKind
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.timing import pair_deadline
from matcher.store import letter_links, letters, matches, offers, referrals, tasks, timers

PLAN_LETTERS = [
    LetterKind.VOLUNTEER_CONFIRMATION.value,
    LetterKind.OFFER_ACCEPTED.value,
    LetterKind.CHANGE.value,
    LetterKind.MORNING_OF.value,
    LetterKind.REMINDER.value,
]
NOT_CONFIRMED = "not_confirmed"
"""Why a companion is to be rung who has not said on the day that they are coming."""
NEWCOMER_LETTERS = [LetterKind.NEWCOMER_CONFIRMATION.value, LetterKind.CHANGE.value]


async def withdraw_offers(scene: Scene, *, reason: OfferReason, besides: Offer | None = None, everything: bool = False) -> list[Offer]:
    """Withdraw what was asked: letters that have not left are taken back; returns the offers whose volunteers have been told of them."""
    referral = scene.referral
    gone = await offers.claim_offers_withdrawn(
        scene.tx,
        referral.id,
        referral.meeting_number,
        reason=reason.value,
        besides=besides.id if besides else None,
        also_silent=everything,
    )
    untold = await take_letters_back(scene, gone)
    await timers.update_timers_cancelled(scene.tx, [offer.id for offer in gone], scene.now)
    return [offer for offer in gone if offer.id not in untold]


async def call_everything_off(
    scene: Scene, *, ending: Ending, reason: MatchReason = MatchReason.CALLED_OFF, follows_on: bool = False
) -> list[Match]:
    """Nothing is needed any more: offers withdrawn and thanked, matches cancelled and told once, timers and unsent letters dropped.

    A meeting that is over stays as it was. `follows_on`: only this search ends, and the newcomer is followed up as before.
    """
    held = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    live = [match for match in held if match.is_live]
    told = await withdraw_offers(scene, reason=OfferReason.NO_LONGER_NEEDED, everything=True)
    await tell_covered(scene, told, because=CoveredBecause.NOT_NEEDED)
    await drop_plan(scene)
    ends = [kind.value for kind in TimerKind if not (follows_on and kind in GO_ON_FOLLOWING)]
    await timers.update_timers_cancelled(scene.tx, [scene.referral.id, *(match.id for match in held)], scene.now, kinds=ends)
    await set_look(scene, None)
    for match in live:
        await cancel_match(scene, match, reason=reason)
        await tell_cancelled(scene, match, ending)
    return live


async def cancel_match(scene: Scene, match: Match, *, reason: MatchReason) -> bool:
    """Free the seat, the hours and the place in the block; what was not sent of its letters is taken back and its links end."""
    sources = (MatchState.PLANNED, MatchState.CONFIRMED)
    if not await matches.claim_cancelled(scene.tx, match.id, scene.now, reason=reason.value, sources=sources):
        return False
    await letters.update_letters_cancelled(scene.tx, [match.id], scene.now, kinds=PLAN_LETTERS)
    for one in await matches.list_matches(scene.tx, scene.referral.id, match.meeting_number):
        await drop_reminders(scene, one)  # the other companion's, and the newcomer's, name whoever goes no more
    await drop_reminders(scene, match)
    await timers.update_timers_cancelled(scene.tx, [match.id], scene.now)
    await drop_call(scene, match)
    for purpose in ("undo_acceptance", "cannot_come", "confirm_day"):
        await letter_links.update_links_ended(scene.tx, match.id, scene.now, purpose=purpose)
    return True


async def drop_call(scene: Scene, match: Match) -> None:
    """Nobody need ring the companion any more to hear whether they are coming."""
    kinds, void = [TaskKind.RING_THEM.value], TaskOutcome.SUPERSEDED.value
    await tasks.update_tasks_done(scene.tx, match.id, scene.now, outcome=void, kinds=kinds, reason=NOT_CONFIRMED)


async def drop_reminders(scene: Scene, match: Match) -> None:
    """Take back the reminders of a plan that has not stayed as it was: letters that wait, and the keyworker's line to remind by word of mouth."""
    await letters.update_letters_cancelled(scene.tx, [match.id], scene.now, kinds=[LetterKind.REMINDER.value])
    kinds = [TaskKind.TELL_IN_PERSON.value]
    await tasks.update_tasks_done(scene.tx, match.id, scene.now, outcome=TaskOutcome.SUPERSEDED.value, kinds=kinds)


async def drop_plan(scene: Scene) -> None:
    """Take back what the newcomer was about to be told."""
    await letters.update_letters_cancelled(
        scene.tx, [scene.referral.id], scene.now, kinds=NEWCOMER_LETTERS, party_id=scene.referral.newcomer_id
    )


async def free_options(scene: Scene, remaining: Sequence[Match]) -> None:
    """Once nobody holds a seat any more, the other occurrences may be asked for again."""
    held = {match.option_id for match in remaining}
    for option in scene.options:
        if option.state == "fixed" and option.id not in held:
            await referrals.update_option_state(scene.tx, option.id, "open")


async def look_again(scene: Scene) -> None:
    """Ask anew from this moment: the waves count from here. Where one of two still goes, the missing second is decided as before (R17, R18)."""
    await timers.update_timers_cancelled(
        scene.tx, [scene.referral.id], scene.now, kinds=[TimerKind.PAIR_DEADLINE.value, TimerKind.ANSWER_DEADLINE.value]
    )
    await begin_asking(scene)
    if scene.fixed is not None and scene.referral.seats_taken:
        answer_at = (await again(scene)).referral.deadline
        due = pair_deadline(scene.fixed.starts_at, scene.now, answer_at=answer_at, timing=scene.config.timing)
        await set_timer(scene, TimerKind.PAIR_DEADLINE, scene.referral.id, due, due_for=f"again {scene.now.isoformat()}")


def those_without(live: Iterable[Match], match: Match) -> list[Match]:
    """The other companions."""
    return [other for other in live if other.id != match.id]
