"""Puts a letter into the outbox in the action's own transaction: rendered to its final bytes, sealed for its one recipient. Also their links."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from matcher.config import Config
from matcher.domain.arrangement import Referral
from matcher.domain.connection import Connection
from matcher.domain.letter import Letter
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import LetterId, Sender
from matcher.domain.outbox import NewLetter
from matcher.domain.party import AreaFrame, ProviderFrame, StaffParty, VolunteerParty
from matcher.domain.sealed import PersonKey
from matcher.links import new_token, token_hash
from matcher.mail import freeze_letter
from matcher.store import letter_links, letters

LONGEST_TRY = timedelta(hours=72)
"""A letter is never tried for longer, whatever its own latest moment (journeys 6, mail retry)."""

PATHS = {
    "answer_offer": "/answer/",
    "undo_acceptance": "/undo/",
    "cannot_come": "/cannot-come/",
    "pause": "/pause/",
    "calendar": "/calendar/",
    "my_plan": "/plan/",
    "confirm_day": "/coming/",
    "check_in": "/check-in/",
    "follow_up": "/questions/",
}

LASTING = frozenset({"pause", "answer_offer", "cannot_come"})
"""Purposes whose older links live on for good: every invitation's pause must work, and who was reminded may answer by the first letter.

Only an invitation that somebody asked to have sent again (R58) ends its older one.
"""


TAKES_BACK = {
    LetterKind.CHANGE: (LetterKind.CHANGE, LetterKind.CANCELLATION),
    LetterKind.CANCELLATION: (LetterKind.CANCELLATION, LetterKind.CHANGE, LetterKind.NEWCOMER_CONFIRMATION),
    LetterKind.NEWCOMER_CONFIRMATION: (
        LetterKind.NEWCOMER_CONFIRMATION,
        LetterKind.CHANGE,
        LetterKind.CANCELLATION,
        LetterKind.NO_COMPANION,
    ),
    LetterKind.NO_COMPANION: (
        LetterKind.NO_COMPANION,
        LetterKind.CHANGE,
        LetterKind.CANCELLATION,
        LetterKind.NEWCOMER_CONFIRMATION,
    ),
}
"""What still waits for the same person about the same thing and is not true any more once this is written. Other kinds: their own only."""


@dataclass(frozen=True, slots=True, repr=False)
class Recipient:
    """The one party a letter goes to. `address` is opened for this letter only."""

    party_kind: str
    id: UUID
    key: PersonKey
    address: str
    sender: Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a letter is about and when it may leave. `referral` gives it its place in that referral's log."""

    about_id: UUID
    due_at: datetime
    not_after: datetime
    referral: Referral | None = None
    area_id: UUID | None = None
    recurs: str = ""
    one_click_link: str | None = None


async def write_letter(tx: Connection, config: Config, now: datetime, letter: Letter, *, to: Recipient, occasion: Occasion) -> UUID | None:
    """Freeze a letter and put it into the outbox as the next revision of its kind; what it replaces and still waits is taken back first.

    Returns its id, or None where it could only come too late: then the caller owes the person a task instead.
    """
    not_after = min(occasion.not_after, occasion.due_at + LONGEST_TRY)
    if not_after <= occasion.due_at:
        return None
    about, kind = occasion.about_id, letter.kind.value
    earlier = await letters.count_revisions(tx, about, to.id, kind, occasion=occasion.recurs)
    replaced = TAKES_BACK.get(letter.kind, (letter.kind,))
    if earlier or len(replaced) > 1:
        await letters.update_letters_cancelled(tx, [about], now, kinds=[one.value for one in replaced], party_id=to.id)
    identity = LetterId(letter.kind, about, to.id, occasion.recurs, earlier + 1)
    frozen = freeze_letter(
        config,
        letter,
        letter_id=identity,
        sender=to.sender,
        to=to.address,
        due_at=occasion.due_at,
        one_click_link=occasion.one_click_link,
    )
    letter_id = uuid4()
    referral = occasion.referral
    await letters.insert_letter(
        tx,
        NewLetter(
            id=letter_id,
            kind=kind,
            about_id=about,
            party_kind=to.party_kind,
            party_id=to.id,
            occasion=occasion.recurs,
            revision=identity.revision,
            channel="email",
            referral_id=referral.id if referral else None,
            provider_id=referral.provider_id if referral else None,
            area_id=referral.area_id if referral else occasion.area_id,
            message_id=frozen.message_id,
            sealed_bytes=config.vault.seal_bytes(to.key, f"letters.sealed_bytes:{letter_id}", frozen.raw),
            sealed_to=config.vault.seal_bytes(to.key, f"letters.sealed_to:{letter_id}", frozen.to.encode()),
            bytes_sha256=sha256(frozen.raw).digest(),
            created_at=now,
            due_at=occasion.due_at,
            not_after=not_after,
        ),
    )
    await letter_links.update_links_in_letter(tx, letter_id, about_id=about, party_id=to.id)
    return letter_id


async def make_link(
    tx: Connection,
    config: Config,
    now: datetime,
    purpose: str,
    *,
    party: tuple[str, UUID],
    about_id: UUID,
    expires_at: datetime | None,
    ends_older: bool | None = None,
) -> str:
    """A new capability link for a letter, in full. When the letter leaves, it ends the older ones of its purpose and thing.

    `ends_older` None: as is usual for its purpose (see LASTING).

    Not before: somebody whose new letter waits for the morning, or for a mail server, must not stand there without a link that works.
    """
    token = new_token()
    link = letter_links.Link(
        purpose=purpose, party_kind=party[0], party_id=party[1], about_id=about_id, created_at=now, expires_at=expires_at, live=True
    )
    supersedes = purpose not in LASTING if ends_older is None else ends_older
    await letter_links.insert_link(tx, token_hash(token), link, ends_older=supersedes)
    return config.link(PATHS[purpose] + token)


def volunteer_recipient(config: Config, party: VolunteerParty, details: dict[str, str]) -> Recipient:
    """A volunteer, written to in the roster's discreet name. `details` is the opened `party.details`."""
    if party.details is None:
        raise ValueError("nothing is held of this volunteer")
    return Recipient("volunteer", party.id, party.details.key, details["email"], roster_sender(config, party.area))


def newcomer_recipient(config: Config, referral: Referral, provider: ProviderFrame, contact: dict[str, str]) -> Recipient:
    """A newcomer, written to in the service's discreet name. Only for a safe, chosen address."""
    if referral.key is None or not referral.writes_to_newcomer:
        raise ValueError("no letter goes to this newcomer")
    return Recipient("newcomer", referral.newcomer_id, referral.key, contact["email"], provider_sender(config, provider))


def staff_recipient(config: Config, party: StaffParty, details: dict[str, str], sender: Sender) -> Recipient:
    """A member of staff."""
    return Recipient("staff", party.id, party.details.key, details["email"], sender)


def provider_sender(config: Config, provider: ProviderFrame) -> Sender:
    """The frame of letters a service sends."""
    return _sender(config, provider.discreet_name, provider.reply_to, provider.telephone)


def roster_sender(config: Config, area: AreaFrame) -> Sender:
    """The frame of letters to the volunteers of an area."""
    return _sender(config, area.discreet_name, area.reply_to, area.on_call_telephone)


def _sender(config: Config, name: str, reply_to: str, phone: str) -> Sender:
    return Sender(
        name=name,
        mailbox=f"letters@{config.mail_domain}",
        reply_to=reply_to,
        phone=phone,
        privacy_link=config.link("/privacy"),
        complaint_link=config.link("/complaints"),
    )
