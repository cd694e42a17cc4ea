"""After a meeting, at the keyworker's desk: how it went, where the episode stands, questions asked in person, and a client who has left."""

from typing import Any, Literal

from aiohttp import web
from pydantic import model_validator

from matcher.actions import answering_questions, leaving, planning_next, recording_outcomes
from matcher.domain.errors import Invalid
from matcher.domain.follow_up import CHOICES, NOT_SAID, TICKED, FollowUpState, Round, questions_of
from matcher.domain.journey import REFERRAL_TABLE, EpisodeEvent, ReferralEvent, ReferralState, states_allowing
from matcher.domain.outcome import Barrier, ToldHow, Went, WhatNow
from matcher.domain.task import TaskKind
from matcher.store.follow_ups import get_follow_up, list_follow_ups
from matcher.store.matches import list_matches
from matcher.store.tasks import list_open_tasks_of_referral
from web.access import act, page
from web.afterwards_view import AFTER, afterwards_of
from web.form_fields import FormRecord, Ticked, YesNo
from web.forms import BadAnswer, Form, blank_form, read_form
from web.keyworker_referral_pages import REFERRAL, id_in, own_referral
from web.keyworker_status_pages import opened_names
from web.surroundings import actor_of, config_of, reading

CHOOSE = "again_choose"
"""Another try for which the keyworker picks the dates themself."""


class HowItWent(FormRecord):
    """How one meeting went, and what they would like now if they did not go."""

    went: Went
    barrier: Barrier | None = None
    what_now: WhatNow | Literal["again_choose"] | None = None

    @model_validator(mode="after")
    def _what_now(self) -> "HowItWent":
        if self.went is Went.NO and self.what_now is None:
            raise BadAnswer("empty", field="what_now")
        return self


class HowItGoesOn(FormRecord):
    """Where the meetings together go from here. `ask_on`: whether we may go on asking how things are."""

    event: Literal["rest", "resume", "own_contact", "stop_episode"]
    ask_on: YesNo = True


class HasLeft(FormRecord):
    """A tick that says: yes, they have left our service."""

    sure: Ticked


def _frame(request: web.Request, referral: Any, form: Form) -> dict[str, Any]:
    return {
        "form": form,
        "referral": referral,
        "names": opened_names(config_of(request), referral),
        "needs": referral.needs,
        "back": f"/referrals/{referral.id}",
    }


# ── how it went ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_outcome(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/outcome: how did it go? Leads back where that is known already."""
    return await _outcome_page(request, await own_referral(request), blank_form(HowItWent))


async def keep_outcome(request: web.Request) -> web.StreamResponse:
    """POST the same: keeps it, and goes on with what they would like."""
    referral = await own_referral(request)
    record, form = read_form(HowItWent, await request.post())
    if record is None:
        return await _outcome_page(request, referral, form, status=400)
    facts = {"referral_id": referral.id, "how": ToldHow.KEYWORKER}
    if record.went is not Went.NO:
        await act(request, recording_outcomes.record_attended, went=record.went, **facts)
    elif record.what_now == CHOOSE or record.what_now is None:
        raise web.HTTPSeeOther(f"/referrals/{referral.id}/next?missed=yes")
    else:
        await act(request, recording_outcomes.record_not_attended, barrier=record.barrier, what_now=WhatNow(record.what_now), **facts)
    raise web.HTTPSeeOther(f"/referrals/{referral.id}")


async def _outcome_page(request: web.Request, referral: Any, form: Form, *, status: int = 200) -> web.Response:
    if referral.state is not ReferralState.AWAITING_OUTCOME:
        raise web.HTTPSeeOther(f"/referrals/{referral.id}")
    async with reading(request) as c:
        held = await list_matches(c, referral.id, referral.meeting_number)
        task = next((one for one in await list_open_tasks_of_referral(c, referral.id) if one.kind == TaskKind.RECORD_OUTCOME), None)
    more = {"starts_at": held[0].starts_at, "task": task}
    return page(request, "keyworker/outcome.html", _frame(request, referral, form) | more, status=status)


# ── the episode ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_episode(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/episode: where the meetings together stand, of up to six, and how they go on."""
    return await _episode_page(request, await own_referral(request), blank_form(HowItGoesOn))


async def change_episode(request: web.Request) -> web.StreamResponse:
    """POST the same: rest, go on, or end it."""
    referral = await own_referral(request)
    record, form = read_form(HowItGoesOn, await request.post())
    if record is None:
        return await _episode_page(request, referral, form, status=400)
    event = EpisodeEvent(record.event)
    await act(request, planning_next.change_episode, referral_id=referral.id, event=event, ask_on=record.ask_on)
    raise web.HTTPSeeOther(f"/referrals/{referral.id}")


async def _episode_page(request: web.Request, referral: Any, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        afterwards = await afterwards_of(c, config_of(request), referral)
    if not afterwards:
        raise web.HTTPSeeOther(f"/referrals/{referral.id}")
    context = _frame(request, referral, form) | {"afterwards": afterwards, "can_change": referral.state in AFTER}
    return page(request, "keyworker/episode.html", context, status=status)


# ── questions asked in person ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_questions(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/questions/{follow_up_id}: all questions of one round on one page, with last time's answers."""
    return await _questions_page(request, None)


async def keep_questions(request: web.Request) -> web.StreamResponse:
    """POST the same: keeps them all; what was passed over counts as not said."""
    referral, posted = await own_referral(request), await request.post()
    given = {name: tuple(text for text in posted.getall(name) if isinstance(text, str) and text) for name in set(posted.keys())}
    kept = {question.value: given.get(question.value, ()) for question in CHOICES}
    try:
        await act(request, answering_questions.record_round, follow_up_id=id_in(request, "follow_up_id"), answers=kept)
    except Invalid as invalid:
        return await _questions_page(
            request, Form(values={name: list(said) for name, said in kept.items()}).with_errors(dict(invalid.errors))
        )
    raise web.HTTPSeeOther(f"/referrals/{referral.id}")


async def _questions_page(request: web.Request, form: Form | None) -> web.Response:
    referral = await own_referral(request)
    async with reading(request) as c:
        round_ = await get_follow_up(c, id_in(request, "follow_up_id"))
        earlier = [
            one for one in await list_follow_ups(c, referral.id) if one.state is FollowUpState.ANSWERED and one.answered_by == "keyworker"
        ]
    if round_.referral_id != referral.id or round_.state is not FollowUpState.ASKED or round_.round is Round.AFTER:
        raise web.HTTPSeeOther(f"/referrals/{referral.id}")
    last = answering_questions.answers_of_round(config_of(request), earlier[-1]) if earlier else {}
    values = {name: list(said) if isinstance(said, tuple) else said for name, said in last.items() if said != NOT_SAID}
    questions = [
        {"name": one.value, "choices": [choice for choice in CHOICES[one] if choice != NOT_SAID], "ticked": one in TICKED}
        for one in questions_of(round_.round, {})
    ]
    context = _frame(request, referral, form or Form(values=values)) | {"questions": questions, "round": round_}
    return page(request, "keyworker/questions.html", context, status=400 if form else 200)


# ── a client who has left ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_discharge(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/discharge: says what follows, and asks for a tick."""
    return await _discharge_page(request, blank_form(HasLeft))


async def discharge(request: web.Request) -> web.StreamResponse:
    """POST the same: it is over (R53)."""
    referral = await own_referral(request)
    record, form = read_form(HasLeft, await request.post())
    if record is None:
        return await _discharge_page(request, form, status=400)
    await act(request, leaving.discharge, referral_id=referral.id)
    raise web.HTTPSeeOther(f"/referrals/{referral.id}")


async def _discharge_page(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    referral = await own_referral(request)
    if referral.state not in states_allowing(REFERRAL_TABLE, ReferralEvent.DISCHARGE, by=actor_of(request).kind):
        raise web.HTTPSeeOther(f"/referrals/{referral.id}")
    return page(request, "keyworker/discharge.html", _frame(request, referral, form), status=status)


QUESTIONS = REFERRAL + "/questions/{follow_up_id:[0-9a-f-]{36}}"
routes = [
    web.get(f"{REFERRAL}/outcome", show_outcome, name="keyworker.outcome"),
    web.post(f"{REFERRAL}/outcome", keep_outcome, name="keyworker.outcome"),
    web.get(f"{REFERRAL}/episode", show_episode, name="keyworker.episode"),
    web.post(f"{REFERRAL}/episode", change_episode, name="keyworker.episode"),
    web.get(QUESTIONS, show_questions, name="keyworker.questions"),
    web.post(QUESTIONS, keep_questions, name="keyworker.questions"),
    web.get(f"{REFERRAL}/discharge", show_discharge, name="keyworker.discharge"),
    web.post(f"{REFERRAL}/discharge", discharge, name="keyworker.discharge"),
]
