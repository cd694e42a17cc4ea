"""What the policy needs to know of a thing: the few facts each question of `permission.py` asks for. Any record that has them will do."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from matcher.domain.journey_word import ReferralState


class Visibility(StrEnum):
    """Whose referrals a provider's keyworkers see: their own (default), or the whole team's."""

    OWN = "own"
    TEAM = "team"


class LinkPurpose(StrEnum):
    """What a link in a letter is for (journeys 7). Each opens its one thing and no other."""

    ANSWER_OFFER = "answer_offer"
    UNDO_ACCEPTANCE = "undo_acceptance"
    CANNOT_COME = "cannot_come"
    CONFIRM_DAY = "confirm_day"
    CHECK_IN = "check_in"
    PAUSE = "pause"
    RECONFIRM = "reconfirm"
    OWN_PROFILE = "own_profile"
    CALENDAR = "calendar"
    GIVE_CONSENT = "give_consent"
    MY_PLAN = "my_plan"
    FOLLOW_UP = "follow_up"


class DraftFacts(Protocol):
    """What is asked of a draft."""

    @property
    def keyworker_id(self) -> UUID: ...
    @property
    def provider_id(self) -> UUID: ...


class ReferralFacts(DraftFacts, Protocol):
    """What is asked of a referral."""

    @property
    def id(self) -> UUID: ...
    @property
    def area_id(self) -> UUID | None: ...
    @property
    def newcomer_id(self) -> UUID: ...
    @property
    def state(self) -> ReferralState: ...
    @property
    def closed_at(self) -> datetime | None: ...


class HeldFacts(ReferralFacts, Protocol):
    """What is asked of a referral that is on hold."""

    @property
    def held_cause(self) -> str | None: ...


class InArea(Protocol):
    """A volunteer, a meeting or anything else that belongs to an area."""

    @property
    def id(self) -> UUID: ...
    @property
    def area_id(self) -> UUID | None: ...


class InAreas(Protocol):
    """A source of meetings: it may belong to several areas, or to none yet."""

    @property
    def area_ids(self) -> frozenset[UUID]: ...


class VolunteersThing(InArea, Protocol):
    """An offer or a match."""

    @property
    def volunteer_id(self) -> UUID: ...
    @property
    def referral_id(self) -> UUID: ...


class TaskFacts(Protocol):
    """What is asked of a task."""

    @property
    def for_role(self) -> str: ...
    @property
    def staff_id(self) -> UUID | None: ...
    @property
    def provider_id(self) -> UUID | None: ...
    @property
    def area_id(self) -> UUID | None: ...


class QuestionFacts(Protocol):
    """What is asked of a round of questions to a newcomer."""

    @property
    def id(self) -> UUID: ...
    @property
    def newcomer_id(self) -> UUID: ...


class CheckInFacts(Protocol):
    """What is asked of a volunteer's own "are you OK?"."""

    @property
    def id(self) -> UUID: ...
    @property
    def volunteer_id(self) -> UUID: ...
