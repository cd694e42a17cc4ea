"""The export for NA World Services: what each column becomes, what refuses a row, what was deleted."""

import json
from typing import Any

import pytest
from feed_cases import answer, codes, table

from bench.sheets import xlsx_of

FIFTY = (
    "Committee,CommitteeName,AddDate,AreaRegion,ParentName,ComemID,ContactID,ContactName,CompanyName,ContactAddrID,ContactAddress1,"
    "ContactAddress2,ContactCity,ContactState,ContactZip,ContactCountry,ContactPhone,MeetingID,Room,Closed,WheelChr,Day,Time,Language1,"
    "Language2,Language3,LocationId,Place,Address,City,LocBorough,State,Zip,Country,Directions,Institutional,Format1,Format2,Format3,Format4,"
    "Format5,Delete,LastChanged,Longitude,Latitude,ContactGP,PhoneMeetingNumber,VirtualMeetingLink,VirtualMeetingInfo,TimeZone"
).split(",")
ROW = {
    "Committee": "G00012345",
    "CommitteeName": "Ebb",
    "AreaRegion": "AR1",
    "ContactName": "Wendy",
    "ContactPhone": "01632 960123",
    "Room": "Room 2",
    "Closed": "OPEN",
    "WheelChr": "TRUE",
    "Day": "sunday",
    "Time": "0930",
    "Language1": "English",
    "Place": "The Ark",
    "Address": "2 Quay St",
    "City": "Poole",
    "LocBorough": "Old Town",
    "State": "Dorset",
    "Zip": "BH15 1HJ",
    "Country": "UK",
    "Directions": "Bus 12",
    "Format1": "BEG",
    "LastChanged": "31/10/2026",
    "Latitude": "50.715",
    "Longitude": "-1.987",
}


def read(*rows: dict[str, str], **options: str) -> dict[str, Any]:
    return table(list(FIFTY), *([row.get(name, "") for name in FIFTY] for row in rows), format="naws_csv", **{"fellowship": "NA"} | options)


def one(**fields: str) -> dict[str, Any]:
    found = read(ROW | fields)
    assert len(found["rows"]) == 1, found
    return found["rows"][0] | {"codes": codes(found)}


def test_there_are_fifty_columns_and_each_is_known() -> None:
    assert len(FIFTY) == 50 and "unknown_column" not in one()["codes"]


def test_a_whole_row() -> None:
    row = one()
    assert (row["source_key"], row["iso_weekday"], row["start"], row["languages"]) == ("G00012345", 7, "09:30", ["en"])
    assert (row["venue"], row["address"], row["town"], row["postcode"]) == ("The Ark, Room 2", "2 Quay St", "Poole", "BH15 1HJ")
    assert (row["region"], row["regions"], row["travel_notes"]) == ("Dorset", ["Dorset", "Old Town"], "Bus 12")
    assert (row["audience"], row["attributes"], row["latitude"]) == ("open", ["newcomer", "open", "wheelchair"], 50.715)
    assert (row["source_updated"], row["attendable"], row["codes"]) == ("2026-10-31T00:00:00Z", True, [])
    assert "Wendy" not in json.dumps(row) and "960123" not in json.dumps(row)


@pytest.mark.parametrize(
    ("written", "start"), [("0930", "09:30"), ("1700", "17:00"), ("1700.0", "17:00"), ("9:30", "09:30"), ("930", "09:30")]
)
def test_times_without_a_colon(written: str, start: str) -> None:
    assert one(Time=written)["start"] == start


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({"CommitteeName": ""}, ["missing_name"]),
        ({"Day": "", "Time": ""}, ["missing_day", "missing_time"]),
        ({"Time": "later"}, ["invalid_time"]),
        ({"Day": "Funday"}, ["invalid_day"]),
    ],
)
def test_name_day_and_time_may_not_be_missing(fields: dict[str, str], reasons: list[str]) -> None:
    found = read(ROW | fields)
    assert (found["rows"], found["rejected"], codes(found)) == ([], 1, reasons)


def test_the_key_is_the_committees_else_the_meetings_else_made() -> None:
    assert one(Committee="", MeetingID="OLM5")["source_key"] == "OLM5"
    made = one(Committee="")
    assert made["source_key"].startswith("x-") and made["codes"] == ["synthesised_key"]


@pytest.mark.parametrize("mark", ["D", "d", " D "])
def test_what_the_server_has_deleted_is_skipped_and_counted(mark: str) -> None:
    found = read(ROW, ROW | {"Committee": "G2", "Delete": mark})
    assert (len(found["rows"]), found["skipped"], found["rejected"]) == (1, 1, 0)
    assert read(ROW | {"Delete": mark})["error_kind"] == "no_usable_rows"


def test_codes_are_named_where_they_stand() -> None:
    found = read(ROW | {"Format2": "VM", "Format3": "QQ", "Language2": "Klingon"})
    said = [(issue["column"], issue["field"], issue["code"], issue["value"]) for issue in found["issues"]]
    assert said == [("Y", "Language2", "unknown_type", "Klingon"), ("AM", "Format3", "unknown_type", "QQ")]
    assert found["rows"][0]["raw_types"] == ["BEG", "VM", "QQ", "English", "Klingon"]


def test_online_hybrid_and_closed_for_now() -> None:
    away = {
        "Place": "",
        "Room": "",
        "Address": "",
        "Zip": "",
        "Format1": "VM",
        "VirtualMeetingLink": "https://zoom.us/j/9990000001?pwd=hunter2",
    }
    row = one(**away, VirtualMeetingInfo="Passcode: hunter2")
    assert (row["in_person"], row["online"], row["join_secret_separated"], row["notes"]) == (False, True, True, None)
    assert (one(Format1="TC")["status"], one(Format1="VM")["online"]) == ("temporarily_closed", False)


def test_an_institution_is_not_a_place_to_go_along_to() -> None:
    row = one(Institutional="TRUE")
    assert ("institutional" in row["attributes"], row["attendable"], row["status"]) == (True, False, "active")


def test_points_of_words_are_none_and_unpublished_is_a_status() -> None:
    assert (one(Latitude="n/a")["latitude"], one(Latitude="n/a")["codes"]) == (None, ["invalid_coordinates"])
    assert (one(Latitude="", Longitude="")["latitude"], one(Latitude="", Longitude="")["codes"]) == (None, [])
    head = [*ROW, "unpublished"]
    assert table(head, [*ROW.values(), "1"], format="naws_csv", fellowship="NA")["rows"][0]["status"] == "unpublished"


def test_a_spreadsheet_of_it_reads_the_same() -> None:
    body = xlsx_of([list(ROW), list(ROW.values())])
    as_csv = table(list(ROW), list(ROW.values()), format="naws_csv", fellowship="NA")
    assert answer(body, "naws_csv", fellowship="NA") == as_csv


def test_a_table_without_the_three_columns_is_refused() -> None:
    found = table(["CommitteeName", "Day", "When"], ["Ebb", "Monday", "0930"], format="naws_csv", fellowship="NA")
    assert (found["run"], found["error_kind"]) == ("failed", "missing_required_column")
