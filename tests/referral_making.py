"""A referral made as Priya makes it, through the product's own actions: filled in page by page, and sent."""

from typing import Any
from uuid import UUID, uuid4

from matcher.actions import referring, submitting
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.arrangement import Referral
from matcher.domain.draft import Answers, DraftPage
from matcher.store import drafts, referrals
from tests.stage import Stage

WHO = {"who_for": "own_use", "age_ok": "18_or_over", "name_used": "Noor", "provider_ref": "H-77"}
PAGES: dict[DraftPage, dict[str, Any]] = {
    DraftPage.FELLOWSHIP: {"exposure": "never", "fellowships": ["aa"]},
    DraftPage.PEOPLE: {"comfort": "no_preference", "language": "english"},
    DraftPage.WHEN: {"travel_from": "B1", "when": ["3-evening"]},
    DraftPage.MEETINGS: {"options": [], "choose_for_us": True},
    DraftPage.CONTACT: {"channels": "keyworker", "consent_tell": True, "consent_method": "spoken"},
}


def priya(stage: Stage) -> Actor:
    return Actor(ActorKind.KEYWORKER, stage.world.keyworker_id, provider_id=stage.world.provider_id)


def an_eve() -> Actor:
    """A keyworker of another service."""
    return Actor(ActorKind.KEYWORKER, uuid4(), provider_id=uuid4())


async def fill(stage: Stage, **changes: Any) -> UUID:
    """A draft with everything answered; `changes` are answers by name, on whichever page they stand."""
    first = WHO | {name: value for name, value in changes.items() if name in WHO}
    draft_id = await stage.db.act(referring.start_draft, stage.config, stage.now, actor=priya(stage), answers=first)
    for page, answers in PAGES.items():
        await save(stage, draft_id, page, answers | {name: value for name, value in changes.items() if name in answers})
    usual = {name for answers in PAGES.values() for name in answers}
    await save(stage, draft_id, DraftPage.MORE, {name: value for name, value in changes.items() if name not in usual | set(WHO)})
    return draft_id


async def save(stage: Stage, draft_id: UUID, page: DraftPage, answers: dict[str, Any], *, saved: int = 0) -> int:
    """One page, as its form was shown after so many savings."""
    return await stage.db.act(
        referring.save_page, stage.config, stage.now, actor=priya(stage), draft_id=draft_id, page=page, answers=answers, saved=saved
    )


async def draft_answers(stage: Stage, draft_id: UUID) -> Answers:
    """What a draft holds."""
    async with stage.db.reading() as c:
        return referring.answers_of(stage.config, await drafts.get_draft(c, draft_id))


async def send(stage: Stage, draft_id: UUID) -> Referral:
    """Send a draft."""
    await stage.db.act(submitting.submit_referral, stage.config, stage.now, actor=priya(stage), draft_id=draft_id)
    return await look(stage, draft_id)


async def look(stage: Stage, referral_id: UUID) -> Referral:
    """A referral as it now is."""
    async with stage.db.reading() as c:
        return await referrals.get_referral(c, referral_id)
