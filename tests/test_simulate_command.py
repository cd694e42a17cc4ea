"""`alongside simulate`: its JSON as the contract has it, the same each time, and what it refuses before any world is played."""

import json
import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

from matcher.__main__ import new_app
from matcher.domain.errors import Misconfigured
from matcher.matching.simulation import METRICS
from matcher.matching.simulation_summary import half_width, mean, student

ROW = set(METRICS)


def run(*arguments: str) -> tuple[str, str]:
    """Runs `simulate` in this process. Refusals are raised."""
    done = CliRunner().invoke(new_app("simulate"), ["simulate", *arguments], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.stdout, done.stderr


def summary(*arguments: str) -> dict[str, Any]:
    """Without the seconds, which no two runs share."""
    text, _ = run(*arguments, "--json")
    found: dict[str, Any] = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    for rows in (found["policies"], found["bounds"], found["ci95"], found.get("paired", {})):
        for row in rows.values():
            if row is not None:
                assert set(row) == ROW
                del row["seconds"]
    return found


def test_one_object_with_the_keys_of_the_contract_the_same_each_time() -> None:
    asked = ("--scenario", "rural", "--policy", "product,yap_like,random_wave2_4h", "--seeds", "3-5", "--set", "weeks=8", "load=1.5")
    found = summary(*asked)
    assert found["scenario"] == "rural" and found["seeds"] == [3, 4, 5] and found["set"] == {"weeks": 8, "load": 1.5}
    assert set(found["world"]) == {"referrals", "eligible_per_referral", "none_eligible_pct"}
    assert set(found["policies"]) == {"product", "yap_like", "random_wave2_4h"} and set(found["bounds"]) == {"clairvoyant", "hindsight"}
    assert set(found["ci95"]) == set(found["policies"]) | set(found["bounds"])
    assert set(found["paired"]) == {"yap_like", "random_wave2_4h", "clairvoyant", "hindsight"}
    difference = found["policies"]["product"]["fill"] - found["policies"]["yap_like"]["fill"]
    assert found["paired"]["yap_like"]["fill"]["difference"] == pytest.approx(difference)
    assert summary(*asked) == found


def test_settings_change_what_is_played_and_one_seed_has_no_interval() -> None:
    plain = summary("--scenario", "rural", "--seeds", "2", "--set", "weeks=8")
    asked = summary("--scenario", "rural", "--seeds", "2", "--set", "weeks=8", "--set", "asking.live_most=1", "asking.explore=0")
    assert set(plain["ci95"]["product"].values()) == {None} and "paired" in plain
    assert asked["policies"]["product"] != plain["policies"]["product"] and asked["bounds"] == plain["bounds"]


def test_without_json_a_table_for_people() -> None:
    text, _ = run("--scenario", "rural", "--policy", "broadcast", "--seeds", "0-1", "--set", "weeks=2")
    assert text.startswith("rural, seeds 0-1: ") and [line.split()[0] for line in text.splitlines()[2:]] == [
        "broadcast",
        "clairvoyant",
        "hindsight",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--scenario", "moon"),
        ("--scenario", "rural", "--policy", "product,"),
        ("--scenario", "rural", "--policy", "nearest_wave30_4h"),
        *[("--scenario", "rural", "--seeds", seeds) for seeds in ("3-2", "-1", "a", "0-1000", "1.5", "")],
        *[
            ("--scenario", "rural", "--set", pair)
            for pair in ("moon=1", "load=nan", "load=x", "load=", "options=4", "weeks=1.5", "asking.moon=1")
        ],
        *[
            ("--scenario", "rural", "--set", f"asking.{pair}")
            for pair in ("live_most=11", "rest_hours=-1", "explore=0.2", "bundle=0", "target=inf")
        ],
        ("--scenario", "rural", "--set", "asking.asking_from=21", "asking.asking_until=21"),
    ],
)
def test_what_cannot_be_played_is_refused_with_one_sentence(wrong: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.simulate_commands._play", lambda jobs: pytest.fail("a world was played"))
    with pytest.raises(Misconfigured) as refused:
        run(*wrong, "--json")
    assert refused.value.sentence.endswith(".") and "\n\n" not in refused.value.sentence


def test_a_refusal_leaves_nothing_on_stdout_and_exits_with_two() -> None:
    arguments = [sys.executable, "-m", "matcher", "simulate", "--scenario", "rural", "--seeds", "2-1", "--json"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "") and len(done.stderr.strip().splitlines()) == 1


def test_without_the_planner_its_bound_is_left_out_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.graph.python", None)
    text, told = run("--scenario", "rural", "--policy", "broadcast", "--seeds", "0", "--set", "weeks=2", "--json")
    assert json.loads(text)["bounds"]["hindsight"] is None and "planner" in told


def test_intervals_are_students() -> None:
    assert half_width([1.0, 3.0]) == pytest.approx(12.7062) and half_width([1.0]) is None and mean([None, 2.0]) == 2 and mean([]) is None
    assert [round(student(freedom), 3) for freedom in (40, 60, 99, 999)] == [2.021, 2.0, 1.984, 1.962]
