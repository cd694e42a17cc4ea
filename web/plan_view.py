"""A newcomer's plan as they may read it: on their own page by their link, or on paper from their keyworker. Nothing of other people's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from matcher.actions.scene import Scene
from matcher.actions.telling import companions_of, told_of
from matcher.actions.telling_volunteers import WAIT_MINUTES, venue_of
from matcher.domain.arrangement import Match, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import CloseReason, MatchState, ReferralState
from matcher.domain.letter_parts import Companion, Contact, Told, Venue
from matcher.store import matches, parties
from matcher.vocabulary import FellowshipWords, fellowship_words
from web.link_pages import wall


class PlanState(StrEnum):
    """How a plan stands. Templates know them by these names."""

    SET = "set"
    SETTLING = "settling"
    ON_HOLD = "on_hold"
    NOBODY = "nobody"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Meeting:
    """One dated meeting in full. Times are as the clock on the wall there shows them."""

    fellowship: FellowshipWords
    venue: Venue
    meets: datetime
    starts: datetime
    ends: datetime
    checked_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything on the page. `companions` and `meeting` are there once the newcomer was told; `waits` where they wished to say OK first."""

    state: PlanState
    name_used: str
    companions: tuple[Companion, ...]
    match_ids: tuple[str, ...]
    meeting: Meeting | None
    others: tuple[Meeting, ...]
    waits: bool
    begun: bool
    fare_help: str
    told: tuple[Told, ...]
    keyworker: Contact
    on_call: Contact
    crisis: Contact | None
    helpline: Contact | None
    wait_minutes: int = WAIT_MINUTES

    @property
    def names_fellowship(self) -> bool:
        """Whether the page says what kind of meeting it is: then it can be left in one press (NC-14)."""
        return self.meeting is not None or bool(self.others)


async def plan_of(c: Connection, scene: Scene) -> Plan:
    """Read the plan of a referral. Of companions only those the newcomer has been told of: nobody is named before everything is agreed."""
    referral = scene.referral
    live = await matches.list_matches(c, referral.id, referral.meeting_number)
    told = [match for match in live if match.told_newcomer_at and match.state in (MatchState.PLANNED, MatchState.CONFIRMED)]
    state = _state(scene, told)
    fixed = scene.option(told[0].option_id) if state is PlanState.SET else None
    about = fixed or next(iter(scene.options), None)
    return Plan(
        state=state,
        name_used=scene.newcomer().get("name_used", ""),
        companions=await companions_of(scene, told) if fixed else (),
        match_ids=tuple(str(match.id) for match in told) if fixed else (),
        meeting=_meeting(fixed) if fixed else None,
        others=tuple(_meeting(o) for o in scene.options if o.starts_at > scene.now) if state is PlanState.NOBODY else (),
        waits=referral.agree_first and any(match.state is MatchState.PLANNED for match in told),
        begun=bool(told) and scene.now >= told[0].starts_at,
        fare_help=referral.fare_help,
        told=await told_of(scene, told if fixed else ()),
        keyworker=await _keyworker(c, scene),
        on_call=scene.coordinator,
        crisis=Contact(scene.provider.discreet_name, scene.provider.crisis_line) if scene.provider.crisis_line else None,
        helpline=await _helpline(c, scene, about) if about else None,
    )


def _state(scene: Scene, told: Sequence[Match]) -> PlanState:
    referral = scene.referral
    if referral.state is ReferralState.ON_HOLD:
        return PlanState.ON_HOLD
    if referral.state is ReferralState.CLOSED:
        return PlanState.NOBODY if referral.close_reason == CloseReason.UNFILLED else PlanState.ENDED
    if referral.state in (ReferralState.AWAITING_OUTCOME, ReferralState.FOLLOWING):
        return PlanState.ENDED
    if told and all(scene.now < match.ends_at for match in told):
        return PlanState.SET
    return PlanState.ENDED if told else PlanState.SETTLING


def _meeting(option: ReferralOption) -> Meeting:
    zone = option.zone
    return Meeting(
        fellowship=fellowship_words(Fellowship(option.fellowship)),
        venue=venue_of(option),
        meets=wall(option.meet_at, zone),
        starts=wall(option.starts_at, zone),
        ends=wall(option.ends_at, zone),
        checked_on=option.last_confirmed_at.astimezone(zone).date() if option.last_confirmed_at else None,
    )


async def _keyworker(c: Connection, scene: Scene) -> Contact:
    party = await parties.get_staff_party(c, scene.referral.keyworker_id)
    details = scene.config.vault.open(party.details)
    return Contact(details["first_name"], details["telephone"])


async def _helpline(c: Connection, scene: Scene, option: ReferralOption) -> Contact | None:
    number = await parties.find_helpline(c, scene.area.id, option.fellowship)
    return Contact(fellowship_words(Fellowship(option.fellowship)).name, number) if number else None
