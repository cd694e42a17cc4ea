"""Meetings take the best place that is known in the very run or correction that writes them, whoever writes: imports, people, newer tables."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from matcher.actions.meeting_editing import add_meeting, correct_meeting
from matcher.places_loading import load_postcodes
from tests.actions.test_meeting_editing import NEW
from tests.conftest import TestDatabase
from tests.directory import Directory, but, open_directory, rows

AT = (50.7215, -1.8795)
OTHER = (50.7301, -1.8702)
THERE = (50.72155, -1.87951)


@pytest.fixture
async def directory(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Directory]:
    """A directory beside a table that knows two of its postcodes."""
    file = tmp_path / "ONSPD_MAY_2026.csv"
    file.write_text(f"pcds,lat,long\nBH1 4HS,{AT[0]},{AT[1]}\nBH1 4JH,{OTHER[0]},{OTHER[1]}\n")
    async with open_directory(database) as opened:
        await load_postcodes(opened.db, datetime(2026, 11, 23, 10, tzinfo=UTC), file)
        yield opened


async def place(directory: Directory, key: str = "m0") -> tuple[float, float, str]:
    row = (await directory.meetings())[key]
    return row["latitude"], row["longitude"], row["place_precision"]


async def correct(directory: Directory, key: str = "m0", **values: Any) -> None:
    await directory.db.act(
        correct_meeting,
        directory.world.config,
        directory.now,
        actor=directory.carol,
        meeting_id=await directory.id_of(key),
        values=values,
        reason="rang them",
    )


async def test_an_import_places_by_the_full_postcode_and_the_next_run_changes_nothing(directory: Directory) -> None:
    await directory.feed(rows())
    assert {await place(directory, f"m{n}") for n in range(10)} == {(*AT, "postcode")}
    directory.pass_days(1)
    again = await directory.feed(rows())
    assert again["unchanged"] == 10 and await place(directory) == (*AT, "postcode")
    assert not [line for line in await directory.history("m0") if line[0] in ("latitude", "longitude", "point")]


async def test_a_feed_that_learns_the_point_is_believed(directory: Directory) -> None:
    await directory.feed(rows())
    directory.pass_days(1)
    await directory.feed(but(rows(), "m0", latitude=THERE[0], longitude=THERE[1]))
    assert await place(directory) == (*THERE, "venue")
    assert await directory.sql.fetchval("SELECT count(*) FROM meeting_placings") == 9


async def test_a_feed_whose_point_has_two_decimals_gives_way(directory: Directory) -> None:
    await directory.feed(rows(latitude=50.72, longitude=-1.88))
    assert await place(directory) == (*AT, "postcode")


async def test_a_feed_that_moves_a_meeting_moves_its_place(directory: Directory) -> None:
    await directory.feed(rows())
    directory.pass_days(1)
    await directory.feed(but(rows(), "m0", formatted_address="9 Sea Rd, Bournemouth BH1 4JH, UK"))
    assert await place(directory) == (*OTHER, "postcode") and await place(directory, "m1") == (*AT, "postcode")


async def test_a_persons_point_stands_through_imports_and_newer_tables(directory: Directory, tmp_path: Path) -> None:
    await directory.feed(rows())
    await correct(directory, point=[50.72, -1.88])
    assert await place(directory) == (50.72, -1.88, "venue")
    newer = tmp_path / "ONSPD_NOV_2026.csv"
    newer.write_text(f"pcds,lat,long\nBH1 4HS,{THERE[0]},{THERE[1]}\n")
    await load_postcodes(directory.db, directory.now, newer)
    directory.pass_days(1)
    await directory.feed(but(rows(), "m0", name="Renamed"))
    assert await place(directory) == (50.72, -1.88, "venue") and await place(directory, "m1") == (*THERE, "postcode")


async def test_a_corrected_postcode_places_at_once(directory: Directory) -> None:
    await directory.feed(rows())
    await correct(directory, postcode="BH1 4JH")
    assert await place(directory) == (*OTHER, "postcode")


async def test_a_meeting_that_a_coordinator_types_is_placed_at_once(directory: Directory) -> None:
    typed = replace(NEW, postcode="BH1 4HS", latitude=None, longitude=None)
    made: UUID = await directory.db.act(
        add_meeting, directory.world.config, directory.now, actor=directory.carol, area_id=directory.world.area_id, new=typed
    )
    row = await directory.sql.fetchrow("SELECT latitude, longitude, place_precision FROM meetings WHERE id = $1", made)
    assert tuple(row) == (*AT, "postcode")
