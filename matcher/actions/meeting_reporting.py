"""A companion or a newcomer says whether the meeting was there. One who did not find it is a mark, two freeze it until somebody has rung."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from matcher.actions.meeting_tasks import owe_look, owe_ringing
from matcher.config import Config
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, Hidden, Refused
from matcher.domain.journey_word import MatchState
from matcher.domain.known_meeting import HistoryLine
from matcher.domain.meeting import Status
from matcher.domain.meeting_report import MeetingReport, Report, is_frozen_by
from matcher.domain.permission import check_can_open_plan, check_can_see_own_match
from matcher.domain.task import TaskKind
from matcher.store import audit, matches, meeting_reports, meetings, referrals

WENT = frozenset({MatchState.PLANNED, MatchState.CONFIRMED})


class NotYet(Refused):
    """The meeting has not begun yet. Please tell us afterwards."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The one meeting and date that whoever asks was to go to."""

    meeting_id: UUID
    area_id: UUID | None
    on_date: date
    starts_at: datetime


async def find_visit(c: Connection, now: datetime, *, actor: Actor) -> Visit:
    """Where the holder of this link was to go. Raises Hidden for anybody else's, and where there is nothing they could have gone to."""
    if actor.about_id is None:
        raise Hidden()
    if actor.kind is ActorKind.VOLUNTEER:
        match = await matches.get_match(c, actor.about_id)
        check_can_see_own_match(actor, match, now)
        held = [match]
    else:
        referral = await referrals.get_referral(c, actor.about_id)
        check_can_open_plan(actor, referral, now)
        held = [match for match in await matches.list_matches(c, referral.id, referral.meeting_number) if match.told_newcomer_at]
    went = [match for match in held if match.state in WENT]
    if not went:
        raise Hidden()
    return Visit(went[0].meeting_id, went[0].area_id, went[0].on_date, went[0].starts_at)


async def report_meeting(tx: Connection, _config: Config, now: datetime, *, actor: Actor, report: Report) -> None:
    """Keep what they say and draw what follows from it (meetings 9.3). Raises NotYet before it has begun."""
    await audit.claim_acting(tx, actor, "report_meeting", now)
    visit = await find_visit(tx, now, actor=actor)
    if now < visit.starts_at:
        raise NotYet()
    known = await meetings.claim_meeting(tx, visit.meeting_id)
    if known is None or actor.id is None:
        raise Changed()
    said = MeetingReport(meeting_id=visit.meeting_id, person_id=actor.id, on_date=visit.on_date, report=report, at=now)
    await meeting_reports.upsert_report(tx, said)
    await audit.insert_audit(tx, "meetings", visit.meeting_id, reason=report.value)
    if not said.doubts:
        await meeting_reports.update_found(tx, visit.meeting_id, now)
        return
    everything = await meeting_reports.list_reports(tx, visit.meeting_id)
    frozen = is_frozen_by(everything, now, checked_at=await meeting_reports.find_last_check(tx, visit.meeting_id))
    await meeting_reports.update_doubted(tx, visit.meeting_id, frozen=frozen)
    await owe_look(tx, now, [(visit.meeting_id, visit.area_id)], reason="not_found")
    if frozen and known.status is Status.ACTIVE:
        line = HistoryLine(meeting_id=visit.meeting_id, field="status", old=Status.ACTIVE.value, new=Status.UNCONFIRMED.value, at=now)
        await meetings.insert_history(tx, [line])
        await owe_ringing(tx, now, [visit.meeting_id], reason="unconfirmed", kind=TaskKind.CHECK_MEETING)
