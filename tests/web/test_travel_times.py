"""How long it takes to get there, as a page says it: always "about", and where the figure comes from."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, make_mocked_request

from matcher.domain.place import Place, Point, Precision, TravelMode
from matcher.geocoding_settings import ServerAddress
from matcher.routing import Router, TravelTime
from matcher.routing_settings import RoutingSettings
from tests.site import Site
from web.pages import make_environment
from web.travel_times import ROUTER, travel_times

START = Place(Point(50.72, -1.88), Precision.SECTOR, 500, "BH1 4")
HALL = Place(Point(50.73, -1.84), Precision.VENUE, 100, "Mill Hall")
ARRIVE = datetime(2026, 11, 26, 19, 30, tzinfo=ZoneInfo("Europe/London"))


def told(times: list[TravelTime]) -> str:
    text = make_environment().from_string('{% from "parts/travel.html" import travel_words %}{{ travel_words(times) }}').render(times=times)
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("routed", "failed", "words"),
    [
        (False, False, "Estimates: check before"),
        (False, True, "Estimates, because our route planner did not answer for every way: check before"),
        (True, False, "From our route planner, starting in the middle of the district: check before"),
    ],
)
def test_the_words_say_about_and_where_the_figure_is_from(routed: bool, failed: bool, words: str) -> None:
    html = told([TravelTime(25, 30, TravelMode.BUS_TRAIN, routed, failed), TravelTime(15, 15, TravelMode.CAR, routed, failed)])
    assert "By bus or train about 25 to 30 minutes; by car about 15 minutes." in html
    assert words in html and "before you travel, and the last one home." in html


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert told([]) == ""


async def test_the_application_asks_nobody_unless_it_is_set_up(site: Site) -> None:
    asked = make_mocked_request("GET", "/m/x/way", app=site.app)
    times = await travel_times(asked, START, HALL, arrive=ARRIVE)
    assert [(time.mode, time.routed, time.router_failed) for time in times] == [
        (mode, False, False) for mode in ("bus_train", "bicycle", "car")
    ]


async def test_one_way_the_server_cannot_find_leaves_the_estimate_and_says_so() -> None:
    async def reply(request: web.Request) -> web.Response:
        asked = await request.json()
        found = {"trip": {"summary": {"time": 1500}}}
        return web.json_response(found if asked["costing"] == "auto" else {"error": "no path"})

    server_app = web.Application()
    server_app.router.add_post("/route", reply)
    async with TestServer(server_app, host="127.0.0.1") as server:
        app = web.Application()
        app[ROUTER] = Router(RoutingSettings("valhalla", ServerAddress("http", f"127.0.0.1:{server.port}")))
        times = await travel_times(make_mocked_request("GET", "/", app=app), START, HALL, arrive=ARRIVE)
    assert {time.mode.value: time.routed for time in times} == {"bus_train": False, "bicycle": False, "car": True}
    assert "did not answer for every way" in told(times)
