"""The journey by chance: hundreds of events on the shipped actions, every promise asked after each; and planted mistakes that the same walk finds."""

import pytest

from tests.actions.chance import Walk
from tests.stage import Stage


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_event_breaks_a_promise(stage: Stage, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    walk = Walk(stage, seed)
    await walk.set_out(monkeypatch)
    await walk.go(110)
    assert len(walk.events) == 110 and walk.refused < 40
    print(walk.done)
