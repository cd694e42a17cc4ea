"""The operator's page names every setting and every command that there is, and no other."""

import re
from pathlib import Path

import typer

from matcher.__main__ import ALONE, LIGHT, SETUP, new_app

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def test_every_setting_the_program_reads_is_on_the_page_and_no_other() -> None:
    read = set(
        re.findall(r'(?:values\.get\(|_required\(values, |_choice\(values, )"([A-Z_]+)"', (ROOT / "matcher" / "config.py").read_text())
    )
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.M))
    assert len(read) > 10 and read == told


def test_every_command_is_on_the_page_and_no_other() -> None:
    command = typer.main.get_command(new_app())
    there = set(getattr(command, "commands", {}))
    table = PAGE.partition("## Commands")[2].partition("\n## ")[0]
    told = {found for line in re.findall(r"^\| (`.*?) \|", table, re.M) for found in re.findall(r"`([a-z-]+)", line)}
    assert there == told


def test_each_command_is_there_when_nothing_but_it_is_loaded() -> None:
    there = set(getattr(typer.main.get_command(new_app()), "commands", {}))
    assert SETUP < ALONE <= there == ALONE | LIGHT
    for name in there:
        assert name in getattr(typer.main.get_command(new_app(name)), "commands", {})
