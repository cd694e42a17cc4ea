"""Meeting Guide rows: what each field becomes, and what is refused rather than replaced."""

import json
from typing import Any

import pytest
from feed_cases import PLACE, answer, codes, one, read, refused

RAW = {"slug": "a", "name": "A", "day": 1, "time": "19:00"} | PLACE


def test_a_row_without_key_or_name_says_both() -> None:
    assert refused(slug="", name="<b> </b>") == ["missing_key", "missing_name"]


def test_slug_comes_before_id_and_a_number_is_a_key() -> None:
    assert one(id=5)["source_key"] == "a"
    assert one(slug=None, id=0)["source_key"] == "0"


@pytest.mark.parametrize(("day", "iso"), [(0, 7), ("0", 7), (6, 6), ("Sunday", 7), ("wednes", 3), ("Thursdays", 4), (3.0, 3)])
def test_days_count_from_sunday_nought(day: object, iso: int) -> None:
    assert one(day=day)["iso_weekday"] == iso


@pytest.mark.parametrize("day", [7, -1, "x", True, "mo", {"a": 1}, 1.5, [1, "x"]])
def test_a_day_that_cannot_be_read_refuses_the_row(day: object) -> None:
    assert refused(day=day) == ["invalid_day"]


@pytest.mark.parametrize("time", ["25:99", "7", 19, "26:10", "soon", True, ["19:00"], "19:60", "0"])
def test_a_time_that_cannot_be_read_refuses_the_row(time: object) -> None:
    assert refused(time=time) == ["invalid_time"]


def test_several_days_make_several_rows_with_the_feeds_own_numbers() -> None:
    found = read([RAW | {"day": ["Monday", 3, "0"]}])
    assert [(row["source_key"], row["iso_weekday"], row["row"]) for row in found["rows"]] == [("a-1", 1, 1), ("a-3", 3, 1), ("a-0", 7, 1)]
    assert [row["iso_weekday"] for row in read([RAW | {"day": "Fri to Mon"}])["rows"]] == [5, 6, 7, 1]
    assert len(read([RAW | {"day": "daily"}])["rows"]) == 7
    assert one(day=["2"])["source_key"] == "a"


def test_neither_day_nor_time_is_by_appointment() -> None:
    row = one(day=None, time="")
    assert (row["schedule"], row["iso_weekday"], row["start"], row["duration_min"], row["attendable"]) == (
        "by_appointment",
        None,
        None,
        None,
        False,
    )
    assert row["codes"] == []


def test_one_of_the_two_is_by_appointment_with_a_warning() -> None:
    assert (one(day=None)["schedule"], one(day=None)["start"], one(day=None)["codes"]) == ("by_appointment", None, ["missing_day"])
    assert (one(time=None)["iso_weekday"], one(time=None)["codes"]) == (None, ["missing_time"])


def test_an_assumed_length_has_no_end() -> None:
    row = one()
    assert (row["end"], row["duration_min"], row["duration_is_assumed"]) == (None, 60, True)
    assert one(end_time="19:00")["duration_is_assumed"], "equal times mean not given"


def test_ends_lengths_and_the_marks_they_earn() -> None:
    assert one(end_time="20:15") | {"end": "20:15", "duration_min": 75, "duration_is_assumed": False} == one(end_time="20:15")
    assert (one(end_time="01:00")["duration_min"], one(end_time="01:00")["codes"]) == (360, [])
    assert one(end_time="01:30")["codes"] == ["long_duration"]
    assert (one(end_time="late")["end"], one(end_time="late")["codes"]) == (None, ["invalid_end_time"])


def test_midnight_is_taken_and_must_be_looked_at() -> None:
    row = one(time="24:00")
    assert (row["start"], row["needs_human_check"], row["codes"]) == ("00:00", True, ["time_24_00"])
    assert one(time="00:15")["codes"] == []
    assert one(time="03:00")["codes"] == ["unlikely_time"]
    assert one(time="03:00", formatted_address="Online", conference_url="https://zoom.us/j/1")["codes"] == []


def test_a_zone_is_a_place_and_never_an_offset() -> None:
    assert one(timezone="new york")["timezone"] == "America/New_York"
    for wrong in ("GMT", "BST", "+01:00", "Etc/GMT+1", "Indianapolis"):
        assert (one(timezone=wrong)["timezone"], one(timezone=wrong)["codes"]) == ("Europe/London", ["unknown_timezone"])


def test_the_address_is_taken_apart() -> None:
    row = one(formatted_address=", 21D Grant St, Inverness IV3 8BN, UK")
    assert (row["address"], row["town"], row["postcode"], row["outcode"]) == ("21D Grant St", "Inverness", "IV3 8BN", "IV3")
    assert row["formatted_address"] == "21D Grant St, Inverness IV3 8BN, UK"


def test_the_address_is_put_together_from_its_parts() -> None:
    row = one(formatted_address=None, address="4 Ferry Rd", city="Poole", postal_code="bh15 1hj", country="GB")
    assert (row["formatted_address"], row["town"], row["postcode"]) == ("4 Ferry Rd, Poole, bh15 1hj, GB", "Poole", "BH15 1HJ")


def test_a_town_or_region_alone_is_no_place_and_the_region_is_no_town() -> None:
    row = one(formatted_address=None, city="Poole", latitude=50.7, longitude=-1.98)
    assert (row["in_person"], row["latitude"], row["attendable"], row["codes"]) == (False, None, False, ["no_place"])
    assert one(formatted_address="1 Ferry Rd", region="Dorset")["town"] is None


@pytest.mark.parametrize("address", ["Online", "Online, USA", "Zoom", "TBC", "https://zoom.us/j/1", "Phone", "UK"])
def test_a_placeholder_is_no_place(address: str) -> None:
    row = one(formatted_address=address)
    assert (row["in_person"], row["address"]) == (False, None)
    assert set(row["codes"]) & {"no_place", "online_without_link"}


def test_a_declared_place_needs_venue_and_town_and_approximate_is_none() -> None:
    assert one(formatted_address=None, city="Poole", location="The Ark", attendance_option="in_person")["in_person"]
    assert not one(formatted_address=None, city="Poole", location="The Ark")["in_person"]
    assert not one(approximate="yes")["in_person"] and not one(approximate=True)["in_person"]
    assert one(approximate="no")["in_person"] and one(approximate=False)["in_person"]


def test_in_person_online_and_both() -> None:
    link = {"conference_url": "https://us02web.zoom.us/j/9990000001"}
    assert (one(**link)["in_person"], one(**link)["online"], one(**link)["conference_provider"]) == (True, True, "Zoom")
    assert (one(types=["ONL"])["online"], one(types=["ONL"])["codes"]) == (False, []), "a code beside a place proves nothing"
    alone = one(types=["ONL"], formatted_address="Online")
    assert (alone["online"], alone["attendable"], alone["codes"]) == (True, False, ["online_without_link"])
    declared = one(attendance_option="online", **link)
    assert (declared["in_person"], declared["online"], declared["attendable"]) == (False, True, True)
    assert one(attendance_option="hybrid")["codes"] == ["online_without_link"]


def test_links_and_numbers() -> None:
    assert (one(conference_url="zoom.us/j/1")["conference_url"], one(conference_url="zoom.us/j/1")["codes"]) == (None, ["invalid_url"])
    kept = one(conference_url="https://meet.example.org/x")
    assert (kept["conference_url"], kept["conference_provider"], kept["codes"]) == (
        "https://meet.example.org/x",
        None,
        ["unknown_conference_host"],
    )
    assert one(conference_phone="+44 203 481 5237")["conference_phone"] == "+442034815237"
    assert one(conference_phone="12345")["codes"] == ["invalid_phone"]


def test_what_must_not_be_public_is_kept_apart() -> None:
    secret = {
        "conference_url": "https://zoom.us/j/9990000001?pwd=hunter2",
        "conference_url_notes": "Meeting ID: 999 0000 0001 Passcode: hunter2",
        "notes": "Ring Tom on 01202 123456 or tom@example.org. Bring a friend. Sort code 20-00-00",
    }
    found = read([RAW | secret])
    row = found["rows"][0]
    assert row["conference_url"] == "https://zoom.us/j/9990000001" and row["join_secret_separated"]
    assert "hunter2" not in json.dumps(found) and "example.org" not in json.dumps(found) and "123456" not in json.dumps(found)
    assert {"secret_removed", "contact_removed", "bank_details_removed"} <= set(codes(found))
    assert "Bring a friend." in row["notes"]


def test_people_and_money_are_never_read() -> None:
    private = {"contact_1_name": "Wendy", "email": "w@example.org", "venmo": "@w", "feedback_emails": ["x@example.org"], "author": "Wendy"}
    assert "Wendy" not in json.dumps(read([RAW | private])) and "example.org" not in json.dumps(read([RAW | private]))


def test_status_comes_from_codes_and_notes() -> None:
    assert one(types=["TC"]) | {"status": "temporarily_closed", "in_person": False, "online": False, "codes": []} == one(types=["TC"])
    moved = one(types=["TC"], conference_url="https://zoom.us/j/1")
    assert (moved["status"], moved["in_person"], moved["online"], moved["attendable"]) == ("active", False, True, True)
    assert one(notes="Suspended until further notice")["status"] == "temporarily_closed"
    assert one(notes="This group has ended")["status"] == "closed"
    assert one(attendance_option="inactive")["status"] == "unpublished"
    assert one(notes="Closed meeting")["status"] == "active"
    assert one(notes="Temporarily closed in May. Reopened in June.")["status"] == "active"


def test_audience_is_open_only_where_it_is_said() -> None:
    assert (one()["audience"], one()["attributes"]) == ("unknown", [])
    assert (one(types=["o "])["audience"], one(types=["o "])["attributes"]) == ("open", ["open"])
    both = one(types=["O", "C"])
    assert (both["audience"], both["attributes"], both["codes"]) == ("closed", ["closed"], ["open_and_closed"])
    by_week = one(types=["O"], notes="Closed except the last Monday of the month, which is open.")
    assert by_week["audience"] == "closed" and "last Monday" in by_week["audience_note"] and by_week["schedule"] == "weekly"
    assert one(notes="This is an open meeting")["audience_note"] is None


def test_not_every_week_and_not_only_one_day_must_be_looked_at() -> None:
    some = one(notes="Meets 1st and 3rd Monday of the month")
    assert (some["schedule"], some["attendable"], some["needs_human_check"], some["codes"]) == (
        "not_weekly",
        False,
        True,
        ["possibly_not_weekly"],
    )
    assert one(notes="Last Monday of the month: speaker")["schedule"] == "weekly"
    daily = one(name="Daily at noon")
    assert (daily["schedule"], daily["needs_human_check"], daily["codes"]) == ("weekly", True, ["possibly_many_days"])
    assert one(name="Daily Reflections")["codes"] == []
    assert one(notes="Will close on 31 March")["codes"] == ["possibly_closing"]


def test_types_are_read_in_any_form_and_unknown_ones_are_kept() -> None:
    row = one(types=[11, " be", "Spanish", "Wheelchair Access", "ZZ"])
    assert (row["attributes"], row["languages"]) == (["eleventh_step", "newcomer", "wheelchair"], ["es"])
    assert (row["raw_types"], row["codes"]) == (["11", "be", "Spanish", "Wheelchair Access", "ZZ"], ["unknown_type"])
    assert one(types="O, D")["attributes"] == ["discussion", "open"]


def test_when_it_changed() -> None:
    assert one(updated="2017-04-28 22:46:58")["source_updated"] == "2017-04-28T22:46:58Z"
    repaired = one(updated="2020-04-0416:50:58")
    assert (repaired["source_updated"], repaired["codes"]) == ("2020-04-04T16:50:58Z", ["invalid_updated"])
    assert (one(updated="31/31/2020")["source_updated"], one(updated="31/31/2020")["codes"]) == (None, ["invalid_updated"])


def test_regions_go_from_the_widest_to_the_narrowest() -> None:
    assert one(regions=["Dorset", "Poole"])["regions"] == ["Dorset", "Poole"]
    both = one(region="Dorset", sub_region="Poole")
    assert (both["region"], both["regions"]) == ("Dorset", ["Dorset", "Poole"])


def test_group_notes_follow_after_a_blank_line() -> None:
    assert one(notes="One<br>two", group_notes="<p>Three</p>")["notes"] == "One\ntwo\n\nThree"


def test_long_text_is_cut_at_a_word_and_said() -> None:
    row = one(name="word " * 100, notes="tide " * 2000)
    assert len(row["name"]) <= 255 and row["name"].endswith("word") and len(row["notes"]) <= 4000
    assert row["codes"] == ["text_cut", "text_cut"]


def test_the_same_row_twice_is_kept_once() -> None:
    found = read([RAW, RAW | {"updated": "2020-01-01"}])
    assert (len(found["rows"]), found["skipped"], codes(found)) == (1, 1, ["duplicate_row"])


def test_the_same_key_with_other_content_marks_all_of_them_in_any_order() -> None:
    rows = [RAW, RAW | {"time": "20:00"}, RAW | {"slug": "b"}]
    forwards, backwards = read(rows), read(rows[::-1])
    keys = sorted(row["source_key"] for row in forwards["rows"])
    assert keys == sorted(row["source_key"] for row in backwards["rows"])
    assert keys[2] == "b" and all(key.startswith("a~") and len(key) == 10 for key in keys[:2])
    assert codes(forwards) == ["duplicate_key", "duplicate_key"]
    assert [row["needs_human_check"] for row in forwards["rows"]] == [True, True, False]


@pytest.mark.parametrize(
    ("body", "run", "kind"),
    [
        (b"[]", "quarantined", "no_rows"),
        (b'{"meetings": []}', "quarantined", "no_rows"),
        (b"[{}]", "quarantined", "no_usable_rows"),
        (b'{"error": 1}', "failed", "wrong_shape"),
        (b"null", "failed", "wrong_shape"),
        (b"", "failed", "unreadable"),
        (b"hello", "failed", "unreadable"),
        (b"[1, 2", "failed", "unreadable"),
        (b"\x00\x01\x02", "failed", "unreadable"),
        (b"PK\x03\x04\x00\x00", "failed", "unreadable"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "failed", "html_page"),
        (b"<html><script src='/cdn-cgi/challenge-platform/x'></script></html>", "failed", "blocked_by_security_service"),
        (b"<?xml version='1.0'?><rows/>", "failed", "unreadable"),
        (b"[" * 30 + b"]" * 30, "failed", "unreadable"),
        (b"[" * 100_000, "failed", "unreadable"),
    ],
)
def test_a_feed_that_cannot_be_read_says_why(body: bytes, run: str, kind: str) -> None:
    found = answer(body, "meeting_guide")
    assert (found["run"], found["error_kind"], found["rows"]) == (run, kind, [])


def test_rows_that_are_none_are_refused_one_by_one() -> None:
    found = read([None, 5, RAW, "x"])
    assert (len(found["rows"]), found["rejected"], codes(found)) == (1, 3, ["not_a_row"] * 3)
    assert found["rows"][0]["row"] == 3


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-8"])
def test_encodings_with_a_mark_are_understood(codec: str) -> None:
    found = answer(json.dumps([RAW | {"name": "Café 朝の集い"}], ensure_ascii=False).encode(codec), "meeting_guide")
    assert (found["rows"][0]["name"], found["issues"]) == ("Café 朝の集い", [])


def test_an_encoding_that_had_to_be_guessed_is_said() -> None:
    found = answer(json.dumps([RAW | {"name": "Café"}], ensure_ascii=False).encode("cp1252"), "meeting_guide")
    assert (found["rows"][0]["name"], codes(found), found["issues"][0]["row"]) == ("Café", ["encoding_guessed"], None)


def test_bare_nan_is_nothing_and_hidden_characters_go() -> None:
    body = json.dumps([RAW | {"latitude": float("nan"), "longitude": float("nan"), "name": "A\u202e\u200bB\ud800"}]).encode()
    row: dict[str, Any] = answer(body, "meeting_guide")["rows"][0]
    assert (row["latitude"], row["name"]) == (None, "AB")
