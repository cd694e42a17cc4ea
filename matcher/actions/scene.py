"""What an action on one referral needs beside it: the service's and the area's frames, its options, and the moment. Loaded once per action."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.config import Config
from matcher.domain.arrangement import Match, Referral, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.letter_parts import Contact
from matcher.domain.party import AreaFrame, ProviderFrame, VolunteerParty
from matcher.domain.timing import letter_due, not_after
from matcher.store import letters, parties, referrals


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One referral at one moment, inside one transaction."""

    tx: Connection
    config: Config
    now: datetime
    referral: Referral
    provider: ProviderFrame
    area: AreaFrame
    options: tuple[ReferralOption, ...]

    def option(self, option_id: UUID) -> ReferralOption:
        """One of the options that are not lost. Raises KeyError."""
        return {option.id: option for option in self.options}[option_id]

    @property
    def fixed(self) -> ReferralOption | None:
        """The option somebody has said yes to."""
        return next((option for option in self.options if option.state == "fixed"), None)

    @property
    def open_options(self) -> tuple[ReferralOption, ...]:
        """What may still be accepted: the fixed option once there is one, else all that lie ahead."""
        ahead = tuple(option for option in self.options if option.starts_at > self.now)
        return (self.fixed,) if self.fixed else ahead

    @property
    def coordinator(self) -> Contact:
        """Whom volunteers ring."""
        return Contact(self.area.discreet_name, self.area.on_call_telephone)

    def times(
        self,
        kind: LetterKind,
        party: Party,
        *,
        at: datetime | None = None,
        starts_at: datetime | None = None,
        reply_by_at: datetime | None = None,
    ) -> tuple[datetime, datetime]:
        """When a letter may leave (out of its reader's quiet hours) and its latest moment."""
        timing = self.config.timing
        due = letter_due(kind, party, at or self.now, self.area.zone, starts_at=starts_at, timing=timing)
        return due, not_after(kind, due, starts_at=starts_at, reply_by_at=reply_by_at, timing=timing)

    def newcomer(self) -> dict[str, str]:
        """The newcomer's opened box: name_used and what else is kept of them."""
        return self.config.vault.open(self.referral.newcomer) if self.referral.newcomer else {}

    def contact(self) -> dict[str, str]:
        """The newcomer's opened contact details."""
        return self.config.vault.open(self.referral.contact) if self.referral.contact else {}


async def scene_of(tx: Connection, config: Config, now: datetime, referral: Referral, *, beside: Scene | None = None) -> Scene:
    """Load what belongs to a referral that this transaction has locked (or only reads). `beside`: another one's scene, whose frames are as good."""
    if referral.area_id is None:
        raise ValueError("a referral without an area is never asked for")
    provider = beside.provider if beside and beside.referral.provider_id == referral.provider_id else None
    area = beside.area if beside and beside.area.id == referral.area_id else None
    return Scene(
        tx=tx,
        config=config,
        now=now,
        referral=referral,
        provider=provider or await parties.get_provider_frame(tx, referral.provider_id),
        area=area or await parties.get_area_frame(tx, referral.area_id),
        options=tuple(await referrals.list_options(tx, referral.id, referral.meeting_number)),
    )


async def claim_scene(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> Scene:
    """Lock a referral and load its scene: how every action on it begins."""
    return await scene_of(tx, config, now, await referrals.claim_referral(tx, referral_id))


async def again(scene: Scene) -> Scene:
    """The same scene after this transaction has changed it."""
    return await scene_of(scene.tx, scene.config, scene.now, await referrals.claim_referral(scene.tx, scene.referral.id), beside=scene)


async def people_of(scene: Scene, matches: Iterable[Match]) -> dict[UUID, VolunteerParty]:
    """The volunteers of these matches, by id."""
    return await parties.list_volunteer_parties(scene.tx, [match.volunteer_id for match in matches])


async def plan_has_left(scene: Scene) -> bool:
    """Whether a plan that was written for the newcomer is in their hands: by a letter that has left, or from their keyworker."""
    referral = scene.referral
    if not referral.writes_to_newcomer:
        return True
    kinds = (LetterKind.NEWCOMER_CONFIRMATION, LetterKind.CHANGE)
    return any([await letters.find_told(scene.tx, referral.id, referral.newcomer_id, kind.value) for kind in kinds])
