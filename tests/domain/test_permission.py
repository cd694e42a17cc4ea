"""The permission matrix of the domain: everybody × everything, compared with one table of who may. Eve stands for every other provider."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from matcher.domain import permission
from matcher.domain.actor import ANONYMOUS, CLOCK, FEED, OPERATOR, Actor, ActorKind, Role
from matcher.domain.errors import Hidden, Misconfigured, Refused
from matcher.domain.journey_word import ReferralState
from matcher.domain.permission_facts import LinkPurpose, Visibility
from matcher.domain.route_policy import POLICY, RoutePolicy, SignInFirst, can_open, check_can_open, check_routes

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def number(n: int) -> UUID:
    return UUID(int=n)


HARBOUR, HILL = number(1), number(2)
TOWN, COAST = number(11), number(12)
PRIYA, TOM, WENDY, CAROL, NOOR, EVE = (number(n) for n in range(21, 27))
REFERRAL, OFFER, MATCH, MEETING = (number(n) for n in range(31, 35))


@dataclass(frozen=True)
class Thing:
    """Anything that can be asked about; each question reads the few facts it needs."""

    id: UUID = REFERRAL
    provider_id: UUID | None = HARBOUR
    keyworker_id: UUID = PRIYA
    area_id: UUID | None = TOWN
    newcomer_id: UUID = NOOR
    state: ReferralState = ReferralState.LOOKING
    closed_at: datetime | None = None
    held_cause: str | None = None
    volunteer_id: UUID = TOM
    referral_id: UUID = REFERRAL
    for_role: str = "keyworker"
    staff_id: UUID | None = PRIYA
    area_ids: frozenset[UUID] = frozenset({TOWN})


def link(kind: ActorKind, holder: UUID, purpose: LinkPurpose, about: UUID) -> Actor:
    return Actor(kind, holder, link_purpose=purpose, about_id=about)


V, N = ActorKind.VOLUNTEER, ActorKind.NEWCOMER
CAST: dict[str, Actor] = {
    "priya": Actor(ActorKind.KEYWORKER, PRIYA, HARBOUR),
    "priya, disabled": Actor(ActorKind.KEYWORKER, PRIYA, HARBOUR, active=False),
    "priya's colleague": Actor(ActorKind.KEYWORKER, number(40), HARBOUR),
    "priya, moved to hill": Actor(ActorKind.KEYWORKER, PRIYA, HILL),
    "priya, without a provider": Actor(ActorKind.KEYWORKER, PRIYA),
    "eve": Actor(ActorKind.KEYWORKER, EVE, HILL),
    "carol": Actor(ActorKind.COORDINATOR, CAROL, area_ids=frozenset({TOWN})),
    "carol, disabled": Actor(ActorKind.COORDINATOR, CAROL, area_ids=frozenset({TOWN}), active=False),
    "coordinator of the coast": Actor(ActorKind.COORDINATOR, number(41), area_ids=frozenset({COAST})),
    "coordinator of nothing": Actor(ActorKind.COORDINATOR, number(42)),
    "provider lead": Actor(ActorKind.PROVIDER_LEAD, number(43), HARBOUR),
    "records officer": Actor(ActorKind.RECORDS_OFFICER, number(44), HARBOUR),
    "safeguarding lead": Actor(ActorKind.SAFEGUARDING_LEAD, number(45), HARBOUR),
    "safeguarding lead of hill": Actor(ActorKind.SAFEGUARDING_LEAD, number(46), HILL),
    "anonymous": ANONYMOUS,
    "clock": CLOCK,
    "feed": FEED,
    "operator": OPERATOR,
}
CAST |= {f"tom's {purpose}": link(V, TOM, purpose, about) for purpose in LinkPurpose for about in (MATCH,)}
CAST |= {f"wendy's {purpose}": link(V, WENDY, purpose, MATCH) for purpose in LinkPurpose}
CAST |= {f"noor's {purpose}": link(N, NOOR, purpose, REFERRAL) for purpose in LinkPurpose}
CAST |= {f"noor's other {purpose}": link(N, NOOR, purpose, number(99)) for purpose in LinkPurpose}
CAST["tom's offer link"] = link(V, TOM, LinkPurpose.ANSWER_OFFER, OFFER)
CAST["tom's pause link"] = link(V, TOM, LinkPurpose.PAUSE, TOM)
CAST["wendy's pause link"] = link(V, WENDY, LinkPurpose.PAUSE, WENDY)
CAST["tom without a link"] = Actor(V, TOM)
CAST["a volunteer with a newcomer's link"] = link(V, NOOR, LinkPurpose.MY_PLAN, REFERRAL)

TOMS_MATCH_LINKS = {"tom's undo_acceptance", "tom's cannot_come", "tom's confirm_day", "tom's calendar"}
COORDINATORS = {"carol", "coordinator of the coast", "coordinator of nothing"}
KEYWORKERS = {"priya", "priya's colleague", "eve", "priya, moved to hill", "priya, without a provider"}
OFFERED, PLANNED, IN_TOWN = Thing(id=OFFER), Thing(id=MATCH), Thing(id=MEETING)

WHO_MAY: list[tuple[str, Thing, set[str]]] = [
    ("start_referral", Thing(), KEYWORKERS - {"priya, without a provider"}),
    ("see_draft", Thing(), {"priya"}),
    ("see_referral", Thing(), {"priya", "carol"}),
    ("see_newcomer", Thing(), {"priya"}),
    ("change_referral", Thing(), {"priya"}),
    ("work_on_referral", Thing(), {"carol"}),
    ("hold", Thing(), {"priya", "carol", "safeguarding lead", "records officer"}),
    ("release", Thing(), {"priya", "carol", "safeguarding lead", "records officer"}),
    ("release", Thing(held_cause="pause"), {"priya", "carol", "safeguarding lead", "records officer"}),
    ("release", Thing(held_cause="safety"), {"safeguarding lead"}),
    ("release", Thing(held_cause="restriction"), {"records officer"}),
    ("end_hold", Thing(held_cause="safety"), {"safeguarding lead", "records officer"}),
    ("end_hold", Thing(), {"safeguarding lead", "records officer"}),
    ("see_letter_log", Thing(), {"priya", "carol"}),
    ("print_sheet", Thing(), {"priya"}),
    ("open_plan", Thing(), {"noor's my_plan", "noor's calendar"}),
    ("answer_questions", Thing(), {"noor's follow_up"}),
    ("check_in", PLANNED, {"tom's check_in"}),
    ("answer_offer", OFFERED, {"tom's offer link"}),
    ("see_offer", OFFERED, {"carol", "tom's offer link"}),
    ("see_own_match", PLANNED, TOMS_MATCH_LINKS),
    ("undo_acceptance", PLANNED, {"tom's undo_acceptance"}),
    ("withdraw_companion", PLANNED, {"carol", "tom's undo_acceptance", "tom's cannot_come", "tom's confirm_day"}),
    ("see_match", PLANNED, {"carol", *TOMS_MATCH_LINKS}),
    ("see_volunteer", Thing(id=TOM), {"carol"}),
    ("change_volunteer", Thing(id=TOM), {"carol"}),
    ("add_volunteer", Thing(id=TOWN), {"carol"}),
    ("pause_self", Thing(id=TOM), {"tom's pause link"}),
    ("see_meeting", IN_TOWN, KEYWORKERS | COORDINATORS),
    ("change_meeting", IN_TOWN, {"carol"}),
    ("change_meeting", replace(IN_TOWN, area_id=None), COORDINATORS),
    ("add_meeting", IN_TOWN, COORDINATORS),
    ("host_meeting", IN_TOWN, KEYWORKERS - {"priya, without a provider"}),
    ("keep_source", Thing(), {"carol"}),
    ("keep_source", Thing(area_ids=frozenset()), COORDINATORS),
    ("see_area", Thing(id=TOWN), {"carol"}),
    ("change_area", Thing(id=TOWN), {"carol"}),
    ("see_task", Thing(), {"priya"}),
    ("close_task", Thing(), {"priya"}),
    ("see_task", Thing(for_role="coordinator", staff_id=None), {"carol"}),
    ("close_task", Thing(for_role="coordinator", staff_id=None), {"carol"}),
    ("see_task", Thing(for_role="coordinator", staff_id=None, area_id=None), set()),
    ("see_task", Thing(for_role="safeguarding_lead", staff_id=None), {"safeguarding lead"}),
    ("see_task", Thing(for_role="keyworker", staff_id=None), set()),
    ("see_referral", Thing(area_id=None), {"priya"}),
    ("see_referral", Thing(area_id=COAST), {"priya", "coordinator of the coast"}),
    ("see_referral", Thing(state=ReferralState.DRAFT), {"priya"}),
    ("see_referral", Thing(state=ReferralState.CLOSED, closed_at=NOW - timedelta(days=2)), {"priya"}),
    ("work_on_referral", Thing(state=ReferralState.CLOSED, closed_at=NOW - timedelta(hours=2)), {"carol"}),
    ("work_on_referral", Thing(state=ReferralState.CLOSED, closed_at=NOW - timedelta(days=2)), set()),
]

REFUSED_NOT_HIDDEN: dict[str, set[str]] = {
    "change_referral": {"carol"},
    "see_newcomer": {"carol"},
    "print_sheet": {"carol"},
    "work_on_referral": {"priya"},
    "end_hold": {"priya", "carol"},
    "answer_offer": {"carol"},
    "see_own_match": {"carol"},
    "undo_acceptance": {"carol", *TOMS_MATCH_LINKS - {"tom's undo_acceptance"}},
    "withdraw_companion": {"tom's calendar"},
    "pause_self": {"carol"},
    "change_meeting": (KEYWORKERS | COORDINATORS) - {"carol"},
    "host_meeting": COORDINATORS | {"priya, without a provider"},
    "keep_source": COORDINATORS - {"carol"},
}
"""Who learns that the thing exists and that this is not for them. Everybody else who may not: there is nothing at this address."""


def asked(name: str) -> Callable[..., bool]:
    return getattr(permission, f"can_{name}")


@pytest.mark.parametrize(("name", "thing", "who"), WHO_MAY, ids=[f"{n}-{name}" for n, (name, _, _) in enumerate(WHO_MAY)])
def test_exactly_those_may(name: str, thing: Thing, who: set[str]) -> None:
    assert {person for person, actor in CAST.items() if asked(name)(actor, thing, NOW)} == who


@pytest.mark.parametrize(("name", "thing", "who"), WHO_MAY, ids=[f"{n}-{name}" for n, (name, _, _) in enumerate(WHO_MAY)])
def test_the_raising_twin_says_the_same_and_hides_what_may_not_be_known(name: str, thing: Thing, who: set[str]) -> None:
    check: Any = getattr(permission, f"check_can_{name}")
    refused, hidden = set(), set()
    for person, actor in CAST.items():
        try:
            assert check(actor, thing, NOW) is None and person in who
        except Refused:
            refused.add(person)
        except Hidden:
            hidden.add(person)
    assert refused | hidden == set(CAST) - who
    if thing in (Thing(), OFFERED, PLANNED, IN_TOWN, Thing(id=TOM), Thing(id=TOWN)):
        assert refused == REFUSED_NOT_HIDDEN.get(name, set())
    assert not refused & {"eve", "anonymous", "priya, disabled", "carol, disabled"} or name == "change_meeting"


def test_every_question_stands_in_the_table_and_has_a_raising_twin() -> None:
    questions = {name.removeprefix("can_") for name, _ in inspect.getmembers(permission, inspect.isfunction) if name.startswith("can_")}
    assert questions == {name for name, _, _ in WHO_MAY}
    assert all(hasattr(permission, f"check_can_{name}") for name in questions)


def test_eve_never_sees_noor_whatever_her_provider_lets_its_team_see() -> None:
    eve, colleague = CAST["eve"], CAST["priya's colleague"]
    for state in ReferralState:
        thing = Thing(state=state)
        assert not permission.can_see_referral(eve, thing, NOW, visibility=Visibility.TEAM)
        with pytest.raises(Hidden):
            permission.check_can_see_newcomer(eve, thing, NOW, visibility=Visibility.TEAM)
    assert permission.can_see_newcomer(colleague, Thing(), NOW, visibility=Visibility.TEAM)
    assert not permission.can_see_newcomer(colleague, Thing(), NOW)
    assert not permission.can_see_newcomer(CAST["priya, without a provider"], Thing(provider_id=None), NOW, visibility=Visibility.TEAM)
    assert not permission.can_change_referral(colleague, Thing(), NOW), "seeing is not changing"


def test_nobody_who_is_disabled_or_has_no_page_may_anything() -> None:
    barred = [CLOCK, FEED, OPERATOR, *(replace(actor, active=False) for actor in CAST.values())]
    for name, thing, _ in WHO_MAY:
        assert not any(asked(name)(actor, thing, NOW) for actor in barred), name


def test_a_link_opens_its_one_thing() -> None:
    for purpose in LinkPurpose:
        holder = link(V, TOM, purpose, number(77))
        assert not any(asked(name)(holder, thing, NOW) for name, thing, _ in WHO_MAY), purpose


def test_a_missing_id_matches_nothing() -> None:
    nobody = Actor(ActorKind.KEYWORKER)
    nameless = Thing(provider_id=None, keyworker_id=None, area_id=None, staff_id=None)
    for name in ("see_draft", "see_referral", "change_referral", "see_task", "print_sheet"):
        assert not asked(name)(nobody, nameless, NOW), name


def test_roles_and_actor_kinds_have_the_same_words() -> None:
    assert {Actor(ActorKind(role.value)).role for role in Role} == set(Role)
    assert Actor(ActorKind.VOLUNTEER).role is None and not ANONYMOUS.is_staff


# ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_route_that_is_not_in_the_policy_opens_for_nobody() -> None:
    assert not any(can_open(actor, "keyworker.secret_door") for actor in CAST.values())
    for actor in CAST.values():
        with pytest.raises(Hidden):
            check_can_open(actor, "keyworker.secret_door")
    with pytest.raises(Misconfigured, match="secret_door"):
        check_routes(["static", "keyworker.secret_door"])
    with pytest.raises(Misconfigured, match="without a name"):
        check_routes(["static", None])
    assert check_routes(["static"]) is None


def test_the_door_is_shown_to_strangers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(POLICY, "keyworker.test_page", RoutePolicy(frozenset({ActorKind.KEYWORKER})))
    assert check_can_open(CAST["priya"], "keyworker.test_page") is None
    with pytest.raises(SignInFirst):
        check_can_open(ANONYMOUS, "keyworker.test_page")
    for person in ("carol", "priya, disabled", "noor's my_plan"):
        with pytest.raises(Hidden):
            check_can_open(CAST[person], "keyworker.test_page")


def test_the_policy_names_only_checks_that_exist() -> None:
    named = {route.check for route in POLICY.values() if route.check}
    assert [name for name in named if not hasattr(permission, name)] == []
