"""Loading full postcodes into the database: batches that can be interrupted and gone on with, and one switch at the end. For venues only:
people are placed by district or sector (domain/place.py), which never looks here.
"""

import asyncio
import csv
import hashlib
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import numpy as np

from matcher.database import Database
from matcher.domain.errors import Refusal
from matcher.domain.place import NO_PLACES, REGION
from matcher.domain.postcode import spell_postcode
from matcher.places_grid import grids_to_degrees
from matcher.places_meetings import place_meetings
from matcher.places_reading import NO_LATITUDE, WORST_SHARE, Piece, PostcodeFile, UnusablePostcodes, recognise
from matcher.store import meeting_sources, places_postcodes, places_venues
from matcher.store.places_postcodes import Load, PostcodeSpot

BATCH = 50_000
"""Rows of the file in one transaction."""
FEWEST_SHARE = 0.5
"""A file with fewer than this share of the postcodes in use is more likely half a file than news."""


class LoadTaken(Refusal):
    """Somebody else is loading postcodes at this moment. Nothing was changed."""


@dataclass(slots=True)
class Counts:
    """What a file held, in rows. `ended`: postcodes that are no longer in use; `twice`: the later rows of a postcode."""

    rows: int = 0
    used: int = 0
    ended: int = 0
    without_position: int = 0
    northern_ireland: int = 0
    unreadable: int = 0
    twice: int = 0


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did. `resumed_at`: rows of an earlier, interrupted run that were there already."""

    load: Load
    counts: Counts
    resumed_at: int
    placed: int


class _Seen:
    """Which postcodes have come already: a few bits for each sector, 2 MB for the whole country."""

    def __init__(self) -> None:
        self._sectors: dict[str, bytearray] = {}

    def is_new(self, code: str) -> bool:
        """Whether this postcode comes for the first time."""
        bits = self._sectors.get(code[:-2])
        if bits is None:
            bits = self._sectors[code[:-2]] = bytearray(85)
        place, bit = divmod((ord(code[-2]) - 65) * 26 + ord(code[-1]) - 65, 8)
        if bits[place] >> bit & 1:
            return False
        bits[place] |= 1 << bit
        return True


def read_spots(found: PostcodeFile, counts: Counts, told: Callable[[int], None] = lambda _: None) -> Iterator[list[PostcodeSpot]]:
    """The postcodes of a file with their points, a batch of its rows at a time; the same batches at every reading.

    `told` hears how many more bytes were read, about. Rows that cannot be taken are counted in `counts` by what is wrong with them.
    Raises UnusablePostcodes for a file that cannot be read to its end.
    """
    seen = _Seen()
    for piece in found.pieces:
        try:
            with piece.rows() as (rows, position):
                before = 0
                while batch := list(islice(rows, BATCH)):
                    yield _spots(batch, piece, counts, seen)
                    told((at := position()) - before)
                    before = at
        except (OSError, EOFError, UnicodeDecodeError, csv.Error, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise UnusablePostcodes(
                f"{piece.inside or piece.file.name} cannot be read to its end: {error}. Nothing was changed."
            ) from error


def _spots(batch: list[list[str]], piece: Piece, counts: Counts, seen: _Seen) -> list[PostcodeSpot]:
    columns, by_grid = piece.columns, piece.by_grid
    first, second = (columns["east"], columns["north"]) if by_grid else (columns["latitude"], columns["longitude"])
    postcode, ended = columns["postcode"], columns.get("ended", -1)
    codes: list[str] = []
    firsts: list[float] = []
    seconds: list[float] = []
    for row in batch:
        if not row:
            continue
        counts.rows += 1
        try:
            if ended >= 0 and row[ended].strip():
                counts.ended += 1
                continue
            code = spell_postcode(row[postcode])
            if code is None:
                raise ValueError(row[postcode])
            if code.startswith("BT"):  # its points are under another licence
                counts.northern_ireland += 1
                continue
            a, b = row[first], row[second]
            if not a and not b:
                counts.without_position += 1
                continue
            spot = float(a), float(b)
        except (IndexError, ValueError):
            counts.unreadable += 1
            continue
        codes.append(code)
        firsts.append(spot[0])
        seconds.append(spot[1])
    return _in_degrees(codes, np.array(firsts), np.array(seconds), by_grid=by_grid, counts=counts, seen=seen)


def _in_degrees(
    codes: list[str], first: np.ndarray, second: np.ndarray, *, by_grid: bool, counts: Counts, seen: _Seen
) -> list[PostcodeSpot]:
    """Those with a point in these islands that is no stock point of nowhere."""
    if by_grid:
        nowhere = (first == 0) & (second == 0)
        latitude, longitude = grids_to_degrees(first, second)
    else:
        nowhere = (first >= NO_LATITUDE) & (first <= 100)
        latitude, longitude = first, second
    south, north, west, east = REGION
    good = (latitude >= south) & (latitude <= north) & (longitude >= west) & (longitude <= east)  # False for NaN
    for stock_latitude, stock_longitude in NO_PLACES:
        good &= ~((np.round(latitude, 5) == stock_latitude) & (np.round(longitude, 5) == stock_longitude))
    counts.without_position += int(nowhere.sum())
    counts.unreadable += int((~good & ~nowhere).sum())
    taken: list[PostcodeSpot] = []
    wanted = good & ~nowhere
    rounded = zip(codes, wanted.tolist(), np.round(longitude, 6).tolist(), np.round(latitude, 6).tolist(), strict=True)
    for code, is_wanted, lon, lat in rounded:
        if not is_wanted:
            continue
        if seen.is_new(code):
            taken.append((code, (lon, lat)))
        else:
            counts.twice += 1
    counts.used += len(taken)
    return taken


def digest_of(file: Path) -> bytes:
    """The file's SHA-256: the same file goes on where it stopped, another begins anew."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()


def vintage_of(found: PostcodeFile, said: int | None, now: datetime) -> int:
    """The year of the points: what was said, else what the file says. Raises UnusablePostcodes where neither does."""
    year = said or found.year
    if year is None or not 1990 <= year <= now.year:
        raise UnusablePostcodes("Say of which year the points are, with --vintage: the attribution names it. Nothing was changed.")
    return year


async def load_postcodes(
    db: Database,
    now: datetime,
    file: Path,
    *,
    vintage: int | None = None,
    fewer: bool = False,
    told: Callable[[int], None] = lambda _: None,
    found: PostcodeFile | None = None,
) -> LoadReport:
    """Load a file of postcode points, or go on with it where an earlier run was interrupted, then place the meetings by it.

    Until the switch at the end the table in use stays as it is. `fewer`: take it although it has less than half the postcodes of that one.
    The file that is in use already is not read again; its meetings are placed again.
    Raises UnusablePostcodes, with the table in use as it was, for a file that is none, that loses more than one row in a hundred, or that is
    too small; LoadTaken while another process loads.
    """
    found = found or recognise(file)
    year = vintage_of(found, vintage, now)
    load = await db.act(
        places_postcodes.claim_load, now, file_name=file.name[:200], sha256=digest_of(file), source=found.source, vintage=year
    )
    await _erase_leavings(db)
    counts = Counts()
    if load.state == "used":  # an earlier run came as far as the switch: the rest is done again
        counts.used = load.postcodes
        return LoadReport(load, counts, 0, await place_all(db, now))
    number = await _insert_all(db, load, read_spots(found, counts, told))
    await _judge(db, now, load, counts, fewer=fewer)
    if not await db.act(places_postcodes.update_used, load.id, now, batches=number, postcodes=counts.used):
        raise LoadTaken()
    await _erase_leavings(db)
    placed = await place_all(db, now)
    return LoadReport(load, counts, min(counts.rows, load.batches * BATCH), placed)


async def _insert_all(db: Database, load: Load, batches: Iterator[list[PostcodeSpot]]) -> int:
    """Put the batches into the table that are not there yet, reading the next while one is written. How many there are."""
    number, writing = 0, None
    try:
        while (spots := await asyncio.to_thread(next, batches, None)) is not None:
            if writing is not None and not await writing:
                raise LoadTaken()
            is_new = number >= load.batches
            writing = asyncio.create_task(db.act(places_postcodes.insert_batch, load.id, number, spots)) if is_new else None
            number += 1
    except BaseException as error:
        # What was read whole is written whole, also when the reading ended badly: the next run need not do it again.
        # But who stops the command does not wait for that, and what ended it first is what is told.
        if writing is not None:
            if isinstance(error, asyncio.CancelledError):
                writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        raise
    if writing is not None and not await writing:
        raise LoadTaken()
    return number


async def _judge(db: Database, now: datetime, load: Load, counts: Counts, *, fewer: bool) -> None:
    """Refuse what cannot be a whole table, and forget what was loaded of it."""
    lost = WORST_SHARE * (counts.used + counts.unreadable)
    async with db.reading() as c:
        used = await places_postcodes.find_used(c)
    fault = ""
    if counts.used == 0 or counts.unreadable > lost:
        fault = f"{counts.unreadable} rows cannot be read, {counts.used} can: more than one in a hundred is lost."
    elif used and counts.used < math.floor(FEWEST_SHARE * used.postcodes) and not fewer:
        fault = f"The file has {counts.used} postcodes and the table in use {used.postcodes}: is it whole? If it is, say --fewer."
    if fault:
        await db.act(places_postcodes.update_ended, load.id, now)
        await _erase_leavings(db)
        raise UnusablePostcodes(f"{fault} Nothing was changed.")


async def _erase_leavings(db: Database) -> None:
    """Remove the rows of loads that are over, some at a time: one statement for all of them would outlast the connection's time-out."""
    async with db.reading() as c:
        over = await places_postcodes.list_leavings(c)
    for load_id in over:
        last: str | None = ""
        while last is not None:
            last = await db.act(places_postcodes.erase_rows, load_id, last, most=BATCH)


async def place_all(db: Database, now: datetime) -> int:
    """Place the meetings of every source by what is now known. How many stand somewhere better than their lists say."""
    async with db.reading() as c:
        sources = [source.id for source in await meeting_sources.list_sources(c)]
    for source_id in sources:
        await db.act(place_meetings, now, source_id, every_point=True)
    async with db.reading() as c:
        return await places_venues.count_placed(c)
