"""Which kinds of actor may open each route at all, by route name. A route that is not here may be opened by nobody, and stops the start.

This is the first wall only: a page about one thing names the check of `permission.py` that it asks before it reads a field (`check`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matcher.domain.actor import STAFF, Actor, ActorKind
from matcher.domain.errors import Hidden, Misconfigured, Refused

ANYBODY = frozenset(ActorKind) - {ActorKind.CLOCK, ActorKind.FEED, ActorKind.OPERATOR}
KEYWORKER = frozenset({ActorKind.KEYWORKER})
COORDINATOR = frozenset({ActorKind.COORDINATOR})
EITHER = KEYWORKER | COORDINATOR
ANY_STAFF = STAFF
LINK_HOLDER = frozenset({ActorKind.VOLUNTEER, ActorKind.NEWCOMER, ActorKind.ANONYMOUS}) | STAFF
"""Pages at the end of a link in a letter: whoever comes, with or without a sign-in, the link decides (a finished one: the kind page)."""


class SignInFirst(Refused):
    """Please sign in first."""


FORM_BYTES, IMPORT_BYTES = 64 * 1024, 5 * 1024 * 1024
"""The largest form, and the largest form with a file to import (security 2)."""


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """Who may open a route. `check`: the name of the check in `permission.py` its page asks about the thing it shows ("" where it shows none).

    `own_capability`: its address is all it needs, so a post carries no form token (the one-click pause of a mail program).
    """

    kinds: frozenset[ActorKind]
    check: str = ""
    own_capability: bool = False
    most_bytes: int = FORM_BYTES


POLICY: dict[str, RoutePolicy] = {
    "static": RoutePolicy(ANYBODY),
    "health.live": RoutePolicy(ANYBODY),
    "health.ready": RoutePolicy(ANYBODY),
    # Pages for everybody.
    "public.start": RoutePolicy(ANYBODY),
    "public.privacy": RoutePolicy(ANYBODY),
    "public.accessibility": RoutePolicy(ANYBODY),
    "public.about": RoutePolicy(ANYBODY),
    "public.complaints": RoutePolicy(ANYBODY),
    "public.complaint": RoutePolicy(ANYBODY),
    "public.csp": RoutePolicy(ANYBODY, own_capability=True),
    # The finder: what anybody may see of the directory. `meeting.list` below is it too, for whoever has not signed in.
    "finder.one": RoutePolicy(ANYBODY),
    "finder.export": RoutePolicy(ANYBODY),
    "finder.calendar": RoutePolicy(ANYBODY),
    "finder.print": RoutePolicy(ANYBODY),
    "finder.way": RoutePolicy(ANYBODY),
    # Signing in and out.
    "sign_in.ask": RoutePolicy(ANYBODY),
    "sign_in.code": RoutePolicy(ANYBODY),
    "sign_in.out": RoutePolicy(ANYBODY),
    "sign_in.everywhere": RoutePolicy(ANY_STAFF),
    # Keyworkers.
    "keyworker.home": RoutePolicy(KEYWORKER),
    "keyworker.find": RoutePolicy(KEYWORKER),
    "keyworker.new": RoutePolicy(KEYWORKER, "check_can_start_referral"),
    "keyworker.draft": RoutePolicy(KEYWORKER, "check_can_see_draft"),
    "keyworker.draft_page": RoutePolicy(KEYWORKER, "check_can_see_draft"),
    "keyworker.draft_meetings": RoutePolicy(KEYWORKER, "check_can_see_draft"),
    "keyworker.check": RoutePolicy(KEYWORKER, "check_can_see_draft"),
    "keyworker.not_interested": RoutePolicy(KEYWORKER, "check_can_see_draft"),
    "keyworker.drop": RoutePolicy(KEYWORKER, "check_can_see_draft"),
    "keyworker.sent": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.status": RoutePolicy(KEYWORKER, "check_can_see_newcomer"),
    "keyworker.search": RoutePolicy(KEYWORKER, "check_can_see_newcomer"),
    "keyworker.plan": RoutePolicy(KEYWORKER, "check_can_print_sheet"),
    "keyworker.amend": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.cancel": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.withdraw": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.give_up": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.hold": RoutePolicy(KEYWORKER, "check_can_hold"),
    "keyworker.release": RoutePolicy(KEYWORKER, "check_can_release"),
    "keyworker.widen": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.worker": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.ring": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.call": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.other_person": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.agree": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.outcome": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.next": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.episode": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.questions": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.discharge": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.again": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.send_again": RoutePolicy(KEYWORKER, "check_can_change_referral"),
    "keyworker.task": RoutePolicy(KEYWORKER, "check_can_close_task"),
    # Coordinators.
    "coordinator.home": RoutePolicy(COORDINATOR),
    "coordinator.referrals": RoutePolicy(COORDINATOR),
    "coordinator.lines": RoutePolicy(COORDINATOR),
    "coordinator.task": RoutePolicy(COORDINATOR, "check_can_see_task"),
    "coordinator.referral": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.people": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.person": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.ask": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.yes": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.no": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.nudge": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.cannot_come": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.settle": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.one_companion": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.hold": RoutePolicy(COORDINATOR, "check_can_hold"),
    "coordinator.release": RoutePolicy(COORDINATOR, "check_can_release"),
    "coordinator.give_up": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coordinator.letters": RoutePolicy(COORDINATOR, "check_can_see_letter_log"),
    "coordinator.send_again": RoutePolicy(COORDINATOR, "check_can_work_on_referral"),
    "coverage.table": RoutePolicy(COORDINATOR),
    "coverage.week": RoutePolicy(COORDINATOR),
    "area.list": RoutePolicy(COORDINATOR),
    "area.page": RoutePolicy(COORDINATOR, "check_can_see_area"),
    "area.on_call": RoutePolicy(COORDINATOR, "check_can_change_area"),
    "area.asking": RoutePolicy(COORDINATOR, "check_can_change_area"),
    "area.contact": RoutePolicy(COORDINATOR, "check_can_change_area"),
    "roster.list": RoutePolicy(COORDINATOR),
    "roster.add": RoutePolicy(COORDINATOR, "check_can_add_volunteer"),
    "roster.sheet": RoutePolicy(COORDINATOR, "check_can_add_volunteer", most_bytes=IMPORT_BYTES),
    "roster.sheet_add": RoutePolicy(COORDINATOR, "check_can_add_volunteer", most_bytes=IMPORT_BYTES),
    "roster.sheet_faults": RoutePolicy(COORDINATOR, "check_can_add_volunteer", most_bytes=IMPORT_BYTES),
    "roster.sheet_template": RoutePolicy(COORDINATOR),
    "roster.sheet_done": RoutePolicy(COORDINATOR),
    "roster.volunteer": RoutePolicy(COORDINATOR, "check_can_see_volunteer"),
    "roster.topic": RoutePolicy(COORDINATOR, "check_can_change_volunteer"),
    "roster.not_this_week": RoutePolicy(COORDINATOR, "check_can_change_volunteer"),
    "roster.step": RoutePolicy(COORDINATOR, "check_can_change_volunteer"),
    "roster.address": RoutePolicy(COORDINATOR, "check_can_change_volunteer"),
    "roster.consents": RoutePolicy(COORDINATOR, "check_can_change_volunteer"),
    "roster.conflicts": RoutePolicy(COORDINATOR, "check_can_change_volunteer"),
    "roster.always": RoutePolicy(COORDINATOR, "check_can_change_volunteer"),
    # The directory of meetings.
    "meeting.list": RoutePolicy(ANYBODY),
    "meeting.page": RoutePolicy(EITHER, "check_can_see_meeting"),
    "meeting.sources": RoutePolicy(COORDINATOR),
    "meeting.source": RoutePolicy(COORDINATOR),
    "meeting.source_add": RoutePolicy(COORDINATOR, "check_can_add_meeting", most_bytes=IMPORT_BYTES),
    "meeting.source_ids": RoutePolicy(COORDINATOR, "check_can_add_meeting", most_bytes=IMPORT_BYTES),
    "meeting.source_settings": RoutePolicy(COORDINATOR, "check_can_keep_source"),
    "meeting.source_switch": RoutePolicy(COORDINATOR, "check_can_keep_source"),
    "meeting.source_soon": RoutePolicy(COORDINATOR, "check_can_keep_source"),
    "meeting.source_try": RoutePolicy(COORDINATOR, "check_can_keep_source", most_bytes=IMPORT_BYTES),
    "meeting.source_problems": RoutePolicy(COORDINATOR, "check_can_keep_source"),
    "meeting.source_use": RoutePolicy(COORDINATOR, "check_can_keep_source"),
    "meeting.source_drop": RoutePolicy(COORDINATOR, "check_can_keep_source"),
    "meeting.run": RoutePolicy(COORDINATOR, "check_can_keep_source"),
    "meeting.run_problems": RoutePolicy(COORDINATOR, "check_can_keep_source"),
    "meeting.add": RoutePolicy(COORDINATOR, "check_can_add_meeting"),
    "meeting.edit": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.status": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.checked": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.same": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.correction": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.joins": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.date": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.date_back": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.weeks": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.room": RoutePolicy(KEYWORKER, "check_can_host_meeting"),
    "meeting.steps": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    "meeting.tell": RoutePolicy(COORDINATOR, "check_can_change_meeting"),
    # Links in letters.
    "link.answer_offer": RoutePolicy(LINK_HOLDER, "check_can_answer_offer"),
    "link.answer_break": RoutePolicy(LINK_HOLDER, "check_can_answer_offer"),
    "link.undo_acceptance": RoutePolicy(LINK_HOLDER, "check_can_see_own_match"),
    "link.cannot_come": RoutePolicy(LINK_HOLDER, "check_can_see_own_match"),
    "link.confirm_day": RoutePolicy(LINK_HOLDER, "check_can_see_own_match"),
    "link.pause": RoutePolicy(LINK_HOLDER, "check_can_pause_self", own_capability=True),
    "link.calendar": RoutePolicy(LINK_HOLDER, "check_can_see_own_match"),
    "link.calendar_file": RoutePolicy(LINK_HOLDER, "check_can_see_own_match"),
    "link.calendar_report": RoutePolicy(LINK_HOLDER, "check_can_see_own_match"),
    "link.check_in": RoutePolicy(LINK_HOLDER, "check_can_check_in"),
    "link.follow_up": RoutePolicy(LINK_HOLDER, "check_can_answer_questions"),
    "link.follow_up_other": RoutePolicy(LINK_HOLDER, "check_can_answer_questions"),
    "link.my_plan_report": RoutePolicy(LINK_HOLDER, "check_can_open_plan"),
    "link.my_plan": RoutePolicy(LINK_HOLDER, "check_can_open_plan"),
    "link.my_plan_sheet": RoutePolicy(LINK_HOLDER, "check_can_open_plan"),
    "link.my_plan_cancel": RoutePolicy(LINK_HOLDER, "check_can_open_plan"),
    "link.my_plan_stop": RoutePolicy(LINK_HOLDER, "check_can_open_plan"),
    # The demo's doors: these routes exist in no other application.
    "demo.start": RoutePolicy(ANYBODY),
    "demo.sign_in": RoutePolicy(ANYBODY),
    "demo.clock": RoutePolicy(ANYBODY),
    "demo.mailbox": RoutePolicy(ANYBODY),
    "demo.mailbox_json": RoutePolicy(ANYBODY),
    "demo.letter": RoutePolicy(ANYBODY),
    "demo.letter_page": RoutePolicy(ANYBODY),
    "demo.letter_raw": RoutePolicy(ANYBODY),
    "demo.attachment": RoutePolicy(ANYBODY),
}
"""Route name → who. Names are `audience.page`: `keyworker.home`, `coordinator.queue`, `link.answer_offer`, `public.start`."""


def can_open(actor: Actor, name: str) -> bool:
    """True where this kind of actor may open this route. A name that is not in the table: False."""
    policy = POLICY.get(name)
    return policy is not None and actor.active and actor.kind in policy.kinds


def check_can_open(actor: Actor, name: str) -> None:
    """SignInFirst where nobody is signed in on a page for staff, Hidden for everybody else who may not."""
    if can_open(actor, name):
        return
    policy = POLICY.get(name)
    raise SignInFirst if policy is not None and actor.kind is ActorKind.ANONYMOUS and policy.kinds & STAFF else Hidden


def check_routes(names: Iterable[str | None], policy: Mapping[str, RoutePolicy] | None = None) -> None:
    """Raise Misconfigured, naming them, for routes without a name or without a policy: the program does not start with one."""
    table = POLICY if policy is None else policy
    missing = sorted({name or "(a route without a name)" for name in names} - set(table))
    if missing:
        raise Misconfigured(f"These routes have no policy and would be open to nobody knows whom: {', '.join(missing)}.")
