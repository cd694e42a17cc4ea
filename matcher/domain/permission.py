"""The whole policy: who may see and change what (journeys 2, security 4). What is not allowed here is denied; pages ask these questions, no role names.

`can_…` answers a template, `check_can_…` raises before a page reads a field: Hidden where the actor may not know that the thing exists (404),
Refused where they may know and may not do it. Lists are narrowed in SQL by the same scope. The clock and feeds have no pages: what they do stands
in the state tables.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Hidden, Refused
from matcher.domain.journey_referral import OPEN
from matcher.domain.journey_word import HoldCause
from matcher.domain.permission_facts import (
    CheckInFacts,
    DraftFacts,
    HeldFacts,
    InArea,
    InAreas,
    LinkPurpose,
    QuestionFacts,
    ReferralFacts,
    TaskFacts,
    Visibility,
    VolunteersThing,
)
from matcher.domain.permission_scope import holds_link, is_kind, is_of_area, is_own_keyworker

Can = Callable[[Actor, Any, datetime], bool]
"""A question: may this actor do this with this thing, now?"""
Check = Callable[[Actor, Any, datetime], None]
"""Its raising twin."""

CLOSED_STAYS_VISIBLE = timedelta(days=1)
"""How long a coordinator still sees a referral that has closed: long enough to read how it ended (assumption)."""


# ── drafts and referrals ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def can_start_referral(actor: Actor, _thing: object, _now: datetime) -> bool:
    """Keyworkers of a provider make referrals."""
    return is_kind(actor, ActorKind.KEYWORKER) and actor.provider_id is not None


def can_see_draft(actor: Actor, draft: DraftFacts, _now: datetime) -> bool:
    """A draft is its keyworker's alone, whatever the team may see."""
    return is_own_keyworker(actor, draft)


def can_see_referral(actor: Actor, referral: ReferralFacts, now: datetime, *, visibility: Visibility = Visibility.OWN) -> bool:
    """Its keyworker (the team too, where the provider's policy says so), and the coordinators of its area while it is open."""
    return can_see_newcomer(actor, referral, now, visibility=visibility) or can_work_on_referral(actor, referral, now)


def can_see_newcomer(actor: Actor, referral: ReferralFacts, _now: datetime, *, visibility: Visibility = Visibility.OWN) -> bool:
    """Contact details, needs and notes as the keyworker wrote them: never a coordinator, never a volunteer."""
    team = visibility is Visibility.TEAM and actor.provider_id is not None and actor.provider_id == referral.provider_id
    return is_own_keyworker(actor, referral) or (team and is_kind(actor, ActorKind.KEYWORKER))


def can_change_referral(actor: Actor, referral: ReferralFacts, _now: datetime) -> bool:
    """Amend, cancel, end consent on the newcomer's word, answer for them, send again: its own keyworker."""
    return is_own_keyworker(actor, referral)


def can_work_on_referral(actor: Actor, referral: ReferralFacts, now: datetime) -> bool:
    """See it without contact details, ask by hand, widen, release, record an answer by telephone: coordinators of its area, while it is open."""
    ended_lately = referral.closed_at is not None and now - referral.closed_at <= CLOSED_STAYS_VISIBLE
    return is_of_area(actor, referral.area_id) and (referral.state in OPEN or ended_lately)


def can_hold(actor: Actor, referral: ReferralFacts, now: datetime) -> bool:
    """Put it on hold: its own keyworker, coordinators of its area, and the service's safeguarding lead and information governance."""
    of_service = actor.provider_id is not None and actor.provider_id == referral.provider_id
    leads = is_kind(actor, ActorKind.SAFEGUARDING_LEAD, ActorKind.RECORDS_OFFICER) and of_service
    return is_own_keyworker(actor, referral) or can_work_on_referral(actor, referral, now) or leads


def can_release(actor: Actor, referral: HeldFacts, now: datetime) -> bool:
    """Let it go on: a pause whoever may pause it; for somebody's safety the safeguarding lead alone; a restriction governance alone."""
    alone = {HoldCause.SAFETY: ActorKind.SAFEGUARDING_LEAD, HoldCause.RESTRICTION: ActorKind.RECORDS_OFFICER}
    kind = alone.get(HoldCause(referral.held_cause)) if referral.held_cause else None
    return can_hold(actor, referral, now) and (kind is None or actor.kind is kind)


def can_end_hold(actor: Actor, referral: HeldFacts, now: datetime) -> bool:
    """Close what is on hold: the safeguarding lead and governance. A keyworker calls their referral off instead."""
    return is_kind(actor, ActorKind.SAFEGUARDING_LEAD, ActorKind.RECORDS_OFFICER) and can_hold(actor, referral, now)


def can_see_letter_log(actor: Actor, referral: ReferralFacts, now: datetime) -> bool:
    """Template, channel, state and time of each letter. No body: those open to nobody."""
    return is_own_keyworker(actor, referral) or can_work_on_referral(actor, referral, now)


def can_print_sheet(actor: Actor, referral: ReferralFacts, _now: datetime) -> bool:
    """The newcomer's sheets carry their name and plan: its own keyworker."""
    return is_own_keyworker(actor, referral)


def can_open_plan(actor: Actor, referral: ReferralFacts, _now: datetime) -> bool:
    """The newcomer's own plan, by their own link."""
    own = actor.id is not None and actor.id == referral.newcomer_id
    return own and holds_link(actor, ActorKind.NEWCOMER, referral.id, LinkPurpose.MY_PLAN, LinkPurpose.CALENDAR)


def can_answer_questions(actor: Actor, questions: QuestionFacts, _now: datetime) -> bool:
    """How it went and how things are: the newcomer, by the link of that round. A volunteer's links lead nowhere near it."""
    return actor.id == questions.newcomer_id and holds_link(actor, ActorKind.NEWCOMER, questions.id, LinkPurpose.FOLLOW_UP)


# ── offers and matches ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def can_answer_offer(actor: Actor, offer: VolunteersThing, _now: datetime) -> bool:
    """The volunteer who was asked, by the link of that offer."""
    return actor.id == offer.volunteer_id and holds_link(actor, ActorKind.VOLUNTEER, offer.id, LinkPurpose.ANSWER_OFFER)


def can_see_offer(actor: Actor, offer: VolunteersThing, now: datetime) -> bool:
    """Who was asked, and why: coordinators of the area, and the one who was asked. A keyworker sees counts only."""
    return is_of_area(actor, offer.area_id) or can_answer_offer(actor, offer, now)


def can_see_own_match(actor: Actor, match: VolunteersThing, _now: datetime) -> bool:
    """The companion's side of the plan, by one of their links for it."""
    links = (LinkPurpose.UNDO_ACCEPTANCE, LinkPurpose.CANNOT_COME, LinkPurpose.CONFIRM_DAY, LinkPurpose.CALENDAR)
    return actor.id == match.volunteer_id and holds_link(actor, ActorKind.VOLUNTEER, match.id, *links)


def can_undo_acceptance(actor: Actor, match: VolunteersThing, _now: datetime) -> bool:
    """The volunteer, by the link of their yes. Whether it is in time is the state table's question."""
    return actor.id == match.volunteer_id and holds_link(actor, ActorKind.VOLUNTEER, match.id, LinkPurpose.UNDO_ACCEPTANCE)


def can_withdraw_companion(actor: Actor, match: VolunteersThing, _now: datetime) -> bool:
    """The volunteer by their link, which outlives the undo window, or a coordinator of the area on their word."""
    links = (LinkPurpose.UNDO_ACCEPTANCE, LinkPurpose.CANNOT_COME, LinkPurpose.CONFIRM_DAY)
    own = actor.id == match.volunteer_id and holds_link(actor, ActorKind.VOLUNTEER, match.id, *links)
    return own or is_of_area(actor, match.area_id)


def can_see_match(actor: Actor, match: VolunteersThing, now: datetime) -> bool:
    """Who goes with whom: coordinators of the area, and the companion by link. The keyworker sees it through the referral: display name only."""
    return is_of_area(actor, match.area_id) or can_see_own_match(actor, match, now)


def can_check_in(actor: Actor, check_in: CheckInFacts, _now: datetime) -> bool:
    """Are you OK? The volunteer who was asked, by the link of that letter."""
    return actor.id == check_in.volunteer_id and holds_link(actor, ActorKind.VOLUNTEER, check_in.id, LinkPurpose.CHECK_IN)


# ── the roster ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def can_see_volunteer(actor: Actor, volunteer: InArea, _now: datetime) -> bool:
    """A volunteer's whole entry: coordinators of their area."""
    return is_of_area(actor, volunteer.area_id)


def can_change_volunteer(actor: Actor, volunteer: InArea, _now: datetime) -> bool:
    """Edit, admit, pause, let go: coordinators of their area."""
    return is_of_area(actor, volunteer.area_id)


def can_add_volunteer(actor: Actor, area: InArea, _now: datetime) -> bool:
    """Add by hand or import into an area: its coordinators."""
    return is_of_area(actor, area.id)


def can_pause_self(actor: Actor, volunteer: InArea, _now: datetime) -> bool:
    """The volunteer by the pause link of any offer, or by the offer's own link ("stop asking me")."""
    return actor.id == volunteer.id and holds_link(actor, ActorKind.VOLUNTEER, volunteer.id, LinkPurpose.PAUSE, LinkPurpose.RECONFIRM)


# ── meetings, areas, tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def can_see_meeting(actor: Actor, _meeting: InArea, _now: datetime) -> bool:
    """The directory is for keyworkers and coordinators of every area; there is nobody's name in it."""
    return is_kind(actor, ActorKind.KEYWORKER, ActorKind.COORDINATOR)


def can_change_meeting(actor: Actor, meeting: InArea, _now: datetime) -> bool:
    """Coordinators of its area; any coordinator where a meeting belongs to none, such as an online one."""
    return is_of_area(actor, meeting.area_id) or (meeting.area_id is None and is_kind(actor, ActorKind.COORDINATOR))


def can_add_meeting(actor: Actor, _thing: object, _now: datetime) -> bool:
    """Add a meeting or import a list: coordinators."""
    return is_kind(actor, ActorKind.COORDINATOR)


def can_host_meeting(actor: Actor, _meeting: InArea, _now: datetime) -> bool:
    """Say that a meeting is held in one's own service's rooms: its keyworkers."""
    return is_kind(actor, ActorKind.KEYWORKER) and actor.provider_id is not None


def can_keep_source(actor: Actor, source: InAreas, _now: datetime) -> bool:
    """Try a source of meetings, change it, switch it, decide about its runs: coordinators of an area it has to do with; any, while it has none."""
    return is_kind(actor, ActorKind.COORDINATOR) and (not source.area_ids or bool(actor.area_ids & source.area_ids))


def can_see_area(actor: Actor, area: InArea, _now: datetime) -> bool:
    """An area's own pages: its coordinators."""
    return is_of_area(actor, area.id)


def can_change_area(actor: Actor, area: InArea, _now: datetime) -> bool:
    """Telephone hours, helplines and web addresses: its coordinators."""
    return is_of_area(actor, area.id)


def can_see_task(actor: Actor, task: TaskFacts, _now: datetime) -> bool:
    """A keyworker's task: the one it is for. A coordinator's: all coordinators of its area. A safeguarding lead's: those of its provider."""
    if not actor.active or actor.role is None or task.for_role != actor.role:
        return False
    if actor.kind is ActorKind.COORDINATOR:
        return is_of_area(actor, task.area_id)
    if actor.kind is ActorKind.KEYWORKER:
        return actor.id is not None and actor.id == task.staff_id and actor.provider_id == task.provider_id
    return actor.provider_id is not None and actor.provider_id == task.provider_id


def can_close_task(actor: Actor, task: TaskFacts, now: datetime) -> bool:
    """Whoever sees a task may close it, with an outcome that its kind allows (`task.check_can_close_task`)."""
    return can_see_task(actor, task, now)


# ── the raising twins ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _check(can: Can, sees: Can | None = None) -> Check:
    def check(actor: Actor, thing: Any, now: datetime) -> None:
        if not can(actor, thing, now):
            raise Refused if sees is not None and sees(actor, thing, now) else Hidden

    return check


check_can_start_referral = _check(can_start_referral)
check_can_see_draft = _check(can_see_draft)
check_can_change_referral = _check(can_change_referral, sees=can_see_referral)
check_can_work_on_referral = _check(can_work_on_referral, sees=can_see_referral)
check_can_hold = _check(can_hold, sees=can_see_referral)
check_can_release = _check(can_release, sees=can_hold)
check_can_end_hold = _check(can_end_hold, sees=can_hold)
check_can_see_letter_log = _check(can_see_letter_log, sees=can_see_referral)
check_can_print_sheet = _check(can_print_sheet, sees=can_see_referral)
check_can_open_plan = _check(can_open_plan)
check_can_answer_questions = _check(can_answer_questions)
check_can_check_in = _check(can_check_in)
check_can_answer_offer = _check(can_answer_offer, sees=can_see_offer)
check_can_see_offer = _check(can_see_offer)
check_can_see_own_match = _check(can_see_own_match, sees=can_see_match)
check_can_undo_acceptance = _check(can_undo_acceptance, sees=can_see_match)
check_can_withdraw_companion = _check(can_withdraw_companion, sees=can_see_match)
check_can_see_match = _check(can_see_match)
check_can_see_volunteer = _check(can_see_volunteer)
check_can_change_volunteer = _check(can_change_volunteer, sees=can_see_volunteer)
check_can_add_volunteer = _check(can_add_volunteer, sees=can_see_area)
check_can_pause_self = _check(can_pause_self, sees=can_see_volunteer)
check_can_see_meeting = _check(can_see_meeting)
check_can_change_meeting = _check(can_change_meeting, sees=can_see_meeting)
check_can_add_meeting = _check(can_add_meeting)
check_can_host_meeting = _check(can_host_meeting, sees=can_see_meeting)
check_can_keep_source = _check(can_keep_source, sees=can_add_meeting)
check_can_see_area = _check(can_see_area)
check_can_change_area = _check(can_change_area, sees=can_see_area)
check_can_see_task = _check(can_see_task)
check_can_close_task = _check(can_close_task, sees=can_see_task)


def check_can_see_referral(actor: Actor, referral: ReferralFacts, now: datetime, *, visibility: Visibility = Visibility.OWN) -> None:
    """Hidden unless the actor may see this referral at all."""
    if not can_see_referral(actor, referral, now, visibility=visibility):
        raise Hidden


def check_can_see_newcomer(actor: Actor, referral: ReferralFacts, now: datetime, *, visibility: Visibility = Visibility.OWN) -> None:
    """Refused where the actor sees the referral but not the newcomer's details; Hidden where not even that."""
    if not can_see_newcomer(actor, referral, now, visibility=visibility):
        raise Refused if can_see_referral(actor, referral, now, visibility=visibility) else Hidden
