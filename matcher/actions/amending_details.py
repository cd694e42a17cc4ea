"""What may still be changed after sending (R57): contact, needs, whom to avoid, care on the day, fare help. What no longer fits is undone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.actions.amending import check_hand, let_go
from matcher.actions.asking import begin_asking, set_look, set_timer
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.searching import still_fits
from matcher.actions.submitting import CONSENT_WORDING, CONSENTS, seal_boxes
from matcher.actions.telling import alert_coordinators, owe, tell_newcomer_plan
from matcher.actions.telling_volunteers import tell_again, tell_covered
from matcher.actions.unwinding import NEWCOMER_LETTERS
from matcher.actions.withdrawing import take_back
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Match, Referral
from matcher.domain.connection import Connection
from matcher.domain.draft import Answers
from matcher.domain.errors import Changed, NotFound
from matcher.domain.journey import (
    LIVE_OFFERS,
    REFERRAL_TABLE,
    MatchState,
    NeedsReason,
    OfferReason,
    OfferState,
    ReferralEvent,
    ReferralState,
    states_allowing,
)
from matcher.domain.journey_referral import SEEKING, ReferralClosed
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import AlertReason, CoveredBecause
from matcher.domain.outbox import TimerKind, sealed_in
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.timing import pair_deadline
from matcher.domain.wishes import LanguageWish
from matcher.store import audit, consents, letter_links, letters, matches, offers, referral_changes, referrals, tasks
from matcher.store.consents import Consent

PEOPLE = frozenset("comfort comfort_words newcomer_is language other_language interpreter needs needs_note avoid_people".split())
CONTACT = frozenset(
    "channels email email_safe phone voicemail_safe best_times who_else discreet".split()
    + "consent_contact consent_number consent_afterwards consent_answers consent_method".split()
)
CARE = frozenset("care fare_help fare_amount fare_who_pays".split())
MAY_CHANGE = PEOPLE | CONTACT | CARE
TAGS = {("en",): LanguageWish.ENGLISH, ("cy",): LanguageWish.CYMRAEG, ("cy", "en"): LanguageWish.BOTH}


@dataclass(frozen=True, slots=True)
class _Turn:
    """One amendment: what stood before and what stands now."""

    before: Answers
    after: Answers

    def changed(self, *names: str) -> bool:
        """Whether one of these answers is another one now."""
        return any(getattr(self.before, name) != getattr(self.after, name) for name in names)

    @property
    def newly_to_settle(self) -> tuple[str, ...]:
        """What a coordinator must look at that was not so before: a person more to avoid, coordinator first, other words."""
        added = [person for person in self.after.avoid_people if person not in self.before.avoid_people]
        fresh = {
            "avoid_people": bool(added),
            "coordinator_first": "coordinator_first" not in self.before.to_settle,
            "own_words": self.changed("comfort", "comfort_words"),
        }
        return tuple(name for name in self.after.to_settle if fresh[name])


async def answers_of_referral(c: Connection, config: Config, referral: Referral) -> Answers:
    """What may be changed after sending, as the form's pages show it. Raises NotFound for somebody forgotten."""
    if referral.newcomer is None:
        raise NotFound()
    opened = config.vault.open(referral.newcomer)
    contact = config.vault.open(referral.contact) if referral.contact else {}
    avoid = config.vault.open(referral.avoid) if referral.avoid else {}
    fare: dict[str, str] = opened.get("fare", {})
    commitments: dict[str, str] = opened.get("commitments", {})
    given: dict[str, Any] = {
        name: await consents.find_consent(c, referral.newcomer_id, purpose.value) for name, purpose in CONSENTS.items()
    }
    wish = TAGS.get(tuple(sorted(referral.languages)), LanguageWish.OTHER)
    return Answers(
        who_for=referral.who_for,
        age_ok=referral.age,
        name_used=opened.get("name_used", ""),
        provider_ref=opened.get("own_reference", ""),
        exposure=referral.exposure,
        experience_note=opened.get("experience_note", ""),
        fellowships=referral.fellowships,
        comfort=referral.comfort,
        comfort_words=opened.get("comfort_words", ""),
        newcomer_is=referral.newcomer_is,
        language=wish.value if referral.languages else None,
        other_language=referral.languages[0] if wish is LanguageWish.OTHER and referral.languages else "",
        interpreter=referral.interpreter,
        needs=referral.needs,
        needs_note=opened.get("needs_note", ""),
        avoid_people=tuple(avoid.get("people", ())),
        channels="email" if contact.get("email") and (referral.channel == "email" or referral.email_safe) else "keyworker",
        email=contact.get("email", ""),
        email_safe=referral.email_safe,
        phone=contact.get("telephone", ""),
        voicemail_safe=bool(contact.get("voicemail_safe")),
        best_times=contact.get("best_times", ""),
        who_else=contact.get("who_else", ""),
        discreet=referral.discreet,
        care=referral.care,
        fare_help=referral.fare_help,
        fare_amount=fare.get("amount", ""),
        fare_who_pays=fare.get("who_pays", ""),
        commitment_newcomer=commitments.get("newcomer", ""),
        commitment_keyworker=commitments.get("keyworker", ""),
        goal=commitments.get("goal", ""),
        target_on=commitments.get("target_on") or None,
        **given,
    )


async def amend_referral(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, version: int, changes: Mapping[str, Any]
) -> None:
    """Change answers of a sent referral, by the names of the form's fields. `version` is the referral's as its page was shown.

    Raises Changed where it was changed meanwhile (nothing is saved), ReferralClosed where it has ended.
    """
    await audit.claim_acting(tx, actor, "amend_referral", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    check_hand(actor, referral, now)
    if set(changes) - MAY_CHANGE:
        raise ValueError(f"not to be changed after sending: {sorted(set(changes) - MAY_CHANGE)}")
    if referral.state not in states_allowing(REFERRAL_TABLE, ReferralEvent.AMEND_REFERRAL):
        raise ReferralClosed()
    if referral.version != version:
        raise Changed()
    before = await answers_of_referral(tx, config, referral)
    turn = _Turn(before, replace(before, **changes))
    await _keep(scene, turn)
    await _keep_consents(scene, turn, actor)
    await audit.insert_audit(tx, "referrals", referral_id, reason=",".join(sorted(name for name in changes if turn.changed(name))))
    if turn.changed("care") and turn.after.seats == 2 and referral.seats == 1:
        await _want_two(await again(scene))
    if referral.state is ReferralState.ON_HOLD:  # all of this is looked at when it goes on
        if turn.changed("channels", "email", "email_safe", "consent_contact"):
            await letter_links.update_links_ended(tx, referral_id, now, purpose="my_plan")
        return
    await _recheck(await again(scene))
    if turn.newly_to_settle:
        await _settle_first(await again(scene))
    await _tell_again(await again(scene), turn)


async def _keep(scene: Scene, turn: _Turn) -> None:
    referral, after = scene.referral, turn.after
    if referral.key is None:
        raise NotFound()
    boxes = seal_boxes(scene.config, referral.key, referral.id, after)
    sealed = {
        name: sealed_in(f"referrals.{name}_box", referral.id, referral.key, box) if (box := boxes[f"{name}_box"]) else None
        for name in ("newcomer", "contact", "avoid")
    }
    unsettled = {name for name in referral.to_settle if name in after.to_settle}
    new_address = turn.changed("email")
    amended = replace(
        referral,
        needs=after.needs,
        languages=tuple(sorted(after.languages)),
        interpreter=after.interpreter,
        care=after.care,
        to_settle=tuple(name for name in after.to_settle if name in unsettled or name in turn.newly_to_settle),
        channel="email" if after.writes_by_email else "keyworker",
        email_safe=after.email_safe,
        email_state="ok" if new_address else referral.email_state,
        discreet=after.discreet,
        share_number=after.consent_number and bool(after.phone),
        fare_help=after.fare_help,
        comfort=after.comfort,
        newcomer_is=after.newcomer_is,
        newcomer=sealed["newcomer"],
        contact=sealed["contact"],
        avoid=sealed["avoid"],
    )
    await referrals.update_amended(scene.tx, amended, scene.now)
    if turn.newly_to_settle:
        await referral_changes.update_release_withdrawn(scene.tx, referral.id)


async def _keep_consents(scene: Scene, turn: _Turn, actor: Actor) -> None:
    """A row for each consent given or taken back now; those that stay as they were get none."""
    method = turn.after.consent_method or "spoken"
    rows = [
        Consent(scene.referral.newcomer_id, purpose.value, bool(getattr(turn.after, name)), CONSENT_WORDING, method, actor.id, scene.now)
        for name, purpose in CONSENTS.items()
        if turn.changed(name)
    ]
    await consents.insert_consents(scene.tx, rows)


async def _recheck(scene: Scene) -> None:
    """Offers and matches that no longer fit what the newcomer wants: withdrawn, or let go as if another person were wanted (R29)."""
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    for match in [one for one in live if one.is_live and scene.now < one.starts_at]:
        if not await still_fits(scene, match.volunteer_id, [match.option_id]):
            await let_go(scene, live, match)
            scene = await again(scene)
            live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    for offer in await offers.list_offers(scene.tx, scene.referral.id, scene.referral.meeting_number):
        if offer.state not in LIVE_OFFERS:
            continue
        if await still_fits(scene, offer.volunteer_id, await offers.list_offer_options(scene.tx, offer.id)):
            continue
        await take_back(scene, offer.id, reason=OfferReason.NO_LONGER_NEEDED)
        if offer.state is OfferState.SENT:
            await tell_covered(scene, [offer], because=CoveredBecause.NOT_NEEDED)


async def _want_two(scene: Scene) -> None:
    """Two companions from now on: who said yes stays, and a second one is asked."""
    await referrals.update_seats(scene.tx, scene.referral.id, 2)
    if scene.referral.state is not ReferralState.MATCHED:
        return
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    await referrals.claim_state(scene.tx, scene.referral.id, scene.now, sources=[ReferralState.MATCHED], to=ReferralState.PART_FILLED)
    fresh = await again(scene)
    await begin_asking(fresh)
    due = pair_deadline(live[0].starts_at, live[0].undo_until, timing=scene.config.timing)
    await set_timer(fresh, TimerKind.PAIR_DEADLINE, fresh.referral.id, max(due, scene.now), due_for=str(live[0].id))


async def _settle_first(scene: Scene) -> None:
    """Something to settle has come up: nobody more is asked before a coordinator has settled it, and they hear of it now."""
    reason = NeedsReason.TO_SETTLE
    if scene.referral.state in SEEKING:
        await referrals.claim_state(
            scene.tx, scene.referral.id, scene.now, sources=SEEKING, to=ReferralState.NEEDS_PERSON, reason=reason.value
        )
        await set_look(scene, None)
    due = scene.referral.deadline
    await owe(scene, TaskKind.NEEDS_PERSON, reason=reason.value, due_at=due)
    await alert_coordinators(scene, AlertReason.TO_SETTLE, do_by=due)


async def _tell_again(scene: Scene, turn: _Turn) -> None:
    """Letters that wait are written anew; who knows the plan already hears what concerns them."""
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    ahead = [match for match in live if match.is_live and scene.now < match.starts_at]
    if turn.changed("channels", "email", "email_safe", "consent_contact"):  # the old mailbox may be a stranger's
        await letter_links.update_links_ended(scene.tx, scene.referral.id, scene.now, purpose="my_plan")
    if turn.changed("channels", "email", "email_safe", "consent_contact", "discreet"):
        await _tell_newcomer_again(scene, [match for match in ahead if match.told_newcomer_at])
    if turn.changed("needs", "consent_number", "phone"):
        for match in ahead:
            if match.state is MatchState.CONFIRMED:
                await tell_again(scene, match)


async def _tell_newcomer_again(scene: Scene, told: list[Match]) -> None:
    """The plan goes by the channel that is right now: by the new address, or as a print task."""
    referral = scene.referral
    mine = [referral.id, *(match.id for match in told)]
    kinds = [*NEWCOMER_LETTERS, LetterKind.REMINDER.value]
    await letters.update_letters_cancelled(scene.tx, mine, scene.now, kinds=kinds, party_id=referral.newcomer_id)
    reached = referral.writes_to_newcomer
    bounced = TaskOutcome.ADDRESS_CORRECTED if reached else TaskOutcome.CHANNEL_STOPPED
    await tasks.update_tasks_done(scene.tx, referral.id, scene.now, outcome=bounced.value, kinds=[TaskKind.LETTER_BOUNCED.value])
    if reached:
        kinds = [TaskKind.PRINT_PLAN.value]
        await tasks.update_tasks_done(scene.tx, referral.id, scene.now, outcome=TaskOutcome.SUPERSEDED.value, kinds=kinds)
    if told:
        await tell_newcomer_plan(scene, told)
