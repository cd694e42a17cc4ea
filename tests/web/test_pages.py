"""Static files by content hash, and times in words."""

import gzip
from datetime import UTC, date, datetime, time, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from web.pages import FOREVER, make_environment, plural, setup_templates, static_files, static_url
from web.time_words import ago, day_words, on_date, short_day, time_words, when_words

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(static_files()))
async def test_a_static_file_is_kept_for_ever_under_its_own_hash(name: str) -> None:
    app = web.Application()
    setup_templates(app)
    async with TestClient(TestServer(app), auto_decompress=False) as visitor:
        plain = await visitor.get(static_url(name), headers={"Accept-Encoding": "identity"})
        packed = await visitor.get(static_url(name), headers={"Accept-Encoding": "gzip"})
        assert plain.status == packed.status == 200
        assert plain.headers["Cache-Control"] == packed.headers["Cache-Control"] == FOREVER
        assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(await packed.read()) == await plain.read() == static_files()[name].content
        assert (await visitor.get(static_url(name).replace("/static/", "/static/%2e%2e%2f"))).status == 404


async def test_a_page_of_an_older_release_still_gets_a_stylesheet_but_does_not_keep_it() -> None:
    app = web.Application()
    setup_templates(app)
    async with TestClient(TestServer(app)) as visitor:
        stale = await visitor.get("/static/alongside.000000000000.css")
        assert (stale.status, stale.headers["Cache-Control"]) == (200, "no-cache")
        for wrong in (
            "alongside.css",
            "alongside.0.css",
            "nothing.000000000000.css",
            "a.b.c.d",
            "..%2fpages.py",
            "alongside.000000000000.map",
        ):
            assert (await visitor.get(f"/static/{wrong}")).status == 404


def test_a_file_that_is_not_there_is_a_mistake_of_the_template() -> None:
    with pytest.raises(KeyError):
        make_environment().from_string('{{ static_url("other.css") }}').render()


async def test_macros_see_the_globals_given_at_the_start() -> None:
    app = web.Application()
    environment = setup_templates(app, product="Alongside")
    assert environment.from_string("{{ product }} {{ 1 | plural('person', 'people') }}").render() == "Alongside 1 person"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 26, 19, 30, tzinfo=UTC), "Thursday 26 November, 7.30pm"),
        (datetime(2026, 7, 2, 18, 0, tzinfo=UTC), "Thursday 2 July, 7pm"),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), "Sunday 25 October, 12.30am"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sunday 25 October, 1.30am"),
        (datetime.fromisoformat("2026-12-01T12:00"), "Tuesday 1 December, midday"),
        (datetime.fromisoformat("2026-12-01T00:00"), "Tuesday 1 December, midnight"),
        (datetime.fromisoformat("2026-07-01T12:05"), "Wednesday 1 July, 12.05pm"),
    ],
)
def test_an_instant_is_said_as_the_clock_on_the_wall_says_it(moment: datetime, said: str) -> None:
    assert when_words(moment) == said


def test_days_and_dates_are_said_in_words() -> None:
    day = date(2026, 11, 26)
    assert (day_words(day), short_day(day), on_date(day)) == ("Thursday 26 November", "Thu 26 Nov", "26 November 2026")
    assert (time_words(time(9, 5)), time_words(time(21, 0))) == ("9.05am", "9pm")
    assert (plural(1, "person", "people"), plural(1200, "person", "people")) == ("1 person", "1,200 people")


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(hours=-3), "in 3 hours"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_whole_unit(before: timedelta, said: str) -> None:
    assert ago(NOW - before, NOW) == said
