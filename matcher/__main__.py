"""The console command: `alongside`, or `python -m matcher`. Parses arguments, calls one thing, prints; the only file that knows the web.

`meetings parse` and `places show` are run often and must start at once, so what needs the driver, the site or the solver is loaded only for
the other commands.
"""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matcher.domain.errors import Misconfigured, Refusal
from matcher.meeting_commands import meetings_app
from matcher.place_commands import places_app
from matcher.simulate_commands import simulate_command

if TYPE_CHECKING:
    from matcher.config import Config

LIGHT = frozenset({"meetings", "places", "simulate"})
"""Commands that load nothing heavy by themselves."""


def new_app(*, light: bool = False) -> typer.Typer:
    """All commands; `light`: only those that load neither driver nor web."""
    app = typer.Typer(
        help="Alongside: somebody goes with you to your first meeting.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # they would print what is in variables
    )
    app.callback()(_alongside)
    if not light:
        _add_running(app)
    app.add_typer(meetings_app, name="meetings", rich_help_panel="Tables")
    app.add_typer(places_app, name="places", rich_help_panel="Tables")
    app.command("simulate", rich_help_panel="Planning")(simulate_command)
    return app


def _alongside() -> None:
    """Alongside: somebody goes with you to your first meeting."""


def _add_running(app: typer.Typer) -> None:
    from matcher import check_commands, release_commands, run_commands, setup_commands

    app.command("serve", rich_help_panel="Running")(serve)
    app.command("work", rich_help_panel="Running")(run_commands.work_command)
    app.command("migrate", rich_help_panel="Running")(run_commands.migrate_command)
    app.command("backup", rich_help_panel="Running")(run_commands.backup_command)
    app.command("check", rich_help_panel="Running")(check_commands.check_command)
    app.command("release", rich_help_panel="Running")(release_commands.release_command)
    app.command("demo", rich_help_panel="Running")(demo)
    app.command("states", rich_help_panel="Running")(states)
    setup_commands.add_commands(app)


def serve(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 picks a free one.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Use a PostgreSQL of our own on this machine instead of DATABASE_URL.")
    ] = False,
    data: Annotated[Path, typer.Option("--data", help="With --embedded: the folder of its files.")] = Path("data"),
) -> None:
    """Serve the pages. Several of these may run on one database, also on one port."""
    from matcher.logs import set_up_logs
    from matcher.run_commands import ready_database, say, settings
    from web.app import create_app
    from web.serving import serve_until_told

    set_up_logs()

    def started(chosen: int) -> None:
        say(f"Alongside is ready at {config.base_url} (listening on {host}, port {chosen}).")

    async def run(wanted: "Config") -> None:
        async with ready_database(wanted, embedded=embedded) as database:
            await serve_until_told(create_app(wanted, database), host, port, shared=port != 0, started=started)

    with settings(embedded=embedded, folder=data) as config:
        asyncio.run(run(config))


def demo(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 picks a free one.")] = 8080,
    data: Annotated[Path | None, typer.Option(help="Folder of the town; by default .demo beside the program.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Build the town anew: everything done in it is forgotten.")] = False,
    clock: Annotated[str | None, typer.Option(help="Where the demo's clock begins, such as 2026-11-26T10:00.")] = None,
) -> None:
    """An invented town on this machine, with its own database and mailbox. Sends nothing outside."""
    from web.demo_run import run_demo

    run_demo(port=port, data=data, fresh=fresh, clock=clock, say=typer.echo)


def states() -> None:
    """Print the page of states, docs/states.md, from the tables."""
    from matcher.state_page import states_page

    typer.echo(states_page(), nl=False)


def main() -> None:
    """Run the command line. A setting that is missing or wrong: one sentence, exit 2; anything else that is refused: one sentence, exit 1."""
    try:
        new_app(light=bool(LIGHT & set(sys.argv[1:2])))()
    except Refusal as refusal:
        typer.echo(refusal.sentence, err=True)
        sys.exit(2 if isinstance(refusal, Misconfigured) else 1)


if __name__ == "__main__":
    main()
