"""One run after another into a real directory: nothing is deleted, nothing is believed too easily, and a person's word survives."""

from collections.abc import AsyncIterator
from datetime import time, timedelta
from typing import Any

import pytest

from matcher.actions.importing import OnlyTried, RunDecided, decide_run
from matcher.domain import import_guards, known_meeting
from matcher.domain.meeting import Status
from tests.conftest import TestDatabase
from tests.directory import PLACE, Directory, but, open_directory, rows


@pytest.fixture
async def directory(database: TestDatabase) -> AsyncIterator[Directory]:
    async with open_directory(database) as opened:
        yield opened


async def test_rows_are_added_with_their_place_and_their_area(directory: Directory) -> None:
    said = await directory.feed(rows(2))
    assert (said["added"], said["run"], said["deleted"], said["needs_coordinator"]) == (2, "ok", 0, False)
    meeting = (await directory.meetings())["m0"]
    assert (meeting["outcode"], meeting["area_id"]) == ("BH1", directory.world.area_id)
    assert meeting["place_precision"] == "sector" and meeting["radius_m"] >= 500
    assert (meeting["starts"], meeting["iso_weekday"], meeting["status"], meeting["attendable"]) == (time(19), 7, "active", True)
    assert meeting["last_confirmed_at"] == directory.now and meeting["confirmed_how"] == "feed"


async def test_a_feeds_own_point_is_better_than_the_tables(directory: Directory) -> None:
    await directory.feed(but(rows(2), "m0", latitude=50.7271, longitude=-1.8641))
    meeting = (await directory.meetings())["m0"]
    assert (meeting["place_precision"], meeting["latitude"], meeting["radius_m"]) == ("venue", 50.7271, 100)


async def test_a_meeting_known_only_by_its_town_lies_where_the_towns_venues_are(directory: Directory) -> None:
    venues = [
        {"slug": f"v{n}", "name": f"V{n}", "day": 1, "time": "19:00", "latitude": 53.34 + n / 1000, "longitude": -6.26}
        | {"address": f"{n} Main Street", "city": "Dublin", "timezone": "Europe/Dublin", "country": "IE"}
        for n in range(1, 4)
    ]
    bare = {"slug": "bare", "name": "Bare", "day": 2, "time": "19:00", "address": "9 Long Street", "city": "Dublin"}
    await directory.feed([*venues, bare | {"timezone": "Europe/Dublin", "country": "IE"}])
    meeting = (await directory.meetings())["bare"]
    assert (meeting["place_precision"], meeting["radius_m"], meeting["latitude"]) == ("town", 1500, 53.342)


async def test_the_same_feed_twice_changes_nothing(directory: Directory) -> None:
    await directory.feed(rows())
    first = await directory.meetings()
    directory.pass_days(1)
    said = await directory.feed(rows())
    clocks = {"last_seen_at", "last_confirmed_at"}
    assert said["unchanged"] == 10 and said["changed_fields"] == []
    assert not any(said[name] for name in ("added", "updated", "restored", "held", "missing", "withdrawn", "conflicts"))
    for key, meeting in (await directory.meetings()).items():
        assert {name for name in meeting if meeting[name] != first[key][name]} == clocks
        assert meeting["last_seen_at"] == directory.now
    assert await directory.sql.fetchval("SELECT count(*) FROM meeting_history") == 0


async def test_a_changed_row_is_updated_with_a_line_for_each_field(directory: Directory) -> None:
    await directory.feed(rows())
    said = await directory.feed(but(rows(), "m1", name="Meeting One", time="19:30"))
    assert (said["updated"], said["unchanged"], said["changed_fields"]) == (1, 9, ["name", "start"])
    assert await directory.history("m1") == [("name", "Meeting 1", "Meeting One"), ("start", "19:00", "19:30")]
    assert await directory.start_of("m1") == time(19, 30)


async def test_a_changed_passcode_alone_is_a_change_and_never_in_the_history(directory: Directory) -> None:
    online = {"slug": "z", "name": "Z", "day": 1, "time": "19:00", "conference_url": "https://zoom.us/j/99912345678?pwd=one"}
    await directory.feed([*rows(5), online])
    said = await directory.feed([*rows(5), online | {"conference_url": "https://zoom.us/j/99912345678?pwd=two"}])
    assert (said["updated"], said["changed_fields"]) == (1, ["join_secret_separated"])
    details = await directory.sql.fetchval("SELECT details::text FROM meeting_joins")
    assert "two" in details and "one" not in details
    assert await directory.history("z") == [("joins", None, None)]
    whole = await directory.sql.fetchval("SELECT string_agg(m::text, '') FROM meetings m")
    assert "two" not in whole and "pwd" not in whole


async def test_a_missing_row_waits_and_returns_under_its_own_id(directory: Directory) -> None:
    await directory.feed(rows())
    kept = await directory.id_of("m3")
    directory.pass_days(1)
    said = await directory.feed([row for row in rows() if row["slug"] != "m3"])
    assert (said["missing"], said["withdrawn"], said["deleted"]) == (1, 0, 0)
    meeting = (await directory.meetings())["m3"]
    assert (meeting["status"], meeting["attendable"], meeting["missing_since"]) == ("unconfirmed", False, directory.now)
    directory.pass_days(1)
    said = await directory.feed(rows())
    meeting = (await directory.meetings())["m3"]
    assert (said["restored"], said["unchanged"], meeting["id"]) == (1, 9, kept)
    assert (meeting["status"], meeting["attendable"], meeting["missing_since"], meeting["missing_runs"]) == ("active", True, None, 0)


@pytest.mark.parametrize(
    ("runs", "days", "status"), [(3, 5, "unconfirmed"), (2, 14, "unconfirmed"), (3, 7, "withdrawn"), (4, 5, "withdrawn")]
)
async def test_withdrawn_only_after_three_good_runs_and_fourteen_days(directory: Directory, runs: int, days: int, status: str) -> None:
    await directory.feed(rows())
    for number in range(runs):
        directory.pass_days(days if number else 1)
        said = await directory.feed([row for row in rows() if row["slug"] != "m3"])
    assert (await directory.statuses())["m3"] == status
    assert (said["withdrawn"], said["missing"]) == ((1, 0) if status == "withdrawn" else (0, 1))


async def test_a_withdrawn_meeting_stays_and_can_come_back(directory: Directory) -> None:
    await directory.feed(rows())
    kept, fewer = await directory.id_of("m3"), [row for row in rows() if row["slug"] != "m3"]
    for _ in range(4):
        directory.pass_days(8)
        await directory.feed(fewer)
    said = await directory.feed(fewer)
    assert (await directory.statuses())["m3"] == "withdrawn" and (said["missing"], said["withdrawn"]) == (0, 0)
    assert (await directory.feed(rows()))["restored"] == 1
    assert (await directory.id_of("m3"), (await directory.statuses())["m3"]) == (kept, "active")


async def test_a_feed_that_is_down_withdraws_nothing(directory: Directory) -> None:
    await directory.feed(rows())
    await directory.feed([row for row in rows() if row["slug"] != "m3"])
    before = await directory.meetings()
    for _ in range(10):
        directory.pass_days(3)
        said = await directory.down()
    assert await directory.meetings() == before
    assert (said["run"], said["error_kind"], said["needs_coordinator"]) == ("failed", "connection_failed", True)
    assert ("check_meeting", "source_failing") in await directory.tasks()
    await directory.feed(rows())
    assert ("check_meeting", "source_failing") not in await directory.tasks()


async def test_not_modified_is_a_good_run_with_the_same_rows(directory: Directory) -> None:
    await directory.feed(rows())
    await directory.feed([row for row in rows() if row["slug"] != "m3"])
    for _ in range(3):
        directory.pass_days(7)
        said = await directory.unmodified()
    assert (said["run"], said["unchanged"], said["missing"]) == ("not_modified", 0, 0)
    found = await directory.meetings()
    assert (found["m1"]["last_seen_at"], found["m1"]["last_confirmed_at"]) == (directory.now, directory.now)
    assert (found["m3"]["status"], found["m3"]["missing_runs"]) == ("withdrawn", 3)


@pytest.mark.parametrize(
    ("feed", "run", "kind"),
    [
        ([], "quarantined", "no_rows"),
        ([{"slug": "x"}], "quarantined", "no_usable_rows"),
        (rows(6), "quarantined", "too_few_rows"),
        ("<!doctype html><html><body>Hello</body></html>", "failed", "html_page"),
        ("<!doctype html><html><body>Checking your browser</body></html>", "failed", "blocked_by_security_service"),
        ({"error": "no"}, "failed", "wrong_shape"),
        ("[{]", "failed", "unreadable"),
    ],
)
async def test_what_cannot_be_believed_changes_nothing(directory: Directory, feed: Any, run: str, kind: str) -> None:
    await directory.feed(rows())
    before = await directory.meetings()
    directory.pass_days(1)
    said = await directory.feed(feed)
    assert (said["run"], said["error_kind"], said["needs_coordinator"]) == (run, kind, run == "quarantined")
    assert not any(said[name] for name in ("added", "updated", "unchanged", "restored", "held", "missing", "withdrawn"))
    assert await directory.meetings() == before
    kept = await directory.sql.fetchval("SELECT body IS NOT NULL FROM import_runs ORDER BY started_at DESC LIMIT 1")
    state = await directory.sql.fetchval("SELECT state FROM meeting_sources WHERE id = 'ours'")
    assert (kept, state) == ((True, "quarantined") if run == "quarantined" else (False, "failing"))


async def test_seven_rows_of_ten_are_enough_and_small_lists_are_not_judged(directory: Directory) -> None:
    await directory.feed(rows())
    assert (await directory.feed(rows(7)))["missing"] == 3
    await directory.add("small")
    directory.source = "small"
    await directory.feed(rows(4))
    assert (await directory.feed(rows(1)))["run"] == "ok"


async def test_a_shifted_weekday_is_a_mass_change(directory: Directory) -> None:
    await directory.feed(rows(20))
    before = await directory.meetings()
    shifted = [row | {"day": (row["day"] + 1) % 7} for row in rows(20)]
    said = await directory.feed(shifted)
    assert (said["run"], said["error_kind"]) == ("quarantined", "mass_change") and await directory.meetings() == before
    assert (await directory.feed(rows(20)))["unchanged"] == 20


async def test_four_changes_are_no_mass_change_and_notes_are_not_counted(directory: Directory) -> None:
    await directory.feed(rows())
    later = [row | ({"time": "20:00"} if row["slug"] in ("m0", "m1", "m2", "m3") else {}) for row in rows()]
    assert (await directory.feed(later))["updated"] == 4
    assert (await directory.feed([row | {"notes": "Tea"} for row in later]))["updated"] == 10


async def test_a_coordinator_uses_or_discards_a_quarantined_run(directory: Directory) -> None:
    await directory.feed(rows())
    await directory.feed(rows(5))
    first = await directory.sql.fetchval("SELECT id FROM import_runs WHERE run = 'quarantined'")
    report = await directory.db.act(decide_run, directory.world.config, directory.now, actor=directory.carol, run_id=first, use=True)
    assert report is not None and (report.run, report.missing, report.unchanged) == ("ok", 5, 5)
    with pytest.raises(RunDecided):
        await directory.db.act(decide_run, directory.world.config, directory.now, actor=directory.carol, run_id=first, use=False)
    await directory.feed(rows(2))
    second = await directory.sql.fetchval("SELECT id FROM import_runs WHERE run = 'quarantined' AND decided IS NULL")
    assert (
        await directory.db.act(decide_run, directory.world.config, directory.now, actor=directory.carol, run_id=second, use=False) is None
    )
    assert await directory.sql.fetchval("SELECT body FROM import_runs WHERE id = $1", second) is None


async def test_a_renumbered_feed_keeps_every_meeting(directory: Directory) -> None:
    await directory.feed(rows())
    before = {row["name"]: row["id"] for row in (await directory.meetings()).values()}
    said = await directory.feed([row | {"slug": f"n{row['slug']}"} for row in rows()])
    assert (said["updated"], said["added"], said["missing"], said["changed_fields"]) == (10, 0, 0, ["source_key"])
    assert {row["name"]: row["id"] for row in (await directory.meetings()).values()} == before
    assert await directory.history("nm4") == [("source_key", "m4", "nm4")]


async def test_a_key_that_two_meetings_might_have_taken_moves_neither(directory: Directory) -> None:
    twin = {"slug": "t1", "name": "Twin", "day": 1, "time": "19:00"} | PLACE
    await directory.feed([*rows(), twin, twin | {"slug": "t2", "notes": "upstairs"}])
    said = await directory.feed([*rows(), twin | {"slug": "t3"}])
    assert (said["added"], said["missing"], said["needs_coordinator"]) == (1, 2, True)
    assert ("check_meeting", "same_twice") in await directory.tasks()


@pytest.mark.parametrize(
    "other",
    [
        {"formatted_address": "1 Briggate, Leeds LS1 6HD, UK"},
        {"day": 5, "name": "Something altogether unlike"},
    ],
)
async def test_a_row_that_may_be_another_meeting_is_held(directory: Directory, other: dict[str, Any]) -> None:
    await directory.feed(rows())
    changed = but(rows(), "m1", **other)
    for _ in range(2):
        said = await directory.feed(changed)
        assert (said["held"], said["updated"], said["needs_coordinator"]) == (1, 0, True)
    meeting = (await directory.meetings())["m1"]
    assert (meeting["name"], meeting["iso_weekday"], meeting["outcode"]) == ("Meeting 1", 1, "BH1")
    assert (meeting["status"], meeting["attendable"], meeting["needs_human_check"]) == ("unconfirmed", False, True)
    assert [line[0] for line in await directory.history("m1")].count("held") == 1
    assert ("check_meeting", "held") in await directory.tasks()
    assert (await directory.feed(rows()))["updated"] == 1
    assert (await directory.statuses())["m1"] == "active" and not (await directory.meetings())["m1"]["needs_human_check"]


async def test_a_refused_row_counts_as_seen_and_its_last_good_values_stay(directory: Directory) -> None:
    await directory.feed(rows())
    directory.pass_days(1)
    said = await directory.feed(but(rows(), "m1", time="27:99"))
    meeting = (await directory.meetings())["m1"]
    assert (said["rejected"], said["missing"], said["unchanged"]) == (1, 0, 9)
    assert (meeting["starts"], meeting["status"], meeting["missing_since"]) == (time(19), "active", None)
    assert meeting["needs_human_check"] and meeting["last_seen_at"] == directory.now != meeting["last_confirmed_at"]


async def test_a_key_shared_by_two_rows_is_the_meeting_it_was(directory: Directory) -> None:
    await directory.feed(rows())
    kept = await directory.id_of("m1")
    said = await directory.feed([*rows(), {"slug": "m1", "name": "Quite another", "day": 4, "time": "12:00"} | PLACE])
    assert (said["added"], said["updated"], said["missing"]) == (1, 1, 0)
    assert kept in {row["id"] for key, row in (await directory.meetings()).items() if key.startswith("m1~") and row["needs_human_check"]}


async def test_a_closed_meeting_that_goes_missing_is_not_shown_again(directory: Directory) -> None:
    closed = but(rows(), "m1", notes="This meeting has ended.")
    await directory.feed(closed)
    assert (await directory.statuses())["m1"] == "closed"
    said = await directory.feed([row for row in rows() if row["slug"] != "m1"])
    assert said["missing"] == 1 and (await directory.statuses())["m1"] == "closed"


async def test_only_the_wanted_postcode_areas_are_taken(directory: Directory) -> None:
    await directory.add("narrow", keep_areas=("LS",))
    directory.source = "narrow"
    leeds = {"slug": "l", "name": "L", "day": 1, "time": "19:00", "formatted_address": "1 Briggate, Leeds LS1 6HD, UK"}
    said = await directory.feed([*rows(3), leeds])
    assert (said["added"], said["skipped"]) == (1, 3) and set(await directory.meetings()) == {"l"}


async def test_a_dry_run_says_everything_and_leaves_nothing(directory: Directory) -> None:
    await directory.feed(rows())
    before = await directory.meetings()
    runs = await directory.sql.fetchval("SELECT count(*) FROM import_runs")
    with pytest.raises(OnlyTried) as tried:
        await directory.feed(but(rows(), "m1", time="20:00"), dry_run=True)
    assert (tried.value.report.updated, tried.value.report.unchanged) == (1, 9)
    assert await directory.meetings() == before and await directory.sql.fetchval("SELECT count(*) FROM import_runs") == runs


async def test_plans_that_hang_on_a_changed_meeting_raise_a_line_once_a_run(directory: Directory) -> None:
    await directory.feed(rows())
    meeting = await directory.id_of("m4")
    await directory.world.referral(meeting_id=meeting)
    await directory.feed(but(rows(), "m4", notes="Tea"))
    await directory.feed(but(but(rows(), "m4", notes="Tea"), "m5", time="20:00"))
    assert await directory.tasks() == []
    await directory.feed(but(rows(), "m4", time="20:00"))
    assert await directory.tasks() == [("ring_them", "meeting_changed")]
    task = await directory.sql.fetchrow("SELECT * FROM tasks")
    assert (task["meeting_id"], task["area_id"]) == (meeting, directory.world.area_id) and task["due_at"] is not None
    await directory.feed([row for row in rows() if row["slug"] != "m4"])
    assert await directory.tasks() == [("check_meeting", "unconfirmed"), ("ring_them", "meeting_changed")]
    await directory.feed(but(rows(), "m4", notes="Temporarily closed"))
    assert ("ring_them", "meeting_cancelled") in await directory.tasks()
    assert await directory.sql.fetchval("SELECT count(*) FROM letters") == 0


# ── teeth ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_the_shrink_guard_a_cut_feed_would_do_harm(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_guards, "SHRINKS_TO", 0.0)
    await directory.feed(rows())
    assert (await directory.feed(rows(2)))["missing"] == 8


async def test_without_the_mass_change_guard_a_shifted_feed_would_do_harm(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_guards, "CHANGES_MOST", 1.0)
    await directory.feed(rows(20))
    await directory.feed([row | {"day": (row["day"] + 1) % 7} for row in rows(20)])
    assert (await directory.meetings())["m0"]["iso_weekday"] == 1


async def test_without_the_waiting_rule_one_bad_day_would_withdraw(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_meeting, "WITHDRAWN_AFTER_RUNS", 1)
    monkeypatch.setattr(known_meeting, "WITHDRAWN_AFTER", timedelta(0))
    await directory.feed(rows())
    await directory.feed(rows(9))
    assert (await directory.statuses())["m9"] == Status.WITHDRAWN
