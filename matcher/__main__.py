"""The console command: `alongside`, or `python -m matcher`. Parses arguments, calls one thing, prints; the only file that knows the web.

A command loads what it needs and no more: `meetings parse` and `places show` are run often and must start at once, without driver, site or
solver; and a wrong setting is said before the site is loaded.
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
SETUP = frozenset({"create-provider", "create-area", "create-coordinator", "create-keyworker", "disable-staff"})
ALONE = SETUP | {"serve", "work", "migrate", "backup", "check", "release", "replay", "demo", "states"}
"""Commands for which nothing of the others is loaded."""


def new_app(wanted: str = "") -> typer.Typer:
    """The commands. `wanted` is the one that will be run, where that is known: others may be missing then. Without it, all of them."""
    app = typer.Typer(
        help="Alongside: somebody goes with you to your first meeting.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # they would print what is in variables
    )
    app.callback()(_alongside)
    if wanted not in LIGHT:
        _add_running(app, wanted)
    app.add_typer(meetings_app, name="meetings", rich_help_panel="Tables")
    app.add_typer(places_app, name="places", rich_help_panel="Tables")
    app.command("simulate", rich_help_panel="Planning")(simulate_command)
    return app


def _alongside() -> None:
    """Alongside: somebody goes with you to your first meeting."""


def _add_running(app: typer.Typer, wanted: str) -> None:
    """In the order in which the help lists them."""

    def is_wanted(*names: str) -> bool:
        return wanted in names or wanted not in ALONE

    app.command("serve", rich_help_panel="Running")(serve)
    if is_wanted("work", "migrate", "backup"):
        from matcher import run_commands

        app.command("work", rich_help_panel="Running")(run_commands.work_command)
        app.command("migrate", rich_help_panel="Running")(run_commands.migrate_command)
        app.command("backup", rich_help_panel="Running")(run_commands.backup_command)
    if is_wanted("check"):
        from matcher import check_commands

        app.command("check", rich_help_panel="Running")(check_commands.check_command)
    if is_wanted("release"):
        from matcher import release_commands

        app.command("release", rich_help_panel="Running")(release_commands.release_command)
    if is_wanted("replay"):
        from matcher import replay_commands

        app.command("replay", rich_help_panel="Running")(replay_commands.replay_command)
    app.command("demo", rich_help_panel="Running")(demo)
    app.command("states", rich_help_panel="Running")(states)
    if is_wanted(*SETUP):
        from matcher import setup_commands

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

    set_up_logs()

    def started(chosen: int) -> None:
        say(f"Alongside is ready at {config.base_url} (listening on {host}, port {chosen}).")

    async def run(wanted: "Config") -> None:
        async with ready_database(wanted, embedded=embedded) as database:
            from web.app import create_app
            from web.serving import serve_until_told

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
        new_app(sys.argv[1] if sys.argv[1:] else "")()
    except Refusal as refusal:
        typer.echo(refusal.sentence, err=True)
        sys.exit(2 if isinstance(refusal, Misconfigured) else 1)


if __name__ == "__main__":
    main()
