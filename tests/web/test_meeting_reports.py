"""Was the meeting there? A companion and a newcomer say so by their links; one doubt is a mark, two freeze it, a coordinator's check ends it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions.meeting_editing import check_meeting
from matcher.actions.meeting_reporting import NotYet, report_meeting
from matcher.domain import meeting_report
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Hidden
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ParsedMeeting
from matcher.domain.meeting_report import MeetingReport, Report, is_frozen_by
from tests.link_stage import Links

AFTER = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)


async def went(links: Links) -> tuple[str, str]:
    """Tom and Noor have a plan, and the meeting is over: their links."""
    await links.ask("Tom")
    await links.accept("tom")
    await links.stage.until(links.stage.now + timedelta(hours=2))
    await links.stage.until(AFTER)
    return links.link("tom", "/calendar/"), links.link("noor", "/plan/")


async def meeting_of(links: Links) -> Any:
    return await links.stage.sql.fetchrow("SELECT m.* FROM meetings m JOIN referral_options o ON o.meeting_id = m.id LIMIT 1")


async def tasks(links: Links) -> list[str]:
    rows = await links.stage.sql.fetch("SELECT reason FROM tasks WHERE state = 'open' AND kind = 'check_meeting' ORDER BY reason")
    return [row["reason"] for row in rows]


async def test_one_who_did_not_find_it_is_a_mark_and_two_freeze_it_until_somebody_rings(links: Links) -> None:
    calendar, plan = await went(links)
    assert "Was the meeting there?" in (await links.browser.get(calendar)).text
    first = await links.choose(calendar + "/was-it-there", "not_there")
    assert "Thank you" in first.text
    meeting = await meeting_of(links)
    assert (meeting["status"], meeting["needs_human_check"], meeting["attendable"]) == ("active", True, True)
    assert await tasks(links) == ["not_found"]
    await links.choose(calendar + "/was-it-there", "not_there")
    assert (await meeting_of(links))["status"] == "active", "one person counts once"
    assert "Was the meeting there?" in (await links.browser.get(plan)).text
    await links.choose(plan + "/was-it-there", "moved")
    meeting = await meeting_of(links)
    assert (meeting["status"], meeting["attendable"]) == ("unconfirmed", False)
    stage = links.stage
    said = ParsedMeeting(row=1, source_key="k", name="Thursday", fellowship=Fellowship.AA, timezone="Europe/London")
    said = replace(said, iso_weekday=4, start=time(19, 30), in_person=True)
    await stage.sql.execute("UPDATE meetings SET source_row = $1", json.dumps(said.to_json()))
    carol = Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))
    await stage.db.act(check_meeting, stage.config, stage.now, actor=carol, meeting_id=meeting["id"], how="phone")
    assert (await meeting_of(links))["status"] == "active" and await tasks(links) == []
    stage.now += timedelta(hours=1)
    await links.choose(plan + "/was-it-there", "not_there")
    assert (await meeting_of(links))["status"] == "active", "what was said before the check counts no more"


async def test_it_was_there_confirms_like_a_visit_and_says_nothing_of_anybody(links: Links) -> None:
    calendar, plan = await went(links)
    for path in (calendar, plan):
        page = await links.browser.get(path + "/was-it-there")
        assert "Noor" not in page.text and "Tom" not in page.text and "not about who came" in page.text
    await links.choose(calendar + "/was-it-there", "was_there")
    meeting = await meeting_of(links)
    assert (meeting["confirmed_how"], meeting["last_confirmed_at"], meeting["confirmed_by"]) == ("visit", links.stage.now, None)
    assert "You told us: it was there" in (await links.browser.get(calendar + "/was-it-there")).text


async def test_nothing_is_said_before_it_has_begun_and_by_nobody_else(links: Links) -> None:
    await links.ask("Tom")
    await links.accept("tom")
    await links.stage.until(links.stage.now + timedelta(hours=2))
    calendar = links.link("tom", "/calendar/")
    assert "has not begun" in (await links.browser.get(calendar + "/was-it-there")).text
    match = await links.stage.sql.fetchrow("SELECT * FROM matches")
    tom = Actor(ActorKind.VOLUNTEER, match["volunteer_id"], link_purpose="calendar", about_id=match["id"])
    with pytest.raises(NotYet):
        await links.stage.db.act(report_meeting, links.config, links.stage.now, actor=tom, report=Report.NOT_THERE)
    stranger = Actor(ActorKind.VOLUNTEER, uuid4(), link_purpose="calendar", about_id=match["id"])
    with pytest.raises(Hidden):
        await links.stage.db.act(report_meeting, links.config, AFTER, actor=stranger, report=Report.NOT_THERE)
    assert "This link has finished" in (await links.browser.get("/calendar/" + "A" * 43 + "/was-it-there")).text
    assert await links.stage.one("SELECT count(*) FROM meeting_reports") == 0


def reports(*days_ago: float, person: UUID | None = None) -> list[MeetingReport]:
    return [
        MeetingReport(
            meeting_id=uuid4(), person_id=person or uuid4(), on_date=AFTER.date(), report=Report.MOVED, at=AFTER - timedelta(days=days)
        )
        for days in days_ago
    ]


@pytest.mark.parametrize(
    ("said", "checked_days_ago", "frozen"),
    [
        (reports(1, 59), None, True),
        (reports(1, 61), None, False),
        (reports(1, 2, person=uuid4()), None, False),
        (reports(1, 3), 2, False),
        (reports(1, 2), 3, True),
        (reports(1), None, False),
    ],
)
def test_two_different_people_within_sixty_days_and_since_the_last_check(
    said: list[MeetingReport], checked_days_ago: int | None, frozen: bool
) -> None:
    checked_at = AFTER - timedelta(days=checked_days_ago) if checked_days_ago is not None else None
    assert is_frozen_by(said, AFTER, checked_at=checked_at) is frozen


def test_a_rule_that_believes_one_person_alone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting_report, "FREEZES", 1)
    assert is_frozen_by(reports(1), AFTER, checked_at=None)
