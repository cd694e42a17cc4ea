"""The four state tables: every (state, event, actor, facts) is answered, by one row or by a refusal; and the promises no row may break."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from matcher.domain.actor import ActorKind
from matcher.domain.errors import Changed, Finished, Refusal, Refused
from matcher.domain.journey import (
    EPISODE_TABLE,
    LIVE_MATCHES,
    LIVE_OFFERS,
    MATCH_TABLE,
    MAY_ACCEPT,
    OFFER_TABLE,
    OPEN,
    REFERRAL_TABLE,
    VOLUNTEER_TABLE,
    YES_COUNTS,
    ChecksMissing,
    CloseReason,
    Ends,
    MatchEvent,
    MatchState,
    MeetingBegun,
    MovedOn,
    NeedsReason,
    NotAsThingsStand,
    NotYoursToDecide,
    OfferEvent,
    OfferState,
    ReferralClosed,
    ReferralEvent,
    ReferralState,
    SeatsFull,
    Step,
    Table,
    UndoOver,
    VolunteerEvent,
    VolunteerState,
    can,
    check_can,
    facts_asked,
    next_state,
    states_allowing,
)
from matcher.domain.journey_reader import read_steps
from matcher.domain.letter_kind import RECEIVERS, LetterKind
from matcher.domain.task import TaskKind

TABLES = (REFERRAL_TABLE, OFFER_TABLE, MATCH_TABLE, EPISODE_TABLE, VOLUNTEER_TABLE)
K, N, V, C, W = ActorKind.KEYWORKER, ActorKind.NEWCOMER, ActorKind.VOLUNTEER, ActorKind.COORDINATOR, ActorKind.CLOCK
S, E = ReferralState, ReferralEvent

IN_THE_DESIGN = {
    "Referral": {f"R{n}" for n in range(1, 59)},
    "Offer": {f"O{n}" for n in range(1, 19)},
    "Match": {f"M{n}" for n in range(1, 18)} | {"M4b"},
    "Episode": {f"E{n}" for n in range(1, 10)},
    "Volunteer": {f"V{n}" for n in range(1, 17)},
}
BUILT = {
    "Referral": {1, 2, 3, 4, 7, *range(12, 30), *range(31, 52), 53, 55, 56, 57, 58},
    "Offer": {*range(1, 14), 15, 16, 17, 18},
    "Match": set(range(1, 18)) - {13},
    "Episode": set(range(1, 10)),
    "Volunteer": {5, 7, 8, 11, 16},
}
OURS = {
    "R4a",
    "R12a",
    "R50b",
    "R16a",
    "R18a",
    "R20a",
    "R21a",
    "R22a",
    "R35a",
    "R26a",
    "R26b",
    "R34a",
    "R49a",
    "R40a",
    "R44a",
    "E3a",
    "E4a",
    "O1a",
    "O3a",
    "O4a",
    "O5a",
    "O8a",
    "O9a",
    "O10a",
    "O12a",
    "O13a",
    "O16a",
    "M4a",
    "V7a",
}
"""Rows for pairs that journeys.md leaves open and a person could meet."""


def questions(table: Table[Any, Any]) -> Iterator[tuple[Any, Any, ActorKind, dict[str, bool]]]:
    """Every question that can be asked of a table."""
    for state, event, actor in product((None, *table.states), table.events, ActorKind):
        names = sorted(facts_asked(table, state, event))
        for answers in product((False, True), repeat=len(names)):
            yield state, event, actor, dict(zip(names, answers, strict=True))


def doubtful(table: Table[Any, Any]) -> set[tuple[Any, Any, ActorKind]]:
    """Questions that two built rows answer."""
    found = set()
    for state, event, actor, facts in questions(table):
        rows = [row for row in table.index.get((state, event), ()) if row.built and actor in row.actors and row.fits(facts)]
        if len(rows) > 1:
            found.add((state, event, actor))
    return found


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_state_event_actor_and_fact_is_answered_by_one_row_or_a_refusal(table: Table[Any, Any]) -> None:
    answered = refused = 0
    for state, event, actor, facts in questions(table):
        try:
            step = check_can(table, state, event, by=actor, **facts)
        except Refusal as refusal:
            assert refusal.sentence.strip().endswith("."), refusal
            assert not can(table, state, event, by=actor, **facts)
            refused += 1
        else:
            assert step.built and actor in step.actors
            assert (state in step.sources) if state else not step.sources
            assert next_state(table, state, event, by=actor, **facts) in (*table.states, None)
            answered += 1
    assert answered > 10 and refused > answered
    assert doubtful(table) == set()


def test_a_second_row_for_the_same_facts_would_be_found() -> None:
    twin = Step("R99", (S.MATCHED,), E.WITHDRAW_COMPANION, (V,), S.CLOSED, ("late",))
    planted = Table("Referral", S, E, (*REFERRAL_TABLE.steps, twin))
    assert doubtful(planted) == {(S.MATCHED, E.WITHDRAW_COMPANION, V)}


def test_facts_that_fit_no_row_are_the_refusals_we_mean() -> None:
    unanswered = set()
    for table in TABLES:
        for state, event, actor, facts in questions(table):
            rows = [row for row in table.index.get((state, event), ()) if row.built and actor in row.actors]
            if rows and not any(row.fits(facts) for row in rows):
                unanswered.add((table.name, str(state), str(event), *sorted(name for name in facts if not facts[name])))
    events = {(table, event) for table, _, event, *_ in unanswered}
    assert events == {
        ("Referral", "submit_referral"),  # Alateen: the module is off
        ("Referral", "accept_offer"),  # a person must look first, so a late yes does not count
        ("Referral", "record_yes_by_phone"),  # the second yes of two is always the last
        ("Referral", "pair_deadline"),  # nobody has said yes: there is no pair to decide about
        ("Referral", "undo_acceptance"),
        ("Referral", "cancel_referral"),
        ("Referral", "hold_referral"),  # what a keyworker cannot hold for: safety is the lead's, a restriction governance's
        ("Offer", "undo_acceptance"),
        ("Offer", "winner_undid"),
        ("Match", "undo_acceptance"),
        ("Match", "answer_deadline"),
        ("Episode", "plan_next_meeting"),  # six have been met
        ("Volunteer", "admit"),
        ("Volunteer", "resume"),
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_of_the_design_is_there_and_only_ours_besides(table: Table[Any, Any]) -> None:
    ids = {step.id for step in table.steps}
    assert IN_THE_DESIGN[table.name] <= ids
    assert ids - IN_THE_DESIGN[table.name] <= OURS
    built = {int(step.id[1:]) for step in table.steps if step.built and step.id[1:].isdigit()}
    assert built == BUILT[table.name]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_event_is_used_and_every_state_can_be_reached(table: Table[Any, Any]) -> None:
    assert {step.event for step in table.steps} == set(table.events)
    reached = {step.to for step in table.steps if not step.sources}
    while more := {step.to for step in table.steps if set(step.sources) & reached} - reached - set(Ends):
        reached |= more
    assert reached == set(table.states)


def test_a_fact_left_out_or_misspelt_is_a_mistake_in_the_program() -> None:
    with pytest.raises(TypeError, match="other_stays"):
        check_can(REFERRAL_TABLE, S.MATCHED, E.WITHDRAW_COMPANION, by=V, late=True)
    with pytest.raises(TypeError, match="lat"):
        check_can(REFERRAL_TABLE, S.MATCHED, E.WITHDRAW_COMPANION, by=V, lat=True, other_stays=False)
    assert can(REFERRAL_TABLE, S.PART_FILLED, E.WITHDRAW_COMPANION, by=V, late=True, other_stays=False), (
        "a fact of another state is no mistake"
    )


def test_an_unknown_word_in_a_table_is_refused_when_it_is_read() -> None:
    def read(line: str) -> object:
        return read_steps(line, S, E, names={}, reasons=(CloseReason,), notes={})

    assert read("R1 | draft | save_page | K | | same")
    for wrong in (
        "R1 | daft | save_page | K | | same",
        "R1 | draft | save_pages | K | | same",
        "R1 | draft | save_page | Q | | same",
        "R1 | draft | save_page | K | | somewhere",
        "R1 | draft | save_page | K | | closed/tired",
        "R1 | draft | save_page | K | | same | offer_of_tea",
        "R1 | draft | save_page | K | | same | change",
        "R1 | draft | save_page | K | | same | offer>N",
        "R1 | draft | save_page | K | | same | | make_tea",
    ):
        with pytest.raises((ValueError, KeyError)):
            read(wrong)


# ── promises ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_volunteer_never_says_whether_the_newcomer_came() -> None:
    outcomes = {E.RECORD_ATTENDED, E.RECORD_NOT_ATTENDED, E.CHASE_DUE, MatchEvent.RECORD_ATTENDED, MatchEvent.RECORD_NOT_ATTENDED}
    for step in (*REFERRAL_TABLE.steps, *MATCH_TABLE.steps):
        assert not (step.event in outcomes and V in step.actors), step.id
        assert not (step.to in (MatchState.MET, MatchState.MISSED) and V in step.actors), step.id


def test_a_volunteer_has_no_hand_in_anything_after_the_meeting() -> None:
    after = (S.AWAITING_OUTCOME, S.FOLLOWING)
    for step in REFERRAL_TABLE.steps:
        assert not (V in step.actors and set(step.sources) & set(after)), step.id
    assert not [step.id for step in EPISODE_TABLE.steps if V in step.actors]


def test_a_closed_referral_is_never_opened_again() -> None:
    leaving = {(step.id, step.to) for step in REFERRAL_TABLE.steps if S.CLOSED in step.sources}
    assert leaving == {("R54", Ends.SAME), ("R58", Ends.SAME)}
    for event in E:
        if event is not E.SEND_AGAIN:
            with pytest.raises(ReferralClosed):
                check_can(REFERRAL_TABLE, S.CLOSED, event, by=K)


def test_a_matched_referral_takes_no_third_person() -> None:
    for event in (E.ACCEPT_OFFER, E.RECORD_YES_BY_PHONE):
        with pytest.raises(SeatsFull):
            check_can(REFERRAL_TABLE, S.MATCHED, event, by=V, last_seat=True, at_once=False)


@pytest.mark.parametrize("state", OPEN)
def test_consent_can_be_withdrawn_from_every_open_state_by_newcomer_or_keyworker(state: ReferralState) -> None:
    for actor in (N, K):
        step = check_can(REFERRAL_TABLE, state, E.WITHDRAW_CONSENT, by=actor)
        assert (step.to, step.reason) == (S.CLOSED, CloseReason.CONSENT_WITHDRAWN)
    with pytest.raises(NotYoursToDecide):
        check_can(REFERRAL_TABLE, state, E.WITHDRAW_CONSENT, by=C)


def test_nobody_found_always_reaches_a_person() -> None:
    for step in REFERRAL_TABLE.steps:
        if step.to is S.NEEDS_PERSON:
            assert step.reason in NeedsReason and TaskKind.NEEDS_PERSON in step.tasks, step.id
        closes_searching = step.to is S.CLOSED and not set(step.sources) <= {S.AWAITING_OUTCOME, S.FOLLOWING}
        if closes_searching and step.built and W in step.actors:
            kinds = {kind for kind, _ in step.letters}
            assert step.event is E.LAST_MOMENT_PASSED and {LetterKind.NO_COMPANION, LetterKind.KEYWORKER_NOTICE} <= kinds


def test_a_reason_goes_with_each_closed_needs_person_and_cancelled() -> None:
    assert all((step.to is S.CLOSED) == isinstance(step.reason, CloseReason) for step in REFERRAL_TABLE.steps)
    assert all((step.to is MatchState.CANCELLED) == (step.reason is not None) for step in MATCH_TABLE.steps)


def test_letters_go_only_to_those_who_may_read_them() -> None:
    owed = [(step.id, kind, party) for table in TABLES for step in table.steps for kind, party in step.letters]
    assert len(owed) > 80
    assert [row for row in owed if row[2] not in RECEIVERS[row[1]]] == []


def test_the_newcomer_hears_of_a_yes_only_after_the_undo_window_unless_the_meeting_is_near() -> None:
    for state, event, actor in ((S.LOOKING, E.ACCEPT_OFFER, V), (S.PART_FILLED, E.ACCEPT_OFFER, V), (S.LOOKING, E.RECORD_YES_BY_PHONE, C)):
        for at_once in (False, True):
            step = check_can(REFERRAL_TABLE, state, event, by=actor, last_seat=True, at_once=at_once)
            told = LetterKind.NEWCOMER_CONFIRMATION in {kind for kind, _ in step.letters}
            assert told is at_once
    corrected = check_can(REFERRAL_TABLE, S.MATCHED, E.UNDO_ACCEPTANCE, by=V, in_time=True, other_stays=False, told_already=True)
    assert LetterKind.CANCELLATION in {kind for kind, _ in corrected.letters}
    silent = check_can(REFERRAL_TABLE, S.MATCHED, E.UNDO_ACCEPTANCE, by=V, in_time=True, other_stays=False, told_already=False)
    assert silent.letters == ()


def test_each_party_is_told_once_when_the_undo_window_is_over() -> None:
    for agree_first, told_already in product((False, True), repeat=2):
        step = check_can(REFERRAL_TABLE, S.MATCHED, E.UNDO_OVER, by=W, agree_first=agree_first, told_already=told_already)
        kinds = {kind for kind, _ in step.letters}
        assert (LetterKind.NEWCOMER_CONFIRMATION in kinds) is not told_already
        assert (LetterKind.KEYWORKER_NOTICE in kinds) is not told_already
        assert (LetterKind.VOLUNTEER_CONFIRMATION in kinds) is not agree_first
        assert can(MATCH_TABLE, MatchState.PLANNED, MatchEvent.UNDO_OVER, by=W, agree_first=agree_first)


def test_referral_offer_and_match_agree_on_what_is_built() -> None:
    shared = {event.value for event in E} & {event.value for event in MatchEvent}
    for name in sorted(shared):
        of_referral = [step.built for step in REFERRAL_TABLE.steps if step.event == name]
        of_match = [step.built for step in MATCH_TABLE.steps if step.event == name]
        assert any(of_referral) == any(of_match), name
    for name in ("accept_offer", "undo_acceptance", "record_yes_by_phone"):
        assert all(any(step.event == name and step.built for step in table.steps) for table in TABLES[:3])


@pytest.mark.parametrize(("late", "goal"), [(False, S.LOOKING), (True, S.NEEDS_PERSON)])
def test_a_companion_may_withdraw_at_any_time_and_a_late_one_calls_a_person(late: bool, goal: ReferralState) -> None:
    step = check_can(REFERRAL_TABLE, S.MATCHED, E.WITHDRAW_COMPANION, by=V, late=late, other_stays=False)
    assert step.to is goal
    stays = next_state(REFERRAL_TABLE, S.MATCHED, E.WITHDRAW_COMPANION, by=V, late=late, other_stays=True)
    assert stays is S.PART_FILLED
    for state in LIVE_MATCHES:
        assert next_state(MATCH_TABLE, state, MatchEvent.WITHDRAW_COMPANION, by=V) is MatchState.CANCELLED


def test_undo_after_its_time_says_what_still_can_be_done() -> None:
    for table, state, event in (
        (OFFER_TABLE, OfferState.ACCEPTED, OfferEvent.UNDO_ACCEPTANCE),
        (MATCH_TABLE, MatchState.PLANNED, MatchEvent.UNDO_ACCEPTANCE),
    ):
        with pytest.raises(UndoOver, match="cannot come"):
            check_can(table, state, event, by=V, in_time=False)
    with pytest.raises(UndoOver):
        check_can(MATCH_TABLE, MatchState.CONFIRMED, MatchEvent.UNDO_ACCEPTANCE, by=V, in_time=False)


def test_cancelling_after_the_start_asks_how_it_went() -> None:
    with pytest.raises(MeetingBegun):
        check_can(REFERRAL_TABLE, S.MATCHED, E.CANCEL_REFERRAL, by=K, before_start=False)


def test_a_late_yes_still_counts_unless_a_person_must_look_first() -> None:
    facts = {"last_seat": True, "at_once": False}
    assert next_state(REFERRAL_TABLE, S.NEEDS_PERSON, E.ACCEPT_OFFER, by=V, yes_counts=True, **facts) is S.MATCHED
    with pytest.raises(NotAsThingsStand):
        check_can(REFERRAL_TABLE, S.NEEDS_PERSON, E.ACCEPT_OFFER, by=V, yes_counts=False, **facts)
    assert NeedsReason.TO_SETTLE not in YES_COUNTS and NeedsReason.ALATEEN not in YES_COUNTS and NeedsReason.SAFETY_FLAG not in YES_COUNTS


@pytest.mark.parametrize("state", OfferState)
def test_a_yes_is_never_an_error_while_its_link_lives(state: OfferState) -> None:
    facts = {"place_open": False, "was_place_taken": True}
    ended = state in (OfferState.QUEUED, OfferState.UNDELIVERABLE)
    if ended:  # no letter has left, or none can arrive: nobody can press
        with pytest.raises((Changed, Finished)):
            check_can(OFFER_TABLE, state, OfferEvent.ACCEPT_OFFER, by=V, **facts)
    else:
        expected = OfferState.ACCEPTED if state is OfferState.ACCEPTED else OfferState.COVERED
        assert next_state(OFFER_TABLE, state, OfferEvent.ACCEPT_OFFER, by=V, **facts) is expected


def test_a_second_press_changes_nothing_and_writes_nothing() -> None:
    step = check_can(OFFER_TABLE, OfferState.ACCEPTED, OfferEvent.ACCEPT_OFFER, by=V)
    assert (step.to, step.letters) == (Ends.SAME, ())
    again = check_can(VOLUNTEER_TABLE, VolunteerState.PAUSED, VolunteerEvent.PAUSE, by=V)
    assert (again.to, again.letters) == (Ends.SAME, ())


def test_the_states_of_the_database_come_from_the_tables() -> None:
    assert states_allowing(OFFER_TABLE, OfferEvent.WINNER_UNDID) == (OfferState.WITHDRAWN,)
    assert set(MAY_ACCEPT) < set(states_allowing(OFFER_TABLE, OfferEvent.ACCEPT_OFFER, by=V))
    assert set(LIVE_OFFERS) == {state for state in OfferState if can(OFFER_TABLE, state, OfferEvent.BOUNCED, by=W)}
    assert states_allowing(REFERRAL_TABLE, E.ACCEPT_OFFER) == (S.LOOKING, S.PART_FILLED, S.NEEDS_PERSON)
    assert states_allowing(REFERRAL_TABLE, E.HOLD_REFERRAL) == (S.LOOKING, S.PART_FILLED, S.NEEDS_PERSON, S.MATCHED)
    assert states_allowing(REFERRAL_TABLE, E.RELEASE_HOLD) == (S.ON_HOLD,)
    assert states_allowing(REFERRAL_TABLE, E.HAND_OVER) == (), "not built yet"


def test_only_a_finished_checklist_admits() -> None:
    with pytest.raises(ChecksMissing):
        check_can(VOLUNTEER_TABLE, VolunteerState.CHECKING, VolunteerEvent.ADMIT, by=C, checks_done=False, role_card_read=True)
    with pytest.raises(NotYoursToDecide):
        check_can(VOLUNTEER_TABLE, VolunteerState.CHECKING, VolunteerEvent.ADMIT, by=K, checks_done=True, role_card_read=True)
    for state in VolunteerState:
        admits = can(VOLUNTEER_TABLE, state, VolunteerEvent.ADMIT, by=C, checks_done=True, role_card_read=True)
        assert admits is (state is VolunteerState.CHECKING)


def test_what_the_state_does_not_know_has_moved_on() -> None:
    with pytest.raises(MovedOn):
        check_can(REFERRAL_TABLE, S.DRAFT, E.GIVE_UP, by=K)
    assert issubclass(MovedOn, Changed) and issubclass(NotYoursToDecide, Refused)
    assert next_state(REFERRAL_TABLE, S.DRAFT, E.DRAFT_UNTOUCHED, by=W) is None
