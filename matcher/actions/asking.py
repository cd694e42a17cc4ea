"""Asking volunteers: the clock's decision by the area's policy, a coordinator's ask by hand, and what happens when nobody is left."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.searching import person_named, search_in, stands_in_the_way
from matcher.actions.telling import alert_coordinators, notify_keyworker, owe
from matcher.actions.telling_volunteers import invite
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Offer, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.errors import Refused
from matcher.domain.journey_word import ReferralState
from matcher.domain.letter_parts import AlertReason, KeyworkerReason
from matcher.domain.outbox import Timer, TimerKind
from matcher.domain.task import NeedsReason, TaskKind, TaskOutcome
from matcher.domain.timing import asking_begins, honest_answer_at, last_moment, reply_by
from matcher.domain.volunteer import Volunteer
from matcher.matching.rules import NONE_FAILED
from matcher.store import audit, offers, referrals, tasks, timers

BY_HAND_POLICY = "by_hand"


class NobodyToAskFor(Refused):
    """Nobody can be asked for this referral as things stand."""


class RuleInTheWay(Refused):
    """This volunteer cannot be asked for that meeting: something that was said rules it out."""


def of_one_fellowship(wanted: list[ReferralOption]) -> list[ReferralOption]:
    """The options of the first one's fellowship: one invitation speaks of one."""
    return [option for option in wanted if option.fellowship == wanted[0].fellowship]


def new_offer(
    scene: Scene, volunteer: Volunteer, wanted: list[ReferralOption], *, wave: int, decision_id: UUID, policy: str, why: dict[str, Any]
) -> offers.NewOffer:
    """An ask for these options: its link lives until the last one's last moment, its reply-by is a courtesy before that."""
    timing = scene.config.timing
    moments = {option.id: last_moment(option.starts_at, option.zone, volunteer.notice, timing=timing) for option in wanted}
    latest = max(moments.values())
    if scene.referral.deadline is not None:  # an answer that is due the evening before is the last moment of every yes
        latest = min(latest, max(scene.referral.deadline, scene.now))
    first = min(option.starts_at for option in wanted)
    referral = scene.referral
    by_hand = policy == BY_HAND_POLICY
    return offers.NewOffer(
        id=uuid4(),
        referral_id=referral.id,
        provider_id=referral.provider_id,
        area_id=referral.area_id,
        meeting_number=referral.meeting_number,
        volunteer_id=volunteer.id,
        fellowship=wanted[0].fellowship,
        wave=wave,
        by_hand=by_hand,
        by_telephone=False,
        reply_by=reply_by(scene.now, first, latest, scene.area.zone, timing=timing),
        last_moment=latest,
        created_at=scene.now,
        option_ids=tuple(option.id for option in wanted),
        decision_id=decision_id,
        policy=policy,
        why=why,
    )


async def send_ask(
    scene: Scene, new: offers.NewOffer, wanted: list[ReferralOption], *, beside: Sequence[Sequence[ReferralOption]] = ()
) -> Offer:
    """Keep the ask, write its letter, set the moment its silence counts. `beside`: the meetings of other newcomers that the letter holds too."""
    offer = await offers.insert_offer(scene.tx, new)
    await offers.update_tally_asked(scene.tx, [new.volunteer_id], scene.now)
    seat = 2 if scene.referral.seats_taken else 1
    await invite(scene, offer, wanted, seat=seat, beside=beside)
    await set_timer(scene, TimerKind.OFFER_EXPIRY, new.id, new.reply_by)
    return offer


async def set_timer(
    scene: Scene, kind: TimerKind, about_id: UUID, due_at: datetime, *, due_for: str = "", referral_id: UUID | None = None
) -> None:
    """Something the clock does for this referral (or another one), once."""
    await timers.insert_timers(scene.tx, [new_timer(kind, about_id, due_at, due_for=due_for, referral_id=referral_id or scene.referral.id)])


def new_timer(kind: TimerKind, about_id: UUID, due_at: datetime, *, referral_id: UUID, due_for: str = "") -> Timer:
    """A timer about something of a referral, to be kept."""
    return Timer(
        id=uuid4(),
        kind=kind.value,
        about_id=about_id,
        referral_id=referral_id,
        due_for=due_for,
        due_at=due_at,
        not_after=due_at + timedelta(days=30),
    )


async def set_look(scene: Scene, at: datetime | None) -> None:
    """When the clock decides about asking again. Each look is a timer of its own; those that still wait are called off."""
    await timers.update_timers_cancelled(scene.tx, [scene.referral.id], scene.now, kinds=[TimerKind.LOOK.value])
    await referrals.update_next_look(scene.tx, scene.referral.id, at)
    if at is not None:
        await set_timer(scene, TimerKind.LOOK, scene.referral.id, at, due_for=f"{at.isoformat()} {uuid4().hex[:8]}")


async def call_person(scene: Scene, reason: NeedsReason, *, notice: KeyworkerReason = KeyworkerReason.NEEDS_PERSON) -> None:
    """The machine is at its end: the coordinator's queue with the reason, an alert, and a word to the keyworker (R13, R20)."""
    asking = (ReferralState.LOOKING, ReferralState.PART_FILLED)
    moved = await referrals.claim_state(
        scene.tx, scene.referral.id, scene.now, sources=asking, to=ReferralState.NEEDS_PERSON, reason=reason.value
    )
    if not moved:
        return
    await set_look(scene, None)
    deadline = scene.referral.deadline
    await owe(scene, TaskKind.NEEDS_PERSON, reason=reason.value, due_at=deadline)
    await alert_coordinators(scene, AlertReason(reason.value), do_by=deadline)
    await notify_keyworker(scene, notice, do_by=deadline if notice is KeyworkerReason.MAY_WIDEN else None)


async def ask_by_hand(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, volunteer_id: UUID, option_ids: list[UUID]
) -> Offer:
    """A coordinator asks somebody themselves (R22). The hard rules hold as for the machine: a rule in the way blocks, it does not warn."""
    await audit.claim_acting(tx, actor, "ask_by_hand", now)
    scene = await claim_scene(tx, config, now, referral_id)
    open_states = (ReferralState.LOOKING, ReferralState.PART_FILLED, ReferralState.NEEDS_PERSON)
    wanted = [option for option in scene.open_options if option.id in option_ids and option.starts_at - config.timing.lead > now]
    if scene.referral.state not in open_states or not wanted:
        raise NobodyToAskFor()
    waited = scene.referral.state is ReferralState.NEEDS_PERSON
    await reopen(scene, TaskOutcome.ASKED, actor)
    scene = await again(scene)
    search = await search_in(scene, wanted, by_hand=True)
    person = await person_named(scene, volunteer_id, list(search.options))
    fit = {o.key for o in search.options if person and not stands_in_the_way(search, person, o, ignoring=NONE_FAILED)}
    if person is None or not fit:
        raise RuleInTheWay()
    chosen = of_one_fellowship([option for option in wanted if (option.meeting_id, option.on_date) in fit])
    decision_id = uuid4()
    why = {"policy": BY_HAND_POLICY, "decided_at": now.isoformat(), "reason": BY_HAND_POLICY, "by": str(actor.id)}
    new = new_offer(scene, person[0], chosen, wave=0, decision_id=decision_id, policy=BY_HAND_POLICY, why=why)
    offer = await send_ask(scene, new, chosen)
    if waited:  # nobody else would notice their silence
        await set_look(scene, offer.reply_by + timedelta(minutes=1))
    return offer


async def reopen(scene: Scene, outcome: TaskOutcome, actor: Actor) -> None:
    """Somebody acts on a referral that waited for a person: it looks again, its task is closed with what they did."""
    if scene.referral.state is not ReferralState.NEEDS_PERSON:
        return
    to = ReferralState.PART_FILLED if scene.referral.seats_taken else ReferralState.LOOKING
    await referrals.claim_state(scene.tx, scene.referral.id, scene.now, sources=[ReferralState.NEEDS_PERSON], to=to)
    await tasks.update_tasks_done(
        scene.tx, scene.referral.id, scene.now, outcome=outcome.value, kinds=[TaskKind.NEEDS_PERSON.value], done_by=actor.id
    )


async def release_referral(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, settled_comfort: str | None
) -> None:
    """A coordinator has settled what had to be settled first (R56, R22): asking begins."""
    await audit.claim_acting(tx, actor, "release", now)
    scene = await claim_scene(tx, config, now, referral_id)
    if scene.referral.state is not ReferralState.NEEDS_PERSON:
        raise NobodyToAskFor()
    await referrals.update_settled(tx, referral_id, settled_comfort=settled_comfort)
    await reopen(scene, TaskOutcome.SETTLED, actor)
    await begin_asking(await again(scene))


async def begin_asking(scene: Scene) -> None:
    """Set everything that asking needs: when it begins, when it must end, and the clock's first look, which is now; later before a leaving date."""
    begins = asking_begins(scene.now, scene.referral.leaving_on, scene.area.zone, timing=scene.config.timing)
    await set_deadline(scene, asking_since=begins)
    await set_look(scene, begins)
    number, after = scene.referral.meeting_number, scene.config.timing.unmatched_alert
    await set_timer(scene, TimerKind.UNMATCHED, scene.referral.id, begins + after, due_for="" if number == 1 else str(number))


async def set_deadline(scene: Scene, *, asking_since: datetime | None) -> None:
    """When the last meeting that can still be had can no longer be said yes to: then the honest answer leaves. The fixed one, once one is fixed."""
    starts = [option.starts_at for option in scene.open_options]
    timing, zone = scene.config.timing, scene.area.zone
    deadline = honest_answer_at(max(starts), zone, now=scene.now, timing=timing) if starts else scene.now
    await referrals.update_asking(scene.tx, scene.referral.id, asking_since=asking_since, deadline=deadline)
    last = max(deadline, scene.now)
    await set_timer(scene, TimerKind.LAST_MOMENT, scene.referral.id, last, due_for=f"{scene.referral.meeting_number} {last.isoformat()}")
