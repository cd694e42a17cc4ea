"""What a keyworker or newcomer changes after sending: another person, no more, consent withdrawn; and the honest answer when nobody was found."""

from datetime import datetime
from uuid import UUID

from matcher.actions.ending import end_referral, end_without_company, plan_nobody_keeps
from matcher.actions.scene import Scene, again, claim_scene, plan_has_left
from matcher.actions.telling import tell_newcomer_cancelled, tell_newcomer_plan
from matcher.actions.telling_volunteers import invite, tell_again, tell_cancelled
from matcher.actions.unwinding import cancel_match, drop_plan, free_options, look_again, those_without
from matcher.config import Config
from matcher.domain.actor import CLOCK, Actor, ActorKind
from matcher.domain.arrangement import Match, Referral
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, Hidden, Refused
from matcher.domain.journey import (
    LIVE_OFFERS,
    REFERRAL_TABLE,
    CancelReason,
    CloseReason,
    MatchReason,
    OfferReason,
    OfferState,
    ReferralEvent,
    ReferralState,
    check_can,
)
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import Ending
from matcher.domain.outbox import LetterLine
from matcher.domain.permission import check_can_change_referral, check_can_close_task, check_can_work_on_referral
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.task import check_can_close_task as check_outcome
from matcher.domain.wishes import NewcomerConsent
from matcher.store import audit, consents, letter_links, letters, matches, offers, referral_changes, referrals, tasks
from matcher.store.consents import Consent

FIRST_REVISION_ONLY = frozenset({LetterKind.KEYWORKER_NOTICE, LetterKind.COORDINATOR_ALERT, LetterKind.SIGN_IN_CODE})


class NotAnyMore(Refused):
    """That letter is not useful any more, so it was not sent again."""


def check_hand(actor: Actor, referral: Referral, now: datetime, *, coordinator_too: bool = False) -> None:
    """Raise unless this hand may change this referral: its own keyworker, the newcomer themself, the clock; a coordinator where said."""
    if actor == CLOCK or (actor.kind is ActorKind.NEWCOMER and actor.id == referral.newcomer_id):
        return
    if actor.kind is ActorKind.COORDINATOR and coordinator_too:
        check_can_work_on_referral(actor, referral, now)
    elif actor.kind is ActorKind.NEWCOMER:
        raise Hidden()
    else:
        check_can_change_referral(actor, referral, now)


async def want_other_person(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, match_id: UUID) -> None:
    """The newcomer would rather go with somebody else (R29). No reason is asked; that volunteer reads "not needed", and the search goes on."""
    await audit.claim_acting(tx, actor, "want_other_person", now)
    scene = await claim_scene(tx, config, now, referral_id)
    check_hand(actor, scene.referral, now)
    live = await matches.list_matches(tx, referral_id, scene.referral.meeting_number)
    match = next((one for one in live if one.id == match_id and one.is_live), None)
    if match is None or now >= match.starts_at:
        raise Changed()
    check_can(REFERRAL_TABLE, scene.referral.state, ReferralEvent.WANT_OTHER_PERSON, by=actor.kind, other_stays=len(live) > 1)
    await referral_changes.insert_newcomer_bar(tx, scene.referral.newcomer_id, match.volunteer_id, now, set_by=actor.id)
    await let_go(scene, live, match)


async def let_go(scene: Scene, live: list[Match], match: Match) -> None:
    """A held match no longer suits the newcomer: its volunteer is told "not needed, thank you", and the search begins anew (R29, R57)."""
    remaining = those_without(live, match)
    await cancel_match(scene, match, reason=MatchReason.NEWCOMER_CHOICE)
    await tell_cancelled(scene, match, Ending.NOT_NEEDED)
    await drop_plan(scene)
    to = ReferralState.PART_FILLED if remaining else ReferralState.LOOKING
    await referrals.claim_seat_back(scene.tx, scene.referral.id, scene.now, to=to)
    await offers.claim_offer_state(
        scene.tx,
        match.offer_id,
        scene.now,
        sources=[OfferState.ACCEPTED],
        to=OfferState.WITHDRAWN,
        reason=OfferReason.NO_LONGER_NEEDED.value,
    )
    await free_options(scene, remaining)
    await look_again(await again(scene))


async def cancel_referral(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, reason: CancelReason) -> None:
    """Call it off before the meeting (R48): each party is told once, neutrally, and nobody is told why. Raises MeetingBegun after its start."""
    await audit.claim_acting(tx, actor, "cancel_referral", now, reason=reason.value)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    check_hand(actor, referral, now)
    live = await matches.list_matches(tx, referral_id, referral.meeting_number)
    begun = any(now >= match.starts_at for match in live)
    facts = {"before_start": not begun} if referral.state is ReferralState.MATCHED else {}
    check_can(REFERRAL_TABLE, referral.state, ReferralEvent.CANCEL_REFERRAL, by=actor.kind, **facts)
    told = next((match for match in live if match.told_newcomer_at), None) or await plan_nobody_keeps(scene)
    await end_referral(scene, actor, ending=Ending.CANCELLED, close=CloseReason.CANCELLED, outcome=TaskOutcome.CANCELLED)
    await referral_changes.update_cancel_reason(tx, referral_id, reason.value)
    if told is not None and await plan_has_left(
        scene
    ):  # without a channel they have it from their keyworker, who then tells them of this too
        await tell_newcomer_cancelled(scene, scene.option(told.option_id), Ending.CANCELLED)


async def withdraw_consent(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, method: str = "spoken"
) -> None:
    """The newcomer does not want it any more (R47). Always allowed, at once, without a reason; nothing more is sent to them, ever."""
    await audit.claim_acting(tx, actor, "withdraw_consent", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    check_hand(actor, referral, now)
    check_can(REFERRAL_TABLE, referral.state, ReferralEvent.WITHDRAW_CONSENT, by=actor.kind)
    newest = {one.purpose: one for one in await consents.list_consents(tx, referral.newcomer_id)}
    gone = [
        Consent(referral.newcomer_id, purpose.value, False, newest[purpose.value].wording_version, method, actor.id, now)
        for purpose in NewcomerConsent
        if purpose.value in newest and newest[purpose.value].given
    ]
    await consents.insert_consents(tx, gone)
    await end_referral(scene, actor, ending=Ending.NOT_NEEDED, close=CloseReason.CONSENT_WITHDRAWN, outcome=TaskOutcome.SUPERSEDED)
    await letters.update_letters_cancelled(tx, [referral_id], now, party_id=referral.newcomer_id)
    await letter_links.update_links_ended(tx, referral_id, now)


async def give_up(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> None:
    """A person ends a search that found nobody (R24): an honest answer to newcomer and keyworker, with three meetings to go to."""
    await audit.claim_acting(tx, actor, "give_up", now)
    scene = await claim_scene(tx, config, now, referral_id)
    check_hand(actor, scene.referral, now, coordinator_too=True)
    facts = {"later_meeting": scene.referral.meeting_number > 1}
    check_can(REFERRAL_TABLE, scene.referral.state, ReferralEvent.GIVE_UP, by=actor.kind, **facts)
    await end_without_company(scene, actor)


async def send_again(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, letter_id: UUID) -> UUID | None:
    """The same letter once more, as a new revision with new links; the old links end (R58). The newcomer's plan, an invitation, a volunteer's plan.

    Returns the new letter's id, or None where the newcomer has no safe channel and it became the keyworker's print task. NotAnyMore: too late.
    """
    await audit.claim_acting(tx, actor, "send_again", now)
    scene = await claim_scene(tx, config, now, referral_id)
    check_hand(actor, scene.referral, now, coordinator_too=True)
    if scene.referral.state is ReferralState.ON_HOLD:
        raise NotAnyMore()
    lines = await letters.list_letters_of_referral(tx, referral_id)
    line = next((one for one in lines if one.id == letter_id), None)
    if line is None or LetterKind(line.kind) in FIRST_REVISION_ONLY:
        raise NotAnyMore()
    before = {one.id for one in lines}
    sent = await (_newcomers_again(scene, line) if line.party_kind == "newcomer" else _volunteers_again(scene, line))
    if not sent:
        raise NotAnyMore()
    after = await letters.list_letters_of_referral(tx, referral_id)
    return next((one.id for one in after if one.id not in before), None)


async def _newcomers_again(scene: Scene, line: LetterLine) -> bool:
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    ahead = [match for match in live if match.is_live and match.told_newcomer_at and scene.now < match.starts_at]
    if not ahead or line.kind not in (LetterKind.NEWCOMER_CONFIRMATION, LetterKind.CHANGE):
        return False
    await tell_newcomer_plan(scene, ahead)
    return True


async def _volunteers_again(scene: Scene, line: LetterLine) -> bool:
    if line.kind == LetterKind.OFFER:
        return await _offer_again(scene, line.about_id)
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    match = next((one for one in live if one.id == line.about_id and one.is_live and scene.now < one.starts_at), None)
    return match is not None and await tell_again(scene, match) is not None


async def _offer_again(scene: Scene, offer_id: UUID) -> bool:
    offer = await offers.get_offer(scene.tx, offer_id)
    asked = set(await offers.list_offer_options(scene.tx, offer_id))
    wanted = [option for option in scene.open_options if option.id in asked]
    if offer.state not in LIVE_OFFERS or not wanted or scene.now >= offer.reply_by:
        return False
    return await invite(scene, offer, wanted, seat=2 if scene.referral.seats_taken else 1, ends_older=True) is not None


async def close_task(tx: Connection, _config: Config, now: datetime, *, actor: Actor, task_id: UUID, outcome: TaskOutcome | None) -> bool:
    """Close a line of one's own list with how it ended; none closes without (CO-04). False when somebody closed it meanwhile."""
    task = await tasks.get_task(tx, task_id)
    check_can_close_task(actor, task, now)
    check_outcome(TaskKind(task.kind), outcome, by=actor.kind)
    await audit.claim_acting(tx, actor, "close_task", now)
    return outcome is not None and await tasks.claim_task_done(tx, task_id, now, outcome=outcome.value, done_by=actor.id)


async def note_printed(tx: Connection, _config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> None:
    """The plan was printed and given: what and when is noted, never its content; the task to print it is done."""
    referral = await referrals.claim_referral(tx, referral_id)
    check_can_change_referral(actor, referral, now)
    await audit.claim_acting(tx, actor, "print", now, reason="my_plan")
    await audit.insert_audit(tx, "referrals", referral_id)
    await tasks.update_tasks_done(
        tx, referral_id, now, outcome=TaskOutcome.PRINTED.value, done_by=actor.id, kinds=[TaskKind.PRINT_PLAN.value]
    )
