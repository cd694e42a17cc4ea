"""The console command: `alongside`, or `python -m matcher`. Parses arguments, calls one thing, prints; the only file that knows the web."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from matcher import check_commands, run_commands, setup_commands
from matcher.domain.errors import Misconfigured, Refusal
from matcher.meeting_commands import meetings_app
from matcher.place_commands import places_app
from matcher.run_commands import DEFAULT_DATA, DataFolder, Embedded, ready_database, settings

app = typer.Typer(
    help="Alongside: somebody goes with you to your first meeting.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print what is in variables
)


@app.callback()
def _alongside() -> None:
    """Alongside: somebody goes with you to your first meeting."""


@app.command("serve", rich_help_panel="Running")
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 picks a free one.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Serve the pages. Several of these may run on one database, also on one port."""
    from matcher.config import Config
    from matcher.logs import set_up_logs
    from web.app import create_app
    from web.serving import serve_until_told

    set_up_logs()

    def started(chosen: int) -> None:
        run_commands.say(f"Alongside is ready at {config.base_url} (listening on {host}, port {chosen}).")

    async def run(wanted: Config) -> None:
        async with ready_database(wanted, embedded=embedded) as database:
            await serve_until_told(create_app(wanted, database), host, port, shared=port != 0, started=started)

    with settings(embedded=embedded, folder=data) as config:
        asyncio.run(run(config))


app.command("work", rich_help_panel="Running")(run_commands.work_command)
app.command("migrate", rich_help_panel="Running")(run_commands.migrate_command)
app.command("backup", rich_help_panel="Running")(run_commands.backup_command)
app.command("check", rich_help_panel="Running")(check_commands.check_command)
setup_commands.add_commands(app)
app.add_typer(meetings_app, name="meetings", rich_help_panel="Tables")
app.add_typer(places_app, name="places", rich_help_panel="Tables")


@app.command("demo", rich_help_panel="Running")
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 picks a free one.")] = 8080,
    data: Annotated[Path | None, typer.Option(help="Folder of the town; by default .demo beside the program.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Build the town anew: everything done in it is forgotten.")] = False,
    clock: Annotated[str | None, typer.Option(help="Where the demo's clock begins, such as 2026-11-26T10:00.")] = None,
) -> None:
    """An invented town on this machine, with its own database and mailbox. Sends nothing outside."""
    from web.demo_run import run_demo

    run_demo(port=port, data=data, fresh=fresh, clock=clock, say=typer.echo)


def main() -> None:
    """Run the command line. A setting that is missing or wrong: one sentence, exit 2; anything else that is refused: one sentence, exit 1."""
    try:
        app()
    except Refusal as refusal:
        typer.echo(refusal.sentence, err=True)
        sys.exit(2 if isinstance(refusal, Misconfigured) else 1)


if __name__ == "__main__":
    main()
