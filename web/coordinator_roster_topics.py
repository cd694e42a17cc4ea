"""The pages about one volunteer as a table: what each shows of an entry, and what it changes. The week's page reads itself (roster_week_form)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from matcher.actions.rostering import current_role_card
from matcher.domain.availability import Away
from matcher.domain.language import language_name
from matcher.domain.place import KM_PER_MILE, Circle, find_outcode
from matcher.domain.roster import Checklist, PersonDetails, ReachArea, RosterAnswers
from matcher.domain.volunteer import Membership
from web.coordinator_roster_forms import (
    MOST_DISTRICTS,
    MOST_LEAVES,
    ON_THE_ROSTER,
    Checks,
    Fellowships,
    HowOften,
    Leave,
    LeaveDates,
    Topic,
    Where,
    WhereFrom,
    Who,
    Whom,
    km_of,
    languages_in,
    leave_rows,
    reach_rows,
)

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What a page changes, by the names of RosterAnswers and of PersonDetails."""

    answers: dict[str, Any]
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class TopicPage:
    """One page: its form, what it shows of an entry, what an answer changes. `past` are dates that cannot lie ahead."""

    record: type[Topic]
    show: Callable[[RosterAnswers, PersonDetails], Shown]
    change: Callable[[Any, RosterAnswers], Change]
    past: tuple[str, ...] = ()


def _show_who(answers: RosterAnswers, details: PersonDetails) -> Shown:
    names = ("display_name", "private_name", "email", "telephone", "recognise_me")
    return {**{name: getattr(details, name) for name in names}, "share_number": answers.share_number, "discreet": answers.discreet}


def _who(record: Who, _: RosterAnswers) -> Change:
    names = ("display_name", "private_name", "email", "telephone", "recognise_me")
    return Change({"share_number": record.share_number, "discreet": record.discreet}, {name: getattr(record, name) or "" for name in names})


def _show_fellowships(answers: RosterAnswers, _: PersonDetails) -> Shown:
    kinds = {f"kind_{one.fellowship.value}": one.kind for one in answers.memberships}
    return {
        "fellowships": [one.fellowship for one in answers.memberships],
        "smart_trained": answers.smart_trained,
        "time_band": answers.time_band,
        **kinds,
    }


def _fellowships(record: Fellowships, _: RosterAnswers) -> Change:
    chosen = [fellowship for fellowship in ON_THE_ROSTER if fellowship in record.fellowships]
    memberships = frozenset(Membership(fellowship, getattr(record, f"kind_{fellowship.value}")) for fellowship in chosen)
    return Change({"memberships": memberships, "smart_trained": record.smart_trained, "time_band": record.time_band}, {})


def _show_where(answers: RosterAnswers, _: PersonDetails) -> Shown:
    shown: Shown = {"travel_mode": answers.travel_mode, "further_if_needed": answers.further_if_needed}
    for number, area in enumerate(answers.reach[:MOST_DISTRICTS], start=1):
        shown |= {f"district_{number}": area.label, f"miles_{number}": f"{area.circle.radius_km / KM_PER_MILE:.1f}".removesuffix(".0")}
    return shown


def _where(record: WhereFrom, before: RosterAnswers) -> Change:
    """A distance that was not touched keeps what it was, to the metre."""
    kept = {(area.label, f"{area.circle.radius_km / KM_PER_MILE:.1f}"): area for area in before.reach}
    reach = []
    for district, miles in reach_rows(record).values():
        place = find_outcode(district) if district else None
        if place and place.point and miles is not None:
            new = ReachArea(place.label, Circle(place.point, km_of(miles)))
            reach.append(kept.get((place.label, f"{miles:.1f}"), new))
    answers = {
        "reach": (*reach, *before.reach[MOST_DISTRICTS:]),
        "travel_mode": record.travel_mode,
        "further_if_needed": record.further_if_needed,
    }
    return Change(answers, {})


def _show_away(answers: RosterAnswers, _: PersonDetails) -> Shown:
    shown: Shown = {}
    for number, away in enumerate(answers.away[:MOST_LEAVES], start=1):
        shown |= {f"first_{number}": away.first_on, f"last_{number}": away.last_on}
    return shown


def _away(record: LeaveDates, before: RosterAnswers) -> Change:
    shown = tuple(Away(first, last) for first, last in leave_rows(record).values() if first)
    return Change({"away": (*shown, *before.away[MOST_LEAVES:])}, {})


def _show_whom(answers: RosterAnswers, details: PersonDetails) -> Shown:
    return {
        "comfortable_with": answers.comfortable_with,
        "pair_only": answers.pair_only,
        "says_is": answers.says_is,
        "own_words": details.own_words,
        "audiences": sorted(answers.audiences),
        "languages": ", ".join(map(language_name, sorted(answers.languages))),
        "can_offer": details.can_offer,
    }


def _whom(record: Whom, _: RosterAnswers) -> Change:
    answers = {
        "comfortable_with": record.comfortable_with,
        "pair_only": record.pair_only,
        "says_is": record.says_is,
        "audiences": record.audiences,
        "languages": languages_in(record.languages or ""),
    }
    return Change(answers, {"own_words": record.own_words or "", "can_offer": record.can_offer or ""})


def _show_often(answers: RosterAnswers, _: PersonDetails) -> Shown:
    return {"letters_per_week": answers.letters_per_week, "going_cap": answers.going_cap, "notice": answers.notice}


def _often(record: HowOften, _: RosterAnswers) -> Change:
    return Change({"letters_per_week": record.letters_per_week, "going_cap": record.going_cap, "notice": record.notice}, {})


def _show_checks(answers: RosterAnswers, details: PersonDetails) -> Shown:
    names = ("met_on", "referee_on", "training_on", "dbs", "dbs_seen_on")
    seen = {name: getattr(answers.checklist, name) for name in names}
    return {**seen, "met_by": details.met_by, "referee": details.referee, "role_card_on": answers.role_card_on}


def _checks(record: Checks, before: RosterAnswers) -> Change:
    """A new date of reading the role card is a reading of the one in force; an old date stays with the version it was."""
    names = ("met_on", "referee_on", "training_on", "dbs", "dbs_seen_on")
    answers: dict[str, Any] = {"checklist": replace(Checklist(), **{name: getattr(record, name) for name in names})}
    if record.role_card_on != before.role_card_on:
        answers |= {"role_card_on": record.role_card_on, "role_card_version": current_role_card() if record.role_card_on else None}
    return Change(answers, {"met_by": record.met_by or "", "referee": record.referee or ""})


TOPICS: dict[str, TopicPage] = {
    "who": TopicPage(Who, _show_who, _who),
    "fellowships": TopicPage(Fellowships, _show_fellowships, _fellowships),
    "where": TopicPage(Where, _show_where, _where),
    "whom": TopicPage(Whom, _show_whom, _whom),
    "often": TopicPage(HowOften, _show_often, _often),
    "checks": TopicPage(Checks, _show_checks, _checks, past=("met_on", "referee_on", "training_on", "dbs_seen_on", "role_card_on")),
    "away": TopicPage(Leave, _show_away, _away),
}
"""By the last part of their address."""
IN_ORDER = ("fellowships", "where", "when", "whom", "often", "checks")
"""The pages somebody new is taken through, one after the other."""


def next_topic(topic: str) -> str | None:
    """The page that follows for somebody new; None after the last."""
    place = IN_ORDER.index(topic) + 1 if topic in IN_ORDER else len(IN_ORDER)
    return IN_ORDER[place] if place < len(IN_ORDER) else None


def ahead_of(record: Topic, past: tuple[str, ...], today: date) -> dict[str, str]:
    """Dates of what has happened that lie in the future, as errors."""
    return {name: "date_ahead" for name in past if (on := getattr(record, name)) is not None and on > today}
