"""Migrations: applied once by whoever is first, refused when history was edited, and what they make is what docs/schema.sql says."""

import asyncio
import csv
from pathlib import Path

import asyncpg
import pytest

from matcher.database import MIGRATIONS, check_history, migrate, read_migrations
from matcher.domain.errors import Misconfigured
from matcher.embedded import PROGRAM, EmbeddedServer
from scripts.dump_schema import PAGE, schema_of
from tests.conftest import TestDatabase


def test_the_schema_page_is_what_the_migrations_make(server: EmbeddedServer, template: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == schema_of(server, template), "run: python -m scripts.dump_schema"


async def test_four_processes_at_once_apply_each_file_once(empty_database: TestDatabase) -> None:
    applied = await asyncio.gather(*(migrate(empty_database.owner_dsn, program=PROGRAM) for _ in range(4)))
    assert sorted(name for names in applied for name in names) == list(read_migrations())


async def test_a_second_run_applies_nothing(database: TestDatabase) -> None:
    assert await migrate(database.owner_dsn, program=PROGRAM) == []


@pytest.mark.parametrize(
    ("done", "files", "words"),
    [
        ({"0001_a.sql": "x"}, {"0001_a.sql": "other"}, "edited"),
        ({"0001_a.sql": "x"}, {"0002_b.sql": "other"}, "gone"),
        ({"0009_z.sql": "x"}, {"0002_b.sql": "other"}, "upgrade the program"),
    ],
)
def test_a_history_that_the_files_do_not_tell_is_refused(done: dict[str, str], files: dict[str, str], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        check_history(done, files)


async def test_a_failing_file_leaves_nothing_behind(empty_database: TestDatabase, tmp_path: Path) -> None:
    (tmp_path / "0001_fine.sql").write_text("CREATE TABLE fine (id integer);")
    (tmp_path / "0002_broken.sql").write_text("CREATE TABLE half (id integer); SELECT nothing_like_it();")
    with pytest.raises(asyncpg.UndefinedFunctionError):
        await migrate(empty_database.owner_dsn, directory=tmp_path)
    c = await asyncpg.connect(empty_database.owner_dsn)
    tables = {row["tablename"] for row in await c.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    await c.close()
    assert tables == {"migrations", "fine"}


async def test_the_programs_role_cannot_change_history(database: TestDatabase) -> None:
    c = await asyncpg.connect(database.program_dsn)
    for table, column in (("audit", "action"), ("consents", "method"), ("meeting_history", "field")):
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await c.execute(statement)
    await c.close()


async def test_not_even_the_owner_can_change_audit_or_consents(database: TestDatabase) -> None:
    c = await asyncpg.connect(database.owner_dsn)
    for table in ("audit", "consents"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await c.execute(f"DELETE FROM {table}")
    await c.close()


def test_no_migration_reads_the_clock_or_needs_an_extension() -> None:
    for name, text in read_migrations(MIGRATIONS).items():
        assert "now()" not in text.lower() and "current_timestamp" not in text.lower(), name
        assert "create extension" not in text.lower() and "listen " not in text.lower(), name


async def test_volunteers_answers_lead_nowhere_near_attendance(database: TestDatabase) -> None:
    """VO-10: the schema has no place where a volunteer could say whether somebody came."""
    c = await asyncpg.connect(database.owner_dsn)
    columns = {
        row["column_name"] for row in await c.fetch("SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'")
    }
    await c.close()
    assert not {name for name in columns if "attend" in name} - {"attendable"}


async def test_nothing_is_held_that_must_not_be(database: TestDatabase) -> None:
    """NC-02: no surname, birth date, address, number or substance of a newcomer has a column."""
    c = await asyncpg.connect(database.owner_dsn)
    rows = await c.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name IN ('referrals', 'drafts', 'volunteers', 'staff')"
    )
    await c.close()
    forbidden = {"surname", "last_name", "birth", "dob", "address", "postcode", "nhs_number", "substance", "diagnosis", "sex", "gender"}
    assert not {row["column_name"] for row in rows} & forbidden


async def test_every_column_has_a_class_a_basis_and_a_time(database: TestDatabase) -> None:
    """IG-08: a column that nobody has thought about fails the build; so does a row for one that is gone."""
    with (PAGE.parent / "columns.csv").open(encoding="utf-8", newline="") as sheet:
        rows = list(csv.DictReader(sheet))
    assert all(row["class"] and row["basis"] and row["kept"] for row in rows)
    c = await asyncpg.connect(database.owner_dsn)
    live = await c.fetch("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
    await c.close()
    assert {(row["table"], row["column"]) for row in rows} == {(row["table_name"], row["column_name"]) for row in live}
