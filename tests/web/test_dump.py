"""A dump of the database holds no link that works: of every token in every letter only a hash is kept."""

from typing import Any

import pytest

from tests.link_stage import Links

FEWEST = 8
"""So many links at least are in the letters of one meeting that was arranged."""


async def dump_of(sql: Any) -> str:
    """Every row of every table as text."""
    tables = [row["tablename"] for row in await sql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join([row["line"] for table in tables for row in await sql.fetch(f'SELECT t::text AS line FROM "{table}" t')])


def held_in(dump: str, tokens: set[str]) -> set[str]:
    """Which tokens stand there: in the clear, or as the bytes of their letters."""
    return {token for token in tokens if token in dump or token.encode().hex() in dump}


@pytest.fixture
async def tokens(links: Links) -> set[str]:
    """The tokens of everything that was written about one meeting: invitations, what was recorded, the plan to both."""
    await links.ask()
    await links.accept("tom")
    await links.stage.pass_time(minutes=20)
    return {link.rpartition("/")[2] for link in links.all_links()}


async def test_no_token_of_a_letter_stands_in_the_database(links: Links, tokens: set[str]) -> None:
    assert len(tokens) >= FEWEST
    assert held_in(await dump_of(links.stage.sql), tokens) == set()


@pytest.mark.parametrize("kept_as", ["text", "bytea"])
async def test_a_token_that_were_kept_is_found(links: Links, tokens: set[str], kept_as: str) -> None:
    one = min(tokens)
    await links.stage.sql.execute(f"CREATE TABLE planted (token {kept_as})")
    await links.stage.sql.execute("INSERT INTO planted VALUES ($1)", one if kept_as == "text" else one.encode())
    assert held_in(await dump_of(links.stage.sql), tokens) == {one}
