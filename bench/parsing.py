"""Reading a feed of many meetings in each format, each in a process of its own: rows a second, and memory over that of the feed itself."""

import csv
import io
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from bench.figures import Figure
from bench.sheets import ods_of, xlsx_of
from matcher.domain.fellowship import Fellowship
from matcher.feeds.formats import parse

SIZE = 100_000
SECONDS = 10.0
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
STREETS = ("High St", "Station Road", "Church Lane", "Mill Road", "Quay Street", "Victoria Rd", "The Green")
TOWNS = (("Poole", "BH15 1HJ", 50.715, -1.987), ("Bournemouth", "BH1 4HS", 50.723, -1.865), ("Cambridge", "CB2 3EL", 52.203, 0.122))
NOTES = (
    "",
    "Ramp at the side door. Please ring the bell.",
    "<p>Open to <b>everyone</b> on the first Monday of the month.</p><br>Tea at 6.45pm &amp; biscuits",
    "Big Book study; beginners welcome",
)
Row = dict[str, Any]


def rows(size: int) -> Iterator[Row]:
    """Meetings as nobody publishes them: every format below takes what it has a field for. One in five is online, one in nine has no length."""
    chance = random.Random(1)
    for n in range(size):
        town, postcode, latitude, longitude = TOWNS[n % len(TOWNS)]
        is_online = n % 5 == 0
        yield {
            "n": n,
            "name": f"{chance.choice(('Harbour', 'Primary Purpose', 'New Beginnings', 'Lunchtime', 'Women'))} {n}",
            "day": n % 7,
            "minute": chance.randrange(6 * 60, 22 * 60, 15),
            "length": 0 if n % 9 == 0 else chance.choice((60, 75, 90)),
            "street": "" if is_online else f"{chance.randrange(1, 250)} {chance.choice(STREETS)}",
            "venue": "" if is_online else f"St {chance.choice(('Mary', 'John', 'Luke'))}'s Hall",
            "town": town,
            "postcode": "" if is_online else postcode,
            "latitude": round(latitude + chance.random() / 50, 6),
            "longitude": round(longitude + chance.random() / 50, 6),
            "link": f"https://us02web.zoom.us/j/{9_990_000_000 + n}?pwd=gull{n}" if is_online else "",
            "notes": chance.choice(NOTES),
            "types": chance.sample(["O", "BE", "W", "X", "D", "ST"], 3),
        }


def _clock(minute: int, mark: str = ":") -> str:
    return f"{minute // 60:02d}{mark}{minute % 60:02d}"


def _meeting_guide(size: int) -> bytes:
    return json.dumps(
        [
            {
                "slug": f"m-{r['n']}",
                "name": r["name"],
                "day": r["day"],
                "time": _clock(r["minute"]),
                "end_time": _clock((r["minute"] + r["length"]) % 1440),
                "formatted_address": f"{r['street']}, {r['town']} {r['postcode']}, UK" if r["street"] else "Online",
                "location": r["venue"],
                "latitude": r["latitude"],
                "longitude": r["longitude"],
                "conference_url": r["link"],
                "types": r["types"],
                "notes": r["notes"],
                "updated": "2026-10-31 10:00:00",
                "timezone": "Europe/London",
            }
            for r in rows(size)
        ]
    ).encode()


HEAD = ["ID", "Name", "Day", "Time", "End Time", "Location", "Address", "Town", "Postcode", "Types", "Link", "Notes", "Updated"]


def _lines(size: int) -> Iterator[list[str]]:
    for r in rows(size):
        times = [_clock(r["minute"]), _clock((r["minute"] + r["length"]) % 1440)]
        place = [r["venue"], r["street"], r["town"], r["postcode"]]
        yield [str(r["n"]), r["name"], DAYS[r["day"]], *times, *place, ", ".join(r["types"]), r["link"], r["notes"], "31/10/2026"]


def _csv(head: list[str], lines: Iterator[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(chain([head], lines))
    return out.getvalue().encode()


def _tsml(size: int) -> bytes:
    """Without an ID, as such exports come: a key is made for each row."""
    return _csv([*HEAD[1:-1], "Sub Region"], ([*line[1:-1], "East"] for line in _lines(size)))


def _narrow(size: int) -> Iterator[list[str]]:
    """Eight columns: a sheet of a hundred thousand lines that fits into what an archive may unpack to."""
    return ([line[n] for n in (0, 1, 2, 3, 6, 7, 8, 9)] for line in chain([HEAD], _lines(size)))


def _naws(size: int) -> bytes:
    head = (
        "Committee,CommitteeName,Day,Time,Closed,WheelChr,Place,Address,City,State,Zip,Format1,Format2,VirtualMeetingLink,Directions,Delete"
    )
    lines = (
        [
            f"G{r['n']:08d}",
            r["name"],
            DAYS[r["day"]],
            _clock(r["minute"], ""),
            "OPEN",
            "FALSE",
            r["venue"],
            r["street"],
            r["town"],
            "Dorset",
            r["postcode"],
            "BEG",
            "VM" if r["link"] else "DISC",
            r["link"],
            r["notes"],
            "",
        ]
        for r in rows(size)
    )
    return _csv(head.split(","), lines)


def _bmlt(size: int) -> bytes:
    formats = [{"id": str(n), "key_string": key, "world_id": world} for n, (key, world) in enumerate((("O", "OPEN"), ("D", "DISC")), 1)]
    meetings = [
        {
            "id_bigint": str(r["n"]),
            "service_body_bigint": "3",
            "weekday_tinyint": str(r["day"] + 1),
            "venue_type": "2" if r["link"] else "1",
            "start_time": _clock(r["minute"]) + ":00",
            "duration_time": _clock(r["length"]) + ":00",
            "time_zone": "",
            "formats": "O,D",
            "format_shared_id_list": "1,2",
            "latitude": str(r["latitude"]),
            "longitude": str(r["longitude"]),
            "meeting_name": r["name"],
            "location_text": r["venue"],
            "location_street": r["street"],
            "location_municipality": r["town"],
            "location_postal_code_1": r["postcode"],
            "location_info": "Bus#@-@#12, 15",
            "comments": r["notes"],
            "virtual_meeting_link": r["link"],
            "published": "1",
        }
        for r in rows(size)
    ]
    return json.dumps({"meetings": meetings, "formats": formats}).encode()


def _ukna(size: int) -> bytes:
    return json.dumps(
        {
            "data": [
                {
                    "id": f"u{r['n']}",
                    "attributes": {
                        "title": r["name"],
                        "field_meeting_day": DAYS[r["day"]],
                        "field_meeting_times": {"from": r["minute"] * 60, "to": (r["minute"] + r["length"]) * 60 % 86_400},
                        "field_meeting_type": "Online" if r["link"] else "In person",
                        "field_meeting_address": {"address_line1": r["street"]},
                        "field_meeting_town": r["town"],
                        "field_meeting_postcode": r["postcode"],
                        "field_meeting_venue_name": r["venue"],
                        "field_meeting_coordinates": {"lat": str(r["latitude"]), "lon": str(r["longitude"])},
                        "field_meeting_online_link": r["link"] or None,
                    },
                }
                for r in rows(size)
            ],
            "links": {},
        }
    ).encode()


def _aagb(size: int) -> bytes:
    return json.dumps(
        [
            {
                "code": str(r["n"]),
                "title": r["name"],
                "day": DAYS[r["day"]],
                "time": _clock(r["minute"], ".") + (" - duration 1hr 15mins" if r["length"] == 75 else ""),
                "address": f"Zoom {r['link']} Password: gull{r['n']}" if r["link"] else f"{r['venue']}, {r['street']}, {r['town']}",
                "postcode": r["postcode"] or None,
                "lat": str(r["latitude"]) if r["street"] else "NaN",
                "lng": str(r["longitude"]) if r["street"] else "NaN",
                "icons": ["Wheelchair Access"] if "X" in r["types"] else [],
                "status": ["This physical meeting has opened again"],
                "comment": r["notes"] or None,
            }
            for r in rows(size)
        ]
    ).encode()


FEEDS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "meeting_guide": ("meeting_guide", _meeting_guide),
    "sheet, CSV": ("sheet", lambda size: _csv(HEAD, _lines(size))),
    "sheet, xlsx": ("sheet", lambda size: xlsx_of(_narrow(size))),
    "sheet, ods": ("sheet", lambda size: ods_of(_narrow(size // 4))),
    "tsml_csv": ("tsml_csv", _tsml),
    "naws_csv": ("naws_csv", _naws),
    "bmlt": ("bmlt", _bmlt),
    "ukna": ("ukna", _ukna),
    "aagb": ("aagb", _aagb),
}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(kind: str, size: int) -> None:
    """Reads one feed and prints rows, seconds (of this process alone), megabytes of the feed, before and at the peak."""
    format, make = FEEDS[kind]
    body = make(size)
    before, began = _peak_mb(), time.process_time()
    result = parse(body, format=format, fellowship=Fellowship.NA if format in ("bmlt", "naws_csv", "ukna") else Fellowship.AA)
    seconds = time.process_time() - began
    sys.stdout.write(json.dumps([len(result.rows), seconds, len(body) / 1e6, before, _peak_mb(), result.error_kind]))


def measure_parsing(*, quick: bool) -> list[Figure]:
    """One figure for each format."""
    figures = []
    size = 1_000 if quick else SIZE
    for kind in FEEDS:
        command = [sys.executable, "-m", "bench.parsing", kind, str(size)]
        done = subprocess.run(command, capture_output=True, check=True, timeout=600)
        count, seconds, body_mb, before, peak, _ = json.loads(done.stdout)
        assert count, f"{kind}: nothing was read"
        each = seconds / count * SIZE
        figures.append(
            Figure(
                f"parse {count:,} meetings, {kind}",
                f"{seconds:.1f} s ({body_mb:.0f} MB of feed; {peak - before:+.0f} MB at the peak)",
                f"≤ {SECONDS:g} s for {SIZE:,}",
                each <= SECONDS,
            )
        )
    return figures


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
