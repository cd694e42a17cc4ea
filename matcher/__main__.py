"""The console command: `python -m matcher`. Each group of commands imports what it needs when it runs."""

import typer

from matcher.meeting_commands import meetings_app

app = typer.Typer(help="Alongside: somebody goes with you to your first meeting.", no_args_is_help=True, add_completion=False)
app.add_typer(meetings_app, name="meetings")


@app.callback()
def _alongside() -> None:
    """Alongside: somebody goes with you to your first meeting."""


def main() -> None:
    """Runs the command line."""
    app()


if __name__ == "__main__":
    main()
