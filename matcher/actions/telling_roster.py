"""The one letter about a volunteer's place on the roster: welcome, paused, ended. It asks for nothing and gives no reason."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.actions.letter_writing import Occasion, make_link, volunteer_recipient, write_letter
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.domain.letter import RosterNoticeLetter
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.letter_parts import Contact, PlannedMeeting, RosterChange
from matcher.domain.timing import letter_due, not_after
from matcher.store import parties, roster_history


async def tell_roster_change(tx: Connection, config: Config, now: datetime, *, volunteer_id: UUID, change: RosterChange) -> UUID | None:
    """Write the notice with the meetings still ahead and the way out of each; None where nothing can reach them."""
    party = await parties.get_volunteer_party(tx, volunteer_id)
    if party.details is None or not party.can_be_written_to:
        return None
    details = config.vault.open(party.details)
    ahead = await roster_history.list_planned_meetings(tx, volunteer_id, now) if change is RosterChange.PAUSED else []
    planned = [
        PlannedMeeting(
            meeting.starts_at.astimezone(ZoneInfo(meeting.timezone)),
            await make_link(
                tx, config, now, "cannot_come", party=("volunteer", party.id), about_id=meeting.match_id, expires_at=meeting.starts_at
            ),
        )
        for meeting in ahead
    ]
    letter = RosterNoticeLetter(
        display_name=details["display_name"],
        change=change,
        planned=tuple(planned),
        profile_link=None,
        coordinator=Contact(party.area.discreet_name, party.area.on_call_telephone),
    )
    due = letter_due(LetterKind.ROSTER_NOTICE, Party.VOLUNTEER, now, party.area.zone, timing=config.timing)
    occasion = Occasion(
        about_id=party.id,
        due_at=due,
        not_after=not_after(LetterKind.ROSTER_NOTICE, due, timing=config.timing),
        area_id=party.area.id,
        recurs=f"{change.value} {now:%Y-%m-%d %H:%M:%S}",
    )
    return await write_letter(tx, config, now, letter, to=volunteer_recipient(config, party, details), occasion=occasion)
