"""How did it go, and how are things? A newcomer's own questions, one a page: each answer is kept at once, each may be left out (journeys 12)."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from matcher.actions.amending import withdraw_consent
from matcher.actions.answering_questions import answer_question, answers_of_round, ask_for_call, skip_round
from matcher.actions.scene import scene_of
from matcher.domain.errors import Finished, Invalid, Refused
from matcher.domain.follow_up import TICKED, FollowUp, FollowUpState, Question
from matcher.domain.letter_parts import Contact
from matcher.domain.permission import check_can_answer_questions
from matcher.domain.permission_facts import LinkPurpose
from matcher.store.follow_ups import get_follow_up
from matcher.store.parties import get_staff_party
from matcher.store.referrals import get_referral
from web.access import act
from web.form_fields import FormRecord
from web.forms import Form, read_form
from web.link_pages import Holder, at_end_of, link_page, read_choice
from web.question_words import question_page
from web.surroundings import config_of, now_of, reading

SKIP, CALL, STOP = "skip", "call", "stop"


class Answer(FormRecord):
    """One answer, or several where the page says so. `question` says which page was answered, so that pressing twice answers once."""

    question: Question
    choice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A round as its page shows it."""

    round: FollowUp
    context: dict[str, Any]


async def _read(request: web.Request, holder: Holder) -> Asked:
    """The round of this link. Raises Hidden for anybody else's, Finished once the referral is over."""
    config, now = config_of(request), now_of(request)
    async with reading(request) as c:
        round_ = await get_follow_up(c, holder.link.about_id)
        check_can_answer_questions(holder.actor, round_, now)
        referral = await get_referral(c, round_.referral_id)
        scene = await scene_of(c, config, now, referral)
        details = config.vault.open((await get_staff_party(c, referral.keyworker_id)).details)
    if not referral.is_open and round_.state is FollowUpState.ASKED:
        raise Finished()
    answers = answers_of_round(config, round_)
    crisis = Contact(scene.provider.discreet_name, scene.provider.crisis_line) if scene.provider.crisis_line else None
    context = question_page(round_, answers) | {"keyworker": Contact(details["first_name"], details["telephone"]), "crisis": crisis}
    if round_.state is not FollowUpState.ASKED:
        context |= {"question": ""}
    return Asked(round_, context)


def _page(request: web.Request, asked: Asked, *, status: int = 200, template: str = "questions", **context: Any) -> web.Response:
    return link_page(request, f"newcomer/{template}.html", status=status, **asked.context, **{"just": "", **context})


@at_end_of(LinkPurpose.FOLLOW_UP)
async def show(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /questions/{token}: the next question, or thanks. Changes nothing."""
    return _page(request, await _read(request, holder))


@at_end_of(LinkPurpose.FOLLOW_UP)
async def answer(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST /questions/{token}: keeps one answer and shows the next question."""
    asked = await _read(request, holder)
    record, form = read_form(Answer, await request.post())
    if record is None:
        return _page(request, asked, form=form, status=400)
    if record.question.value != asked.context["question"]:  # answered already, in another window or by a second press
        return _page(request, asked)
    given = record.choice if record.question in TICKED else record.choice[:1]
    just = ""
    try:
        await act(request, answer_question, actor=holder.actor, follow_up_id=asked.round.id, question=record.question, given=given)
    except Invalid as invalid:
        return _page(request, asked, form=form.with_errors(dict(invalid.errors)), status=400)
    except Finished:
        raise
    except Refused:  # a person is needed for what they would like: their keyworker hears of it
        await act(request, ask_for_call, actor=holder.actor, follow_up_id=asked.round.id)
        just = CALL
    return _page(request, await _read(request, holder), just=just)


@at_end_of(LinkPurpose.FOLLOW_UP)
async def show_other(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /questions/{token}/other: leave them out, ask for a call, or stop everything. Changes nothing."""
    return _page(request, await _read(request, holder), template="questions_other")


@at_end_of(LinkPurpose.FOLLOW_UP)
async def do_other(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST the same: does what was chosen."""
    asked = await _read(request, holder)
    choice, form = await read_choice(request, (SKIP, CALL, STOP))
    if not choice:
        return _page(request, asked, template="questions_other", form=form, status=400)
    if choice == STOP:
        await act(request, withdraw_consent, actor=holder.actor, referral_id=asked.round.referral_id, method="own_link")
        return link_page(request, "newcomer/stopped.html", keyworker=asked.context["keyworker"])
    action = ask_for_call if choice == CALL else skip_round
    await act(request, action, actor=holder.actor, follow_up_id=asked.round.id)
    return _page(request, await _read(request, holder), just=choice, form=Form())


routes = [
    web.get("/questions/{token}", show, name="link.follow_up"),
    web.post("/questions/{token}", answer, name="link.follow_up"),
    web.get("/questions/{token}/other", show_other, name="link.follow_up_other"),
    web.post("/questions/{token}/other", do_other, name="link.follow_up_other"),
]
