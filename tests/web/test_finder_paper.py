"""Meetings on paper, as HTML: what stands on the list and on the sheet, what never does, and the sketch's own promises."""

import re
from dataclasses import replace
from datetime import time, timedelta
from random import Random

import pytest
import segno

from matcher.domain.place import NOWHERE, Place, Point, Precision, km_between, load_outcodes
from matcher.places import shown_distance
from matcher.sketch import HEIGHT, WIDTH, Named, Sketch, draw_sketch, nearest_districts
from tests.shown_meetings import NOWHERE_KNOWN, ONLINE, add_meeting, at
from tests.site import Site
from tests.world import MONDAY_TEN
from web.finder_search import miles_between
from web.meeting_paper_code import QUIET, code_of

SECRET = "sesame77"


async def test_the_list_is_by_fellowship_day_and_start_with_all_that_is_needed_to_go(site: Site) -> None:
    for name, changes in {
        "Friday NA": {"fellowship": "na", "iso_weekday": 5},
        "Late Monday": {"iso_weekday": 1, "starts": time(21)},
        "Early Monday": {"iso_weekday": 1, "starts": time(9), "audience": "unknown", "attributes": []},
        "Tuesday": {"iso_weekday": 2, "attributes": ["open", "newcomer", "wheelchair"]},
        "By arrangement": {"schedule": "by_appointment", "iso_weekday": None, "starts": None, "duration_min": None},
    }.items():
        await add_meeting(site.connection, name, **changes)
    seen = await site.get("/meetings/print?near=B1")
    order = ["Alcoholics Anonymous", "Early Monday", "Late Monday", "Tuesday", "By arrangement", "Narcotics Anonymous", "Friday NA"]
    assert sorted(order, key=seen.text.index) == order
    for words in (
        "9pm",
        "Mill Hall",
        "B1 1AA",
        "Open to everybody",
        "Open or closed: ask",
        "Step-free: ask",
        "Newcomers’ meeting",
        "mile away",
    ):
        assert words in seen.text, words
    assert "Printed on 23 November 2026" in seen.text and "Contains OS data" in seen.text and "From: The list" in seen.text
    assert "A list" in (seen.page.title if seen.page else "")


async def test_what_is_not_certain_is_marked_and_what_is_gone_is_never_printed(site: Site) -> None:
    await add_meeting(site.connection, "Missing one", status="unconfirmed")
    await add_meeting(site.connection, "Old one", last_confirmed_at=MONDAY_TEN - timedelta(days=91))
    await add_meeting(site.connection, "Fine one")
    await add_meeting(site.connection, "Shut one", status="temporarily_closed")
    for status in ("closed", "withdrawn", "unpublished"):
        await add_meeting(site.connection, f"Gone {status}", status=status)
    meeting = await add_meeting(site.connection, "Online", **ONLINE, **NOWHERE_KNOWN, conference_url="https://zoom.us/j/99912345678")
    await site.connection.execute("INSERT INTO meeting_joins (meeting_id, details) VALUES ($1, $2)", meeting, f'{{"passcode": "{SECRET}"}}')
    seen = await site.get("/meetings/print")
    assert seen.text.count("Ring before you go") == 3 and "Gone" not in seen.text and SECRET not in seen.body.decode()
    assert seen.text.index("Closed for a while") < seen.text.index("Shut one") and seen.text.index("Fine one") < seen.text.index("Shut one")
    assert "zoom.us" in seen.text


async def test_the_list_is_narrowed_as_the_finder_is_and_comes_in_three_sizes(site: Site) -> None:
    await add_meeting(site.connection, "Here")
    await add_meeting(site.connection, "Elsewhere", **at("M14"))
    await add_meeting(site.connection, "At the corner of the square", latitude=52.4797 + 0.066, longitude=-1.9027 + 0.11)
    seen = await site.get("/meetings/print?near=B1&within=5")
    assert "Here" in seen.text and "Elsewhere" not in seen.text and "At the corner" not in seen.text
    for size, sheet in (("large", "paper-large"), ("booklet", "paper-booklet")):
        assert sheet in (await site.get(f"/meetings/print?near=B1&size={size}")).body.decode()
    cover = (await site.get("/meetings/print?size=booklet")).text
    assert cover.index("Where and when") < cover.index("Alcoholics") and "Meetings within" not in cover
    assert "No meeting fits" in (await site.get("/meetings/print?near=B1&day=2")).text
    assert (await site.ask("GET", "/meetings/print?near=B11AA", follow=False)).headers["Location"] == "/meetings/print?near=B1+1"


async def test_too_much_for_paper_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.meeting_paper.MOST_ON_PAPER", 2)
    for number in range(3):
        await add_meeting(site.connection, f"Number {number}")
    assert "too much for paper" in (await site.get("/meetings/print")).body.decode()


# ── the way ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_sheet_holds_the_way_the_sketch_the_address_and_room_to_write(site: Site) -> None:
    meeting = await add_meeting(site.connection, location_notes="Green door", travel_notes="Bus 8 from the station")
    await add_meeting(site.connection, "In Solihull", **at("B91") | {"town": "Solihull"})
    await site.connection.execute(
        "INSERT INTO meeting_ways (meeting_id, from_where, steps, by_staff, at) VALUES ($1, 'New Street station', $2, $3, $4)",
        meeting,
        ["Turn left", "Pass the church"],
        site.people.carol.id,
        MONDAY_TEN,
    )
    seen = await site.get(f"/m/{meeting.hex[:10]}/way")
    for words in (
        "The way to Mill Hall",
        "B1 1AA",
        "We meet before at",
        "Step-free: yes",
        "Step by step from New Street station",
        "Pass the church",
    ):
        assert words in seen.text, words
    for words in (
        "Green door",
        "Bus 8",
        f"/m/{meeting.hex[:10]}",
        "Contains OS data",
        "Last confirmed 22 November 2026",
        "Solihull",
        "How long",
    ):
        assert (words in seen.text) == (words != "How long"), words
    body = seen.body.decode()
    sketch = re.search(r'<svg class="sketch".*?</svg>', body, re.S)
    assert sketch and len(sketch.group().encode()) <= 20_000 and 'class="code"' in body and "http" not in sketch.group()
    assert "<title>The way there – Alongside</title>" in body


async def test_somebody_may_have_their_district_drawn_and_nothing_finer(site: Site) -> None:
    meeting = await add_meeting(site.connection)
    short = f"/m/{meeting.hex[:10]}/way"
    seen = await site.get(short + "?start=B14")
    assert "How long from B14" in seen.text and "y bus or train about" in seen.text and "where you start" in seen.text
    cut = await site.ask("GET", short + "?start=b14%207qh", follow=False, status=303)
    assert cut.headers["Location"] == short + "?start=B14"
    assert "We do not know this place" in (await site.get(short + "?start=Nowhere")).body.decode()


async def test_where_only_the_district_is_known_there_is_no_sketch_and_online_no_way(site: Site) -> None:
    vague = await add_meeting(site.connection, place_precision="outcode", radius_m=2000, postcode=None)
    seen = await site.get(f"/m/{vague.hex[:10]}/way")
    assert "We know only the district: B1" in seen.text and 'class="sketch"' not in seen.body.decode()
    nowhere = await add_meeting(site.connection, **NOWHERE_KNOWN)
    assert "We know only the district" in (await site.get(f"/m/{nowhere.hex[:10]}/way")).text
    online = await add_meeting(site.connection, **ONLINE, **NOWHERE_KNOWN)
    await site.get(f"/m/{online.hex[:10]}/way", status=404)


def test_the_code_is_the_librarys_own_square_for_square() -> None:
    address = "https://alongside.example.org/m/0123456789"
    code = code_of(address)
    dark = set()
    for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", code.path):
        dark |= {(int(x) + n - QUIET, int(y) - QUIET) for n in range(int(wide))}
    matrix = segno.make_qr(address, error="m").matrix
    assert dark == {(x, y) for y, row in enumerate(matrix) for x, one in enumerate(row) if one} and code.size == len(matrix) + 8


# ── the sketch ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

HALL = Place(Point(52.4797, -1.9027), Precision.VENUE, 100, "Mill Hall")


def drawn(place: Place = HALL, towns: tuple[Named, ...] = (), start: Place | None = None) -> Sketch:
    sketch = draw_sketch(place, towns, start=start)
    assert sketch is not None
    return sketch


@pytest.mark.parametrize("outcode", ["B1", "ZE2", "TR21", "IV27", "BT1", "EC1A", "JE2", "LL65"])
def test_everything_stands_on_the_sheet_and_no_label_on_another(outcode: str) -> None:
    centre = load_outcodes()[outcode].point
    assert centre is not None
    sketch = drawn(Place(centre, Precision.SECTOR, 900, "St Mary’s Hall"), start=load_outcodes()["B14"] if outcode == "B1" else None)
    spots = [sketch.venue, *sketch.named, *([sketch.start] if sketch.start else [])]
    assert all(0 <= spot.x <= WIDTH and 0 <= spot.y <= HEIGHT for spot in spots)
    boxes = []
    for spot in spots:
        wide = len(spot.label) * 7
        left = {"start": spot.label_x, "end": spot.label_x - wide, "middle": spot.label_x - wide / 2}[spot.anchor]
        boxes.append((left, spot.label_y - 11, left + wide, spot.label_y + 2))
    clashes = [(a, b) for n, a in enumerate(boxes) for b in boxes[n + 1 :] if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]
    assert clashes == [] and len(sketch.named) <= 6


def test_north_is_up_east_is_right_and_the_scale_is_true() -> None:
    north, east = Named("North", Point(52.5, -1.9027), False), Named("East", Point(52.4797, -1.87), False)
    sketch = drawn(towns=(north, east))
    by_name = {spot.label: spot for spot in sketch.named}
    assert by_name["North"].y < sketch.venue.y and abs(by_name["North"].x - sketch.venue.x) < 1
    assert by_name["East"].x > sketch.venue.x and abs(by_name["East"].y - sketch.venue.y) < 1
    km = km_between(north.point, Point(52.4797, -1.9027))
    assert (sketch.venue.y - by_name["North"].y) / km == pytest.approx(sketch.km.length / sketch.km.figure, rel=0.005)
    assert sketch.miles.length / sketch.miles.figure == pytest.approx(1.609344 * sketch.km.length / sketch.km.figure, rel=0.001)
    assert sketch.ring == pytest.approx(0.1 * sketch.km.length / sketch.km.figure)


@pytest.mark.parametrize(
    ("north", "east", "eighth"),
    [(1, 0, 0), (1, 1, 1), (0, 1, 2), (-1, 1, 3), (-1, 0, 4), (-1, -1, 5), (0, -1, 6), (1, -1, 7)],
)
def test_the_words_say_which_way_the_venue_lies_from_the_town(north: int, east: int, eighth: int) -> None:
    town = Named("Town", Point(52.4797 - north * 0.02, -1.9027 - east * 0.0328), False)
    bearing = drawn(towns=(town,)).bearing
    assert bearing and (bearing.label, bearing.eighth) == ("Town", eighth) and 1 <= bearing.high <= 2.5


def test_a_place_known_too_roughly_is_not_drawn() -> None:
    for precision, radius in ((Precision.OUTCODE, 900), (Precision.TOWN, 1500)):
        assert draw_sketch(replace(HALL, precision=precision, radius_m=radius), ()) is None
    assert draw_sketch(NOWHERE, ()) is None


def test_the_nearest_districts_are_the_nearest() -> None:
    point = Point(52.4797, -1.9027)
    told = [one.label for one in nearest_districts(point)]
    every = sorted((km_between(point, place.point), code) for code, place in load_outcodes().items() if place.point)
    assert told == [code for _, code in every[:6]]


@pytest.mark.parametrize("seed", range(20))
def test_the_quick_miles_are_the_geodesic_ones(seed: int) -> None:
    chance = Random(seed)
    for _ in range(100):
        a = Place(Point(chance.uniform(50, 58), chance.uniform(-5, 1)), Precision.OUTCODE, chance.choice([500, 900, 4000]), "a")
        near = Point(a.point.latitude + chance.gauss(0, 0.2), a.point.longitude + chance.gauss(0, 0.3)) if a.point else None
        b = Place(near, Precision.VENUE, 100, "b")
        assert miles_between(a, b) == shown_distance(a, b)
