"""A fault in choosing whom to ask stops nobody's search: the plain wave asks, the log says where, and the decision says that it was not the usual one."""

import json

from structlog.testing import capture_logs

from matcher.logs import KEYS
from matcher.matching.policies import FALLBACK
from tests.stage import Stage

NAMES = ("Tom", "Wendy", "Ann", "Bob", "Cy", "Dee", "Eli", "Fay", "Gil", "Hal")


async def asked_by_weighing(stage: Stage) -> None:
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    for name in NAMES:
        await stage.world.volunteer(name)
    await stage.begin(await stage.world.referral())


async def spoil(stage: Stage) -> None:
    """What was hoped of each ask, as a program of another version might have kept it."""
    await stage.sql.execute("UPDATE offer_reasons SET why = jsonb_set(why, '{hopes}', '[[0.2, 0.5]]')")


async def test_the_plain_wave_asks_where_the_weighing_policy_raises(stage: Stage) -> None:
    await asked_by_weighing(stage)
    first = await stage.offers("sent")
    await spoil(stage)
    with capture_logs() as lines:
        await stage.no(first[0])
        await stage.pass_time(minutes=1)
    later = [offer for offer in await stage.offers() if offer["created_at"] > first[0]["created_at"]]
    assert later and {offer["wave"] for offer in later} == {1}
    kept = await stage.sql.fetchrow("SELECT policy, asked, fell_back FROM ask_decisions ORDER BY decided_at DESC LIMIT 1")
    assert dict(kept) == {"policy": FALLBACK, "asked": len(later), "fell_back": True}
    why = json.loads(await stage.one("SELECT why FROM offer_reasons WHERE offer_id = $1", later[0]["id"]))
    assert why["policy"] == FALLBACK
    [told] = [line for line in lines if line["event"] == "decision_failed"]
    assert told["error"].startswith("ValueError asking_figures.py:") and told["kind"] == "product"
    assert set(told) <= KEYS | {"log_level"} and not any(name in str(told) for name in NAMES)


async def test_a_fault_is_of_one_decision_and_the_next_is_weighed_again(stage: Stage) -> None:
    await asked_by_weighing(stage)
    first = await stage.offers("sent")
    await spoil(stage)
    await stage.no(first[0])
    await stage.pass_time(minutes=1)
    await stage.sql.execute("UPDATE offer_reasons SET why = why - 'hopes'")
    await stage.no((await stage.offers("sent"))[-1])
    await stage.pass_time(minutes=1)
    rows = await stage.sql.fetch("SELECT policy, fell_back FROM ask_decisions ORDER BY decided_at")
    assert [row["fell_back"] for row in rows][-1] is False and rows[-1]["policy"] == "product"
    assert sum(row["fell_back"] for row in rows) == 1
