"""`alongside places …`: build the shipped tables, load full postcodes, check points, show what a text is taken for. Each calls one function."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:  # the driver is imported when a command needs it: `places show` must start at once
    from collections.abc import Awaitable, Callable

    from matcher.config import Config
    from matcher.database import Database
    from matcher.domain.place import Place
    from matcher.places_loading import LoadReport
    from matcher.store.places_venues import DoubtfulPoint

R = TypeVar("R")
Embedded = Annotated[bool, typer.Option("--embedded", help="Use the PostgreSQL of our own on this machine instead of DATABASE_URL.")]
DataFolder = Annotated[Path, typer.Option("--data", help="With --embedded: the folder of its files.")]
DATA = Path("data")
places_app = typer.Typer(help="Districts and sectors: where they are.", no_args_is_help=True)


@places_app.command("build")
def build(
    file: Annotated[Path, typer.Argument(help="A CSV of postcode points: latitude and longitude, or Code-Point Open.", show_default=False)],
    vintage: Annotated[int, typer.Option(help="Year of the points; the attribution names it.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(__file__).parent / "data",
) -> None:
    """Make outcodes.csv and sectors.csv from a file of postcode points."""
    from matcher.places_reading import UnusablePostcodes
    from matcher.places_tables import build_tables

    try:
        report = build_tables(file, vintage, out)
    except UnusablePostcodes as refusal:
        typer.echo(refusal.sentence, err=True)
        raise typer.Exit(1) from refusal
    typer.echo(
        f"postcodes {report.postcodes} · without position {report.without_position} · unreadable {report.unreadable}\n"
        f"outcodes {report.outcodes} ({report.northern_ireland} in Northern Ireland) · sectors {report.sectors}"
    )


@places_app.command("load")
def load(
    file: Annotated[
        Path, typer.Argument(help="Code-Point Open or the ONS postcode directory, as a zip or CSV; or any such CSV.", show_default=False)
    ],
    vintage: Annotated[int | None, typer.Option(help="Year of the points, where the file does not say it.", show_default=False)] = None,
    fewer: Annotated[
        bool, typer.Option("--fewer", help="Take it although it has less than half the postcodes of the table in use.")
    ] = False,
    *,
    embedded: Embedded = False,
    data: DataFolder = DATA,
) -> None:
    """Load full postcodes, by which meetings are placed. Stopped half way, the same command goes on where it was.

    The table in use stays until the new one is whole. Nobody but a meeting is ever placed by it.
    """
    from matcher.places_reading import ATTRIBUTION, UnusablePostcodes, recognise

    try:
        found = recognise(file)
        with typer.progressbar(length=max(1, found.size), label=f"{file.name} ({found.source})", file=sys.stderr) as bar:
            report = _on_database(lambda db: _load(db, file, vintage=vintage, fewer=fewer, told=bar.update), embedded=embedded, folder=data)
    except UnusablePostcodes as refusal:
        typer.echo(refusal.sentence, err=True)
        raise typer.Exit(1) from refusal
    except (KeyboardInterrupt, asyncio.CancelledError):
        typer.echo("Stopped. The table in use is as it was; the same command goes on where this one stopped.", err=True)
        raise typer.Exit(1) from None
    counts = report.counts
    typer.echo(
        f"postcodes {counts.used} of {report.load.vintage} · no longer in use {counts.ended} · without position {counts.without_position}"
        f" · Northern Ireland {counts.northern_ireland} · twice {counts.twice} · unreadable {counts.unreadable}"
    )
    if report.load.state == "used":
        typer.echo("This file is in use already: it was not read again.")
    if report.resumed_at:
        typer.echo(f"{report.resumed_at} rows were there already, from an earlier run.")
    typer.echo(f"meetings placed better than their lists say: {report.placed}")
    typer.echo(ATTRIBUTION.format(year=report.load.vintage))


async def _load(db: "Database", file: Path, *, vintage: int | None, fewer: bool, told: "Callable[[int], None]") -> "LoadReport":
    from matcher.places_loading import load_postcodes

    return await load_postcodes(db, datetime.now(UTC), file, vintage=vintage, fewer=fewer, told=told)


def _on_database(work: "Callable[[Database], Awaitable[R]]", *, embedded: bool, folder: Path) -> R:
    """Do something with the migrated database: that of DATABASE_URL alone, or the embedded one with all its settings."""
    if not embedded:
        from matcher.meeting_import_commands import run_on_database

        return run_on_database(work)

    from matcher.run_commands import ready_database, settings

    async def run(config: "Config") -> R:
        async with ready_database(config, embedded=True) as db:
            return await work(db)

    with settings(embedded=True, folder=folder) as config:
        return asyncio.run(run(config))


@places_app.command("check")
def check(*, embedded: Embedded = False, data: DataFolder = DATA) -> None:
    """Name the meetings whose own points cannot be right: id, source, what is wrong, the point. Exit code 1 if there are any."""
    doubtful = _on_database(_doubtful, embedded=embedded, folder=data)
    for point in doubtful:
        typer.echo(f"{point.meeting_id}\t{point.source_id}\t{point.fault}\t{point.latitude:.5f}, {point.longitude:.5f}")
    if doubtful:
        raise typer.Exit(1)
    typer.echo("Every point can be right.", err=True)


async def _doubtful(db: "Database") -> "list[DoubtfulPoint]":
    from matcher.store.places_venues import list_doubtful_points

    async with db.reading() as c:
        return await list_doubtful_points(c)


@places_app.command("show")
def show(
    text: Annotated[str, typer.Argument(help="A postcode, sector, district, or latitude,longitude.", show_default=False)],
    to: Annotated[
        str, typer.Option("--to", help="Another place: also how far it is, and about how long it takes.", show_default=False)
    ] = "",
) -> None:
    """Say what a text is taken for: point, precision, radius and where it comes from."""
    place, source = _known(text)
    point = place.point
    rows = {
        "place": place.label,
        "point": f"{point.latitude:.5f}, {point.longitude:.5f}" if point else "",
        "precision": place.precision.value,
        "radius_m": place.radius_m,
        "from": source,
    }
    if to:
        rows |= _way(place, _known(to)[0])
    for name, value in rows.items():
        typer.echo(f"{name:<10} {value}")


def _known(text: str) -> "tuple[Place, str]":
    from matcher.places import place_text

    place, source = place_text(text)
    if place.point is None:
        typer.echo("This is no place we know: give a postcode, a sector (BH1 4), a district (BH1) or latitude,longitude.", err=True)
        raise typer.Exit(1)
    return place, source


def _way(start: "Place", venue: "Place") -> dict[str, str]:
    """Our estimates, labelled. The routing server is not asked by a command."""
    from matcher.domain.place import TravelMode, is_usual, km_between
    from matcher.places import shown_distance
    from matcher.routing import TooFine, estimate

    miles = shown_distance(start, venue)
    if miles is None or start.point is None or venue.point is None:
        return {}
    rows = {"distance": f"{miles.low:g} miles" if miles.low == miles.high else f"{miles.low:g} to {miles.high:g} miles"}
    words = {TravelMode.FOOT: "on foot", TravelMode.BUS_TRAIN: "bus, train", TravelMode.BICYCLE: "bicycle", TravelMode.CAR: "car"}
    for mode in TravelMode:
        if not is_usual(km_between(start.point, venue.point), mode):
            continue
        try:
            time = estimate(start, venue, mode)
        except TooFine:
            typer.echo("A way begins at a sector or district, not at a point.", err=True)
            raise typer.Exit(1) from None
        if time:
            span = f"{time.most}" if time.least == time.most else f"{time.least} to {time.most}"
            rows[words[mode]] = f"about {span} minutes (our estimate)"
    return rows
