"""What tests of the pages at the end of links may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import TestDatabase
from tests.link_stage import Links, open_links


@pytest.fixture
async def links(database: TestDatabase, tmp_path: Path, free_port: int) -> AsyncIterator[Links]:
    """The made-up world with its site in front; every test ends with `alongside check` finding nothing."""
    folder = tmp_path / "letters"
    folder.mkdir()
    async with open_links(database, folder, free_port) as opened:
        yield opened
