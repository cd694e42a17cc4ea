"""Asking a geocoder about venues, through geopy and a real server on this machine: what is sent, whose turn it is, what is believed and kept."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from matcher import geocoding
from matcher.config import Config, read_config
from matcher.database import Database
from matcher.domain.errors import Misconfigured
from matcher.domain.place import Place, Point, Precision, find_place
from matcher.geocoding import NoVenue, Venue, ask_about, judge, step
from matcher.geocoding_settings import GeocoderSettings, ServerAddress, read_geocoder
from matcher.places import ANSWER_MOST, AskFailed, Detail, Found
from matcher.store.places_answers import claim_turn
from tests.commands import ROOT, environment_of
from tests.world import World

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
AGENT = "Alongside Millbrook (team@millbrook.example)"
MILL_HALL = (52.47912, -1.90231)


def nominatim(latitude: Any = MILL_HALL[0], longitude: Any = MILL_HALL[1], *, rank: Any = 30) -> Any:
    return [{"lat": str(latitude), "lon": str(longitude), "display_name": "Mill Hall, Mill Lane", "place_rank": rank}]


def features(latitude: float = MILL_HALL[0], longitude: float = MILL_HALL[1], **properties: Any) -> Any:
    return {"features": [{"geometry": {"coordinates": [longitude, latitude]}, "properties": {"name": "Mill Hall"} | properties}]}


@dataclass
class Fake:
    """A geocoder that answers as it is told, and remembers what it was asked."""

    answer: Any = field(default_factory=nominatim)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    asked: list[web.Request] = field(default_factory=list)
    kind: str = "nominatim"
    port: int = 0

    @property
    def settings(self) -> GeocoderSettings:
        return GeocoderSettings(
            self.kind, ServerAddress("http", f"127.0.0.1:{self.port}"), AGENT, "our-key" if self.kind == "pelias" else None
        )

    async def reply(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        await asyncio.sleep(self.wait_s)
        text = self.answer if isinstance(self.answer, str | bytes) else json.dumps(self.answer)
        body = text.encode() if isinstance(text, str) else text
        return web.Response(status=self.status, body=BytesIO(body), headers=self.headers)


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    served = Fake()
    app = web.Application()
    app.router.add_get("/{path:.*}", served.reply)
    async with TestServer(app, host="127.0.0.1") as server:
        served.port = server.port or 0
        yield served


@pytest.fixture
async def world(db: Database, config: Config, connection: asyncpg.Connection) -> AsyncIterator[World]:
    """The Thursday meeting, known by its sector only."""
    made = await World(connection, config).build()
    await connection.execute(
        "UPDATE meetings SET latitude = 52.48, longitude = -1.91, place_precision = 'sector', radius_m = 800, address = '1 Mill Lane' WHERE id = $1",
        made.meeting_id,
    )
    yield made


class Clock:
    """A clock that moves when it is told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def at() -> Clock:
    return Clock()


async def place_of(c: Any, world: World) -> tuple[Any, ...]:
    return tuple(await c.fetchrow("SELECT latitude, longitude, place_precision, radius_m FROM meetings WHERE id = $1", world.meeting_id))


async def kept(c: Any) -> dict[str, Any]:
    return dict(await c.fetchrow("SELECT outcome, fault, tries, asked_at, ask_again_at, geocoder, asked FROM geocoder_answers"))


ASKED = "1 Mill Lane, Millbrook, B1 1AA"
VENUE = Venue(uuid4(), ASKED, "B1 1AA")


# ── what is sent ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "answer", "path", "question"),
    [
        ("nominatim", nominatim(), "/search", {"q": ASKED, "format": "json", "limit": "1", "countrycodes": "gb,ie,im,je,gg"}),
        ("photon", features(type="house"), "/api", {"q": ASKED, "limit": "1"}),
        ("pelias", features(layer="venue"), "/v1/search", {"text": ASKED, "api_key": "our-key"}),
    ],
)
async def test_each_kind_is_asked_in_its_own_way_and_under_our_own_name(
    fake: Fake, kind: str, answer: Any, path: str, question: Any
) -> None:
    fake.kind, fake.answer = kind, answer
    found = await ask_about(fake.settings, VENUE)
    assert found is not None and (found.latitude, found.longitude, found.detail) == (*MILL_HALL, Detail.HOUSE)
    assert [(request.path, dict(request.query)) for request in fake.asked] == [(path, question)]
    assert fake.asked[0].headers["User-Agent"] == AGENT and "Cookie" not in fake.asked[0].headers


@pytest.mark.parametrize(
    "other", ["B1 1AA", {"travel_from": "B1"}, None, Place(Point(52.4, -1.9), Precision.SECTOR, 800, "B1 1"), object()]
)
async def test_nothing_but_a_venue_of_the_directory_is_ever_sent(fake: Fake, other: Any) -> None:
    with pytest.raises(NoVenue):
        await ask_about(fake.settings, other)
    assert fake.asked == []


async def test_a_newcomers_and_a_volunteers_fields_never_leave(db: Database, connection: Any, world: World, fake: Fake, at: Clock) -> None:
    """With a whole referral in the database, the one thing that is sent is the published address of the meeting."""
    await world.referral()
    await world.volunteer("Tom")
    while await step(db, fake.settings, at) is not None:
        at.now += timedelta(days=1)
    assert [dict(request.query)["q"] for request in fake.asked] == [ASKED]
    row = await connection.fetchrow("SELECT address, town, postcode FROM meetings WHERE id = $1", world.meeting_id)
    assert ", ".join(row) == ASKED


async def test_no_proxy_of_the_environment_is_used(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await ask_about(fake.settings, VENUE) is not None


# ── what is believed ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_places_the_meeting_and_is_kept_with_where_it_came_from(
    db: Database, connection: Any, world: World, fake: Fake, at: Clock
) -> None:
    assert await step(db, fake.settings, at) == "found"
    assert await place_of(connection, world) == (*MILL_HALL, "venue", 100)
    row = await connection.fetchrow("SELECT how, source, said_precision, said_latitude FROM meeting_placings")
    assert tuple(row) == ("geocoder", "nominatim 127.0.0.1, 2026-11-23", "sector", 52.48)
    at.now += timedelta(days=400)
    assert await step(db, fake.settings, at) is None and len(fake.asked) == 1, "it is placed: nobody asks again"


async def test_after_an_import_wrote_over_it_the_kept_answer_is_used_and_nobody_asked_again(
    db: Database, connection: Any, world: World, fake: Fake, at: Clock
) -> None:
    from matcher.places_meetings import place_meetings

    await step(db, fake.settings, at)
    await connection.execute("UPDATE meetings SET latitude = 52.48, longitude = -1.91, place_precision = 'sector', radius_m = 800")
    await db.act(place_meetings, NOW, "by-hand")
    assert await place_of(connection, world) == (*MILL_HALL, "venue", 100) and len(fake.asked) == 1


async def test_a_street_is_less_exact_than_a_house(db: Database, connection: Any, world: World, fake: Fake, at: Clock) -> None:
    fake.answer = nominatim(rank=26)
    assert await step(db, fake.settings, at) == "found"
    assert (await place_of(connection, world))[3] == 300


FAR = Found(55.9533, -3.1883, "Edinburgh", Detail.HOUSE)


@pytest.mark.parametrize(
    ("found", "outcome", "fault"),
    [
        (None, "nothing", None),
        (Found(*MILL_HALL, "Mill Hall", Detail.HOUSE), "found", None),
        (Found(*MILL_HALL, "Birmingham", Detail.COARSE), "refused", "too_coarse"),
        (Found(0.0, 0.0, "Null Island", Detail.HOUSE), "refused", "invalid_coordinates"),
        (Found(123.0, 456.0, "off the globe", Detail.HOUSE), "refused", "invalid_coordinates"),
        (Found(55.37805, -3.43597, "United Kingdom", Detail.HOUSE), "refused", "placeholder_point"),
        (Found(48.8566, 2.3522, "Paris", Detail.HOUSE), "refused", "point_outside_area"),
        (FAR, "refused", "point_far_from_postcode"),
    ],
)
def test_an_answer_that_cannot_be_right_is_named_and_not_used(found: Found | None, outcome: str, fault: str | None) -> None:
    answer = judge(found, find_place("B1 1AA"))
    assert (answer.outcome, answer.fault) == (outcome, fault)
    assert judge(FAR, None).outcome == "found", "the rule of 30 km is what refuses it"


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("nominatim", nominatim(rank=4)),
        ("nominatim", nominatim(rank=21)),
        ("nominatim", nominatim(rank=None)),
        ("nominatim", nominatim(rank="30")),
        ("photon", features(type="city")),
        ("photon", features(type="country")),
        ("photon", features()),
        ("pelias", features(layer="region")),
        ("pelias", features(layer="postalcode")),
        ("pelias", features(layer="locality")),
    ],
)
async def test_a_country_region_town_or_postcode_is_no_venue(
    db: Database, connection: Any, world: World, fake: Fake, at: Clock, kind: str, answer: Any
) -> None:
    fake.kind, fake.answer = kind, answer
    assert await step(db, fake.settings, at) == "refused"
    assert (await kept(connection))["fault"] == "too_coarse" and (await place_of(connection, world))[2] == "sector"


async def test_nothing_found_is_kept_half_a_year_and_then_asked_again(
    db: Database, connection: Any, world: World, fake: Fake, at: Clock
) -> None:
    fake.answer = []
    assert await step(db, fake.settings, at) == "nothing"
    at.now += timedelta(days=179)
    assert await step(db, fake.settings, at) is None
    at.now += timedelta(days=2)
    fake.answer = nominatim()
    assert await step(db, fake.settings, at) == "found" and len(fake.asked) == 2


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_status(status: int, **headers: str) -> Callable[[Fake], None]:
    def change(fake: Fake) -> None:
        fake.status, fake.headers, fake.answer = status, dict(headers), "no"

    return change


def saying(answer: Any) -> Callable[[Fake], None]:
    return lambda fake: setattr(fake, "answer", answer)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (with_status(429), "rate_limited"),
        (with_status(401), "refused"),
        (with_status(403), "refused"),
        (with_status(402), "quota"),
        (with_status(500), "unavailable"),
        (with_status(503), "time_out"),
        (with_status(302, Location="http://169.254.169.254/latest"), "unavailable"),
        (saying("<html>are you a robot?</html>"), "unreadable"),
        (saying("[" * 100_000), "unreadable"),
        (saying('[{"lat": "north"}]'), "unreadable"),
        (saying('[{"lat": NaN, "lon": NaN, "place_rank": 30}]'), "unreadable"),
        (saying('["x"]'), "unreadable"),
        (saying("5"), "unreadable"),
        (saying("[" + " " * ANSWER_MOST + "]"), "unreadable"),
        (saying(b"\xff\xfe\x00"), "unreadable"),
    ],
)
async def test_whatever_the_server_does_is_a_named_failure(fake: Fake, change: Callable[[Fake], None], kind: str) -> None:
    change(fake)
    with pytest.raises(AskFailed) as failed:
        await ask_about(fake.settings, VENUE)
    assert failed.value.kind == kind and ASKED not in str(failed.value) and len(fake.asked) == 1


async def test_a_server_that_is_slow_or_away_is_a_named_failure(fake: Fake, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.places.ask_geocoder.__kwdefaults__", {"wait_s": 0.2})
    fake.wait_s = 1.0
    with pytest.raises(AskFailed, match="time_out"):
        await ask_about(fake.settings, VENUE)
    fake.port = free_port
    with pytest.raises(AskFailed, match="unavailable"):
        await ask_about(fake.settings, VENUE)


async def test_a_failure_is_remembered_and_the_server_left_alone_longer_each_time(
    db: Database, connection: Any, world: World, fake: Fake, at: Clock
) -> None:
    fake.status, fake.answer = 503, ""
    rests = []
    for _ in range(4):
        assert await step(db, fake.settings, at) == "failed"
        assert (await kept(connection))["outcome"] == "failed"
        rests.append(await connection.fetchval("SELECT next_at FROM geocoder_turns") - at.now)
        at.now = (await kept(connection))["ask_again_at"] - timedelta(seconds=1)
        assert await step(db, fake.settings, at) is None
        at.now += timedelta(seconds=1)
    assert rests == [timedelta(seconds=30 * 2**n) for n in range(4)]
    assert (await kept(connection))["tries"] == 4 and (await place_of(connection, world))[2] == "sector", "its table's point stands"
    fake.status, fake.answer = 200, nominatim()
    assert await step(db, fake.settings, at) == "found"
    assert await connection.fetchval("SELECT failures FROM geocoder_turns") == 0


async def test_a_server_that_says_when_is_waited_for(db: Database, connection: Any, world: World, fake: Fake, at: Clock) -> None:
    fake.status, fake.answer, fake.headers = 429, "", {"Retry-After": "3600"}
    assert await step(db, fake.settings, at) == "failed"
    assert await connection.fetchval("SELECT next_at FROM geocoder_turns") == NOW + timedelta(hours=1)


# ── whose turn it is ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_many_at_once_one_has_the_turn_and_the_next_a_second_later(db: Database, fake: Fake) -> None:
    async def claims(now: datetime) -> int:
        return sum(await asyncio.gather(*(db.act(claim_turn, "nominatim x", now, gap=geocoding.GAP) for _ in range(12))))

    assert await claims(NOW) == 1
    assert await claims(NOW + timedelta(milliseconds=999)) == 0
    assert await claims(NOW + timedelta(seconds=1)) == 1
    assert await db.act(claim_turn, "photon y", NOW, gap=geocoding.GAP), "another server has turns of its own"


async def test_eight_workers_on_real_time_never_ask_twice_in_a_second_nor_the_same_twice(
    db: Database, connection: Any, world: World, fake: Fake
) -> None:
    for number in range(2, 5):
        meeting_id = uuid4()
        await world.meeting(meeting_id)
        await connection.execute(
            "UPDATE meetings SET place_precision = 'sector', radius_m = 800, address = $2 WHERE id = $1", meeting_id, f"{number} Mill Lane"
        )
    times: list[float] = []
    reply = fake.reply

    async def noted(request: web.Request) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        return await reply(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", noted)
    stop = asyncio.Event()
    async with TestServer(app, host="127.0.0.1") as server:
        fake.port = server.port or 0
        loops = [asyncio.create_task(_keep_stepping(db, fake.settings, stop)) for _ in range(8)]
        async with asyncio.timeout(20):
            while len(times) < 4:
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*loops)
    assert len(times) == 4 and len({dict(request.query)["q"] for request in fake.asked}) == 4
    assert all(later - sooner > 0.85 for sooner, later in pairwise(times)), times


async def _keep_stepping(db: Database, settings: GeocoderSettings, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await step(db, settings, lambda: datetime.now(UTC))
        await asyncio.sleep(0.05)


async def test_a_question_whose_asker_died_is_asked_again_after_its_lease(
    db: Database, connection: Any, world: World, fake: Fake, at: Clock
) -> None:
    assert await db.act(geocoding.claim_question, NOW, fake.settings.name) is not None
    at.now += timedelta(seconds=10)
    assert await step(db, fake.settings, at) is None
    at.now += geocoding.LEASE
    assert await step(db, fake.settings, at) == "found"


async def test_the_loop_ends_at_once_when_told_and_survives_a_broken_server(db: Database, world: World, fake: Fake) -> None:
    fake.answer, stop = "<html>", asyncio.Event()
    running = asyncio.create_task(geocoding.keep_asking(db, fake.settings, lambda: datetime.now(UTC), stop))
    async with asyncio.timeout(10):
        while not fake.asked:
            await asyncio.sleep(0.02)
        stop.set()
        await running
    assert running.exception() is None


@pytest.mark.parametrize(
    "field", ["status = 'withdrawn'", "in_person = false", "place_precision = 'venue'", "address = NULL, formatted_address = NULL"]
)
async def test_only_meetings_at_an_address_that_nothing_better_is_known_of_are_asked_about(
    db: Database, connection: Any, world: World, fake: Fake, at: Clock, field: str
) -> None:
    await connection.execute(f"UPDATE meetings SET {field}")
    assert await step(db, fake.settings, at) is None and fake.asked == []


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_off_unless_it_is_set_up() -> None:
    assert read_geocoder("", "", agent="", key="") is None and read_geocoder("none", "", agent="x", key="") is None


@pytest.mark.parametrize(
    "url", ["https://geo.example.org", "http://127.0.0.1:8080", "http://nominatim:8080", "http://10.0.0.7/geo", "http://[::1]:80"]
)
def test_a_server_of_ones_own_or_by_https_is_taken(url: str) -> None:
    found = read_geocoder("Nominatim", url, agent=AGENT, key="")
    assert found is not None and found.address.url == url and found.kind == "nominatim"


@pytest.mark.parametrize(
    ("kind", "url", "agent"),
    [
        ("google", "https://geo.example.org", AGENT),
        ("", "https://geo.example.org", AGENT),
        ("nominatim", "", AGENT),
        ("nominatim", "http://geo.example.org", AGENT),
        ("nominatim", "http://169.254.169.254", AGENT),
        ("nominatim", "ftp://geo.example.org", AGENT),
        ("nominatim", "https://name:word@geo.example.org", AGENT),
        ("nominatim", "https://geo.example.org/?q=1", AGENT),
        ("nominatim", "https://geo.example.org:99999", AGENT),
        ("nominatim", "https://geo.example.org", ""),
        ("nominatim", "https://geo.example.org", "geopy/2.5"),
        ("nominatim", "https://geo.example.org", "Mozilla/5.0 (X11)"),
        ("nominatim", "https://geo.example.org", "Us\r\nX-Evil: 1"),
    ],
)
def test_any_other_setting_is_refused_before_the_program_starts(kind: str, url: str, agent: str) -> None:
    with pytest.raises(Misconfigured, match="GEOCODER"):
        read_geocoder(kind, url, agent=agent, key="")


def test_settings_do_not_print_the_key() -> None:
    settings = read_geocoder("pelias", "https://geo.example.org", agent=AGENT, key="our-key")
    assert settings is not None and settings.key == "our-key" and "our-key" not in repr(settings)


def test_the_programs_own_settings_say_who_is_asked(config: Config, tmp_path: Path) -> None:
    env = environment_of(config)
    assert read_config(env).geocoder is None
    (tmp_path / "key").write_text("our-key\n")
    told = {
        "GEOCODER": "pelias",
        "GEOCODER_URL": "https://geo.example.org",
        "GEOCODER_AGENT": AGENT,
        "GEOCODER_KEY_FILE": str(tmp_path / "key"),
    }
    found = read_config(env | told).geocoder
    assert found is not None and (found.name, found.agent, found.key) == ("pelias geo.example.org", AGENT, "our-key")
    with pytest.raises(Misconfigured, match="GEOCODER_AGENT"):
        read_config(env | told | {"GEOCODER_AGENT": "aiohttp"})


async def test_a_worker_asks_beside_its_letters_and_stops_when_told(config: Config, connection: Any, world: World, fake: Fake) -> None:
    env = environment_of(config) | {"GEOCODER": "nominatim", "GEOCODER_URL": fake.settings.address.url, "GEOCODER_AGENT": AGENT}
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "matcher", "work"), cwd=ROOT, env=env, stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(40):
        while (await place_of(connection, world))[2] != "venue":
            await asyncio.sleep(0.1)
        worker.terminate()
        assert await worker.wait() == 0
    assert await place_of(connection, world) == (*MILL_HALL, "venue", 100)
