"""A finished form becomes a referral: checked once more, its consents in the ledger, its meetings as options, and asking begins or waits."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from matcher.actions.asking import begin_asking, set_timer
from matcher.actions.choosing_meetings import Fitting, Seeker, choose_for, find_fitting, find_picked, seeker_of
from matcher.actions.leaving import await_first_contact
from matcher.actions.referring import answers_of, own_reference_index
from matcher.actions.scene import Scene, claim_scene
from matcher.actions.telling import alert_coordinators, owe
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Referral
from matcher.domain.connection import Connection
from matcher.domain.draft import MOST_OPTIONS, Answers, Draft, pages_missing
from matcher.domain.errors import Invalid, NotFound, TooMany
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey import REFERRAL_TABLE, CloseReason, NeedsReason, ReferralEvent, ReferralState, check_can
from matcher.domain.letter_parts import AlertReason
from matcher.domain.outbox import TimerKind
from matcher.domain.permission import check_can_change_referral, check_can_see_draft
from matcher.domain.reference import RANDOM_BYTES, make_reference
from matcher.domain.task import TaskKind
from matcher.domain.timing import answer_without_meeting, honest_answer_at
from matcher.domain.wishes import ConsentMethod, Exposure, NewcomerConsent
from matcher.store import areas, audit, consents, drafts, rate_limits, referral_changes, referrals
from matcher.store.consents import Consent

CONSENT_WORDING = "2026-12-01"
"""The version of the words in web/templates/keyworker/consent_words.html. A test holds the two together."""
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
MOST_AN_HOUR, MOST_A_DAY = 30, 200
"""Referrals of one keyworker in an hour, and of one service in a day (security 2)."""
CONSENTS = {
    "consent_tell": NewcomerConsent.TELL_VOLUNTEER,
    "consent_contact": NewcomerConsent.CONTACT_ME,
    "consent_number": NewcomerConsent.GIVE_NUMBER,
    "consent_afterwards": NewcomerConsent.ASK_AFTERWARDS,
    "consent_answers": NewcomerConsent.TELL_KEYWORKER,
}


class ThirtyAnHour(TooMany):
    """You have sent 30 referrals in the last hour, which is the most we take. Please wait an hour, or ring the coordinator if it cannot wait."""


class FullDay(TooMany):
    """Your service has sent 200 referrals in the last day, which is the most we take. Please wait until tomorrow, or ring the coordinator."""


async def record_not_interested(tx: Connection, config: Config, now: datetime, *, actor: Actor, draft_id: UUID) -> UUID:
    """Somebody was offered company and does not want it (R3): a short, complete record that counts as asked. A repeat gives the same one."""
    await audit.claim_acting(tx, actor, "record_not_interested", now)
    draft = await _claim_or_find(tx, actor, now, draft_id)
    if isinstance(draft, Referral):
        return draft.id
    answers = answers_of(config, draft)
    if answers.exposure != Exposure.NOT_INTERESTED:
        raise Invalid({"exposure": "empty"})
    check_can(REFERRAL_TABLE, ReferralState.DRAFT, ReferralEvent.RECORD_NOT_INTERESTED, by=actor.kind)
    columns = await _columns(tx, config, now, draft=draft, answers=answers)
    short: dict[str, Any] = {
        "comfort": None,
        "newcomer_is": None,
        "travel_from": None,
        "avoid_box": None,
        "contact_box": None,
        "to_settle": [],
    }
    ended = {"area_id": None, "state": ReferralState.CLOSED.value, "close_reason": CloseReason.DECLINED.value, "closed_at": now}
    await referrals.insert_referral(tx, columns | short | ended)
    await drafts.erase_draft(tx, draft.id)
    return draft.id


async def submit_referral(tx: Connection, config: Config, now: datetime, *, actor: Actor, draft_id: UUID) -> UUID:
    """Send a finished form (R4, R4a, R56). The referral keeps the draft's id, so that sending twice is one referral with one confirmation.

    Raises Invalid with codes by field where something is missing or no longer true, ThirtyAnHour and FullDay over the limits.
    """
    await audit.claim_acting(tx, actor, "submit_referral", now)
    draft = await _claim_or_find(tx, actor, now, draft_id)
    if isinstance(draft, Referral):
        return draft.id
    answers = answers_of(config, draft)
    area = await areas.find_area_of(tx, answers.starts_from) if answers.starts_from else None
    if not answers.is_adult or area is None:
        raise Invalid({"age_ok": "empty"} if not answers.is_adult else {"travel_from": "outside_areas"})
    chosen, nothing_fits = await _chosen(tx, now, draft, answers)
    if missing := pages_missing(answers, nothing_fits=nothing_fits):
        raise Invalid({page.value: "empty" for page in missing})
    await _check_limits(tx, config, now, draft)
    facts = {"alateen": False, "to_settle": bool(answers.to_settle), "has_option": bool(chosen)}
    check_can(REFERRAL_TABLE, ReferralState.DRAFT, ReferralEvent.SUBMIT_REFERRAL, by=actor.kind, **facts)
    reason = NeedsReason.TO_SETTLE if answers.to_settle else None if chosen else NeedsReason.NO_CANDIDATE
    state = ReferralState.NEEDS_PERSON if reason else ReferralState.LOOKING
    columns = await _columns(tx, config, now, draft=draft, answers=answers)
    first = chosen[0].meeting.fellowship if chosen else answers.wanted[0]
    placed = {"area_id": area.id, "state": state.value, "needs_reason": reason.value if reason else None}
    ordered = {"fellowships": [first.value, *(one.value for one in answers.wanted if one is not first)]}
    await referrals.insert_referral(tx, columns | placed | ordered | {"seats": await _seats(tx, draft, answers)})
    await consents.insert_consents(tx, _consents(draft, answers, actor, now))
    for rank, one in enumerate(chosen, start=1):
        await referrals.insert_option(tx, _option(draft, one, rank=rank, by_hand=not answers.choose_for_us))
    await drafts.erase_draft(tx, draft.id)
    await _begin(await claim_scene(tx, config, now, draft.id), reason)
    return draft.id


async def _claim_or_find(tx: Connection, actor: Actor, now: datetime, draft_id: UUID) -> Draft | Referral:
    """The draft, locked; or the referral it has become already, waiting for whoever is just sending it."""
    draft = await drafts.claim_draft(tx, draft_id)
    if draft is not None:
        check_can_see_draft(actor, draft, now)
        return draft
    sent = await referrals.find_referral(tx, draft_id)
    if sent is None:
        raise NotFound()
    check_can_change_referral(actor, sent, now)
    return sent


async def _chosen(tx: Connection, now: datetime, draft: Draft, answers: Answers) -> tuple[list[Fitting], bool]:
    """The dated meetings the referral will accept, as they are now; and whether nothing at all fits."""
    if not answers.wanted:
        return [], False
    seeker = await seeker_for(tx, draft, answers)
    if not answers.choose_for_us and answers.options:
        picked = await find_picked(tx, now, seeker, answers.option_keys[:MOST_OPTIONS])
        if len(picked) < len(answers.options):
            raise Invalid({"meetings": "not_held"})
        if len({one.meeting.fellowship for one in picked}) > 1:
            raise Invalid({"meetings": "two_fellowships"})
        return picked, False
    chosen = await choose_for(tx, now, seeker)
    if answers.choose_for_us:
        return chosen, not chosen
    return [], not chosen and not (await find_fitting(tx, now, seeker)).total


async def seeker_for(tx: Connection, draft: Draft, answers: Answers, *, first: Fellowship | None = None) -> Seeker:
    """Who looks in a draft; for the fellowship of what was picked, else the first one wanted."""
    picked = first or await _fellowship_picked(tx, answers) or answers.wanted[0]
    return await seeker_of(tx, answers, draft_id=draft.id, newcomer_id=draft.newcomer_id, provider_id=draft.provider_id, first=picked)


async def _fellowship_picked(tx: Connection, answers: Answers) -> Fellowship | None:
    keys = answers.option_keys
    found = await referral_changes.list_fellowships_of(tx, [key[0] for key in keys[:1]])
    return Fellowship(found[0]) if found else None


async def _check_limits(tx: Connection, config: Config, now: datetime, draft: Draft) -> None:
    own = config.vault.keyed_hash("limit", f"referrals|{draft.keyworker_id}|hour")
    if await rate_limits.claim_hit(tx, own, now, most=MOST_AN_HOUR, window=AN_HOUR) is not None:
        raise ThirtyAnHour()
    all_of_them = config.vault.keyed_hash("limit", f"referrals|{draft.provider_id}|day")
    if await rate_limits.claim_hit(tx, all_of_them, now, most=MOST_A_DAY, window=A_DAY) is not None:
        raise FullDay()


async def _seats(tx: Connection, draft: Draft, answers: Answers) -> int:
    """Two companions where the service always wants two, whatever was asked for."""
    seeker = await seeker_for(tx, draft, answers)
    return seeker.needs.companions


async def _reference(tx: Connection) -> str:
    """A reference nobody has yet."""
    while True:
        made = make_reference(os.urandom(RANDOM_BYTES))
        if await referral_changes.find_reference(tx, made) is None:
            return made


async def _columns(tx: Connection, config: Config, now: datetime, *, draft: Draft, answers: Answers) -> dict[str, Any]:
    """The columns of a new referral, from what the form holds."""
    plain = {name: getattr(answers, name) for name in ("who_for", "exposure", "stage", "travel_how", "travel_minutes")}
    wishes = {
        name: getattr(answers, name)
        for name in ("comfort", "newcomer_is", "both_meet_wish", "interpreter", "discreet", "reminder_two_hours", "agree_first")
    }
    lists = {name: list(getattr(answers, name)) for name in ("may_widen", "needs", "audiences", "care", "to_settle")}
    return {
        **plain,
        **wishes,
        **lists,
        "id": draft.id,
        "provider_id": draft.provider_id,
        "keyworker_id": draft.keyworker_id,
        "newcomer_id": draft.newcomer_id,
        "reference": await _reference(tx),
        "own_reference_index": own_reference_index(config, draft.provider_id, answers.provider_ref),
        "close_reason": None,
        "needs_reason": None,
        "seats": answers.seats,
        "deadline": None,
        "asking_since": None,
        "age": answers.age_ok,
        "fellowships": [one.value for one in answers.wanted],
        "times": list(answers.when),
        "travel_from": answers.starts_from,
        "earliest_on": answers.from_day,
        "leaving_on": answers.not_before,
        "leaving_district": (answers.leaving_district or None) if answers.leaving_on else None,
        "languages": sorted(answers.languages),
        "avoid_meetings": [UUID(text) for text in answers.avoid_meetings],
        "channel": "email" if answers.writes_by_email else "keyworker",
        "email_safe": answers.email_safe,
        "share_number": answers.consent_number and bool(answers.phone),
        "fare_help": answers.fare_help,
        **seal_boxes(config, draft.answers.key, draft.id, answers),
        "submitted_at": now,
        "closed_at": None,
        "updated_at": now,
    }


def seal_boxes(config: Config, key: Any, referral_id: UUID, answers: Answers) -> dict[str, bytes | None]:
    """What is told of a person and how to reach them, each in its own box under the newcomer's own key."""
    commitments = {
        "newcomer": answers.commitment_newcomer,
        "keyworker": answers.commitment_keyworker,
        "goal": answers.goal,
        "target_on": answers.target_on or "",
    }
    newcomer = {
        "name_used": answers.name_used,
        "own_reference": answers.provider_ref,
        "experience_note": answers.experience_note,
        "comfort_words": answers.comfort_words,
        "needs_note": answers.needs_note,
        "fare": {"amount": answers.fare_amount, "who_pays": answers.fare_who_pays},
        "commitments": commitments,
    }
    contact = {
        "email": answers.email,
        "telephone": answers.phone,
        "best_times": answers.best_times,
        "who_else": answers.who_else,
        "voicemail_safe": answers.voicemail_safe,
    }
    held = bool(answers.email or answers.phone or answers.best_times or answers.who_else)
    avoid = {"people": [dict(person) for person in answers.avoid_people]}
    vault = config.vault
    return {
        "newcomer_box": vault.seal(key, f"referrals.newcomer_box:{referral_id}", newcomer),
        "contact_box": vault.seal(key, f"referrals.contact_box:{referral_id}", contact) if held else None,
        "avoid_box": vault.seal(key, f"referrals.avoid_box:{referral_id}", avoid) if answers.avoid_people else None,
    }


def _consents(draft: Draft, answers: Answers, actor: Actor, now: datetime) -> list[Consent]:
    """One row for each purpose that was agreed to, and none for the others: one unlocks no other."""
    method = ConsentMethod(answers.consent_method or ConsentMethod.SPOKEN)
    given = [purpose for name, purpose in CONSENTS.items() if getattr(answers, name)]
    return [Consent(draft.newcomer_id, purpose.value, True, CONSENT_WORDING, method.value, actor.id, now) for purpose in given]


def _option(draft: Draft, one: Fitting, *, rank: int, by_hand: bool) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "referral_id": draft.id,
        "meeting_number": 1,
        "rank": rank,
        "meeting_id": one.meeting.id,
        "fellowship": one.meeting.fellowship.value,
        "on_date": one.occurrence.on_date,
        "starts_at": one.occurrence.starts_at,
        "ends_at": one.occurrence.ends_at,
        "meet_at": one.meeting.meets_at(one.occurrence),
        "picked_by_hand": by_hand,
    }


async def _begin(scene: Scene, reason: NeedsReason | None) -> None:
    """Ask at once, or call the coordinator first: then nobody is asked before they release it (R56), or find a meeting (R4a)."""
    await await_first_contact(scene)
    if reason is None:
        await begin_asking(scene)
        return
    timing, referral = scene.config.timing, scene.referral
    starts: Sequence[datetime] = [option.starts_at for option in scene.options]
    no_meeting = answer_without_meeting(scene.now, referral.earliest_on, scene.area.zone, timing=timing)
    deadline = honest_answer_at(max(starts), scene.area.zone, now=scene.now, timing=timing) if starts else no_meeting
    await referrals.update_asking(scene.tx, referral.id, asking_since=None, deadline=deadline)
    await set_timer(scene, TimerKind.LAST_MOMENT, referral.id, deadline, due_for=str(referral.meeting_number))
    due = deadline if starts else scene.now + timing.unmatched_alert
    await owe(scene, TaskKind.NEEDS_PERSON, reason=reason.value, due_at=due)
    await alert_coordinators(scene, AlertReason(reason.value), do_by=deadline if starts else None)
