"""The stage on which actions are tried."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import TestDatabase
from tests.stage import Stage, set_stage


@pytest.fixture
async def stage(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Stage]:
    """A made-up world with a worker; every test on it ends with `alongside check` finding nothing."""
    folder = tmp_path / "letters"
    folder.mkdir()
    async with set_stage(database, folder) as made:
        yield made
