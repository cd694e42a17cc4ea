"""`python -m matcher meetings …`: reading a feed's file without touching anything else (meetings 3.1). `import`: meeting_import_commands.py."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matcher.meeting_export_commands import export_command
from matcher.meeting_import_commands import import_command, misuse, print_json, sources_app

if TYPE_CHECKING:  # everything heavy is imported when a command runs: it must start at once
    from matcher.domain.fellowship import Fellowship
    from matcher.domain.meeting import ParseResult

meetings_app = typer.Typer(help="Read and keep the directory of meetings.", no_args_is_help=True)


class FormatChoice(StrEnum):
    """The formats of the contract, as `--format` takes them."""

    MEETING_GUIDE = "meeting_guide"
    SHEET = "sheet"
    TSML_CSV = "tsml_csv"
    NAWS_CSV = "naws_csv"
    BMLT = "bmlt"
    UKNA = "ukna"
    AAGB = "aagb"
    AUTO = "auto"


class DateOrder(StrEnum):
    """The order of dates written with slashes, dots or dashes."""

    DMY = "dmy"
    MDY = "mdy"


@meetings_app.callback()
def _meetings() -> None:
    """Read and keep the directory of meetings."""


@meetings_app.command("parse")
def parse_file(
    file: Annotated[Path, typer.Argument(help="The feed's file.", show_default=False)],
    *,
    format: Annotated[
        FormatChoice, typer.Option("--format", help="How the file is written; auto: told from what is in it.", show_default=False)
    ],
    fellowship: Annotated[
        str, typer.Option("--fellowship", help="AA, CA, DAA, MA, NA, SMART, ALATEEN, AL-ANON or FA.", show_default=False)
    ],
    timezone: Annotated[str, typer.Option("--timezone", help="For rows that name no zone.")] = "Europe/London",
    date_order: Annotated[DateOrder, typer.Option("--date-order", help="Of dates such as 3/2/2026.")] = DateOrder.DMY,
    json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Read a feed's file and say what is in it. Nothing is written.

    Exit code: 0 with rows, 1 with none that can be used, 2 for a wrong command.
    """
    whose, zone = fellowship_option(fellowship), zone_option(timezone)
    result = _parse(file, format, fellowship=whose, zone=zone, date_order=date_order)
    if json:
        print_json(result.to_json())
    else:
        from matcher.meeting_table import print_table

        print_table(result)
    if result.missing_columns:
        typer.echo(f"The table has no column {' and no column '.join(result.missing_columns)}.", err=True)
    raise typer.Exit(0 if result.run == "ok" else 1)


def _parse(file: Path, format: FormatChoice, *, fellowship: "Fellowship", zone: str, date_order: DateOrder) -> "ParseResult":
    from matcher.feeds.formats import FILE_MOST, parse

    body = read_file(file, FILE_MOST + 1)
    return parse(body, format=_format_of(body, file, format), fellowship=fellowship, timezone=zone, date_order=date_order.value)


def _format_of(body: bytes, file: Path, format: FormatChoice) -> str:
    """The format asked for; for `auto` the one that the file is in, said on standard error. Raises the exit for misuse where it is none."""
    if format is not FormatChoice.AUTO:
        return format.value
    from matcher.feeds.recognising import recognise_format

    if found := recognise_format(body):
        typer.echo(f"Read as {found}.", err=True)
        return found
    raise misuse(f"{file} is in none of the formats that are read. If you know better, name one with --format.")


def read_file(file: Path, most: int) -> bytes:
    """The first `most` bytes of a file. Raises the exit for misuse where there is none to read."""
    try:
        with file.open("rb") as opened:
            return opened.read(most)
    except OSError:
        raise misuse(f"There is no file {file} that can be read.") from None


def fellowship_option(code: str) -> "Fellowship":
    """The fellowship of an option. Raises the exit for misuse."""
    from matcher.domain.meeting import fellowship_of

    if fellowship := fellowship_of(code):
        return fellowship
    raise misuse(f"There is no fellowship {code}: it is one of AA, CA, DAA, MA, NA, SMART, ALATEEN, AL-ANON, FA.")


def zone_option(name: str) -> str:
    """The zone of an option, in its usual spelling. Raises the exit for misuse."""
    from matcher.feeds.reading_dates import read_zone

    if zone := read_zone(name):
        return zone
    raise misuse(f"There is no time zone {name}: give a name such as Europe/London.")


meetings_app.command("import")(import_command)
meetings_app.command("export")(export_command)
meetings_app.add_typer(sources_app, name="sources")
