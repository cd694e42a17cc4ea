"""docs/asking.md is of this code: the policy's version stands in it, and every scenario and goal."""

from pathlib import Path

from matcher.matching.asking_settings import VERSION
from matcher.matching.simulated_settings import SCENARIOS

PAGE = (Path(__file__).parent.parent / "docs" / "asking.md").read_text(encoding="utf-8")


def test_the_figures_were_played_with_this_version() -> None:
    assert f"version {VERSION}" in " ".join(PAGE.split()), "run python -m bench.simulating"


def test_every_scenario_and_goal_stands_in_the_page() -> None:
    for scenario in SCENARIOS:
        assert f"\n## {scenario}\n" in PAGE
    for goal in ("M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8"):
        assert f"\n| {goal} " in PAGE
