"""How long it takes to get there: the labelled estimate, and routing servers behind the same function, asked for real on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from matcher.config import Config, read_config
from matcher.domain.errors import Misconfigured
from matcher.domain.place import NOWHERE, Place, Point, Precision, TravelMode, find_outcode, find_sector
from matcher.geocoding_settings import ServerAddress
from matcher.routing import ANSWER_MOST, Router, TooFine, TravelTime, estimate, usual_ways
from matcher.routing_settings import RoutingSettings, read_routing
from tests.commands import environment_of

THURSDAY_HALF_SEVEN = datetime(2026, 11, 26, 19, 30, tzinfo=ZoneInfo("Europe/London"))
START = Place(Point(50.72, -1.88), Precision.SECTOR, 500, "BH1 4")
HALL = Place(Point(50.73, -1.84), Precision.VENUE, 100, "Mill Hall")  # 3.03 km away


@dataclass
class Fake:
    """A routing server that answers as it is told, and remembers what it was asked."""

    kind: str = "valhalla"
    answer: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    asked: list[tuple[str, Any]] = field(default_factory=list)
    answered: int = 0
    port: int = 0

    def router(self, **how: float) -> Router:
        return Router(RoutingSettings(self.kind, ServerAddress("http", f"127.0.0.1:{self.port}")), **how)

    async def reply(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, await request.json()))
        await asyncio.sleep(self.wait_s)
        self.answered += 1
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return web.Response(status=self.status, body=BytesIO(body), headers=self.headers)


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    served = Fake()
    app = web.Application()
    app.router.add_post("/{path:.*}", served.reply)
    async with TestServer(app, host="127.0.0.1") as server:
        served.port = server.port or 0
        yield served


def valhalla(seconds: Any) -> Any:
    return {"trip": {"status": 0, "summary": {"time": seconds, "length": 4.1}}}


def otp(*seconds: Any) -> Any:
    return {"data": {"plan": {"itineraries": [{"duration": one} for one in seconds]}}}


async def ask(router: Router, mode: TravelMode = TravelMode.BUS_TRAIN, start: Place = START, venue: Place = HALL) -> TravelTime | None:
    return await router.travel_time(start, venue, mode, arrive=THURSDAY_HALF_SEVEN)


# ── the estimate ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mode", "least", "most"),
    # 2.43 to 3.63 km, with the radii of both ends: minutes of meetings 12.2, rounded up to five
    [(TravelMode.FOOT, 40, 60), (TravelMode.BUS_TRAIN, 25, 30), (TravelMode.BICYCLE, 20, 25), (TravelMode.CAR, 15, 15)],
)
async def test_without_a_server_the_estimate_is_told_and_labelled(mode: TravelMode, least: int, most: int) -> None:
    assert await ask(Router(None), mode) == estimate(START, HALL, mode) == TravelTime(least, most, mode)


async def test_an_unknown_place_has_no_time(fake: Fake) -> None:
    assert await ask(fake.router(), start=NOWHERE) is None and await ask(fake.router(), venue=NOWHERE) is None and fake.asked == []


@given(st.floats(49.5, 58), st.floats(-6, 1.5), st.floats(0, 0.5), st.sampled_from(TravelMode))
def test_the_estimate_never_falls_as_the_way_grows(latitude: float, longitude: float, more: float, mode: TravelMode) -> None:
    start = Place(Point(latitude, longitude), Precision.OUTCODE, 1200, "X1")
    near, far = (estimate(start, Place(Point(latitude + off, longitude), Precision.VENUE, 100, "hall"), mode) for off in (more / 2, more))
    assert near and far and near.least <= far.least and near.most <= far.most and near.least <= near.most


@pytest.mark.parametrize("precision", [Precision.VENUE, Precision.POSTCODE])
async def test_a_way_never_begins_at_somebodys_own_door(fake: Fake, precision: Precision) -> None:
    door = Place(Point(50.72, -1.88), precision, 100, "12 Acacia Avenue")
    for router in (Router(None), fake.router()):
        with pytest.raises(TooFine):
            await ask(router, start=door)
    assert fake.asked == []


@pytest.mark.parametrize(
    ("longitude", "modes"),
    [
        (-1.86, ["foot", "bus_train", "bicycle", "car"]),  # 1.4 km
        (-1.80, ["bus_train", "bicycle", "car"]),  # 5.6 km
        (-1.50, ["bus_train", "car"]),  # 27 km
    ],
)
async def test_only_ways_that_anybody_would_take_so_far_are_told(longitude: float, modes: list[str]) -> None:
    venue = Place(Point(50.72, longitude), Precision.VENUE, 100, "hall")
    assert [time.mode for time in await usual_ways(Router(None), START, venue, arrive=THURSDAY_HALF_SEVEN)] == modes
    assert await usual_ways(Router(None), NOWHERE, venue, arrive=THURSDAY_HALF_SEVEN) == []


# ── a server ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_valhalla_is_told_two_points_and_how_one_travels(fake: Fake) -> None:
    fake.answer = valhalla(1500.0)
    assert await ask(fake.router()) == TravelTime(25, 30, TravelMode.BUS_TRAIN, routed=True)
    assert fake.asked == [
        (
            "/route",
            {
                "locations": [{"lat": 50.72, "lon": -1.88}, {"lat": 50.73, "lon": -1.84}],
                "costing": "multimodal",
                "directions_type": "none",
                "units": "kilometers",
                "date_time": {"type": 2, "value": "2026-11-26T19:30"},
            },
        )
    ]
    await ask(fake.router(), TravelMode.FOOT)
    assert fake.asked[1][1]["costing"] == "pedestrian" and "date_time" not in fake.asked[1][1]


async def test_opentripplanner_is_asked_by_its_graphql_and_the_quickest_way_counts(fake: Fake) -> None:
    fake.kind, fake.answer = "otp", otp(2400, 1500, 1800)
    assert await ask(fake.router()) == TravelTime(25, 30, TravelMode.BUS_TRAIN, routed=True)
    path, question = fake.asked[0]
    assert path == "/otp/gtfs/v1" and "itineraries { duration }" in question["query"]
    assert question["variables"] == {
        "from": {"lat": 50.72, "lon": -1.88},
        "to": {"lat": 50.73, "lon": -1.84},
        "date": "2026-11-26",
        "time": "19:30",
        "modes": [{"mode": "TRANSIT"}, {"mode": "WALK"}],
    }


async def test_what_is_sent_is_the_middle_of_a_district_and_nothing_of_anybody(fake: Fake) -> None:
    fake.answer = valhalla(1500)
    for start in (find_sector("BH1 4"), find_outcode("BH1")):
        assert start is not None and start.point is not None
        await ask(fake.router(), start=start)
        sent = fake.asked[-1][1]
        assert sent["locations"][0] == {"lat": start.point.latitude, "lon": start.point.longitude}
        assert set(sent) == {"locations", "costing", "directions_type", "units", "date_time"} and "BH1" not in json.dumps(sent)


OURS = TravelTime(25, 30, TravelMode.BUS_TRAIN, routed=False, router_failed=True)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        5,
        None,
        {"trip": {"summary": {}}},
        {"error_code": 442, "error": "No path could be found for input"},
        valhalla("1500"),
        valhalla(True),
        valhalla(-1),
        valhalla(float("nan")),
        valhalla(float("inf")),
        valhalla(13 * 3600),
        valhalla(20),  # 545 km an hour
        b"<html>",
        b"[" * 100_000,
        b"\xff\xfe",
        b" " * (ANSWER_MOST + 1),
    ],
)
@pytest.mark.parametrize("kind", ["valhalla", "otp"])
async def test_an_answer_that_makes_no_sense_falls_back_to_the_estimate_and_says_so(fake: Fake, kind: str, answer: Any) -> None:
    fake.kind, fake.answer = kind, answer
    assert await ask(fake.router()) == OURS


@pytest.mark.parametrize(
    "answer", [otp(), otp(None), otp("1500"), otp(float("nan")), {"errors": [{"message": "x"}]}, {"data": {"plan": None}}]
)
async def test_so_does_a_plan_without_a_way(fake: Fake, answer: Any) -> None:
    fake.kind, fake.answer = "otp", answer
    assert await ask(fake.router()) == OURS


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
async def test_an_error_or_a_redirect_is_not_followed_and_falls_back(fake: Fake, status: int) -> None:
    fake.answer, fake.status, fake.headers = valhalla(1500), status, {"Location": f"http://127.0.0.1:{fake.port}/route"}
    assert await ask(fake.router()) == OURS and len(fake.asked) == 1


async def test_a_slow_server_is_waited_for_no_longer_than_its_cap(fake: Fake) -> None:
    fake.answer, fake.wait_s = valhalla(1500), 3.0
    assert await ask(fake.router(wait_s=0.2)) == OURS
    assert len(fake.asked) == 1 and fake.answered == 0


async def test_a_server_that_failed_is_left_alone_for_a_while_and_then_asked_again(fake: Fake) -> None:
    fake.answer, fake.status = valhalla(1500), 500
    router = fake.router(rest_s=3600)
    assert [await ask(router) for _ in range(5)] == [OURS] * 5 and len(fake.asked) == 1
    router = fake.router(rest_s=0.05)
    assert await ask(router) == OURS and len(fake.asked) == 2
    fake.status = 200
    await asyncio.sleep(0.1)
    answer = await ask(router)
    assert answer is not None and answer.routed and len(fake.asked) == 3


async def test_one_way_that_a_server_does_not_know_leaves_it_to_be_asked_about_others(fake: Fake) -> None:
    fake.answer, fake.status = {"error_code": 442, "error": "No path could be found for input"}, 400
    router = fake.router()
    assert await ask(router) == OURS
    fake.answer, fake.status = valhalla(1500), 200
    answer = await ask(router, TravelMode.CAR)
    assert answer is not None and answer.routed and len(fake.asked) == 2


async def test_a_server_that_is_away_falls_back(fake: Fake, free_port: int) -> None:
    fake.port = free_port
    assert await ask(fake.router()) == OURS


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_off_unless_it_is_set_up() -> None:
    assert read_routing("", "", ours="") is None and read_routing("none", "", ours="no") is None


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:8002", ""),
        ("http://valhalla:8002", "no"),
        ("http://192.168.1.4:8002/valhalla", "no"),
        ("https://routes.example.org", "yes"),
    ],
)
def test_a_server_of_ones_own_is_taken(url: str, ours: str) -> None:
    found = read_routing("valhalla", url, ours=ours)
    assert found is not None and found.address.url == url


@pytest.mark.parametrize(
    ("kind", "url", "ours"),
    [
        ("google", "http://127.0.0.1:8002", ""),
        ("", "http://127.0.0.1:8002", ""),
        ("valhalla", "", ""),
        ("valhalla", "https://routes.example.org", ""),  # outside, and nobody says that it is theirs
        ("valhalla", "https://routes.example.org", "no"),
        ("otp", "https://8.8.8.8", "no"),
        ("valhalla", "http://routes.example.org", "yes"),
        ("valhalla", "http://169.254.169.254", "no"),
        ("valhalla", "http://127.0.0.1:8002", "perhaps"),
    ],
)
def test_a_server_outside_needs_the_operators_word(kind: str, url: str, ours: str) -> None:
    with pytest.raises(Misconfigured, match="ROUTING"):
        read_routing(kind, url, ours=ours)


def test_the_programs_own_settings_say_who_is_asked(config: Config) -> None:
    env = environment_of(config)
    assert read_config(env).routing is None
    found = read_config(env | {"ROUTING": "otp", "ROUTING_URL": "https://routes.example.org", "ROUTING_IS_OURS": "yes"}).routing
    assert found is not None and (found.kind, found.address.url) == ("otp", "https://routes.example.org")
    with pytest.raises(Misconfigured, match="confirm it"):
        read_config(env | {"ROUTING": "otp", "ROUTING_URL": "https://routes.example.org"})
