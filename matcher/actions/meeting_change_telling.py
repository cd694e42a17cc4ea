"""A meeting is another one than people were told: plans move with it or are called off, and everybody concerned hears (R36, R37, R55, M8, M9)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from matcher.actions.asking import call_person, set_deadline, set_look, set_timer
from matcher.actions.confirming_day import set_day_timers
from matcher.actions.meeting_news import News, hours_of, latest_answer, news_of
from matcher.actions.meeting_over import set_meeting_end
from matcher.actions.meeting_tasks import end_meeting_tasks
from matcher.actions.reminding import set_reminders
from matcher.actions.scene import Scene, again, claim_scene, plan_has_left
from matcher.actions.telling import (
    companions_of,
    notify_keyworker,
    owe,
    tell_newcomer_cancelled,
    tell_newcomer_change,
    tell_newcomer_plan,
)
from matcher.actions.telling_volunteers import tell_again, tell_cancelled, tell_change, tell_covered
from matcher.actions.unwinding import NEWCOMER_LETTERS, PLAN_LETTERS, cancel_match, drop_plan, free_options, look_again
from matcher.actions.withdrawing import take_back
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Match
from matcher.domain.connection import Connection
from matcher.domain.journey import LIVE_OFFERS, MatchReason, MatchState, NeedsReason, OfferReason, OfferState, ReferralState
from matcher.domain.letter_parts import ChangeReason, CoveredBecause, Ending, KeyworkerReason
from matcher.domain.outbox import TimerKind
from matcher.domain.permission import check_can_change_meeting
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.timing import answer_deadline, pair_deadline
from matcher.store import audit, directory, letters, matches, meeting_plans, offers, referrals


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOfChange:
    """How many referrals there were: their plan or option moved with the meeting, was called off, or had nothing new."""

    moved: int = 0
    off: int = 0
    nothing: int = 0


async def tell_meeting_changed(tx: Connection, config: Config, now: datetime, *, actor: Actor, meeting_id: UUID) -> ToldOfChange:
    """Bring every open referral that counts on this meeting up to date with it, and write to those concerned. A second press says nothing twice."""
    await audit.claim_acting(tx, actor, "tell_meeting_changed", now)
    meeting = await directory.get_meeting(tx, meeting_id)
    check_can_change_meeting(actor, meeting, now)
    plans = await meeting_plans.list_depending(tx, [meeting_id], now)
    counts = {"moved": 0, "off": 0, "nothing": 0}
    for plan in sorted(plans, key=lambda one: one.referral_id):  # one order for all, so that two of these never wait for each other
        scene = await claim_scene(tx, config, now, plan.referral_id)
        live = await matches.list_matches(tx, scene.referral.id, scene.referral.meeting_number)
        news = await news_of(scene, meeting, [match for match in live if match.meeting_id == meeting_id])
        counts[await _follow(scene, news, live)] += 1
    await audit.insert_audit(tx, "meetings", meeting_id)
    areas = {meeting.area_id, *(plan.area_id for plan in plans)}
    for kind, outcome in ((TaskKind.RING_THEM, TaskOutcome.TOLD), (TaskKind.CHECK_MEETING, TaskOutcome.CHANGED)):
        await end_meeting_tasks(tx, now, meeting_id, areas, kind=kind, outcome=outcome, done_by=actor.id)
    return ToldOfChange(**counts)


async def _follow(scene: Scene, news: Sequence[News], live: Sequence[Match]) -> str:
    """One referral after the change; what became of it."""
    fresh = [one for one in news if one.is_new]
    if not fresh:
        return "nothing"
    for one in fresh:
        if one.is_off:
            await referrals.update_option_state(scene.tx, one.option.id, "lost")
        elif one.becomes is not None:
            await meeting_plans.update_option_moved(scene.tx, one.becomes)
    if scene.referral.state is ReferralState.ON_HOLD:
        return await _follow_at_rest(scene, fresh, live)
    held = next((one for one in fresh if any(match.option_id == one.option.id for match in live)), None)
    if held is None:
        await _follow_options(scene, fresh)
        return "off" if all(one.is_off for one in fresh) else "moved"
    at_it = [match for match in live if match.option_id == held.option.id and match.is_live]
    if held.is_off:
        await _call_off(scene, held, at_it)
        return "off"
    return await _move(scene, held, at_it)


async def _follow_at_rest(scene: Scene, fresh: Sequence[News], live: Sequence[Match]) -> str:
    """On hold: a plan moves with its meeting and is told when it goes on; one that cannot is over, and who held the seat hears that now."""
    for match, one in ((match, one) for one in fresh for match in live if match.option_id == one.option.id and match.is_live):
        hours = None if one.is_off or one.becomes is None else await hours_of(scene, match, one.becomes)
        if hours is not None and one.becomes is not None:
            times = {name: getattr(one.becomes, name) for name in ("on_date", "starts_at", "ends_at", "meet_at")}
            await matches.claim_moved(scene.tx, replace(match, **times), half_hours=hours)
            continue
        await _end_match(scene, match)
        await tell_cancelled(scene, match, Ending.CANCELLED)
        await _give_seat_back(scene, others=False)
    return "off" if all(one.is_off for one in fresh) else "moved"


# ── nobody has said yes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _follow_options(scene: Scene, fresh: Sequence[News]) -> None:
    """Options of a search, or those beside the one that is fixed: updated or gone; offers that have none left are withdrawn and thanked."""
    fixed = scene.fixed is not None
    await _withdraw_empty_offers(scene)
    if fixed or scene.referral.state is ReferralState.MATCHED:
        return
    after = await again(scene)
    if after.open_options:
        await _reckon_again(after)
    elif after.referral.is_asking:
        await call_person(after, NeedsReason.NO_CANDIDATE)
    off = any(one.is_off for one in fresh)
    await notify_keyworker(after, KeyworkerReason.MEETING_OFF if off else KeyworkerReason.CHANGED)


async def _withdraw_empty_offers(scene: Scene) -> None:
    """`scene` is as it was before the change: its options still say when the meeting would have been."""
    left = {option.id: option for option in (await again(scene)).options}
    for offer in await offers.list_offers(scene.tx, scene.referral.id, scene.referral.meeting_number):
        if offer.state not in LIVE_OFFERS:
            continue
        wanted = [left[option_id] for option_id in await offers.list_offer_options(scene.tx, offer.id) if option_id in left]
        ahead = [option for option in wanted if option.starts_at > scene.now]
        if ahead:
            await meeting_plans.update_offer_capped(scene.tx, offer.id, latest_answer(scene, ahead))
            continue
        await take_back(scene, offer.id, reason=OfferReason.NO_LONGER_NEEDED)
        if offer.state is OfferState.SENT:
            await tell_covered(scene, [offer], because=CoveredBecause.NOT_NEEDED)


async def _reckon_again(scene: Scene) -> None:
    """Deadline and timers by the options as they are now; the search goes on where it is on."""
    referral = scene.referral
    await set_deadline(scene, asking_since=referral.asking_since)
    if referral.is_asking:
        await set_look(scene, scene.now)


# ── somebody goes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _call_off(scene: Scene, held: News, live: Sequence[Match]) -> None:
    """It is not held, or not where or when the newcomer can go: both hear, and the search begins anew or a person is called (R37, M9)."""
    knew = await _newcomer_knows(scene, live)
    await drop_plan(scene)
    for match in live:
        await _end_match(scene, match)
        await tell_cancelled(scene, match, Ending.CANCELLED)
        await _give_seat_back(scene, others=False)
    await _withdraw_empty_offers(scene)
    await free_options(await again(scene), [])
    after = await again(scene)
    if knew:
        await tell_newcomer_cancelled(scene, held.option, Ending.PUT_OFF if after.open_options else Ending.CANCELLED)
    await _search_on(after)
    await notify_keyworker(after, KeyworkerReason.MEETING_OFF)


async def _end_match(scene: Scene, match: Match) -> None:
    await cancel_match(scene, match, reason=MatchReason.MEETING)
    await offers.claim_offer_state(
        scene.tx,
        match.offer_id,
        scene.now,
        sources=[OfferState.ACCEPTED],
        to=OfferState.WITHDRAWN,
        reason=OfferReason.NO_LONGER_NEEDED.value,
    )


async def _give_seat_back(scene: Scene, *, others: bool) -> None:
    referral = (await again(scene)).referral
    to = ReferralState.PART_FILLED if others else ReferralState.LOOKING
    if referral.state is ReferralState.NEEDS_PERSON:
        to = ReferralState.NEEDS_PERSON
    await referrals.claim_seat_back(scene.tx, referral.id, scene.now, to=to, reason=referral.needs_reason)


async def _search_on(scene: Scene) -> None:
    if scene.referral.is_asking and scene.open_options:
        await look_again(scene)
    elif scene.referral.is_asking:
        await call_person(scene, NeedsReason.NO_CANDIDATE)
    elif scene.open_options:
        await _reckon_again(scene)


async def _newcomer_knows(scene: Scene, live: Sequence[Match]) -> bool:
    """Whether they have the plan in hand."""
    return any(match.told_newcomer_at for match in live) and await plan_has_left(scene)


async def _move(scene: Scene, held: News, live: Sequence[Match]) -> str:
    """It still suits the newcomer: each companion whom it suits moves with it, the others are thanked (R36, M8; R37 for one of two)."""
    if held.becomes is None:
        raise ValueError("only a meeting that is held can be moved to")
    staying = list[Match]()
    for match in live:
        hours = await hours_of(scene, match, held.becomes)
        if hours is None:
            await _end_match(scene, match)
            await tell_cancelled(scene, match, Ending.CANCELLED)
            await _give_seat_back(scene, others=bool(staying) or match is not live[-1])
            continue
        times = {name: getattr(held.becomes, name) for name in ("on_date", "starts_at", "ends_at", "meet_at")}
        await matches.claim_moved(scene.tx, replace(match, **times), half_hours=hours)
        staying.append(await matches.get_match(scene.tx, match.id))
        if match.state is MatchState.CONFIRMED:
            await set_day_timers(scene, staying[-1])
            await set_reminders(scene, staying[-1])
    await _withdraw_empty_offers(scene)
    after = await again(scene)
    if not staying:
        await _nobody_stays(after, held, live)
        return "off"
    for match in staying:
        await _tell_companion(after, match, held)
    await _tell_newcomer(after, held, staying)
    await _reset_timers(after, staying)
    await notify_keyworker(after, KeyworkerReason.CHANGED)
    return "moved"


async def _nobody_stays(scene: Scene, held: News, live: Sequence[Match]) -> None:
    """The newcomer could still go, but nobody who had said yes can: it is asked for again."""
    knew = await _newcomer_knows(scene, live)
    await drop_plan(scene)
    await free_options(scene, [])
    if knew:
        await tell_newcomer_cancelled(scene, held.option, Ending.PUT_OFF)
    await _search_on(await again(scene))
    await notify_keyworker(scene, KeyworkerReason.CHANGED)


async def _tell_companion(scene: Scene, match: Match, held: News) -> None:
    """What had not left is written anew with what is true; who had read the old one is told what is different."""
    taken_back = await letters.update_letters_cancelled(scene.tx, [match.id], scene.now, kinds=PLAN_LETTERS)
    if taken_back:
        reached = await tell_again(scene, match)
    else:
        reached = await tell_change(scene, match, ChangeReason.MEETING, lines=held.lines)
    if reached is None:
        await owe(scene, TaskKind.RING_THEM, reason="not_told", due_at=match.starts_at, match=match)


async def _tell_newcomer(scene: Scene, held: News, staying: Sequence[Match]) -> None:
    """By their safe channel, or as the keyworker's task. Who has not heard of the plan yet hears of it later as it then is."""
    told = [match for match in staying if match.told_newcomer_at]
    if not told:
        return
    referral = scene.referral
    taken_back = await letters.update_letters_cancelled(
        scene.tx, [referral.id], scene.now, kinds=NEWCOMER_LETTERS, party_id=referral.newcomer_id
    )
    if taken_back:
        await tell_newcomer_plan(scene, told)
        return
    who = (await companions_of(scene, staying))[0] if len(staying) == 1 and referral.seats == 2 else None
    await tell_newcomer_change(scene, scene.option(held.option.id), ChangeReason.MEETING, lines=held.lines, who=who)


async def _reset_timers(scene: Scene, staying: Sequence[Match]) -> None:
    """What the clock does before the meeting is reckoned from its new start."""
    timing, referral, first = scene.config.timing, scene.referral, staying[0]
    for match in staying:
        if match.state is MatchState.CONFIRMED:
            await set_meeting_end(scene, match)
    if referral.is_asking or referral.state is ReferralState.NEEDS_PERSON:
        await _reckon_again(scene)
        due = max(pair_deadline(first.starts_at, first.undo_until, timing=timing), scene.now)
        await set_timer(scene, TimerKind.PAIR_DEADLINE, referral.id, due, due_for=f"{first.id}:{first.revision}")
    if referral.agree_first and any(match.state is MatchState.PLANNED and match.told_newcomer_at for match in staying):
        due = answer_deadline(first.starts_at, scene.now, timing=timing)
        await set_timer(scene, TimerKind.ANSWER_DEADLINE, referral.id, due, due_for=f"{first.id}:{first.revision}")
