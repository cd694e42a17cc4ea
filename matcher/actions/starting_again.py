"""A closed referral copied into a new draft (journeys 5.1). What must be true anew, consent before all, is left to be asked again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.actions.amending_details import PEOPLE, answers_of_referral
from matcher.actions.referring import save_page, start_draft
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Referral
from matcher.domain.connection import Connection
from matcher.domain.draft import DraftPage
from matcher.domain.errors import Refused
from matcher.domain.journey import CloseReason
from matcher.domain.permission import check_can_change_referral
from matcher.store import audit, drafts, referral_changes, referrals

TAKEN_OVER: dict[DraftPage, frozenset[str]] = {
    DraftPage.WHO: frozenset({"who_for", "age_ok", "name_used", "provider_ref"}),
    DraftPage.FELLOWSHIP: frozenset({"fellowships"}),
    DraftPage.PEOPLE: PEOPLE,
    DraftPage.CONTACT: frozenset({"email", "phone", "best_times", "who_else"}),
    DraftPage.MORE: frozenset({"experience_note", "care", "discreet"}),
}
"""Answers that may be copied, page by page. Asked anew: every consent, which channels are safe, whether they have been to a meeting by now,
the dated meetings, fares and what was agreed for last time."""


class StillOpen(Refused):
    """This referral is still open. Change it on its own page, or call it off first."""


async def start_again(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> UUID | None:
    """A new draft with what may be copied of a closed referral; the old one stays as it is. Whom they must not meet stays barred.

    None where nothing may be copied: their consent was withdrawn, or they were forgotten. Raises StillOpen.
    """
    referral = await referrals.get_referral(tx, referral_id)
    check_can_change_referral(actor, referral, now)
    if referral.is_open:
        raise StillOpen()
    if referral.close_reason == CloseReason.CONSENT_WITHDRAWN or referral.newcomer is None:
        return None
    pages = await _pages(tx, config, referral)
    draft_id = await start_draft(tx, config, now, actor=actor, answers=pages.pop(DraftPage.WHO))
    for page, answers in pages.items():
        await save_page(tx, config, now, actor=actor, draft_id=draft_id, page=page, answers=answers, saved=0)
    draft = await drafts.get_draft(tx, draft_id)
    await referral_changes.insert_bars_again(tx, referral.newcomer_id, draft.newcomer_id, now)
    await audit.claim_acting(tx, actor, "start_again", now)
    await audit.insert_audit(tx, "referrals", referral_id)
    return draft_id


async def _pages(tx: Connection, config: Config, referral: Referral) -> dict[DraftPage, dict[str, Any]]:
    """The answers to copy, as each page of the form keeps them."""
    answers = await answers_of_referral(tx, config, referral)
    pages = {page: {name: _kept(getattr(answers, name)) for name in sorted(names)} for page, names in TAKEN_OVER.items()}
    if referral.travel_from:
        avoided = [str(meeting_id) for meeting_id in referral.avoid_meetings]
        pages[DraftPage.WHEN] = {"travel_from": referral.travel_from, "when": list(referral.times)}
        pages[DraftPage.MEETINGS] = {"avoid_meetings": avoided} if avoided else {}
    plain = ("stage", "travel_how", "travel_minutes", "both_meet_wish", "agree_first")
    pages[DraftPage.MORE] |= {name: getattr(referral, name) for name in plain} | {"companions": referral.seats}
    pages[DraftPage.MORE] |= {"may_widen": list(referral.may_widen), "audiences": list(referral.audiences)}
    return {page: kept for page, kept in pages.items() if kept}


def _kept(answer: Any) -> Any:
    return list(answer) if isinstance(answer, tuple) else answer
