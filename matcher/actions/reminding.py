"""Reminders of a plan that stands (R35): to companion and newcomer a day before, to the companion again four hours before, to the newcomer two if they wish.

Each is a timer of its match and dies with it. Nobody is reminded shortly after they were told, and nobody at night: a reminder comes before it.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from matcher.actions.asking import set_timer
from matcher.actions.letter_writing import Occasion, Recipient, make_link, newcomer_recipient, volunteer_recipient, write_letter
from matcher.actions.scene import Scene, claim_scene, people_of
from matcher.actions.telling import companions_of, keyworker_contact, owe, plan_link
from matcher.actions.telling_volunteers import display_name, is_given_number, venue_of
from matcher.actions.unwinding import drop_reminders
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.arrangement import Match, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.journey_word import MatchState, ReferralState
from matcher.domain.letter_afterwards import CompanionReminderLetter, NewcomerReminderLetter
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.outbox import TimerKind
from matcher.domain.party import VolunteerParty
from matcher.domain.task import task_instead
from matcher.domain.timing import morning_at, reminder_at
from matcher.store import audit, matches, parties, timers

Reminder = CompanionReminderLetter | NewcomerReminderLetter
REMINDERS = [
    TimerKind.REMIND_COMPANION.value,
    TimerKind.REMIND_COMPANION_AGAIN.value,
    TimerKind.REMIND_NEWCOMER.value,
    TimerKind.REMIND_NEWCOMER_AGAIN.value,
]


async def set_reminders(scene: Scene, match: Match) -> None:
    """The plan stands, or has moved: what was to remind of the old one is dropped, and each reminder that is still of use is set."""
    await timers.update_timers_cancelled(scene.tx, [match.id], scene.now, kinds=REMINDERS)
    await drop_reminders(scene, match)
    timing, earliest = scene.config.timing, scene.now + scene.config.timing.reminded_apart
    at = partial(reminder_at, match.starts_at, zone=scene.area.zone, timing=timing)
    due = {
        TimerKind.REMIND_COMPANION: at(timing.reminded_before, party=Party.VOLUNTEER),
        TimerKind.REMIND_NEWCOMER: at(timing.reminded_before, party=Party.NEWCOMER),
    }
    again = at(timing.companion_again_before, party=Party.VOLUNTEER)
    if again >= morning_at(match.starts_at, scene.area.zone, timing=timing) + timing.reminded_apart:
        due[TimerKind.REMIND_COMPANION_AGAIN] = again
    if scene.referral.reminder_two_hours:
        due[TimerKind.REMIND_NEWCOMER_AGAIN] = at(timing.newcomer_again_before, party=Party.NEWCOMER)
    for kind, moment in due.items():
        if moment >= earliest:
            await set_timer(scene, kind, match.id, moment, due_for=match.starts_at.isoformat())


async def remind_companion_day_before(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    """A day before: place, time, and who."""
    await _remind_companion(tx, config, now, match_id, before=config.timing.companion_again_before)


async def remind_companion_again(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    """Four hours before; it asks once more whether they are coming, where they have not said so today."""
    await _remind_companion(tx, config, now, match_id, again=True)


async def remind_newcomer_day_before(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    """A day before: one letter, however many go along; without a safe channel their keyworker says it."""
    await _remind_newcomer(tx, config, now, match_id, before=config.timing.newcomer_again_before)


async def remind_newcomer_again(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    """Two hours before, where they wished it; by letter only."""
    await _remind_newcomer(tx, config, now, match_id, again=True)


async def _remind_companion(
    tx: Connection, config: Config, now: datetime, match_id: UUID, *, again: bool = False, before: timedelta = timedelta(0)
) -> None:
    scene, match = await _claim(tx, config, now, match_id)
    party = await parties.get_volunteer_party(tx, match.volunteer_id)
    if not _stands(scene, match, before) or party.details is None or not party.can_be_written_to:
        return
    details = config.vault.open(party.details)
    to = volunteer_recipient(config, party, details)
    letter = await _to_companion(scene, match, party, again=again)
    await _write(scene, match, letter, to, again=again)


async def _to_companion(scene: Scene, match: Match, party: VolunteerParty, *, again: bool) -> CompanionReminderLetter:
    option, partner = scene.option(match.option_id), await _partner(scene, match)
    asks = again and match.day_confirmed_at is None
    return CompanionReminderLetter(
        display_name=display_name(scene, party),
        name_used=scene.newcomer().get("name_used", ""),
        on_the_day=_is_today(scene, option),
        starts=option.starts,
        meet_at=option.meets,
        meet_place=option.meet_place,
        venue=venue_of(option),
        partner_name=display_name(scene, partner) if partner else None,
        newcomer_phone=scene.contact().get("telephone") if again and is_given_number(scene, party) else None,
        confirm_link=await _link(scene, match, "confirm_day") if asks else None,
        cannot_come_link=await _link(scene, match, "cannot_come"),
        coordinator=scene.coordinator,
    )


def _is_today(scene: Scene, option: ReferralOption) -> bool:
    """Whether it is read on the meeting's own day: before an early meeting quiet hours bring it the evening before."""
    return scene.now.astimezone(scene.area.zone).date() == option.on_date


async def _link(scene: Scene, match: Match, purpose: str) -> str:
    """A companion's link; those of earlier letters live on."""
    reader = ("volunteer", match.volunteer_id)
    return await make_link(
        scene.tx, scene.config, scene.now, purpose, party=reader, about_id=match.id, expires_at=match.starts_at, ends_older=False
    )


async def _partner(scene: Scene, match: Match) -> VolunteerParty | None:
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    others = [one for one in live if one.is_live and one.id != match.id]
    return (await people_of(scene, others))[others[0].volunteer_id] if others else None


async def _remind_newcomer(
    tx: Connection, config: Config, now: datetime, match_id: UUID, *, again: bool = False, before: timedelta = timedelta(0)
) -> None:
    scene, match = await _claim(tx, config, now, match_id)
    going = await matches.list_matches(tx, scene.referral.id, scene.referral.meeting_number)
    standing = [one for one in going if _stands(scene, one, before)]
    if not standing or standing[0].id != match.id:
        return
    if scene.referral.writes_to_newcomer:
        to = newcomer_recipient(config, scene.referral, scene.provider, scene.contact())
        await _write(scene, match, await _to_newcomer(scene, standing), to, again=again)
    elif not again:
        await owe(scene, task_instead(LetterKind.REMINDER), reason=LetterKind.REMINDER.value, due_at=match.starts_at, match=match)


async def _to_newcomer(scene: Scene, standing: list[Match]) -> NewcomerReminderLetter:
    option = scene.option(standing[0].option_id)
    return NewcomerReminderLetter(
        name_used=scene.newcomer().get("name_used", ""),
        on_the_day=_is_today(scene, option),
        companions=await companions_of(scene, standing),
        starts=option.starts,
        meet_at=option.meets,
        meet_place=option.meet_place,
        plan_link=await plan_link(scene, option.ends_at, ends_older=False),
        keyworker=await keyworker_contact(scene),
    )


async def _write(scene: Scene, match: Match, letter: Reminder, to: Recipient, *, again: bool) -> None:
    """Each reminder is a letter of its own about its match, and so is one for a meeting that has moved. One that is too late is none."""
    due_at, not_after = scene.times(LetterKind.REMINDER, letter.party, starts_at=match.starts_at)
    recurs = f"{'again' if again else 'day'} {match.revision}"
    occasion = Occasion(about_id=match.id, due_at=due_at, not_after=not_after, referral=scene.referral, recurs=recurs)
    await write_letter(scene.tx, scene.config, scene.now, letter, to=to, occasion=occasion)


async def _claim(tx: Connection, config: Config, now: datetime, match_id: UUID) -> tuple[Scene, Match]:
    """The match as it is once its referral is locked."""
    await audit.claim_acting(tx, CLOCK, "reminder_due", now)
    scene = await claim_scene(tx, config, now, (await matches.get_match(tx, match_id)).referral_id)
    return scene, await matches.get_match(tx, match_id)


def _stands(scene: Scene, match: Match, before: timedelta) -> bool:
    """Whether this plan stands, and the meeting lies further ahead than the next reminder would."""
    ahead = scene.now < match.starts_at - before
    return match.state is MatchState.CONFIRMED and ahead and scene.referral.state is not ReferralState.ON_HOLD
