"""Our list for other programs, and a meeting's dates for a calendar: what comes out reads back as what went in, on every day of the year."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from matcher.calendar_file import TellingTitle, zone_component
from matcher.domain.fellowship import Fellowship
from matcher.domain.finding import Mark
from matcher.domain.meeting import Schedule, Status
from matcher.domain.occurrence import ExceptionKind, MeetingException, MeetingWeeks, local_instant
from matcher.feeds.formats import parse
from matcher.feeds.type_codes import read_types
from matcher.meeting_calendar import meeting_calendar
from matcher.meeting_export import type_codes
from matcher.store.finder import get_shown
from tests.commands import run_command
from tests.shown_meetings import NOWHERE_KNOWN, ONLINE, add_meeting, at
from tests.site import Site
from tests.world import MONDAY_TEN
from web.finder_files import CALENDAR_TITLE

SECRET = "sesame77"


async def may_republish(site: Site) -> None:
    await site.connection.execute("UPDATE meeting_sources SET may_republish = true")


async def exported(site: Site, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((await site.get("/meetings.json" + query)).body)
    return found


async def test_our_list_reads_back_as_what_was_written(site: Site) -> None:
    every = ["open", "wheelchair", "newcomer", "women", "big_book", "child_friendly"]
    ids = [
        await add_meeting(site.connection, "Thursday Welcome", attributes=every, languages=["pl"], notes="Tea", address="1 Mill Lane"),
        await add_meeting(
            site.connection, "Sunday", iso_weekday=7, starts=time(23, 30), duration_min=90, audience="closed", attributes=["closed"]
        ),
        await add_meeting(site.connection, "Assumed", duration_is_assumed=True, audience="unknown", attributes=[]),
        await add_meeting(
            site.connection, "Online", **ONLINE, **NOWHERE_KNOWN, conference_url="https://zoom.us/j/99912345678", attributes=["open"]
        ),
        await add_meeting(site.connection, "By sector", place_precision="sector", radius_m=900, address="2 Mill Lane"),
    ]
    await may_republish(site)
    body = (await site.get("/meetings.json")).body
    read = parse(body, format="meeting_guide", fellowship=Fellowship.AA)
    assert read.run == "ok" and read.rejected == 0
    by_name = {row.name: row for row in read.rows}
    for meeting_id in ids:
        row = await site.connection.fetchrow("SELECT * FROM meetings WHERE id = $1", meeting_id)
        said = by_name[row["name"]]
        same = "iso_weekday duration_min duration_is_assumed timezone in_person online venue formatted_address town postcode outcode conference_url"
        assert {name: getattr(said, name) for name in same.split()} == {name: row[name] for name in same.split()}, row["name"]
        assert (said.start, list(said.attributes), list(said.languages)) == (row["starts"], sorted(row["attributes"]), row["languages"])
        assert said.audience == row["audience"] and said.source_key == f"list-{meeting_id.hex[:12]}"
    assert (by_name["By sector"].latitude, by_name["Thursday Welcome"].latitude) == (None, 52.4797)


async def test_only_what_may_be_given_away_is_in_it(site: Site) -> None:
    meeting = await add_meeting(site.connection, "Of a list")
    assert await exported(site) == []
    await may_republish(site)
    assert [row["name"] for row in await exported(site)] == ["Of a list"]
    await site.connection.execute(
        "INSERT INTO meeting_joins (meeting_id, details) VALUES ($1, $2)", meeting, json.dumps({"passcode": SECRET, "full_link": SECRET})
    )
    for name, changes in {
        "Gone": {"status": "withdrawn"},
        "To check": {"needs_human_check": True},
        "Behind walls": {"attributes": ["institutional"]},
        "Shut": {"status": "temporarily_closed"},
        "Missing": {"status": "unconfirmed"},
        "Of NA": {"fellowship": "na"},
    }.items():
        await add_meeting(site.connection, name, **changes)
    rows = {row["name"]: row for row in await exported(site)}
    assert (
        set(rows) == {"Of a list", "Shut", "Missing", "Of NA"}
        and "TC" in rows["Shut"]["types"]
        and SECRET not in json.dumps(list(rows.values()))
    )
    assert [row["name"] for row in await exported(site, "?fellowship=na")] == ["Of NA"]
    assert await exported(site, f"?area={uuid4()}") == []
    for wrong in ("?fellowship=zz", "?area=x"):
        await site.get("/meetings.json" + wrong, status=404)


async def test_others_may_read_it_and_ask_whether_it_has_changed(site: Site) -> None:
    await add_meeting(site.connection)
    await may_republish(site)
    first = await site.get("/meetings.json")
    assert first.headers["Access-Control-Allow-Origin"] == "*" and first.headers["Cache-Control"] == "public, max-age=3600"
    await site.ask("GET", "/meetings.json", headers={"If-None-Match": first.headers["ETag"]}, status=304)
    await add_meeting(site.connection, "One more")
    again = await site.ask("GET", "/meetings.json", headers={"If-None-Match": first.headers["ETag"]}, status=200)
    assert again.headers["ETag"] != first.headers["ETag"]


async def test_the_command_writes_the_same_list(site: Site) -> None:
    await add_meeting(site.connection)
    await may_republish(site)
    ran = await run_command(site.config, "meetings", "export", "--fellowship", "AA")
    assert ran.code == 0 and ran.out.encode() == (await site.get("/meetings.json?fellowship=aa")).body
    assert json.loads((await run_command(site.config, "meetings", "export", "--fellowship", "na")).out) == []
    for wrong in (("--fellowship", "zz"), ("--area", "x")):
        assert (await run_command(site.config, "meetings", "export", *wrong)).code == 2


@pytest.mark.parametrize("fellowship", list(Fellowship))
def test_every_code_we_write_is_read_as_what_it_was_written_for(fellowship: Fellowship) -> None:
    codes = type_codes(fellowship)
    assert {
        word: sorted({*read_types([code], fellowship).attributes, *read_types([code], fellowship).languages})
        for word, code in codes.items()
    } == {word: [word] for word in codes}
    assert len(codes) > 20


# ── the calendar ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def feed(site: Site, meeting: UUID, query: str = "") -> Calendar:
    answer = await site.get(f"/m/{meeting.hex[:10]}/calendar.ics{query}")
    assert answer.headers["Content-Type"].startswith("text/calendar") and 'filename="plan.ics"' in answer.headers["Content-Disposition"]
    return Calendar.from_ical(answer.body)


async def test_a_calendar_gets_the_weekly_rule_and_a_title_that_tells_nothing(site: Site) -> None:
    meeting = await add_meeting(site.connection, "Sober Thursday")
    calendar = await feed(site, meeting)
    (event,) = calendar.walk("VEVENT")
    assert (str(event["SUMMARY"]), event["DTSTART"].params["TZID"], event["RRULE"]["FREQ"]) == ("Meeting", "Europe/London", ["WEEKLY"])
    assert event["DTSTART"].dt.replace(tzinfo=None) == datetime.combine(date(2026, 11, 19), time(19, 30)) and event[
        "DURATION"
    ].dt == timedelta(hours=1)
    assert str(event["UID"]).startswith(str(meeting)) and "LOCATION" not in event and "Sober" not in calendar.to_ical().decode()
    (placed,) = (await feed(site, meeting, "?place=yes")).walk("VEVENT")
    assert "Mill Hall" in placed["LOCATION"]
    assert CALENDAR_TITLE == "Meeting"


async def test_a_meeting_without_a_known_date_has_no_calendar_and_a_closed_one_is_cancelled(site: Site) -> None:
    for changes in ({"schedule": "not_weekly"}, {"schedule": "by_appointment", "iso_weekday": None, "starts": None, "duration_min": None}):
        meeting = await add_meeting(site.connection, **changes)
        await site.get(f"/m/{meeting.hex[:10]}/calendar.ics", status=404)
    (event,) = (await feed(site, await add_meeting(site.connection, status="temporarily_closed"))).walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"


async def shown(site: Site, **changes: Any) -> Any:
    meeting = await add_meeting(site.connection, **changes)
    return await get_shown(site.connection, meeting.hex[:10])


def made(meeting: Any, now: datetime = MONDAY_TEN) -> Any:
    body = meeting_calendar(meeting, now=now, host="example.org", title="Meeting", with_place=True)
    return Calendar.from_ical(body) if body else None


def instants(calendar: Any, until: date) -> list[datetime]:
    """The starts of the series as a calendar program works them out from the file alone: rule, then EXDATE, RDATE and moved dates."""
    from dateutil.rrule import rruleset, rrulestr

    series = next(event for event in calendar.walk("VEVENT") if "RECURRENCE-ID" not in event)
    start = series["DTSTART"].dt.replace(tzinfo=None)
    zone = calendar.walk("VTIMEZONE")[0].to_tz()
    dates = rruleset()
    if "RRULE" in series:
        dates.rrule(rrulestr(series["RRULE"].to_ical().decode(), dtstart=start))
    else:
        dates.rdate(start)
    for name, add in (("RDATE", dates.rdate), ("EXDATE", dates.exdate)):
        for group in series.get(name) if isinstance(series.get(name), list) else [series[name]] if name in series else []:
            for one in group.dts:
                add(one.dt.replace(tzinfo=None))
    moved = {
        event["RECURRENCE-ID"].dt.replace(tzinfo=None): event["DTSTART"].dt.replace(tzinfo=None) for event in calendar.walk("VEVENT")[1:]
    }
    walls = [moved.get(wall, wall) for wall in dates.between(start, datetime.combine(until, time()), inc=True)]
    return sorted(wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls)


@pytest.mark.parametrize("wall", [time(0, 30), time(1), time(1, 30), time(1, 59), time(2), time(2, 30), time(19, 30), time(23, 59)])
async def test_over_two_years_with_all_clock_changes_it_starts_when_our_pages_say(site: Site, wall: time) -> None:
    meeting = await shown(site, iso_weekday=7, starts=wall)
    until = date(2028, 11, 30)
    days = [date(2026, 11, 22) + timedelta(weeks=n) for n in range(106)]
    ours = [local_instant(on, wall, "Europe/London") for on in days if on < until]
    assert [moment for moment in instants(made(meeting), until) if moment >= ours[0]] == ours


@pytest.mark.parametrize(
    "weeks",
    [
        MeetingWeeks(weeks_of_month=frozenset({1, -1})),
        MeetingWeeks(weeks_of_month=frozenset({5})),
        MeetingWeeks(anchor_on=date(2026, 11, 26), every_weeks=2),
        MeetingWeeks(on_dates=frozenset({date(2026, 12, 3), date(2027, 4, 1), date(2027, 4, 2)})),
    ],
)
async def test_meetings_not_held_each_week_and_dates_that_differ_come_out_as_on_our_pages(site: Site, weeks: MeetingWeeks) -> None:
    from dataclasses import replace

    plain = await shown(site)
    differ = (
        MeetingException(date(2026, 12, 3), ExceptionKind.MOVED, time(18), "Chapel"),
        MeetingException(date(2026, 12, 31), ExceptionKind.CANCELLED),
    )
    meeting = replace(plain, schedule=Schedule.NOT_WEEKLY, weeks=weeks, exceptions=differ)
    until = datetime(2027, 11, 1, tzinfo=UTC)
    ours = [one.starts_at for one in meeting.coming(MONDAY_TEN, 60) if one.starts_at < until and not one.is_cancelled]
    theirs = [moment for moment in instants(made(meeting), until.date()) if moment > MONDAY_TEN]
    assert theirs == ours and ours


async def test_moved_dates_that_the_series_has_not_are_left_out_and_titles_that_tell_are_refused(site: Site) -> None:
    meeting = await shown(site)
    with pytest.raises(TellingTitle):
        meeting_calendar(meeting, now=MONDAY_TEN, host="example.org", title="NA meeting", with_place=False)
    assert meeting.status is Status.ACTIVE and Mark.OPEN


@pytest.mark.parametrize(
    "zone", ["Europe/London", "Europe/Dublin", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "Europe/Berlin"]
)
def test_the_zone_in_the_file_is_the_zone_to_the_minute(zone: str) -> None:
    from zoneinfo import ZoneInfo

    told, true = zone_component(zone, 2025, 2029).to_tz(), ZoneInfo(zone)
    wrong = []
    for hour in range(0, 3 * 366 * 24, 1):
        wall = datetime.combine(date(2026, 1, 1), time()) + timedelta(hours=hour)
        if true.utcoffset(wall) != true.utcoffset(wall.replace(fold=1)):
            continue  # the hour that comes twice or never: told apart by the tests above
        if told.utcoffset(wall) != true.utcoffset(wall):
            wrong.append(wall)
    assert wrong == []


async def test_a_place_far_away_is_no_matter_to_a_calendar(site: Site) -> None:
    (event,) = (await feed(site, await add_meeting(site.connection, **at("M14")))).walk("VEVENT")
    assert event["CLASS"] == "PRIVATE"
