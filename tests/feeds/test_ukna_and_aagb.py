"""Pages of NA in the UK, and rows of old AA Great Britain maps."""

import json
from typing import Any

import pytest
from feed_cases import answer, codes

SAID: dict[str, object] = {
    "title": "Ebb",
    "field_meeting_day": "Monday",
    "field_meeting_times": {"from": 47700, "to": 51300},
    "field_meeting_type": "In person",
    "field_meeting_address": {"address_line1": "2 Quay St"},
    "field_meeting_town": "Poole",
    "field_meeting_postcode": "bh15 1hj",
    "field_meeting_venue_name": "The Ark",
    "field_meeting_coordinates": {"lat": "50.715", "lon": "-1.987"},
    "field_meeting_wheelchair": True,
}


def page(**said: object) -> dict[str, Any]:
    return {"data": [{"type": "node--meeting", "id": "abc", "attributes": SAID | said}], "links": {}}


def read_page(feed: object) -> dict[str, Any]:
    return answer(json.dumps(feed).encode(), "ukna", fellowship="NA")


def one_page(**said: object) -> dict[str, Any]:
    found = read_page(page(**said))
    assert len(found["rows"]) == 1, found
    return found["rows"][0] | {"codes": codes(found)}


def test_a_whole_row_of_a_page() -> None:
    row = one_page()
    assert (row["source_key"], row["iso_weekday"], row["start"], row["end"]) == ("abc", 1, "13:15", "14:15")
    assert (row["venue"], row["address"], row["town"], row["postcode"]) == ("The Ark", "2 Quay St", "Poole", "BH15 1HJ")
    assert (row["latitude"], row["attributes"], row["attendable"], row["codes"]) == (50.715, ["wheelchair"], True, [])


@pytest.mark.parametrize(
    ("times", "start"), [({"from": 0}, "00:00"), ({"from": "65700"}, "18:15"), ([{"from": 65730}], "18:15"), ({"from": 900}, "00:15")]
)
def test_times_are_seconds_from_midnight(times: object, start: str) -> None:
    assert one_page(field_meeting_times=times)["start"] == start


def test_the_end_of_the_day_is_ambiguous_and_beyond_it_there_is_nothing() -> None:
    late = one_page(field_meeting_times={"from": 86400})
    assert (late["start"], late["needs_human_check"]) == ("00:00", True)
    assert one_page(field_meeting_times={"from": 82800, "to": 86400})["end"] == "00:00"
    for wrong in ({"from": 90000}, {"from": -5}, {"from": "soon"}, "soon"):
        found = read_page(page(field_meeting_times=wrong))
        assert (found["rows"], codes(found)) == ([], ["invalid_time"]), wrong
    assert one_page(field_meeting_times={"from": 47700, "to": "x"})["codes"] == ["invalid_end_time"]


def test_neither_day_nor_time_is_by_appointment() -> None:
    assert one_page(field_meeting_day=None, field_meeting_times=None)["schedule"] == "by_appointment"
    assert one_page(field_meeting_times={})["codes"] == ["missing_time"]


@pytest.mark.parametrize(
    ("form", "in_person", "online"),
    [("Online", False, True), ("Hybrid", True, True), (["In person", "Online"], True, True), ("In Person", True, False)],
)
def test_its_form_in_words(form: object, in_person: bool, online: bool) -> None:
    row = one_page(field_meeting_type=form, field_meeting_online_link={"uri": "https://zoom.us/j/9990000001"} if online else None)
    assert (row["in_person"], row["online"]) == (in_person, online)


def test_what_drupal_wraps_and_what_it_does_not_publish() -> None:
    row = one_page(title={"value": "Flow"}, status=False, changed="2026-10-31T10:00:00+00:00", field_meeting_type="By post")
    assert (row["name"], row["status"], row["source_updated"]) == ("Flow", "unpublished", "2026-10-31T10:00:00Z")
    assert row["codes"] == ["unknown_type"]


def test_several_pages_are_one_feed() -> None:
    found = read_page([page(), page() | {"data": [{"id": "def", "attributes": SAID | {"title": "Flow"}}, {"id": "x"}, None]}])
    assert [(row["row"], row["source_key"]) for row in found["rows"]] == [(1, "abc"), (2, "def")]
    assert [(issue["row"], issue["code"]) for issue in found["issues"]] == [(3, "missing_name"), (4, "not_a_row")]


@pytest.mark.parametrize(
    ("feed", "kind"),
    [({"errors": [{"status": "403"}]}, "wrong_shape"), ([], "wrong_shape"), ([1], "wrong_shape"), ({"data": []}, "no_rows"), ({"data": {}}, "wrong_shape"),
     ({"data": [{"id": "a", "attributes": {"new_title": "A"}}]}, "no_usable_rows")],
)  # fmt: skip
def test_a_page_that_is_none_says_why(feed: object, kind: str) -> None:
    assert (read_page(feed)["error_kind"], read_page(feed)["rows"]) == (kind, [])


MARKER: dict[str, object] = {
    "code": "17",
    "title": "Ebb",
    "day": "Thursday",
    "time": "19.00 - duration 1hr 15mins",
    "address": "St John's Church, 2 Quay St, Poole",
    "postcode": "BH15 1HJ",
    "lat": "50.715",
    "lng": "-1.987",
    "icons": ["Wheelchair Access", "Chit System", "Hearing Loop"],
    "status": ["This physical meeting has opened again"],
    "comment": None,
}


def read_marker(feed: object) -> dict[str, Any]:
    return answer(json.dumps(feed).encode(), "aagb")


def one_marker(**fields: object) -> dict[str, Any]:
    found = read_marker([MARKER | fields])
    assert len(found["rows"]) == 1, found
    return found["rows"][0] | {"codes": codes(found)}


def test_a_whole_marker() -> None:
    row = one_marker()
    assert (row["source_key"], row["iso_weekday"], row["start"], row["end"], row["duration_min"]) == ("17", 4, "19:00", "20:15", 75)
    assert (row["address"], row["town"], row["postcode"], row["latitude"]) == ("St John's Church, 2 Quay St", "Poole", "BH15 1HJ", 50.715)
    assert (row["attributes"], row["status"], row["codes"]) == (["hearing_loop", "proof_of_attendance", "wheelchair"], "active", [])
    assert read_marker(MARKER)["rows"][0]["source_key"] == "17", "one row alone"


def test_a_place_needs_its_postcode() -> None:
    assert (one_marker(postcode=None)["in_person"], one_marker(postcode=None)["codes"]) == (False, ["no_place"])


def test_directions_are_no_town() -> None:
    for address in (
        "The Ark, King St. Entrance from the car park",
        "The Ark, (corner of High St & Mill Rd)",
        "The Ark, Station Rd (Queens St entrance)",
    ):
        assert one_marker(address=address)["town"] is None


def test_words_in_an_address_go_to_the_notes_without_link_and_secret() -> None:
    away = {"postcode": None, "lat": "NaN", "lng": "NaN", "icons": ["Bongos"]}
    text = (
        "Held on the last Monday of each month only. https://zoom.us/j/9990000001?pwd=hunter2 Meeting ID: 999 0000 0001 Passcode: hunter2"
    )
    found = read_marker([MARKER | away | {"address": text}])
    row = found["rows"][0]
    assert (row["online"], row["in_person"], row["formatted_address"], row["latitude"]) == (True, False, None, None)
    assert (row["conference_url"], row["join_secret_separated"], row["schedule"]) == ("https://zoom.us/j/9990000001", True, "not_weekly")
    assert row["notes"].startswith("Held on the last Monday") and "hunter2" not in json.dumps(found) and "999 0000" not in json.dumps(found)
    assert {"unknown_type", "invalid_coordinates", "secret_removed", "possibly_not_weekly"} <= set(codes(found))


def test_the_status_and_the_comment_are_read() -> None:
    shut = one_marker(status=[], comment="Temporarily closed until further notice.")
    assert (shut["status"], shut["notes"], shut["attendable"]) == ("temporarily_closed", "Temporarily closed until further notice.", False)


@pytest.mark.parametrize(
    ("feed", "kind"),
    [({"code": 403, "title": "Forbidden"}, "wrong_shape"), ([], "no_rows"), ([{"id": 1}], "no_usable_rows"), ("x", "wrong_shape")],
)
def test_markers_that_are_none_say_why(feed: object, kind: str) -> None:
    assert (read_marker(feed)["error_kind"], read_marker(feed)["rows"]) == (kind, [])
