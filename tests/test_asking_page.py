"""docs/asking.md is of this code: the policy's version, its settings and its fill in one world stand in it, and every scenario and goal."""

from pathlib import Path

from bench.simulating import check_fill
from matcher.matching.asking_settings import SHIPPED, VERSION, fingerprint_of
from matcher.matching.simulated_settings import SCENARIOS

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "asking.md").read_text(encoding="utf-8")
SUMMARY = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
RUN = "run python -m bench.simulating"


def test_the_figures_were_played_with_this_version_and_these_settings() -> None:
    assert f"version {VERSION} with settings {fingerprint_of(SHIPPED)}" in " ".join(PAGE.split()), RUN


def test_the_figures_were_played_by_this_code() -> None:
    assert f"its fill is {check_fill()}." in " ".join(PAGE.split()), RUN


def test_every_scenario_and_goal_stands_in_the_page() -> None:
    for scenario in SCENARIOS:
        assert f"\n## {scenario}\n" in PAGE
    for goal in ("M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8"):
        assert f"\n| {goal} " in PAGE


def test_the_benchmarks_show_every_scenario_as_the_page_has_it() -> None:
    for scenario in SCENARIOS:
        [row] = [line for line in SUMMARY.splitlines() if line.startswith(f"| {scenario} | product |")]
        fill = row.split(" | ")[2]
        assert f"| product | {fill} |" in PAGE.split(f"\n## {scenario}\n")[1].split("\n## ")[0], "run make bench"
