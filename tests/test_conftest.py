"""The rules of a test run itself: nothing is skipped in silence, long runs are left out and counted, every test gets its own database."""

import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg

from tests.conftest import TestDatabase, open_connections

ROOT = Path(__file__).parent.parent


def run(folder: Path, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest with our conftest over one small file."""
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_small.py").write_text(f"import pytest\n\n{test}\n")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", folder, folder, *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_skip_without_leave_fails_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, '@pytest.mark.skip(reason="later")\ndef test_later(): assert True\n\ndef test_now(): assert True')
    assert done.returncode == 1
    assert "skipped without leave" in done.stdout and "test_later" in done.stdout


def test_an_expected_failure_fails_the_run(tmp_path: Path) -> None:
    assert run(tmp_path, "@pytest.mark.xfail\ndef test_wrong(): assert False").returncode == 1
    assert run(tmp_path, "@pytest.mark.xfail\ndef test_right(): assert True").returncode == 1


def test_a_whole_file_that_skips_itself_fails_the_run(tmp_path: Path) -> None:
    assert run(tmp_path, 'pytest.skip("later", allow_module_level=True)').returncode == 1


def test_a_run_that_skips_nothing_passes_and_leaves_long_tests_out_by_count(tmp_path: Path) -> None:
    test = "@pytest.mark.long\ndef test_long(): assert True\n\ndef test_short(): assert True"
    short = run(tmp_path, test)
    assert short.returncode == 0 and "1 passed, 1 deselected" in short.stdout
    assert "2 passed" in run(tmp_path, test, "--long").stdout


def test_a_run_in_two_processes_keeps_the_same_rules(tmp_path: Path) -> None:
    test = '@pytest.mark.skip(reason="later")\ndef test_later(): assert True\n\n@pytest.mark.long\ndef test_long(): assert True'
    done = run(tmp_path, test, "-n", "2")
    assert done.returncode == 1 and "skipped without leave" in done.stdout and "1 skipped, 1 deselected" in done.stdout
    assert run(tmp_path, 'pytest.skip("later", allow_module_level=True)', "-n", "2").returncode == 1
    done = run(tmp_path, "def test_now(): assert True", "-n", "2")
    assert done.returncode == 0 and "1 passed in" in done.stdout


async def test_a_test_has_a_migrated_database_of_its_own_and_less_rights_than_the_owner(
    connection: asyncpg.Connection, owner_connection: asyncpg.Connection
) -> None:
    assert await connection.fetchval("SELECT current_user") == "alongside"
    assert await owner_connection.fetchval("SELECT current_user") == "alongside_owner"
    assert await connection.fetchval("SELECT count(*) FROM migrations") > 0
    assert not await connection.fetchval("SELECT has_table_privilege('audit', 'DELETE')")
    assert await owner_connection.fetchval("SELECT current_database()") == await connection.fetchval("SELECT current_database()")


async def test_a_connection_that_nobody_closed_is_seen(database: TestDatabase) -> None:
    opened = await asyncpg.connect(database.program_dsn)
    assert opened in open_connections()
    await opened.close()
    assert opened not in open_connections()
