"""The goals M1 to M8 that played scenarios can tell, with what was reached."""

from typing import Any

NEAREST, WAVE_12, WAVE_4 = "nearest_sequential_24h", "round_robin_wave3_12h", "round_robin_wave3_4h"
ROUND_12, ROUND_24 = "round_robin_sequential_12h", "round_robin_sequential_24h"
POLICIES = ("product", NEAREST, ROUND_12, ROUND_24, WAVE_12, WAVE_4, "broadcast")
SIMPLE = POLICIES[1:]


def goal_rows(found: dict[str, dict[str, Any]]) -> list[tuple[str, str, float, bool]]:
    """Goals M1 to M8 that the scenarios played can tell: goal, where, figure, whether it is met."""

    def of(scenario: str, name: str, metric: str) -> float:
        summary = found[scenario]
        return float((summary["policies"] | summary["bounds"])[name][metric] or 0.0)

    def ours(scenario: str, metric: str) -> float:
        return of(scenario, "product", metric)

    rows: list[tuple[str, str, float, bool]] = []

    def goal(text: str, scenario: str, figure: float, *, least: float | None = None, most: float | None = None) -> None:
        rows.append((text, scenario, figure, (least is None or figure >= least) and (most is None or figure <= most)))

    for one in ("county", "city", "options3"):
        goal("M1 fill ≥ .92 × clairvoyant", one, ours(one, "fill") / of(one, "clairvoyant", "fill"), least=0.92)
        goal("M4 d24 ≥ 3 × nearest one by one", one, ours(one, "d24") / of(one, NEAREST, "d24"), least=3)
        goal("M4 d24 ≥ .85 × clairvoyant", one, ours(one, "d24") / of(one, "clairvoyant", "d24"), least=0.85)
    best = max(of("overload", name, "fill") for name in SIMPLE)
    goal("M2 fill ≥ 1.25 × best simple policy", "overload", ours("overload", "fill") / best, least=1.25)
    goal("M2 fill ≥ .75 × clairvoyant", "overload", ours("overload", "fill") / of("overload", "clairvoyant", "fill"), least=0.75)
    for one, least in (("options3", 1.9), ("standing10", 2.0)):
        goal(f"M3 fill ≥ {least} × county's nearest", one, ours(one, "fill") / of("county", NEAREST, "fill"), least=least)
    for one in ("county", "options3"):
        goal("M5 t50 ≤ ⅛ of nearest", one, ours(one, "t50_h") / of(one, NEAREST, "t50_h"), most=1 / 8)
        goal("M5 t90 ≤ ⅓ of nearest", one, ours(one, "t90_h") / of(one, NEAREST, "t90_h"), most=1 / 3)
    for one in ("county", "city", "options3", "overload"):
        shown = ours(one, "disclosures_per_fill") / of(one, "broadcast", "disclosures_per_fill")
        goal("M6 disclosures per fill ≤ .5 × broadcast", one, shown, most=0.5)
        goal("M6 fill ≥ 1.1 × broadcast", one, ours(one, "fill") / of(one, "broadcast", "fill"), least=1.1)
        goal("M7 lost ≤ ⅛ of broadcast", one, ours(one, "lost_pct") / of(one, "broadcast", "lost_pct"), most=1 / 8)
        goal("M7 Gini of asks less round robin's ≤ .03", one, ours(one, "gini_asks") - of(one, ROUND_24, "gini_asks"), most=0.03)
    for one in found:
        for wave in (WAVE_12, WAVE_4):
            goal(f"M8 fill ≥ .99 × {wave}", one, ours(one, "fill") / of(one, wave, "fill"), least=0.99)
            goal(f"M8 d24 ≥ .99 × {wave}", one, ours(one, "d24") / of(one, wave, "d24"), least=0.99)
            letters = ours(one, "emails_per_fill") / of(one, wave, "emails_per_fill")
            goal(f"M8 letters per fill ≤ 1.01 × {wave}", one, letters, most=1.01)
    return rows


def goal_table(found: dict[str, dict[str, Any]]) -> str:
    """The goals as a table."""
    lines = ["## Goals", "", "| Goal | Where | Reached | Met |", "|---|---|---|---|"]
    lines += [f"| {text} | {where} | {figure:.3f} | {'yes' if met else '**no**'} |" for text, where, figure, met in goal_rows(found)]
    return "\n".join(lines)
