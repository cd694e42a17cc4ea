"""Letters to volunteers about one referral: the invitation, what was recorded, covered, the plan, a change, the end of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.actions.letter_writing import Occasion, make_link, volunteer_recipient, write_letter
from matcher.actions.scene import Scene, people_of
from matcher.domain.arrangement import Match, Offer, Referral, ReferralOption
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import MatchState
from matcher.domain.letter import (
    CancellationLetter,
    ChangeLetter,
    CoveredLetter,
    Letter,
    MorningOfLetter,
    OfferAcceptedLetter,
    OfferLetter,
    VolunteerConfirmationLetter,
)
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.letter_parts import ChangedLine, ChangeReason, Companion, CoveredBecause, DayNeed, Ending, OfferOption, Seat, Venue
from matcher.domain.party import VolunteerParty
from matcher.domain.wishes import Exposure, Need
from matcher.store import letters, matches, parties
from matcher.vocabulary import fellowship_words, role_card

WAIT_MINUTES = 15
DAY_NEEDS = {
    Need.STEP_FREE: DayNeed.STEP_FREE,
    Need.HEARING_LOOP: DayNeed.HEARING_LOOP,
    Need.QUIET: DayNeed.QUIET,
    Need.BSL: DayNeed.BSL,
    Need.INTERPRETER: DayNeed.INTERPRETER,
    Need.LARGE_PRINT: DayNeed.LARGE_PRINT,
    Need.EASY_READ: DayNeed.EASY_READ,
    Need.ADVOCATE: DayNeed.ADVOCATE,
}


def venue_of(option: ReferralOption) -> Venue:
    """Where a meeting is, in full: only after a yes."""
    address = option.formatted_address or ""
    return Venue(option.place_name, "" if address == option.place_name else address, option.location_notes or "", option.travel_notes or "")


def seat_of(scene: Scene, seat: int) -> Seat:
    """Which companion this is."""
    return Seat.ONLY if scene.referral.seats == 1 else Seat.FIRST if seat == 1 else Seat.SECOND


async def _send(
    scene: Scene,
    letter: Letter,
    party: VolunteerParty,
    *,
    about_id: UUID,
    times: tuple[datetime, datetime],
    one_click: str | None = None,
) -> UUID | None:
    """One letter to one volunteer; None (and no letter) when nothing useful can reach them."""
    if party.details is None or not party.can_be_written_to:
        return None
    to = volunteer_recipient(scene.config, party, scene.config.vault.open(party.details))
    occasion = Occasion(about_id=about_id, due_at=times[0], not_after=times[1], referral=scene.referral, one_click_link=one_click)
    return await write_letter(scene.tx, scene.config, scene.now, letter, to=to, occasion=occasion)


def display_name(scene: Scene, party: VolunteerParty) -> str:
    """The name a volunteer wants to be known by; empty for somebody forgotten."""
    name: str = scene.config.vault.open(party.details)["display_name"] if party.details else ""
    return name


async def _link(
    scene: Scene, purpose: str, party: VolunteerParty, about_id: UUID, *, until: datetime | None, ends_older: bool | None = None
) -> str:
    reader = ("volunteer", party.id)
    return await make_link(
        scene.tx, scene.config, scene.now, purpose, party=reader, about_id=about_id, expires_at=until, ends_older=ends_older
    )


async def invite(
    scene: Scene,
    offer: Offer,
    options: Sequence[ReferralOption],
    *,
    seat: int,
    ends_older: bool | None = None,
    beside: Sequence[Sequence[ReferralOption]] = (),
) -> UUID | None:
    """The invitation. It names no newcomer and no venue; nothing happens until its reader chooses on the page.

    `beside`: what other newcomers look for company to, who are answered on the same page, each on their own.
    `ends_older`: once this letter has left, the link in an earlier one works no more (R58); a reminder leaves it alone.
    """
    party = await parties.get_volunteer_party(scene.tx, offer.volunteer_id)
    pause = await _link(scene, "pause", party, party.id, until=None)
    latest = [max(option.starts_at for option in others) - scene.config.timing.lead for others in beside]
    until = max([offer.last_moment, *latest])  # the page is there while anything on it can be said yes to
    letter = OfferLetter(
        display_name=display_name(scene, party),
        fellowship=None if party.discreet else fellowship_words(Fellowship(offer.fellowship)).spoken,
        options=_told(options),
        beside=tuple(map(_told, beside)),
        seat=seat_of(scene, seat),
        reply_by=offer.reply_by.astimezone(party.area.zone),
        answer_link=await _link(scene, "answer_offer", party, offer.id, until=until, ends_older=ends_older),
        pause_link=pause,
        coordinator=scene.coordinator,
    )
    times = scene.times(LetterKind.OFFER, Party.VOLUNTEER, reply_by_at=offer.reply_by)
    return await _send(scene, letter, party, about_id=offer.id, times=times, one_click=pause if scene.config.signs_mail else None)


def _told(options: Sequence[ReferralOption]) -> tuple[OfferOption, ...]:
    return tuple(OfferOption(option.starts, option.meets, option.district) for option in options)


async def tell_accepted(scene: Scene, match: Match) -> UUID | None:
    """What was recorded, at once, with the way to undo it."""
    party = await parties.get_volunteer_party(scene.tx, match.volunteer_id)
    option = scene.option(match.option_id)
    letter = OfferAcceptedLetter(
        display_name=display_name(scene, party),
        recorded_at=match.accepted_at.astimezone(party.area.zone),
        starts=option.starts,
        meet_at=option.meets,
        venue=venue_of(option),
        seat=seat_of(scene, match.seat),
        asking_second=scene.referral.seats > scene.referral.seats_taken,
        undo_until=match.undo_until.astimezone(party.area.zone),
        undo_link=await _link(scene, "undo_acceptance", party, match.id, until=match.starts_at),
        cannot_come_link=await _link(scene, "cannot_come", party, match.id, until=match.starts_at),
        coordinator=scene.coordinator,
    )
    times = scene.times(LetterKind.OFFER_ACCEPTED, Party.VOLUNTEER, starts_at=match.starts_at)
    return await _send(scene, letter, party, about_id=match.id, times=times)


async def tell_covered(scene: Scene, offers: Sequence[Offer], *, because: CoveredBecause, at: datetime | None = None) -> None:
    """Thank you, it is covered: to everybody who was asked by letter and has not said no. After the undo window, so that nobody is told too soon.

    Who is being rung hears it on the telephone.
    """
    offers = [offer for offer in offers if not offer.by_telephone]
    people = await parties.list_volunteer_parties(scene.tx, [offer.volunteer_id for offer in offers])
    ahead = [option for option in scene.options if option.starts_at > scene.now]
    soonest = min(ahead or scene.options, key=lambda option: option.starts_at, default=None)
    if soonest is None:
        return
    for offer in offers:
        party = people[offer.volunteer_id]
        standby = because is CoveredBecause.SOMEBODY_IS_GOING and offer.last_moment > scene.now
        letter = CoveredLetter(
            display_name=display_name(scene, party),
            starts=soonest.starts,
            because=because,
            standby_link=await _link(scene, "answer_offer", party, offer.id, until=offer.last_moment) if standby else None,
            coordinator=scene.coordinator,
        )
        times = scene.times(LetterKind.COVERED, Party.VOLUNTEER, at=at, starts_at=soonest.starts_at)
        await _send(scene, letter, party, about_id=offer.id, times=times)


def is_given_number(scene: Scene, party: VolunteerParty) -> bool:
    """Whether a companion is given the newcomer's number: only where both of them share theirs, and there is one."""
    return scene.referral.share_number and party.share_number and bool(scene.contact().get("telephone"))


def day_needs_of(referral: Referral) -> tuple[DayNeed, ...]:
    """What a companion is told that matters on the day. That it is a first meeting is said until they have been to one."""
    needs = tuple(DAY_NEEDS[Need(need)] for need in referral.needs if Need(need) in DAY_NEEDS)
    is_new = referral.exposure == Exposure.NEVER and not referral.met_count
    return (*needs, DayNeed.NEW_TO_MEETINGS) if is_new else needs


async def tell_plan(scene: Scene, match: Match, partner: VolunteerParty | None) -> UUID | None:
    """The plan: here the volunteer reads the name for the first time."""
    party = await parties.get_volunteer_party(scene.tx, match.volunteer_id)
    option, card = scene.option(match.option_id), role_card(Fellowship(match.fellowship))
    letter = VolunteerConfirmationLetter(
        display_name=display_name(scene, party),
        name_used=scene.newcomer().get("name_used", ""),
        starts=option.starts,
        meet_at=option.meets,
        meet_place=option.meet_place,
        venue=venue_of(option),
        needs=day_needs_of(scene.referral),
        interpreter_language=None,
        partner_name=display_name(scene, partner) if partner else None,
        newcomer_phone=scene.contact().get("telephone") if is_given_number(scene, party) else None,
        wait_minutes=WAIT_MINUTES,
        role_points=card.points,
        role_card_version=card.version,
        on_call=scene.coordinator,
        safe_home_link=None,
        cannot_come_link=await _link(scene, "cannot_come", party, match.id, until=match.starts_at),
        calendar_link=await _link(scene, "calendar", party, match.id, until=match.ends_at + scene.config.timing.link_after_meeting),
    )
    times = scene.times(LetterKind.VOLUNTEER_CONFIRMATION, Party.VOLUNTEER, starts_at=match.starts_at)
    return await _send(scene, letter, party, about_id=match.id, times=times)


async def ask_still_coming(scene: Scene, match: Match) -> UUID | None:
    """One question, on the day or the evening before: are you still coming? None where it could only come too late."""
    party = await parties.get_volunteer_party(scene.tx, match.volunteer_id)
    option = scene.option(match.option_id)
    letter = MorningOfLetter(
        display_name=display_name(scene, party),
        on_the_day=option.starts.date() == scene.now.astimezone(option.zone).date(),
        starts=option.starts,
        meet_at=option.meets,
        meet_place=option.meet_place,
        confirm_link=await _link(scene, "confirm_day", party, match.id, until=match.starts_at),
        coordinator=scene.coordinator,
    )
    times = scene.times(LetterKind.MORNING_OF, Party.VOLUNTEER, starts_at=match.starts_at)
    return await _send(scene, letter, party, about_id=match.id, times=times)


async def has_not_left(scene: Scene, about_id: UUID, party_id: UUID) -> bool:
    """Whether an earlier change still waited for this reader; it is taken back, for two changes in one breath are told as one."""
    kinds = [LetterKind.CHANGE.value]
    return bool(await letters.update_letters_cancelled(scene.tx, [about_id], scene.now, kinds=kinds, party_id=party_id))


async def tell_again(scene: Scene, match: Match) -> UUID | None:
    """A companion's letter once more: what was recorded, or the plan once it stands."""
    if match.state is MatchState.PLANNED:
        return await tell_accepted(scene, match)
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    people = await people_of(scene, live)
    return await tell_plan(scene, match, next((people[other.volunteer_id] for other in live if other.id != match.id), None))


async def tell_change(
    scene: Scene, match: Match, reason: ChangeReason, *, lines: Sequence[ChangedLine] = (), who: Companion | None = None
) -> UUID | None:
    """Old crossed out, new below. Where an earlier change has not left, the plan in full: its reader knows neither the old nor the new of this."""
    if await has_not_left(scene, match.id, match.volunteer_id):
        return await tell_again(scene, match)
    party = await parties.get_volunteer_party(scene.tx, match.volunteer_id)
    letter = ChangeLetter(
        party=Party.VOLUNTEER,
        name=display_name(scene, party),
        discreet=party.discreet,
        reason=reason,
        starts=match.starts_at.astimezone(scene.option(match.option_id).zone),
        lines=tuple(lines),
        who=who,
        late_minutes=None,
        own_link=await _link(scene, "cannot_come", party, match.id, until=match.starts_at),
        calendar_link=await _link(scene, "calendar", party, match.id, until=match.ends_at + scene.config.timing.link_after_meeting),
        contact=scene.coordinator,
    )
    times = scene.times(LetterKind.CHANGE, Party.VOLUNTEER, starts_at=match.starts_at)
    return await _send(scene, letter, party, about_id=match.id, times=times)


async def tell_cancelled(scene: Scene, match: Match, ending: Ending) -> UUID | None:
    """Not needed, cancelled or put off: nothing to do, thank you; never who decided or why."""
    party = await parties.get_volunteer_party(scene.tx, match.volunteer_id)
    zone = next((option.zone for option in scene.options), party.area.zone)
    letter = CancellationLetter(
        party=Party.VOLUNTEER,
        name=display_name(scene, party),
        starts=match.starts_at.astimezone(zone),
        ending=ending,
        calendar_link=await _link(scene, "calendar", party, match.id, until=match.ends_at + scene.config.timing.link_after_meeting),
        contact=scene.coordinator,
    )
    times = scene.times(LetterKind.CANCELLATION, Party.VOLUNTEER, starts_at=match.starts_at)
    return await _send(scene, letter, party, about_id=match.id, times=times)
