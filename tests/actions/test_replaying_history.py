"""What if, on a database's own history: the same policy finds what history found; nothing is written, nobody is named; bad arguments are refused."""

import json
from datetime import date
from pathlib import Path

import pytest

from matcher.actions.replaying_history import Changed, NoSuchDays, NothingToReplay, replay_history
from matcher.domain.errors import Misconfigured
from matcher.replay_commands import read_changes
from tests.commands import run_command
from tests.conftest import TestDatabase
from tests.link_stage import hash_of_all_tables
from tests.stage import Stage, set_stage

FROM, TO = date(2026, 11, 1), date(2026, 11, 30)
WAVE = "round_robin_wave3_4h"


async def played(stage: Stage, *policies: str, **changed: object) -> dict:
    async with stage.db.reading() as c:
        return await replay_history(c, FROM, TO, policies or (WAVE,), changed=Changed(**changed), steps=lambda total: lambda: None)


async def test_history_replayed_by_its_own_policy_comes_to_the_same_and_writes_nothing(database: TestDatabase, tmp_path: Path) -> None:
    async with set_stage(database, tmp_path) as stage:
        with pytest.raises(NothingToReplay):
            await played(stage)
        for name in ("Tom", "Ahmed", "Bill"):
            await stage.world.volunteer(name)
        await stage.begin(await stage.world.referral())
        first, second, third = await stage.offers("sent")
        await stage.pass_time(hours=1)
        await stage.no(first)
        await stage.pass_time(hours=1)
        await stage.yes(second)
        before = await hash_of_all_tables(stage.sql)
        told = await played(stage)
        assert await hash_of_all_tables(stage.sql) == before
        assert told["referrals"] == 1 and told["volunteers"] == 3 and told["eligible_per_referral"] == 3
        history, again = told["history"], told["policies"][WAVE]
        assert history["fill"] == again["fill"] == 1.0 and history["t50_h"] == again["t50_h"] == 2.0
        assert history["emails_per_fill"] == again["emails_per_fill"] == 3.0
        # The third was taken back before an answer: what they would have said is not known, and is drawn.
        assert again["drawn_share"] == pytest.approx(1 / 3, abs=1e-3) and third["state"] == "sent"
        text = json.dumps(told)
        assert not [word for word in ("Tom", "Ahmed", "Bill", "Noor", str(first["volunteer_id"]), "Harbour", "Millbrook") if word in text]
        with pytest.raises(NoSuchDays):
            async with stage.db.reading() as c:
                await replay_history(c, TO, FROM, [WAVE], changed=Changed(), steps=lambda total: lambda: None)


async def test_a_wider_reach_and_anybodys_company_bring_those_who_were_left_out(database: TestDatabase, tmp_path: Path) -> None:
    async with set_stage(database, tmp_path) as stage:
        await stage.begin(await stage.world.referral(comfort="woman"))
        far = await stage.world.volunteer("Tom", radius_km=10)
        await stage.sql.execute("UPDATE volunteer_reach SET latitude = latitude + 0.12 WHERE volunteer_id = $1", far)  # 13 km away
        assert (await played(stage))["eligible_per_referral"] == 0
        assert (await played(stage, radius=2.0))["eligible_per_referral"] == 0
        assert (await played(stage, any_comfort=True))["eligible_per_referral"] == 0
        both = await played(stage, WAVE, "round_robin_wave3_12h", radius=2.0, any_comfort=True)
        assert both["eligible_per_referral"] == 1 and set(both["policies"]) == {WAVE, "round_robin_wave3_12h"}
        assert both["history"]["fill"] == 0.0 and both["history"]["t50_h"] is None


async def test_the_command_prints_one_object_and_refuses_with_one_sentence(database: TestDatabase, tmp_path: Path) -> None:
    async with set_stage(database, tmp_path) as stage:
        await stage.world.volunteer("Tom")
        await stage.begin(await stage.world.referral())
        days = ("--from", "2026-11-01", "--to", "2026-11-30")
        ran = await run_command(stage.config, "replay", *days, "--policy", WAVE, "--set", "radius=1.5", "--json")
        assert ran.code == 0 and ran.err == "" and json.loads(ran.out)["set"] == {"radius": 1.5, "comfort": "own", "seed": 0}
        table = await run_command(stage.config, "replay", *days, "--policy", f"{WAVE},round_robin_wave3_12h")
        assert table.code == 0 and table.out.count("round_robin") == 2 and "history" in table.out
        refused = await run_command(stage.config, "replay", *days, "--policy", "everybody", "--json")
        assert refused.code == 2 and refused.out == "" and WAVE in refused.err and refused.err.count("\n") == 1
        wrong_day = await run_command(stage.config, "replay", "--from", "soon", "--to", "2026-11-30", "--policy", WAVE)
        assert wrong_day.code == 2 and "no day" in wrong_day.err and wrong_day.out == ""


@pytest.mark.parametrize(
    "pair", ["radius=nan", "radius=0", "radius=11", "radius=", "comfort=women", "seed=-1", "seed=x", "policy=p", "radius"]
)
def test_what_cannot_be_set_is_refused(pair: str) -> None:
    with pytest.raises(Misconfigured):
        read_changes([pair])
    assert read_changes(["radius=2", "comfort=any", "seed=7"]) == Changed(radius=2.0, any_comfort=True, seed=7)
