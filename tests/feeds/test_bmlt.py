"""BMLT rows: both answers, world ids, what refuses a row by the server's own names, and what is never taken for a place."""

import json
from typing import Any

import pytest
from feed_cases import answer, codes

ROW = {
    "id_bigint": "7",
    "service_body_bigint": "3",
    "weekday_tinyint": "1",
    "start_time": "19:30:00",
    "duration_time": "01:30:00",
    "venue_type": "1",
    "meeting_name": "Ebb",
    "location_street": "2 Quay St",
    "location_municipality": "Poole",
    "location_postal_code_1": "BH15 1HJ",
    "formats": "B,C",
}
FORMATS = [
    {"id": "1", "key_string": "B", "world_id": "BEG", "name_string": "Beginners"},
    {"id": "4", "key_string": "C", "world_id": "CLOSED"},
    {"id": "9", "key_string": "Pi", "world_id": ""},
    {"id": "10", "key_string": "ES", "world_id": "LANG"},
]
ADMIN = {
    "id": 7,
    "serviceBodyId": 3,
    "formatIds": [1, 4],
    "venueType": 1,
    "temporarilyVirtual": False,
    "day": 0,
    "startTime": "19:30",
    "duration": "01:30",
    "timeZone": None,
    "latitude": 50.715,
    "longitude": -1.987,
    "published": True,
    "email": "w@example.org",
    "name": "Ebb",
    "location_street": "2 Quay St",
    "location_municipality": "Poole",
    "location_postal_code_1": "BH15 1HJ",
    "customFields": {"bus_route": "12"},
}


def read(*rows: object, formats: object = FORMATS, **options: str) -> dict[str, Any]:
    return answer(json.dumps({"meetings": rows, "formats": formats}).encode(), "bmlt", **{"fellowship": "NA"} | options)


def one(**fields: object) -> dict[str, Any]:
    found = read(ROW | fields)
    assert len(found["rows"]) == 1, found
    return found["rows"][0] | {"codes": codes(found)}


def refused(**fields: object) -> list[str]:
    found = read({name: value for name, value in (ROW | fields).items() if value != "-"}, ROW | {"id_bigint": "8"})
    assert (len(found["rows"]), found["rejected"]) == (1, 1)
    return [issue["code"] for issue in found["issues"] if issue["severity"] == "rejected"]


def test_a_whole_row() -> None:
    row = one()
    assert (row["source_key"], row["iso_weekday"], row["start"], row["end"], row["duration_min"]) == ("7", 7, "19:30", "21:00", 90)
    assert (row["in_person"], row["address"], row["town"], row["postcode"]) == (True, "2 Quay St", "Poole", "BH15 1HJ")
    assert (row["audience"], row["attributes"], row["raw_types"], row["codes"]) == ("closed", ["closed", "newcomer"], ["B", "C"], [])


@pytest.mark.parametrize(("number", "iso"), [("1", 7), ("2", 1), (" 7 ", 6), (4, 3)])
def test_days_count_from_sunday_one(number: object, iso: int) -> None:
    assert one(weekday_tinyint=number)["iso_weekday"] == iso


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({"id_bigint": ""}, ["missing_id_bigint"]),
        ({"id_bigint": "-"}, ["missing_id_bigint"]),
        ({"id_bigint": "seven"}, ["invalid_id_bigint"]),
        ({"service_body_bigint": ""}, ["missing_service_body_bigint"]),
        ({"service_body_bigint": "-"}, ["missing_service_body_bigint"]),
        ({"service_body_bigint": "x"}, ["invalid_service_body_bigint"]),
        ({"service_body_bigint": [3]}, ["invalid_service_body_bigint"]),
        ({"weekday_tinyint": None}, ["missing_weekday_tinyint"]),
        ({"weekday_tinyint": "0"}, ["invalid_weekday_tinyint"]),
        ({"weekday_tinyint": "8"}, ["invalid_weekday_tinyint"]),
        ({"weekday_tinyint": "string"}, ["invalid_weekday_tinyint"]),
        ({"start_time": ""}, ["missing_start_time"]),
        ({"start_time": "00:00:00"}, ["missing_start_time"]),
        ({"start_time": "25:00:00"}, ["invalid_start_time"]),
        ({"meeting_name": ""}, ["missing_name"]),
    ],
)
def test_a_row_is_refused_by_the_servers_own_names(fields: dict[str, object], reasons: list[str]) -> None:
    assert refused(**fields) == reasons


def test_a_column_that_the_whole_answer_left_out_is_not_missed() -> None:
    bare = {name: value for name, value in ROW.items() if name != "service_body_bigint"}
    assert codes(read(bare)) == []


@pytest.mark.parametrize(
    ("length", "minutes", "assumed"),
    [("00:00:00", 60, True), ("", 60, True), (None, 60, True), ("24:00:00", 1440, False), ("00:35:00", 35, False)],
)
def test_a_length_of_nothing_is_not_given(length: object, minutes: int, assumed: bool) -> None:
    row = one(duration_time=length)
    assert (row["duration_min"], row["duration_is_assumed"]) == (minutes, assumed)


def test_only_a_street_is_a_place_and_a_stock_point_is_none() -> None:
    stock = {"latitude": "34.235918", "longitude": "-118.563659"}
    virtual = one(venue_type="2", location_street="", virtual_meeting_link="https://zoom.us/j/9990000001?pwd=hunter2", **stock)
    assert (virtual["in_person"], virtual["online"], virtual["latitude"], virtual["join_secret_separated"]) == (False, True, None, True)
    assert virtual["codes"] == ["secret_removed", "placeholder_point"]
    assert one(location_street="", location_text="Fire House")["codes"] == ["no_place"]
    assert one(location_street="Gierkezeile", venue_type="")["in_person"], "whatever stands in the street's own field is a street"
    assert one(location_street="Gierkezeile", location_municipality="")["town"] is None
    assert one(venue_type="9")["codes"] == ["unknown_type"]


def test_formats_mean_what_their_world_id_says() -> None:
    row = one(formats="Pi, ES,B,ZZ,VM")
    assert (row["attributes"], row["languages"], row["raw_types"]) == (["newcomer"], [], ["Pi", "ES", "B", "ZZ", "VM"])
    assert row["codes"] == ["unknown_type", "unknown_type"], "Pi has no world id and ZZ no entry; another language is nothing unknown"


def test_world_ids_are_those_of_na_whoever_reads_them() -> None:
    formats = [{"id": "1", "key_string": "YP", "world_id": "Y"}]
    row = read(ROW | {"formats": "YP"}, formats=formats, fellowship="AL-ANON")["rows"][0]
    assert (row["attributes"], row["fellowship"]) == (["young_people"], "AL-ANON")


def test_without_the_list_of_formats_no_letter_is_believed() -> None:
    found = answer(json.dumps([ROW | {"formats": "O,TC"}, ROW | {"id_bigint": "8"}]).encode(), "bmlt", fellowship="NA")
    assert [row["audience"] for row in found["rows"]] == ["unknown", "unknown"]
    assert (found["rows"][0]["status"], found["rows"][0]["raw_types"]) == ("temporarily_closed", ["O", "TC"])
    assert codes(found) == ["formats_without_world_ids"] and found["issues"][0]["row"] is None


def test_labels_are_left_and_ways_there_are_gathered() -> None:
    row = one(
        public_transport="ÖPNV#@-@#U7 Mitte",
        bus_lines="12",
        comments="Note#@-@#Bring a cup",
        format_comments="Steps",
        email_contact="w@example.org",
    )
    assert (row["travel_notes"], row["notes"]) == ("U7 Mitte\n12", "Bring a cup\n\nSteps")
    assert "example" not in json.dumps(row)


def test_numbers_of_formats_regions_and_what_is_not_published() -> None:
    row = one(format_shared_id_list="17,,2, 17", location_province="Dorset", location_neighborhood="Old Town", published="0")
    assert (row["format_ids"], row["regions"], row["region"]) == ([2, 17], ["Dorset", "Old Town"], "Dorset")
    assert (row["status"], row["attendable"]) == ("unpublished", False)
    assert one(format_shared_id_list="2,x")["codes"] == ["unknown_type"]


def test_the_administration_answer_counts_from_nought_and_says_null() -> None:
    row = read(ADMIN)["rows"][0]
    assert (row["source_key"], row["iso_weekday"], row["start"], row["duration_min"], row["town"]) == ("7", 7, "19:30", 90, "Poole")
    assert (row["attributes"], row["format_ids"], row["travel_notes"]) == (["closed", "newcomer"], [1, 4], "12")
    assert read(ADMIN | {"startTime": "00:00"})["rows"][0]["start"] == "00:00", "it has a null for not given"
    assert codes(read(ADMIN | {"startTime": None})) == ["missing_start_time"]
    assert codes(read(ADMIN | {"day": 7})) == ["invalid_weekday_tinyint"]
    away = read(ADMIN | {"temporarilyVirtual": True, "venueType": 2, "virtual_meeting_link": "https://zoom.us/j/1"})["rows"][0]
    assert (away["status"], away["in_person"], away["online"], away["attendable"]) == ("active", False, True, True)


def test_names_of_formats_in_the_administration_answer() -> None:
    formats = [{"id": 1, "worldId": "WCHR", "translations": [{"key": "WC", "name": "Wheelchair"}]}]
    assert read(ADMIN | {"formatIds": [1]}, formats=formats)["rows"][0]["attributes"] == ["wheelchair"]


@pytest.mark.parametrize(
    ("feed", "run", "kind"),
    [
        ([], "quarantined", "no_rows"),
        ({"meetings": [], "formats": []}, "quarantined", "no_rows"),
        ({"error": "no such route"}, "failed", "wrong_shape"),
        ({"meetings": {}}, "failed", "wrong_shape"),
        (FORMATS, "failed", "wrong_shape"),
        ([{"id": 1, "tag": "new keys"}], "quarantined", "no_usable_rows"),
        ([None, 5], "quarantined", "no_usable_rows"),
    ],
)
def test_an_answer_without_rows_says_why(feed: object, run: str, kind: str) -> None:
    found = answer(json.dumps(feed).encode(), "bmlt", fellowship="NA")
    assert (found["run"], found["error_kind"], found["rows"]) == (run, kind, [])
