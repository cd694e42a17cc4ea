"""docs/states.md is what the tables say."""

from pathlib import Path

from matcher.domain.journey import MATCH_TABLE, OFFER_TABLE, REFERRAL_TABLE, VOLUNTEER_TABLE
from matcher.state_page import states_page

PAGE = Path(__file__).parents[2] / "docs" / "states.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == states_page(), "run `python -m matcher states > docs/states.md`"


def test_every_row_and_every_state_is_on_the_page() -> None:
    page = states_page()
    for table in (REFERRAL_TABLE, OFFER_TABLE, MATCH_TABLE, VOLUNTEER_TABLE):
        assert f"## {table.name}" in page
        assert all(f"| {step.id} |" in page if step.built else f"| *{step.id}* |" in page for step in table.steps)
        assert all(state in page for state in table.states)


def test_no_cell_breaks_its_row() -> None:
    for part in states_page().split("\n\n"):
        widths = {line.count("|") for line in part.splitlines() if line.startswith("|")}
        assert len(widths) <= 1, part[:200]
