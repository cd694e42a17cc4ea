"""Letters to the newcomer (by their safe channel only, else the keyworker's task), notices to keyworkers, alerts to coordinators."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from matcher.actions.letter_writing import (
    Occasion,
    make_link,
    newcomer_recipient,
    provider_sender,
    roster_sender,
    staff_recipient,
    write_letter,
)
from matcher.actions.scene import Scene, people_of
from matcher.actions.telling_volunteers import day_needs_of, has_not_left, is_given_number, venue_of
from matcher.domain.actor import Role
from matcher.domain.arrangement import Match, ReferralOption
from matcher.domain.fellowship import Fellowship
from matcher.domain.letter import (
    CancellationLetter,
    ChangeLetter,
    CoordinatorAlertLetter,
    KeyworkerNoticeLetter,
    Letter,
    NewcomerConfirmationLetter,
    NoCompanionLetter,
)
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.letter_parts import (
    AlertReason,
    ChangedLine,
    ChangeReason,
    Companion,
    Contact,
    DayNeed,
    Ending,
    FareHelp,
    KeyworkerReason,
    MeetingIdea,
    Told,
    Tried,
)
from matcher.domain.task import TASKS, TaskKind, task_instead
from matcher.domain.timing import letter_due
from matcher.store import matches, parties, tasks
from matcher.vocabulary import fellowship_words


async def _send(scene: Scene, letter: Letter, *, starts_at: datetime, reason: str = "") -> None:
    """One letter to the newcomer, whose channel the caller has checked; where it could only come too late, the keyworker's task instead."""
    to = newcomer_recipient(scene.config, scene.referral, scene.provider, scene.contact())
    due_at, not_after = scene.times(letter.kind, Party.NEWCOMER, starts_at=starts_at)
    occasion = Occasion(about_id=scene.referral.id, due_at=due_at, not_after=not_after, referral=scene.referral)
    if await write_letter(scene.tx, scene.config, scene.now, letter, to=to, occasion=occasion) is None:
        await owe(scene, task_instead(letter.kind), reason=reason, due_at=starts_at)


async def owe(
    scene: Scene,
    kind: TaskKind,
    *,
    reason: str = "",
    due_at: datetime | None = None,
    about_id: UUID | None = None,
    match: Match | None = None,
) -> None:
    """A line on the list that this kind of task stands on: the keyworker's own, or the queue of everybody who coordinates the area.

    About the match, where there is one, else the referral, unless `about_id` says otherwise.
    """
    referral, role = scene.referral, TASKS[kind].role
    await tasks.insert_task(
        scene.tx,
        tasks.Task(
            id=uuid4(),
            kind=kind.value,
            reason=reason,
            for_role=role.value,
            provider_id=referral.provider_id,
            area_id=referral.area_id,
            staff_id=referral.keyworker_id if role is Role.KEYWORKER else None,
            about_id=about_id or (match.id if match else referral.id),
            referral_id=referral.id,
            match_id=match.id if match else None,
            volunteer_id=match.volunteer_id if match else None,
            opened_at=scene.now,
            due_at=due_at,
        ),
    )


async def keyworker_contact(scene: Scene) -> Contact:
    """Whom the newcomer rings."""
    party = await parties.get_staff_party(scene.tx, scene.referral.keyworker_id)
    details = scene.config.vault.open(party.details)
    return Contact(details["first_name"], details["telephone"])


async def plan_link(scene: Scene, until: datetime, *, ends_older: bool | None = None) -> str:
    """The newcomer's own page. `ends_older` False: the link in an earlier letter lives on."""
    referral = scene.referral
    party = ("newcomer", referral.newcomer_id)
    expires = until + scene.config.timing.link_after_meeting
    return await make_link(
        scene.tx, scene.config, scene.now, "my_plan", party=party, about_id=referral.id, expires_at=expires, ends_older=ends_older
    )


async def companions_of(scene: Scene, live: Sequence[Match]) -> tuple[Companion, ...]:
    """The companions as the newcomer may know them."""
    people = await people_of(scene, live)
    opened = [scene.config.vault.open(party.details) for party in (people[m.volunteer_id] for m in live) if party.details]
    return tuple(Companion(details["display_name"], details.get("recognise_me", "")) for details in opened)


async def tell_newcomer_plan(scene: Scene, live: Sequence[Match]) -> None:
    """The plan, by the safe channel; without one it is the keyworker's to print and give."""
    option, referral = scene.option(live[0].option_id), scene.referral
    for match in live:
        await matches.update_told_newcomer(scene.tx, match.id, scene.now)
    if not referral.writes_to_newcomer:
        await owe(scene, task_instead(LetterKind.NEWCOMER_CONFIRMATION), due_at=option.starts_at)
        return
    discreet = referral.discreet
    letter = NewcomerConfirmationLetter(
        name_used=scene.newcomer().get("name_used", ""),
        discreet=discreet,
        companions=await companions_of(scene, live),
        meet_at=option.meets,
        meet_place=option.meet_place,
        starts=option.starts,
        ends=option.ends,
        fellowship=None if discreet else fellowship_words(Fellowship(option.fellowship)).name,
        venue=None if discreet else venue_of(option),
        travel_line=None if discreet else option.travel_notes,
        fare_help=FareHelp(referral.fare_help) if referral.fare_help != "none" else None,
        ask_first=referral.agree_first,
        plan_link=await plan_link(scene, option.ends_at),
        on_call=Contact(scene.area.discreet_name, scene.area.on_call_telephone),
        told=await told_of(scene, live),
        keyworker=await keyworker_contact(scene),
        local_crisis=Contact(scene.provider.discreet_name, scene.provider.crisis_line) if scene.provider.crisis_line else None,
        checked_on=option.last_confirmed_at.astimezone(option.zone).date() if option.last_confirmed_at else None,
        calendar_link=None,
    )
    await _send(scene, letter, starts_at=option.starts_at)


async def told_of(scene: Scene, live: Sequence[Match]) -> tuple[Told, ...]:
    """What the companions are told, listed for the newcomer. A number only where one of them gets it: both sides share theirs."""
    referral = scene.referral
    wish = (Told.COMFORT,) if referral.comfort in ("woman", "man") else ()
    needs = day_needs_of(referral)
    on_the_day = (Told.NEEDS,) if set(needs) - {DayNeed.NEW_TO_MEETINGS} else ()
    first = (Told.FIRST_MEETING,) if DayNeed.NEW_TO_MEETINGS in needs else ()
    people = (await people_of(scene, live)).values() if referral.share_number else ()
    phone = (Told.PHONE,) if any(is_given_number(scene, party) for party in people) else ()
    return (Told.NAME_USED, Told.TIME_AND_PLACE, *first, *wish, *on_the_day, *phone)


async def tell_newcomer_change(
    scene: Scene, option: ReferralOption, reason: ChangeReason, *, lines: Sequence[ChangedLine] = (), who: Companion | None = None
) -> None:
    """Old crossed out, new below; without a safe channel the keyworker tells them. Where an earlier change has not left, the plan in full."""
    if not scene.referral.writes_to_newcomer:
        await owe(scene, task_instead(LetterKind.CHANGE), reason=reason.value, due_at=option.starts_at)
        return
    if await has_not_left(scene, scene.referral.id, scene.referral.newcomer_id):
        await tell_newcomer_plan(scene, await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number))
        return
    letter = ChangeLetter(
        party=Party.NEWCOMER,
        name=scene.newcomer().get("name_used", ""),
        discreet=scene.referral.discreet,
        reason=reason,
        starts=option.starts,
        lines=tuple(line for line in lines if not (scene.referral.discreet and line.what == "venue")),
        who=who,
        late_minutes=None,
        own_link=await plan_link(scene, option.ends_at),
        calendar_link=None,
        contact=await keyworker_contact(scene),
    )
    await _send(scene, letter, starts_at=option.starts_at, reason=reason.value)


async def tell_newcomer_cancelled(scene: Scene, option: ReferralOption, ending: Ending) -> None:
    """It is off or put off; nobody is cross. Without a safe channel the keyworker tells them."""
    if not scene.referral.writes_to_newcomer:
        await owe(scene, task_instead(LetterKind.CANCELLATION), reason=ending.value, due_at=option.starts_at)
        return
    letter = CancellationLetter(
        party=Party.NEWCOMER,
        name=scene.newcomer().get("name_used", ""),
        starts=option.starts,
        ending=ending,
        calendar_link=None,
        contact=await keyworker_contact(scene),
    )
    await _send(scene, letter, starts_at=option.starts_at, reason=ending.value)


async def tell_newcomer_nobody(scene: Scene, ideas: Sequence[ReferralOption], tried: Sequence[Tried]) -> None:
    """Nobody could come this time: what was tried, up to three meetings and the helpline. Without a safe channel the keyworker tells them."""
    option = max(scene.options, key=lambda one: one.starts_at, default=None)
    if option is None or not scene.referral.writes_to_newcomer:
        await owe(scene, task_instead(LetterKind.NO_COMPANION), reason="no_companion", due_at=option.starts_at if option else None)
        return
    discreet = scene.referral.discreet
    number = await parties.find_helpline(scene.tx, scene.area.id, option.fellowship)
    name = fellowship_words(Fellowship(option.fellowship)).name
    letter = NoCompanionLetter(
        name_used=scene.newcomer().get("name_used", ""),
        discreet=discreet,
        starts=option.starts,
        tried=tuple(tried),
        meetings=tuple(MeetingIdea(i.starts, None if discreet else name, None if discreet else venue_of(i)) for i in ideas[:3]),
        helpline=Contact(name, number) if number and not discreet else None,
        keyworker=await keyworker_contact(scene),
        plan_link=await plan_link(scene, option.ends_at),
    )
    await _send(scene, letter, starts_at=option.starts_at, reason="no_companion")


async def notify_keyworker(scene: Scene, reason: KeyworkerReason, *, do_by: datetime | None = None) -> None:
    """An update without any name. A keyworker whose address bounced sees it on their page all the same."""
    referral = scene.referral
    party = await parties.get_staff_party(scene.tx, referral.keyworker_id)
    if party.email_state != "ok":
        return
    letter = KeyworkerNoticeLetter(
        reference_end=referral.reference.replace("-", "")[-4:],
        reason=reason,
        do_by=do_by.astimezone(scene.area.zone) if do_by else None,
        sign_in_link=scene.config.link("/sign-in"),
    )
    to = staff_recipient(scene.config, party, scene.config.vault.open(party.details), provider_sender(scene.config, scene.provider))
    due = letter_due(LetterKind.KEYWORKER_NOTICE, Party.KEYWORKER, scene.now, scene.area.zone, timing=scene.config.timing)
    occasion = Occasion(
        about_id=referral.id,
        due_at=due,
        not_after=due + scene.config.timing.mail_retry,
        referral=referral,
        recurs=_recurs(scene, reason.value),
    )
    await write_letter(scene.tx, scene.config, scene.now, letter, to=to, occasion=occasion)


def _recurs(scene: Scene, code: str) -> str:
    """Each piece of news is a letter of its own, not a new wording of the last one; the same news in the same minute is one."""
    return f"{code}@{scene.now:%Y%m%d%H%M}"


async def alert_coordinators(scene: Scene, reason: AlertReason, *, do_by: datetime | None = None) -> None:
    """Somebody is needed: to each coordinator of the area, without names."""
    urgent = do_by is not None and do_by - scene.now < scene.config.timing.urgent_under
    for party in await parties.list_coordinators_of(scene.tx, scene.area.id):
        if party.email_state != "ok":
            continue
        letter = CoordinatorAlertLetter(
            reason=reason,
            urgent=urgent,
            area=scene.area.name,
            do_by=do_by.astimezone(scene.area.zone) if do_by else None,
            sign_in_link=scene.config.link("/sign-in"),
        )
        to = staff_recipient(scene.config, party, scene.config.vault.open(party.details), roster_sender(scene.config, scene.area))
        occasion = Occasion(
            about_id=scene.referral.id,
            due_at=scene.now,
            not_after=scene.now + scene.config.timing.mail_retry,
            referral=scene.referral,
            recurs=_recurs(scene, reason.value),
        )
        await write_letter(scene.tx, scene.config, scene.now, letter, to=to, occasion=occasion)
