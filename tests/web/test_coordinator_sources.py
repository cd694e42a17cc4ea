"""Carol brings in a published list: it is fetched, recognised, looked at cell by cell, used as it was shown, and read by itself from then on."""

import json
from typing import Any

import pytest

from matcher.actions.import_reading import read_feed
from matcher.actions.importing import import_meetings
from matcher.config import Config
from matcher.domain.actor import FEED
from matcher.domain.feed_issue import ErrorKind, IssueCode, Severity
from matcher.domain.meeting_source import Fetched
from matcher.feed_worker import FeedWorker
from matcher.feeds.formats import FORMATS
from matcher.store.meeting_sources import find_source
from tests.conftest import TestDatabase
from tests.directory import but, rows
from tests.publisher import publishing, says
from tests.site import Seen, Site
from tests.world import make_config
from web.coordinator_source_forms import short_name_of, source_words

BAD = {"slug": "x", "name": "X", "day": 9, "time": "19:00"}
SHEET = "ID,Name,Day,Time,Venue,Address,Postcode\n1,Hope,Tuesday,19:30,Mill Hall,1 High St,BH1 4HS\n2,Light,Friday,27:99,Chapel,2 High St,BH1 4HS\n"


@pytest.fixture
def config(database: TestDatabase, free_port: int) -> Config:
    """Lists may come from this machine itself here."""
    return make_config(database.program_dsn, base_url=f"http://127.0.0.1:{free_port}", feeds_from_loopback=True)


@pytest.fixture
async def carols(site: Site) -> Site:
    await site.sign_in(site.people.carol)
    return site


def new(**changes: Any) -> dict[str, Any]:
    return {"name": "AA Bay", "fellowship": "aa", "licence_note": "They said yes", "publisher_contact": "web@bay.example"} | changes


def feed_of(feed: list[dict[str, Any]]) -> Any:
    return says(json.dumps(feed).encode())


async def add_list(site: Site, url: str, **changes: Any) -> Seen:
    """A list added from an address; the page that shows what it would bring."""
    return await site.submit(await site.get("/meetings/sources/new"), new(url=url, **changes))


async def run_again(site: Site, feed: Any) -> None:
    """One run as the worker does it."""
    async with site.db.reading() as c:
        source = await find_source(c, "aa-bay")
    assert source is not None
    read = read_feed(source, Fetched(body=json.dumps(feed).encode(), http_status=200))
    await site.db.act(import_meetings, site.clock.now, actor=FEED, source_id="aa-bay", feed=read)


async def count(site: Site, table: str = "meetings") -> int:
    found: int = await site.connection.fetchval(f"SELECT count(*) FROM {table}")
    return found


async def test_a_list_is_added_recognised_looked_at_used_and_read_by_itself(carols: Site) -> None:
    async with publishing(feed_of([*rows(), BAD])) as publisher:
        assert "There is no list yet" in (await carols.get("/meetings/sources")).text
        shown = await add_list(carols, publisher.url)
        assert shown.path == "/meetings/sources/aa-bay/try" and "Read as Meeting Guide (JSON)" in shown.text
        assert "10 new, 0 changed, 0 as before" in shown.text and "1 line is left out" in shown.text
        assert "This is not a day" in shown.text and "Meeting 4" in shown.text
        assert await count(carols) == 0
        refused = await carols.submit(shown, {}, action="/use", status=400)
        assert "Tick this once you have looked" in refused.text and await count(carols) == 0
        used = await carols.submit(shown, {"sure": True, "switch_on": True}, action="/use")
        assert "Saved" in used.text and "Switch it off" in used.text and await count(carols) == 10
        assert await count(carols, "source_trials") == 0
        worker = FeedWorker(carols.db, carols.config, clock=carols.clock)
        assert await worker.run_until_idle() == 1 and len(publisher.asked) == 2
    listed = await carols.get("/meetings/sources")
    assert "AA Bay" in listed.text and "Well" in listed.text and "every day" in listed.text and "10" in listed.text
    assert "Lists of meetings" in (await carols.get("/meetings")).text


async def test_a_file_is_recognised_and_its_problems_have_row_column_and_cell(carols: Site) -> None:
    page = await carols.get("/meetings/sources/new")
    shown = await carols.submit(page, new(name="NA Town", fellowship="na", file=SHEET, id="na-town"))
    assert shown.path == "/meetings/sources/na-town/try" and "a sheet with plain headings" in shown.text
    assert "1 new" in shown.text and "27:99" in shown.text and "3 D" in shown.text
    sheet = await carols.get("/meetings/sources/na-town/try/problems")
    assert sheet.headers["Content-Type"].startswith("text/csv") and "attachment" in sheet.headers["Content-Disposition"]
    lines = sheet.body.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Line,Column") and any("invalid_time" in line and "27:99" in line for line in lines)
    headless = await carols.submit(page, new(name="NA Other", fellowship="na", file="Name,Start\nHope,19:30\n"), status=400)
    assert "a column is missing: id" in headless.text
    used = await carols.submit(shown, {"sure": True}, action="/use")
    assert await count(carols) == 1 and "Read it by itself" not in used.text
    assert "Switch it on" not in used.text


async def test_what_was_shown_and_nothing_else_is_used(carols: Site) -> None:
    async with publishing(feed_of(rows())) as publisher:
        first = await add_list(carols, publisher.url)
    async with publishing(feed_of(rows(3))) as other:
        await carols.connection.execute("UPDATE meeting_sources SET url = $1", other.url)
        again = await try_address(carols, await carols.get("/meetings/sources/aa-bay"))
    assert "3 new" in again.text
    late = await carols.submit(first, {"sure": True}, action="/use", status=None)
    assert late.status == 409 and await count(carols) == 0


async def test_a_preview_shows_what_changes_and_what_is_missing(carols: Site) -> None:
    async with publishing(feed_of(rows())) as publisher:
        await carols.submit(await add_list(carols, publisher.url), {"sure": True}, action="/use")
    changed = [row for row in but(rows(), "m1", time="20:00", notes="Tea") if row["slug"] != "m3"]
    async with publishing(feed_of(changed)) as newer:
        await carols.connection.execute("UPDATE meeting_sources SET url = $1", newer.url)
        page = await carols.get("/meetings/sources/aa-bay")
        tried = await try_address(carols, page)
    assert "0 new, 1 changed, 8 as before" in tried.text and "1 meeting we know is not in it" in tried.text
    assert all(words in tried.text for words in ("19:00", "20:00", "Tea", "Meeting 3"))
    left = await carols.submit(tried, action="/drop")
    assert left.path == "/meetings/sources/aa-bay" and await count(carols, "source_trials") == 0
    start = await carols.connection.fetchval("SELECT starts FROM meetings WHERE source_key = 'm1'")
    assert start.hour == 19


async def try_address(site: Site, page: Seen) -> Seen:
    """Press "Try it"."""
    assert page.page is not None
    form = next(form for form in page.page.forms if form.action.endswith("/try") and "file" not in form.fields)
    sent = {name: field.chosen[0] for name, field in form.fields.items()}
    return await site.ask("POST", form.action, data=sent, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": ""}, "Enter the address of the list, or choose a file"),
        ({"url": "ftp://example.org/x"}, "begins with https://"),
        ({"url": "https://user:word@example.org/"}, "begins with https://"),
        ({"name": ""}, "Enter what people call this list"),
        ({"fellowship": ""}, "Choose the fellowship"),
        ({"timezone": "BST"}, "Enter a time zone like"),
        ({"keep_areas": "Bournemouth"}, "Enter postcode areas"),
        ({"id": "new"}, "The short name is"),
        ({"url": "https://10.0.0.1/x"}, "its address is not on the public internet"),
        ({"url": "https://169.254.169.254/latest"}, "its address is not on the public internet"),
        ({"url": "https://metadata/x"}, "its address is not on the public internet"),
    ],
)
async def test_a_wrong_answer_keeps_all_the_others_and_makes_nothing(carols: Site, changes: dict[str, Any], said: str) -> None:
    page = await carols.get("/meetings/sources/new")
    seen = await carols.submit(page, new(url="https://feeds.invalid/x") | changes, status=400)
    assert said in seen.text and seen.form("/meetings/sources/new").fields["publisher_contact"].chosen == ["web@bay.example"]
    assert await count(carols, "meeting_sources") == 0


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"<!doctype html><html><body>Hello</body></html>", 200, "a web page came instead"),
        (b"<html>Checking your browser</html>", 403, "a security page keeps us out"),
        (b"[]", 200, "the list is empty"),
        (b"x", 500, "the publisher answered with an error"),
    ],
)
async def test_what_is_no_list_is_said_and_makes_nothing(carols: Site, body: bytes, status: int, said: str) -> None:
    async with publishing(says(body, status)) as publisher:
        seen = await carols.submit(await carols.get("/meetings/sources/new"), new(url=publisher.url), status=400)
    assert said in seen.text and await count(carols, "meeting_sources") == 0


async def test_another_way_of_reading_switches_it_off_until_it_was_tried(carols: Site) -> None:
    async with publishing(feed_of(rows())) as publisher:
        shown = await add_list(carols, publisher.url)
        await carols.submit(shown, {"sure": True, "switch_on": True}, action="/use")
        page = await carols.get("/meetings/sources/aa-bay/settings")
        kept = await carols.submit(page, {"interval_h": "48"})
        assert "Switch it off" in kept.text and "every two days" in kept.text
        other = await carols.submit(await carols.get("/meetings/sources/aa-bay/settings"), {"timezone": "Europe/Dublin"})
        assert "Switched off" in other.text and "Try it first" in other.text
        tried = await try_address(carols, other)
        assert "10 changed" in tried.text
        on = await carols.submit(await carols.get("/meetings/sources/aa-bay"), action="/switch", button="Switch it on")
        assert "Switch it off" in on.text
        off = await carols.submit(on, action="/switch", button="Switch it off")
        assert "Switched off" in off.text


async def test_a_list_that_was_not_believed_is_shown_with_its_difference_and_decided(carols: Site) -> None:
    async with publishing(feed_of(rows())) as publisher:
        await carols.submit(await add_list(carols, publisher.url), {"sure": True, "switch_on": True}, action="/use")
    await run_again(carols, rows(3))
    page = await carols.get("/meetings/sources/aa-bay")
    assert "Waits for you" in page.text and "far fewer meetings than before" in page.text
    run = await carols.connection.fetchval("SELECT id FROM import_runs WHERE run = 'quarantined'")
    shown = await carols.get(f"/meetings/runs/{run}")
    assert "By itself we would not believe this" in shown.text and "7 meetings we know are not in it" in shown.text
    assert "Meeting 9" in shown.text
    done = await carols.submit(shown, button="Use this list")
    assert "used by hand" in done.text
    assert await carols.connection.fetchval("SELECT status FROM meetings WHERE source_key = 'm9'") == "unconfirmed"
    assert (await carols.get(f"/meetings/runs/{run}")).path == "/meetings/sources/aa-bay"


async def test_problems_of_a_run_are_a_sheet_that_runs_no_formula(carols: Site) -> None:
    async with publishing(feed_of(rows())) as publisher:
        await carols.submit(await add_list(carols, publisher.url), {"sure": True}, action="/use")
    await run_again(carols, [*rows(), BAD | {"day": "=1+1"}])
    page = await carols.get("/meetings/sources/aa-bay")
    assert "This is not a day" in page.text
    run = await carols.connection.fetchval("SELECT run_id FROM import_issues LIMIT 1")
    sheet = (await carols.get(f"/meetings/runs/{run}/problems")).body.decode("utf-8-sig")
    assert "'=1+1" in sheet and ",=1+1" not in sheet


async def test_others_look_and_change_nothing(carols: Site) -> None:
    async with publishing(feed_of(rows())) as publisher:
        await carols.submit(await add_list(carols, publisher.url), {"sure": True}, action="/use")
    eve, priya = carols.new_browser(), carols.new_browser()
    await carols.sign_in(carols.people.eve_coordinator, eve)
    await carols.sign_in(carols.people.priya, priya)
    seen = await eve.get("/meetings/sources/aa-bay")
    assert "AA Bay" in seen.text and "Try it" not in seen.text and "Bring in a file" not in seen.text
    for rest in ("/settings", "/try", "/try/problems"):
        assert (await eve.get(f"/meetings/sources/aa-bay{rest}", status=None)).status == 403, rest
    for rest in ("", "/aa-bay", "/new", "/aa-bay/settings"):
        assert (await priya.get(f"/meetings/sources{rest}", status=None)).status in (403, 404), rest
    assert (await carols.get("/meetings/sources/nothing-here", status=None)).status == 404


def test_every_code_format_and_end_has_words() -> None:
    words = source_words()
    assert set(words["codes"]) == {code.value for code in IssueCode} and set(words["kinds"]) == {kind.value for kind in ErrorKind}
    assert set(words["formats"]) == set(FORMATS) and set(words["severities"]) == {severity.value for severity in Severity}


@pytest.mark.parametrize(
    ("name", "made"), [("AA Dorset & Wilts", "aa-dorset-wilts"), ("New", "list-new"), ("é", "list-one"), ("x" * 60, "x" * 40)]
)
def test_a_short_name_is_made_of_a_name(name: str, made: str) -> None:
    assert short_name_of(name) == made


async def test_a_sheet_without_ids_is_refused_and_given_back_with_them(carols: Site) -> None:
    sheet = "Name,Day,Time\nHope,Tuesday,19:30\n"
    refused = await carols.submit(await carols.get("/meetings/sources/new"), new(file=sheet), status=400)
    assert "a column is missing: id" in refused.text and "We can fill in the IDs" in refused.text
    given = await carols.submit(refused, {"sheet": sheet}, action="/meetings/sources/ids")
    assert given.headers["Content-Disposition"] == 'attachment; filename="meetings-with-ids.csv"'
    shown = await carols.submit(await carols.get("/meetings/sources/new"), new(file=given.body.decode()))
    assert shown.path == "/meetings/sources/aa-bay/try" and "Hope" in shown.text
    wrong = await carols.submit(refused, {"sheet": "Day\nTuesday\n"}, action="/meetings/sources/ids", status=400)
    assert "Reason: a column is missing. Nothing was saved." in wrong.text
