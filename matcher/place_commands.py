"""`alongside places …`: build the shipped tables, show what a text is taken for. Each command calls one function of matcher/places.py."""

from pathlib import Path
from typing import Annotated

import typer

places_app = typer.Typer(help="Districts and sectors: where they are.", no_args_is_help=True)


@places_app.command("build")
def build(
    file: Annotated[Path, typer.Argument(help="A CSV of postcode points: latitude and longitude, or Code-Point Open.", show_default=False)],
    vintage: Annotated[int, typer.Option(help="Year of the points; the attribution names it.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(__file__).parent / "data",
) -> None:
    """Make outcodes.csv and sectors.csv from a file of postcode points."""
    from matcher.places import UnusablePostcodes, build_tables

    try:
        report = build_tables(file, vintage, out)
    except UnusablePostcodes as refusal:
        typer.echo(refusal.sentence, err=True)
        raise typer.Exit(1) from refusal
    typer.echo(
        f"postcodes {report.postcodes} · without position {report.without_position} · unreadable {report.unreadable}\n"
        f"outcodes {report.outcodes} ({report.northern_ireland} in Northern Ireland) · sectors {report.sectors}"
    )


@places_app.command("show")
def show(text: Annotated[str, typer.Argument(help="A postcode, sector, district, or latitude,longitude.", show_default=False)]) -> None:
    """Say what a text is taken for: point, precision, radius and where it comes from."""
    from matcher.places import place_text

    place, source = place_text(text)
    if place.point is None:
        typer.echo("This is no place we know: give a postcode, a sector (BH1 4), a district (BH1) or latitude,longitude.", err=True)
        raise typer.Exit(1)
    rows = {
        "place": place.label,
        "point": f"{place.point.latitude:.5f}, {place.point.longitude:.5f}",
        "precision": place.precision.value,
        "radius_m": place.radius_m,
        "from": source,
    }
    for name, value in rows.items():
        typer.echo(f"{name:<10} {value}")
