"""Reading and bringing in a list of many meetings, and the same list again, in the same bytes and in others: in a process of its own, for its memory."""

import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.figures import Figure
from matcher.actions.import_reading import read_changed
from matcher.actions.importing import import_meetings
from matcher.actions.meeting_source_keeping import add_source
from matcher.database import Database
from matcher.domain.actor import OPERATOR
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting_source import Fetched, MeetingSource, RunReport, SourceState
from matcher.store.meeting_sources import find_source

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECONDS, MEGABYTES, SHARE = 30.0, 300, 1 / 3
CODES = ("BH1 4HS", "LS1 6HD", "M1 1AE", "SO14 7DW", "EX1 1AA", "NR1 3NQ", "B1 2EA", "CF10 1AA")


def a_list(count: int, *, otherwise: bool = False) -> bytes:
    """An invented list in the commonest format, with the fields that real ones have.

    `otherwise`: the same meetings in other bytes, as a publisher's new program would write them: keys turned round, blanks, all dated anew.
    """
    chance, written = random.Random(7), bytearray(b"[")
    for number in range(count):  # row by row: what the list costs to make is not to be measured
        row = _row(number, chance)
        if otherwise:
            row = dict(reversed((row | {"updated": "2026-02-02 11:00:00"}).items()))
        written += (b",\n  " if otherwise and number else b"," if number else b"") + json.dumps(row).encode()
    written += b"]"
    return bytes(written)


def _row(number: int, chance: random.Random) -> dict[str, Any]:
    return {
        "slug": f"m{number}",
        "name": f"{chance.choice(('Hope', 'Light', 'Friends', 'Step by Step', 'Early Birds'))} {number}",
        "day": number % 7,
        "time": f"{chance.randint(6, 21):02}:{chance.choice((0, 15, 30)):02}",
        "end_time": "22:45",
        "location": f"Hall {number % 997}",
        "formatted_address": f"{number % 200 + 1} High St, Town {number % 300}, {chance.choice(CODES)}, UK",
        "region": "South",
        "types": chance.sample(("O", "W", "BE", "ST", "LIT", "B", "D"), 3),
        "notes": "Tea and coffee. Ring the bell at the side door.",
        "url": f"https://meetings.example.org/{number}",
        "updated": "2026-01-01 10:00:00",
        "timezone": "Europe/London",
    }


async def _import(db: Database, body: bytes, now: datetime) -> tuple[float, RunReport]:
    """One run as the worker does it; how long it took."""
    async with db.reading() as c:
        source = await find_source(c, "bench")
    if source is None:
        raise RuntimeError("make the source first")
    began = time.perf_counter()
    async with db.reading() as c:
        feed = await read_changed(c, source, Fetched(body=body, http_status=200))
    report = await db.act(import_meetings, now, actor=OPERATOR, source_id="bench", feed=feed)
    return time.perf_counter() - began, report


async def _measure(dsn: str, count: int) -> dict[str, Any]:
    db = await Database.connect(dsn, most=2)
    never: dict[str, Any] = dict.fromkeys(
        ("area_id", "url", "failing_since", "last_attempt_at", "last_success_at", "etag", "last_modified", "last_good_rows")
    )
    source = MeetingSource(
        id="bench",
        name="Bench",
        fellowship=Fellowship.AA,
        format="meeting_guide",
        timezone="Europe/London",
        date_order="dmy",
        keep_areas=(),
        state=SourceState.OK,
        **never,
    )
    await db.act(add_source, MONDAY, actor=OPERATOR, source=source)
    body = a_list(count)
    first, report = await _import(db, body, MONDAY)
    again, second = await _import(db, body, MONDAY + timedelta(days=1))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    body = a_list(count, otherwise=True)
    other, third = await _import(db, body, MONDAY + timedelta(days=2))
    await db.close()
    if report.added != count or second.unchanged != count or third.unchanged != count:
        raise RuntimeError(f"not as many as there are: {report} {second} {third}")
    return {"first": first, "again": again, "other": other, "megabytes": megabytes}


def measure_importing(dsn: str, count: int) -> list[Figure]:
    """Read and bring in `count` meetings, then the same list a day later."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.importing", str(count)],
        env={**os.environ, "BENCH_DSN": dsn},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr[-2000:])
    found = json.loads(ran.stdout.splitlines()[-1])
    first, again, other, megabytes = (found[name] for name in ("first", "again", "other", "megabytes"))
    whole = count >= 100_000
    return [
        Figure(
            f"import of {count:,} meetings, read and brought in",
            f"{first:.1f} s",
            f"≤ {SECONDS:.0f} s",
            first <= SECONDS if whole else None,
        ),
        Figure("import, memory at its highest", f"{megabytes:.0f} MB", f"≤ {MEGABYTES} MB", megabytes <= MEGABYTES if whole else None),
        Figure(
            "import of the same list again",
            f"{again:.1f} s ({again / first:.2f} of the first)",
            "≤ 0.33",
            again <= SHARE * first if whole else None,
        ),
        Figure(
            "import of the same meetings in other bytes, all dated anew",
            f"{other:.1f} s ({other / first:.2f} of the first)",
            "≤ 0.33",
            other <= SHARE * first if whole else None,
        ),
    ]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_measure(os.environ["BENCH_DSN"], int(sys.argv[1])))) + "\n")
