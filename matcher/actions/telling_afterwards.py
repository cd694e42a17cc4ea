"""Letters after a meeting: "are you OK?" to the volunteer, "how are things?" to the newcomer where they agreed to it, and the last thank-you."""

from uuid import UUID, uuid4

from matcher.actions.letter_writing import Occasion, make_link, newcomer_recipient, volunteer_recipient, write_letter
from matcher.actions.scene import Scene
from matcher.actions.telling import keyworker_contact, owe
from matcher.domain.arrangement import Match
from matcher.domain.letter_afterwards import CheckInLetter, FollowUpLetter, ThankYouLetter
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.task import task_instead
from matcher.domain.timing import letter_due, not_after
from matcher.domain.wishes import NewcomerConsent
from matcher.store import check_ins, consents, parties


async def may_ask_newcomer(scene: Scene) -> bool:
    """Whether questions may go to the newcomer themself: they agreed to be asked (C4), and there is a safe, chosen address that works."""
    if not scene.referral.writes_to_newcomer:
        return False
    return await consents.find_consent(scene.tx, scene.referral.newcomer_id, NewcomerConsent.ASK_AFTERWARDS.value)


async def ask_are_you_ok(scene: Scene, match: Match) -> None:
    """Once for each volunteer and dated meeting. What is kept knows the two of them alone, and so does the letter: no referral stands on it."""
    made, area = uuid4(), scene.area
    asked = await check_ins.insert_check_in(
        scene.tx, made, match.volunteer_id, scene.now, meeting_id=match.meeting_id, on_date=match.on_date
    )
    if not asked:
        return
    party = await parties.get_volunteer_party(scene.tx, match.volunteer_id)
    if party.details is None or not party.can_be_written_to:
        return
    until = match.ends_at + scene.config.timing.link_after_meeting
    details = scene.config.vault.open(party.details)
    letter = CheckInLetter(
        display_name=details["display_name"],
        starts=match.starts_at.astimezone(area.zone),
        check_in_link=await make_link(
            scene.tx, scene.config, scene.now, "check_in", party=("volunteer", party.id), about_id=made, expires_at=until
        ),
        coordinator=scene.coordinator,
    )
    due = letter_due(LetterKind.CHECK_IN, Party.VOLUNTEER, scene.now, area.zone, timing=scene.config.timing)
    latest = not_after(LetterKind.CHECK_IN, due, ends_at=match.ends_at, timing=scene.config.timing)
    to = volunteer_recipient(scene.config, party, details)
    occasion = Occasion(about_id=made, due_at=due, not_after=latest, area_id=area.id)
    await write_letter(scene.tx, scene.config, scene.now, letter, to=to, occasion=occasion)


async def ask_how_it_is(scene: Scene, follow_up_id: UUID) -> None:
    """The questions of one round, by the newcomer's safe channel. Asked again, it is a new letter with a new link; the old link ends."""
    due, latest = scene.times(LetterKind.FOLLOW_UP, Party.NEWCOMER)
    party = ("newcomer", scene.referral.newcomer_id)
    until = due + scene.config.timing.follow_up_open
    link = await make_link(scene.tx, scene.config, scene.now, "follow_up", party=party, about_id=follow_up_id, expires_at=until)
    letter = FollowUpLetter(name_used=scene.newcomer().get("name_used", ""), questions_link=link, keyworker=await keyworker_contact(scene))
    to = newcomer_recipient(scene.config, scene.referral, scene.provider, scene.contact())
    occasion = Occasion(about_id=follow_up_id, due_at=due, not_after=latest, referral=scene.referral)
    await write_letter(scene.tx, scene.config, scene.now, letter, to=to, occasion=occasion)


async def say_thank_you(scene: Scene) -> None:
    """The last letter; without a safe channel the keyworker says it."""
    if not scene.referral.writes_to_newcomer:
        await owe(scene, task_instead(LetterKind.THANK_YOU), reason=LetterKind.THANK_YOU.value)
        return
    due, latest = scene.times(LetterKind.THANK_YOU, Party.NEWCOMER)
    letter = ThankYouLetter(name_used=scene.newcomer().get("name_used", ""), keyworker=await keyworker_contact(scene))
    to = newcomer_recipient(scene.config, scene.referral, scene.provider, scene.contact())
    occasion = Occasion(about_id=scene.referral.id, due_at=due, not_after=latest, referral=scene.referral)
    await write_letter(scene.tx, scene.config, scene.now, letter, to=to, occasion=occasion)
