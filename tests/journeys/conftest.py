"""What the stories may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import TestDatabase
from tests.journeys.story import Story, tell


@pytest.fixture
async def story(database: TestDatabase, folder: Path, free_port: int) -> AsyncIterator[Story]:
    """A new story; it ends with every promise kept and every letter accounted for."""
    async with tell(database, folder, free_port) as told:
        yield told
