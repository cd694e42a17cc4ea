"""Full postcodes in the database: never half of them, gone on with after a stop, switched at once; meetings placed by them, and people never."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from matcher.config import Config
from matcher.database import Database
from matcher.domain.place import find_place
from matcher.places_loading import LoadTaken, load_postcodes, place_all
from matcher.places_reading import UnusablePostcodes
from matcher.store.places_postcodes import find_used, find_venue_postcode
from matcher.store.places_venues import list_doubtful_points
from tests.commands import ROOT, environment_of, run_command
from tests.world import World

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ENDS = [f"{a}{b}" for a in "ABDEFGHJ" for b in "ABDEFGHJ"]


def written(file: Path, *rows: str, step: float = 0.0) -> Path:
    """A table: the rows, or 60 postcodes in Bournemouth, `step` degrees to the north."""
    made = rows or tuple(f"BH1 4{end},{50.72 + step + n / 10_000:.4f},-1.88" for n, end in enumerate(ENDS[:60]))
    file.write_text("\n".join(["pcds,lat,long", *made, ""]))
    return file


async def looked_into(db: Database) -> dict[str, tuple[float, float]]:
    async with db.reading() as c:
        rows = await c.fetch(
            "SELECT postcode, spot FROM postcodes WHERE load_id = (SELECT id FROM postcode_loads WHERE state = 'used') ORDER BY postcode"
        )
    return {row["postcode"]: (row["spot"].y, row["spot"].x) for row in rows}


async def rows_in_all(db: Database) -> int:
    async with db.reading() as c:
        return int(await c.fetchval("SELECT count(*) FROM postcodes"))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.places_loading.BATCH", 10)


@pytest.fixture
async def world(db: Database, config: Config, connection: asyncpg.Connection) -> AsyncIterator[World]:
    yield await World(connection, config).build()


async def test_a_file_is_loaded_with_its_provenance_and_a_newer_one_takes_its_place(
    db: Database, tmp_path: Path, small_batches: None
) -> None:
    first = await load_postcodes(db, NOW, written(tmp_path / "ONSPD_AUG_2025.csv"))
    assert first.counts.used == 60 and first.resumed_at == 0
    async with db.reading() as c:
        used = await find_used(c)
        place = await find_venue_postcode(c, "BH1 4AB")
    assert used and (used.file_name, used.source, used.vintage, used.postcodes, used.finished_at) == (
        "ONSPD_AUG_2025.csv",
        "ons",
        2025,
        60,
        NOW,
    )
    assert place and place.point and (place.point.latitude, place.precision, place.radius_m) == (50.7201, "postcode", 150)
    await load_postcodes(db, NOW, written(tmp_path / "points.csv", step=0.01), vintage=2026)
    assert (await looked_into(db))["BH1 4AB"] == (50.7301, -1.88)
    assert await rows_in_all(db) == 60, "the table before is gone"


class Stop(Exception):
    """The operator has had enough."""


async def interrupted(db: Database, file: Path, *, after: int) -> None:
    batches = iter(range(after))

    def told(_: int) -> None:
        if next(batches, None) is None:
            raise Stop

    with pytest.raises(Stop):
        await load_postcodes(db, NOW, file, vintage=2026, told=told)


async def test_half_a_load_is_never_looked_into_and_goes_on_where_it_stopped(db: Database, tmp_path: Path, small_batches: None) -> None:
    old = written(tmp_path / "old.csv", *(f"BH1 4{end},50.5,-1.5" for end in ENDS[:8]))
    await load_postcodes(db, NOW, old, vintage=2020)
    file = written(tmp_path / "new.csv")
    await interrupted(db, file, after=3)
    assert len(await looked_into(db)) == 8 and (await looked_into(db))["BH1 4AA"] == (50.5, -1.5)
    assert await rows_in_all(db) == 8 + 40
    report = await load_postcodes(db, NOW, file, vintage=2026)
    assert report.resumed_at == 40 and report.counts.used == 60
    assert len(await looked_into(db)) == 60 and await rows_in_all(db) == 60


async def test_another_file_begins_anew_and_what_was_left_half_is_removed(db: Database, tmp_path: Path, small_batches: None) -> None:
    await interrupted(db, written(tmp_path / "a.csv"), after=2)
    report = await load_postcodes(db, NOW, written(tmp_path / "b.csv", step=0.02), vintage=2026)
    assert report.resumed_at == 0 and await rows_in_all(db) == 60 and (await looked_into(db))["BH1 4AA"] == (50.74, -1.88)


async def test_a_file_changed_between_stop_and_restart_is_another_file(db: Database, tmp_path: Path, small_batches: None) -> None:
    file = written(tmp_path / "a.csv")
    await interrupted(db, file, after=2)
    await load_postcodes(db, NOW, written(file, step=0.02), vintage=2026)
    assert set((await looked_into(db)).values()) == {(round(50.74 + n / 10_000, 4), -1.88) for n in range(60)}


async def test_the_file_in_use_is_not_read_again_but_places_again(
    db: Database, connection: Any, world: World, tmp_path: Path, small_batches: None
) -> None:
    file = written(tmp_path / "a.csv", *(f"BH1 4{end},50.7,-1.88" for end in ENDS), B1_1AA)
    await load_postcodes(db, NOW, file, vintage=2026)
    await said(connection, world, place=(52.48, -1.91), precision="sector", radius_m=800)
    again = await load_postcodes(db, NOW, file, vintage=2026)
    assert again.load.state == "used" and again.counts.used == 65 and again.placed == 1
    assert await connection.fetchval("SELECT count(*) FROM postcode_loads") == 1 and await rows_in_all(db) == 65


async def test_what_is_left_of_many_batches_is_removed_to_the_last_row(db: Database, tmp_path: Path, small_batches: None) -> None:
    await interrupted(db, written(tmp_path / "a.csv"), after=4)
    other = written(tmp_path / "b.csv", *(f"{out} 4{end},50.7,-1.88" for out in ("AB1", "BH1", "ZE1") for end in ENDS))
    await load_postcodes(db, NOW, other, vintage=2026)
    assert await rows_in_all(db) == 192 == len(await looked_into(db))


async def test_two_at_once_never_mix_and_one_of_them_is_told(db: Database, tmp_path: Path, small_batches: None) -> None:
    file = written(tmp_path / "a.csv")
    outcomes = await asyncio.gather(*(load_postcodes(db, NOW, file, vintage=2026) for _ in range(2)), return_exceptions=True)
    assert any(not isinstance(outcome, BaseException) for outcome in outcomes)
    assert all(isinstance(outcome, LoadTaken) for outcome in outcomes if isinstance(outcome, BaseException))
    assert len(await looked_into(db)) == 60


async def test_a_file_that_loses_rows_or_half_the_country_is_refused_and_leaves_the_table_in_use(db: Database, tmp_path: Path) -> None:
    await load_postcodes(db, NOW, written(tmp_path / "good.csv"), vintage=2025)
    bad = written(tmp_path / "bad.csv", *(f"BH1 4{end},50.72,-1.88" for end in ENDS[:50]), "rubbish,50.72,-1.88")
    few = written(tmp_path / "few.csv", *(f"BH1 4{end},50.9,-1.88" for end in ENDS[:20]))
    none = written(tmp_path / "none.csv", "BT1 1AA,54.6,-5.9")
    for file in (bad, few, none):
        with pytest.raises(UnusablePostcodes, match="Nothing was changed"):
            await load_postcodes(db, NOW, file, vintage=2026)
        assert len(await looked_into(db)) == 60 and await rows_in_all(db) == 60
    await load_postcodes(db, NOW, few, vintage=2026, fewer=True)
    assert len(await looked_into(db)) == 20


async def test_without_a_year_nothing_begins(db: Database, tmp_path: Path) -> None:
    for year in (None, 26, 2199):
        with pytest.raises(UnusablePostcodes, match="--vintage"):
            await load_postcodes(db, NOW, written(tmp_path / "points.csv"), vintage=year)
    async with db.reading() as c:
        assert await c.fetchval("SELECT count(*) FROM postcode_loads") == 0


# ── meetings ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def place_of(connection: Any, meeting_id: UUID) -> tuple[float, float, str, int]:
    row = await connection.fetchrow("SELECT latitude, longitude, place_precision, radius_m FROM meetings WHERE id = $1", meeting_id)
    return tuple(row)


async def said(
    connection: Any, world: World, *, place: tuple[float, float], precision: str, radius_m: int, postcode: str = "B1 1AA"
) -> None:
    await connection.execute(
        "UPDATE meetings SET latitude = $2, longitude = $3, place_precision = $4, radius_m = $5, postcode = $6 WHERE id = $1",
        world.meeting_id,
        *place,
        precision,
        radius_m,
        postcode,
    )


B1_1AA = "B1 1AA,52.4790,-1.9000"


@pytest.mark.parametrize(
    ("place", "precision", "radius_m", "fault", "placed"),
    [
        ((52.48, -1.91), "sector", 800, None, True),
        ((52.48, -1.91), "outcode", 1200, None, True),
        ((52.48, -1.91), "town", 5000, None, True),
        ((52.48, -1.91), "venue", 556, None, True),  # two decimals
        ((52.4812, -1.9012), "venue", 100, None, False),
        ((53.48, -2.24), "venue", 100, "point_far_from_postcode", True),
        ((0.001, 0.001), "venue", 100, "invalid_coordinates", True),
        ((55.37805, -3.43597), "venue", 100, "placeholder_point", True),
    ],
)
async def test_a_meeting_takes_the_best_place_and_a_bad_point_is_named(
    db: Database, connection: Any, world: World, tmp_path: Path, place: Any, precision: str, radius_m: int, fault: str | None, placed: bool
) -> None:
    await said(connection, world, place=place, precision=precision, radius_m=radius_m)
    report = await load_postcodes(db, NOW, written(tmp_path / "ONSPD_MAY_2026.csv", B1_1AA))
    assert await place_of(connection, world.meeting_id) == ((52.479, -1.9, "postcode", 150) if placed else (*place, precision, radius_m))
    assert report.placed == int(placed)
    row = await connection.fetchrow(
        "SELECT how, source, fault, said_precision FROM meeting_placings WHERE meeting_id = $1", world.meeting_id
    )
    assert (tuple(row) if row else None) == (("postcode", "ons 2026", fault, precision) if placed else None)
    async with db.reading() as c:
        assert [point.fault for point in await list_doubtful_points(c)] == ([fault] if fault else [])


async def test_a_point_that_a_person_set_stands(db: Database, connection: Any, world: World, tmp_path: Path) -> None:
    await said(connection, world, place=(52.48, -1.91), precision="sector", radius_m=800)
    await connection.execute(
        """INSERT INTO meeting_overrides (meeting_id, field, value, base_value, reason, by_staff, at)
           VALUES ($1, 'point', '[52.48, -1.91]', 'null', 'seen', $2, $3)""",
        world.meeting_id,
        world.coordinator_id,
        NOW,
    )
    await load_postcodes(db, NOW, written(tmp_path / "p.csv", B1_1AA), vintage=2026)
    assert await place_of(connection, world.meeting_id) == (52.48, -1.91, "sector", 800)


async def test_a_newer_table_moves_its_meetings_and_puts_back_those_it_does_not_know(
    db: Database, connection: Any, world: World, tmp_path: Path
) -> None:
    await said(connection, world, place=(52.48, -1.91), precision="sector", radius_m=800)
    await load_postcodes(db, NOW, written(tmp_path / "p.csv", B1_1AA), vintage=2024)
    await load_postcodes(db, NOW, written(tmp_path / "q.csv", "B1 1AA,52.4795,-1.9005"), vintage=2025)
    assert await place_of(connection, world.meeting_id) == (52.4795, -1.9005, "postcode", 150)
    await load_postcodes(db, NOW, written(tmp_path / "r.csv", "B1 1AB,52.4795,-1.9005"), vintage=2026)
    assert await place_of(connection, world.meeting_id) == (52.48, -1.91, "sector", 800)
    assert await connection.fetchval("SELECT count(*) FROM meeting_placings") == 0


async def test_what_an_import_writes_over_is_placed_again_from_what_it_says_now(
    db: Database, connection: Any, world: World, tmp_path: Path
) -> None:
    await said(connection, world, place=(52.48, -1.91), precision="sector", radius_m=800)
    await load_postcodes(db, NOW, written(tmp_path / "p.csv", B1_1AA, "B2 4AA,52.4780,-1.8950"), vintage=2026)
    await said(connection, world, place=(52.47, -1.89), precision="sector", radius_m=700, postcode="B2 4AA")
    assert await place_all(db, NOW) == 1
    assert await place_of(connection, world.meeting_id) == (52.478, -1.895, "postcode", 150)
    assert await connection.fetchval("SELECT said_latitude FROM meeting_placings") == 52.47
    await said(connection, world, place=(52.4711, -1.8911), precision="venue", radius_m=100, postcode="B2 4AA")
    assert await place_all(db, NOW) == 0 and await place_of(connection, world.meeting_id) == (52.4711, -1.8911, "venue", 100)


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_but_a_meeting_is_placed_by_a_full_postcode(db: Database, connection: Any, world: World, tmp_path: Path) -> None:
    """By the schema: a full postcode has no column to stand in. By the rule: a loaded table changes nothing for a person's place."""
    before = find_place("B1 1AA")
    await load_postcodes(db, NOW, written(tmp_path / "p.csv", B1_1AA), vintage=2026)
    assert find_place("B1 1AA") == before and before is not None and before.precision in ("sector", "outcode")
    referral = await world.referral()
    for good in ("B1", "B1 1", "SW1A", "EC1A 1", None):
        await connection.execute("UPDATE referrals SET travel_from = $2 WHERE id = $1", referral, good)
    for bad in ("B1 1AA", "b11aa", "SW1A 1AA ", "near B1-1aa"):
        with pytest.raises(asyncpg.CheckViolationError, match="newcomer_by_sector_at_finest"):
            await connection.execute("UPDATE referrals SET travel_from = $2 WHERE id = $1", referral, bad)


def test_only_the_placing_of_venues_reads_the_table_of_postcodes() -> None:
    reads = {
        path.relative_to(ROOT).as_posix()
        for folder in ("matcher", "web")
        for path in (ROOT / folder).rglob("*.py")
        if "places_postcodes" in (text := path.read_text(encoding="utf-8")) or "FROM postcodes" in text or "JOIN postcodes" in text
    }
    assert reads <= {
        "matcher/places_loading.py",
        "matcher/place_commands.py",
        "matcher/geocoding.py",
        "matcher/store/places_postcodes.py",
        "matcher/store/places_venues.py",
    }


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_command_loads_counts_and_shows_what_is_owed(config: Config, tmp_path: Path) -> None:
    ran = await run_command(config, "places", "load", str(written(tmp_path / "ONSPD_MAY_2026.csv")))
    assert ran.code == 0, ran.err
    assert "postcodes 60 of 2026" in ran.out and "© Crown copyright and database right 2026" in ran.out
    assert "ONSPD_MAY_2026.csv" in ran.err, "the progress is on standard error"
    refused = await run_command(config, "places", "load", str(written(tmp_path / "none.csv", "rubbish")))
    assert refused.code == 1 and "--vintage" in refused.err


async def test_the_check_names_the_points_that_cannot_be_right(config: Config, db: Database, connection: Any, world: World) -> None:
    assert (await run_command(config, "places", "check")).code == 0
    await said(connection, world, place=(55.37805, -3.43597), precision="venue", radius_m=100)
    ran = await run_command(config, "places", "check")
    assert ran.code == 1 and ran.out == f"{world.meeting_id}\tby-hand\tplaceholder_point\t55.37805, -3.43597\n"


async def test_a_stop_while_one_batch_is_written_and_the_next_is_read_is_told_as_a_stop(
    db: Database, connection: Any, tmp_path: Path, small_batches: None
) -> None:
    read_on = threading.Event()

    def told(_bytes: int) -> None:
        read_on.wait(20)

    async with asyncio.timeout(30), connection.transaction():
        await connection.execute("LOCK TABLE postcodes IN SHARE MODE")  # the first batch waits; the second is never read
        loading = asyncio.create_task(load_postcodes(db, NOW, written(tmp_path / "new.csv"), vintage=2026, told=told))
        while not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'postcodes'::regclass AND NOT granted)"):
            await asyncio.sleep(0.01)
        loading.cancel()
        outcome = (await asyncio.gather(loading, return_exceptions=True))[0]
        read_on.set()
    assert isinstance(outcome, asyncio.CancelledError), "not that the records were away"
    assert await rows_in_all(db) == 0
    await load_postcodes(db, NOW, tmp_path / "new.csv", vintage=2026)
    assert len(await looked_into(db)) == 60


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
async def test_a_stopped_command_leaves_the_table_in_use_and_the_next_goes_on(
    config: Config, db: Database, connection: Any, tmp_path: Path, sign: signal.Signals
) -> None:
    await load_postcodes(db, NOW, written(tmp_path / "old.csv"), vintage=2025)
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    rows = [f"M{k} {n}{a}{b},53.4,-2.2" for k in range(1, 39) for n in range(10) for a in letters for b in letters]
    file = written(tmp_path / "ONSPD_MAY_2026.csv", *rows)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "matcher", "places", "load", str(file)),
        cwd=ROOT,
        env=environment_of(config),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30), connection.transaction():
        while not await connection.fetchval("SELECT batches FROM postcode_loads WHERE state = 'loading' AND batches >= 1 FOR UPDATE"):
            await asyncio.sleep(0.02)
        os.kill(process.pid, sign)
        _, told = await process.communicate()  # while this test holds the load: it cannot come to its end first
    assert process.returncode != 0 and (sign is not signal.SIGINT or b"goes on where this one stopped" in told)
    assert len(await looked_into(db)) == 60
    ran = await run_command(config, "places", "load", str(file))
    assert ran.code == 0 and "rows were there already" in ran.out
    assert len(await looked_into(db)) == len(rows) == await rows_in_all(db)
