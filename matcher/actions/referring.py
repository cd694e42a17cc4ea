"""A keyworker fills in a referral: the draft, each page kept on the server, and the short record of somebody who is not interested."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from matcher.config import Config
from matcher.domain.actor import CLOCK, Actor
from matcher.domain.connection import Connection
from matcher.domain.draft import Answers, Draft, DraftPage, read_answers
from matcher.domain.errors import Changed, NotFound, Refused
from matcher.domain.outbox import sealed_in
from matcher.domain.permission import check_can_see_draft, check_can_start_referral
from matcher.domain.sealed import PersonKey
from matcher.store import audit, drafts, person_keys, referral_changes

SAVED = "_saved"
"""Beside the answers, how often each page was saved: that is how a page that was open twice is noticed."""


class ChangedElsewhere(Changed):
    """These answers were changed in another window since you opened this page. Nothing was lost: look at them here, and press Continue to keep these."""


class AdultsOnly(Refused):
    """We can only arrange company for people of 18 and over. Nothing was kept."""


async def start_draft(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, answers: Mapping[str, Any], draft_id: UUID | None = None
) -> UUID:
    """Begin a referral with the answers of its first page (R1, R2). Nothing is kept of somebody under 18: AdultsOnly."""
    check_can_start_referral(actor, None, now)
    if actor.provider_id is None or actor.id is None:
        raise NotFound()
    if not read_answers(answers).is_adult:
        raise AdultsOnly()
    await audit.claim_acting(tx, actor, "start_referral", now)
    made, newcomer_id = draft_id or uuid4(), uuid4()
    key = config.vault.new_key(newcomer_id)
    await person_keys.insert_key(tx, key, "newcomer", now)
    box = _seal(config, key, made, {**answers, SAVED: {DraftPage.WHO.value: 1}})
    draft = Draft(
        id=made,
        provider_id=actor.provider_id,
        keyworker_id=actor.id,
        newcomer_id=newcomer_id,
        answers=sealed_in("drafts.answers_box", made, key, box),
        version=1,
        created_at=now,
        updated_at=now,
    )
    await drafts.insert_draft(tx, draft)
    await audit.insert_audit(tx, "drafts", made)
    return made


async def save_page(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, draft_id: UUID, page: DraftPage, answers: Mapping[str, Any], saved: int
) -> int:
    """Keep one page's answers; the other pages' stay as they are (R2). Returns how often this page has been saved.

    `saved` is that number as the page was shown: if it was saved in another window meanwhile, ChangedElsewhere, and the page comes back with
    what was typed. Under 18 now: AdultsOnly, and the page drops the draft.
    """
    draft = await _claim_own(tx, actor, now, draft_id)
    if page is DraftPage.WHO and not read_answers(answers).is_adult:
        raise AdultsOnly()
    kept = config.vault.open(draft.answers)
    counts: dict[str, int] = kept.get(SAVED, {})
    before = counts.get(page.value, 0)
    same = all(kept.get(name) == value for name, value in answers.items())
    if before != saved and not same:
        raise ChangedElsewhere(saved=before)
    await audit.claim_acting(tx, actor, "save_page", now)
    counts = counts | {page.value: before + (0 if same and before else 1)}
    box = _seal(config, draft.answers.key, draft_id, {**kept, **answers, SAVED: counts})
    await drafts.update_answers(tx, draft_id, box, now)
    await audit.insert_audit(tx, "drafts", draft_id, reason=page.value)
    return counts[page.value]


async def drop_draft(tx: Connection, _config: Config, now: datetime, *, actor: Actor, draft_id: UUID) -> None:
    """Forget a draft: its answers and the newcomer's key. Nothing had been sent to anybody."""
    draft = await _claim_own(tx, actor, now, draft_id)
    await audit.claim_acting(tx, actor, "drop_draft", now)
    await _forget(tx, draft)


async def erase_old_drafts(tx: Connection, config: Config, now: datetime) -> int:
    """Forget drafts untouched for a week (R7). Returns how many."""
    old = await drafts.claim_untouched_drafts(tx, now - config.timing.draft_kept)
    if old:
        await audit.claim_acting(tx, CLOCK, "draft_untouched", now)
    for draft in old:
        await _forget(tx, draft)
    return len(old)


def answers_of(config: Config, draft: Draft) -> Answers:
    """A draft's answers, opened."""
    return read_answers(config.vault.open(draft.answers))


def saved_times(config: Config, draft: Draft, page: DraftPage) -> int:
    """How often a page of a draft was saved: the number its form carries."""
    counts: dict[str, int] = config.vault.open(draft.answers).get(SAVED, {})
    return counts.get(page.value, 0)


def own_reference_index(config: Config, provider_id: UUID, reference: str) -> bytes:
    """What a service's own reference is looked up by: no reference stands in clear. Case, spaces and dashes do not matter."""
    plain = re.sub(r"[\s\-/._]+", "", reference.casefold())
    return config.vault.keyed_hash("own reference", f"{provider_id}|{plain}")


async def _claim_own(tx: Connection, actor: Actor, now: datetime, draft_id: UUID) -> Draft:
    draft = await drafts.claim_draft(tx, draft_id)
    if draft is None:
        raise NotFound()
    check_can_see_draft(actor, draft, now)
    return draft


async def _forget(tx: Connection, draft: Draft) -> None:
    await drafts.erase_draft(tx, draft.id)
    await referral_changes.erase_bars(tx, draft.newcomer_id)
    await person_keys.erase_key(tx, draft.newcomer_id)
    await audit.insert_audit(tx, "drafts", draft.id)


def _seal(config: Config, key: PersonKey, draft_id: UUID, value: Mapping[str, Any]) -> bytes:
    return config.vault.seal(key, f"drafts.answers_box:{draft_id}", value)
