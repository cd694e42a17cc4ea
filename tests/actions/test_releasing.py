"""The operator's look at what is held, and letting it go: nothing changes by looking, nothing leaves that is too late, everything is audited."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import releasing
from matcher.domain.actor import OPERATOR
from tests.actions.mailing import THURSDAY, ask, worker_of
from tests.commands import run_command
from tests.stage import Stage

WAITS = "UPDATE {table} SET state = 'held', unanswered = 5, lease_id = NULL, leased_until = NULL WHERE id = $1"


async def one_of_each(stage: Stage, port: int) -> tuple[UUID, UUID]:
    """A letter and a timer that five workers began with in vain."""
    stage.worker = worker_of(stage, port)
    await ask(stage, "Tom")
    letter = await stage.one("SELECT id FROM letters WHERE kind = 'offer'")
    timer = await stage.one("SELECT id FROM timers WHERE kind = 'unmatched'")
    for table, held in (("letters", letter), ("timers", timer)):
        await stage.sql.execute(WAITS.format(table=table), held)
    return letter, timer


async def released(stage: Stage, *ids: UUID) -> list[Any]:
    return [one.id for one in await stage.db.act(releasing.release_held, stage.now, actor=OPERATOR, ids=ids)]


async def states(stage: Stage, letter: UUID, timer: UUID) -> tuple[str, str]:
    query = "SELECT state FROM {} WHERE id = $1"
    return await stage.one(query.format("letters"), letter), await stage.one(query.format("timers"), timer)


async def test_looking_names_what_is_held_and_changes_nothing(stage: Stage, free_port: int) -> None:
    letter, timer = await one_of_each(stage, free_port)
    seen = await run_command(stage.config, "release")
    assert seen.code == 0 and "Nothing was changed" in seen.err
    lines = [line.split("\t")[:3] for line in seen.out.splitlines()]
    assert sorted(lines) == [["letter", str(letter), "offer"], ["timer", str(timer), "unmatched"]]
    assert not any(name in seen.out + seen.err for name in ("Tom", "Noor", "@", "Mill Hall"))
    assert await states(stage, letter, timer) == ("held", "held")
    assert await stage.one("SELECT count(*) FROM audit WHERE action = 'release_held'") == 0
    await released(stage, letter, timer)


async def test_a_released_letter_leaves_and_a_released_timer_runs(stage: Stage, free_port: int) -> None:
    by_folder = stage.worker
    letter, timer = await one_of_each(stage, free_port)
    await stage.sql.execute("UPDATE timers SET due_at = $2 WHERE id = $1", timer, stage.now)
    assert sorted(await released(stage, letter, timer)) == sorted([letter, timer])
    stage.worker = by_folder
    await stage.worker.run_until_idle()
    assert await states(stage, letter, timer) == ("sent", "done")
    rows = await stage.sql.fetch(
        "SELECT actor_kind, thing_kind, thing_id, reason FROM audit WHERE action = 'release_held' ORDER BY thing_kind"
    )
    assert [tuple(row) for row in rows] == [("operator", "letters", letter, "offer"), ("operator", "timers", timer, "unmatched")]


async def test_a_letter_that_is_too_late_is_not_sent_and_somebody_is_rung(stage: Stage, free_port: int) -> None:
    await ask(stage, "Tom")
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=1)
    stage.worker = worker_of(stage, free_port)
    await stage.pass_time(minutes=15)
    plan = await stage.one("SELECT id FROM letters WHERE kind = 'volunteer_confirmation'")
    await stage.sql.execute(WAITS.format(table="letters"), plan)
    stage.now = THURSDAY + timedelta(minutes=1)
    await released(stage, plan)
    await stage.worker.run_until_idle()
    assert await stage.one("SELECT state FROM letters WHERE id = $1", plan) == "expired"
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'ring_them' AND state = 'open'") == 1


async def test_all_or_none_where_one_is_not_held(stage: Stage, free_port: int) -> None:
    letter, timer = await one_of_each(stage, free_port)
    stranger = uuid4()
    with pytest.raises(releasing.NotHeld, match=str(stranger)):
        await released(stage, letter, stranger)
    assert await states(stage, letter, timer) == ("held", "held")
    done = await run_command(stage.config, "release", "--all", str(letter))
    assert done.code == 2 and "not both" in done.err
    refused = await run_command(stage.config, "release", str(stranger))
    assert refused.code == 1 and "is not held" in refused.err and "Traceback" not in refused.err
    done = await run_command(stage.config, "release", "--all")
    assert done.code == 0 and "Released: 2." in done.err and len(done.out.splitlines()) == 2
    assert await states(stage, letter, timer) == ("waiting", "waiting")
    assert "Nothing is held." in (await run_command(stage.config, "release")).err
