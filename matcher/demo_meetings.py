"""The meetings of the demo's town: about 300 over the week, of all nine fellowships, as imports would have brought them, and some by hand."""

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from matcher.demo_plan import Town, dice, near, plan, uuid_from
from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import Audience, ParsedMeeting, Schedule, Status, content_hash
from matcher.domain.postcode import outcode_of
from matcher.store import demo_rows

BY_HAND = "by-hand-saltmere"
FORMATS = {
    Fellowship.AA: "meeting_guide",
    Fellowship.CA: "meeting_guide",
    Fellowship.ALANON: "meeting_guide",
    Fellowship.ALATEEN: "meeting_guide",
}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STARTS = {
    "early": (time(7), time(7, 30)),
    "morning": (time(10), time(10, 30), time(11)),
    "noon": (time(12, 15), time(12, 30), time(13)),
    "afternoon": (time(14), time(15, 30)),
    "evening": (time(18), time(18, 30), time(19), time(19, 30), time(19, 30), time(20)),
    "late": (time(20, 30), time(21)),
}
USUAL = ("morning", "noon", "afternoon", "evening")
OLD, STALE = 0.05, 0.02
"""How many meetings nobody has checked for over 90 days (said beside them), and for over 180 (not offered)."""


async def build_meetings(tx: Connection, town: Town) -> None:
    """Write the sources, their last runs and all meetings."""
    built = town.starts_at - timedelta(days=205)
    checked = town.starts_at - timedelta(hours=5)
    rows = list(invent_meetings(town))
    for source in _sources(town, rows):
        await demo_rows.insert_source(tx, {**source, "last_success_at": None if source["format"] == "manual" else checked}, built)
        if source["format"] != "manual":
            await demo_rows.insert_run(tx, _run(source, checked))
    await demo_rows.insert_meetings(tx, rows)
    town.meetings = [row["id"] for row in rows]


def _sources(town: Town, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for fellowship in Fellowship:
        yield {
            "id": f"{fellowship.value}-saltmere",
            "area_id": None,
            "name": f"{_spoken(fellowship)} meetings, Saltmere and the Vale",
            "fellowship": fellowship.value,
            "format": FORMATS.get(fellowship, "sheet"),
            "licence_note": "An invented list, for this demonstration only.",
            "rows": sum(row["source_id"] == f"{fellowship.value}-saltmere" for row in rows),
        }
    yield {
        "id": BY_HAND,
        "area_id": town.areas["Saltmere"],
        "name": "Added by hand",
        "fellowship": None,
        "format": "manual",
        "licence_note": "",
        "rows": None,
    }


def _spoken(fellowship: Fellowship) -> str:
    return {Fellowship.SMART: "SMART Recovery", Fellowship.ALANON: "Al-Anon", Fellowship.ALATEEN: "Alateen"}.get(
        fellowship, fellowship.name
    )


def _run(source: dict[str, Any], at: datetime) -> dict[str, Any]:
    counts = {"rows": source["rows"], "added": 0, "changed": 0, "unchanged": source["rows"], "missing": 0, "rejected": 0, "skipped": 0}
    number = list(Fellowship).index(Fellowship(source["fellowship"]))
    return {
        "id": UUID(int=number + 1, version=4),
        "source_id": source["id"],
        "started_at": at,
        "bytes": 900 * source["rows"],
        "counts": json.dumps(counts),
    }


def invent_meetings(town: Town) -> Iterator[dict[str, Any]]:
    """Every meeting as a row of the table, in the same order each time."""
    thrown = dice("meetings")
    places = {venue: invent_venue(venue, outcode, thrown) for outcode, venues in plan()["venues"].items() for venue in venues}
    for code, number in plan()["counts"].items():
        for index in range(number):
            parsed = _invent(thrown, Fellowship(code), index, places[thrown.choice(list(places))])
            yield row_of(thrown, town, parsed, by_hand=index % 20 == 19)


def invent_venue(name: str, outcode: str, thrown: Random) -> dict[str, Any]:
    """Where a building stands: its invented street, an unused postcode of its district, a point nearby."""
    point = near(outcode, thrown, within_km=0.9)
    town, _ = plan()["places"][outcode]
    part_of = "" if town == plan()["town"] or len(outcode) > 3 else f", {plan()['town']}"
    postcode = f"{outcode} {thrown.randrange(1, 9)}ZZ"
    street = f"{thrown.randrange(2, 140)} {thrown.choice(plan()['streets'])}"
    return {
        "venue": name,
        "address": street,
        "formatted_address": f"{street}, {town}{part_of} {postcode}",
        "town": town,
        "postcode": postcode,
        "latitude": point.latitude,
        "longitude": point.longitude,
        "location_notes": thrown.choice(plan()["how_to_find"]) if thrown.random() < 0.6 else None,
        "travel_notes": thrown.choice(plan()["way_there"]) if thrown.random() < 0.6 else None,
        "step_free": thrown.random() < 0.65,
        "loop": thrown.random() < 0.3,
    }


def _invent(thrown: Random, fellowship: Fellowship, index: int, place: dict[str, Any]) -> ParsedMeeting:
    weekday = index % 7 + 1
    theme = plan()["meetings"][fellowship.value][index % len(plan()["meetings"][fellowship.value])]
    usual = thrown.choices(USUAL, weights=[2, 3, 2, 9] if weekday < 6 else [5, 2, 3, 4])[0]
    part = next((part for word, part in plan()["hours"].items() if word in theme), usual)
    online = index % 16 == 15 and fellowship is not Fellowship.ALATEEN
    where = {name: place[name] for name in ("venue", "address", "formatted_address", "town", "postcode", "latitude", "longitude")}
    found = {name: place[name] for name in ("location_notes", "travel_notes")}
    district = plan()["places"][outcode_of(place["postcode"]) or ""][1]
    audience = thrown.choices([Audience.OPEN, Audience.CLOSED, Audience.UNKNOWN], weights=[6, 3, 1])[0]
    return ParsedMeeting(
        row=index + 1,
        source_key=f"{fellowship.value}-{index + 101}",
        name=f"{DAYS[weekday - 1]} {theme}" if online else f"{district} {DAYS[weekday - 1]} {theme}",
        fellowship=fellowship,
        iso_weekday=weekday,
        start=thrown.choice(STARTS[part]),
        duration_min=thrown.choice([60, 60, 60, 75, 90]),
        timezone="Europe/London",
        schedule=Schedule.WEEKLY,
        status=Status.TEMPORARILY_CLOSED if thrown.random() < 0.01 else Status.ACTIVE,
        attendable=True,
        in_person=not online,
        online=online,
        conference_url=f"https://meet.example/{fellowship.value}-{index}" if online else None,
        conference_provider="Meet" if online else None,
        audience=audience,
        attributes=_attributes(theme, audience, place, online=online),
        languages=("pl",) if index == 37 else (),
        **({} if online else {**where, **found, "outcode": outcode_of(place["postcode"])}),
    )


def _attributes(theme: str, audience: Audience, place: dict[str, Any], *, online: bool) -> tuple[str, ...]:
    named = {
        "Women's": "women",
        "Men's": "men",
        "Young People's": "young_people",
        "Big Book": "big_book",
        "Step": "step_study",
        "Candlelight": "candlelight",
    }
    marks = {mark for word, mark in named.items() if word in theme}
    marks |= {"newcomer"} if "Newcomer" in theme or "Beginner" in theme or "Welcome" in theme else set()
    marks |= {audience.value} if audience is not Audience.UNKNOWN else set()
    marks |= {"wheelchair"} if place["step_free"] and not online else set()
    marks |= {"hearing_loop"} if place["loop"] and not online else set()
    return tuple(sorted(marks))


def row_of(thrown: Random, town: Town, parsed: ParsedMeeting, *, by_hand: bool) -> dict[str, Any]:
    """A meeting as a row of the table, checked at some time before the visit."""
    area = next((said["name"] for said in plan()["areas"] if parsed.outcode in said["outcodes"]), "Saltmere")
    fresh = town.starts_at - timedelta(days=thrown.randrange(1, 60))
    age = thrown.random()
    checked = town.starts_at - timedelta(days=200) if age < STALE else town.starts_at - timedelta(days=120) if age < STALE + OLD else fresh
    seen = town.starts_at - timedelta(days=202)
    same = (
        "name iso_weekday duration_min duration_is_assumed timezone in_person online venue address formatted_address town postcode "
        "outcode latitude longitude conference_url conference_provider notes location_notes travel_notes"
    ).split()
    return {
        **{name: getattr(parsed, name) for name in same},
        "id": uuid_from(thrown),
        "source_id": BY_HAND if by_hand else f"{parsed.fellowship.value}-saltmere",
        "source_key": parsed.source_key,
        "area_id": town.areas[area],
        "fellowship": parsed.fellowship.value,
        "starts": parsed.start,
        "schedule": parsed.schedule.value,
        "status": parsed.status.value,
        "attendable": parsed.status is Status.ACTIVE,
        "needs_human_check": False,
        "place_precision": "venue" if parsed.latitude is not None else "none",
        "radius_m": 100 if parsed.latitude is not None else None,
        "audience": parsed.audience.value,
        "attributes": list(parsed.attributes),
        "languages": list(parsed.languages),
        "raw_types": [],
        "source_row": json.dumps(parsed.to_json()),
        "content_hash": content_hash(parsed),
        "first_seen_at": seen,
        "last_seen_at": seen if by_hand else town.starts_at - timedelta(hours=5),
        "last_confirmed_at": checked,
        "confirmed_how": "person" if by_hand else "feed",
    }
