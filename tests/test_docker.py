"""The image and the compose file: they cannot be built here, so what they promise is read, and the commands they run are run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from matcher.embedded import SETTINGS, EmbeddedServer

ROOT = Path(__file__).parent.parent
IMAGE = (ROOT / "docker" / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker" / "compose.yaml").read_text()


def block(name: str, text: str = COMPOSE, indent: str = "") -> str:
    """The lines below `name:`, indented deeper than it is."""
    found = re.search(rf"^{indent}{re.escape(name)}:.*\n(?:{indent} +.*\n|\n)*", text, re.M)
    assert found, f"there is no {name}"
    return found.group(0)


def part(name: str) -> str:
    return block(name, block("services"), "  ")


def words(listed: str) -> list[str]:
    """[serve, --port, "8080"] → its words."""
    return [word.strip().strip('"') for word in listed.strip("[] ").split(",")]


def commands() -> list[list[str]]:
    """What each container of ours starts, as arguments of `python -m matcher`."""
    image = json.loads(re.findall(r"^CMD (\[.*\])$", IMAGE, re.M)[0])
    return [image, *(words(re.findall(r"command: (\[.*\])", part(name))[0]) for name in ("web", "worker", "migrate"))]


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    assert "--require-hashes --only-binary :all: -r requirements.lock" in IMAGE
    assert "requirements-dev" not in IMAGE
    assert re.findall(r"^FROM (\S+)", IMAGE, re.M) == ["python:3.13-slim-bookworm"]
    assert re.findall(r"^USER (\S+)", IMAGE, re.M) == ["10001:10001"]
    assert json.loads(re.findall(r"^ENTRYPOINT (\[.*\])$", IMAGE, re.M)[0]) == ["python", "-m", "matcher"]


def test_the_image_gets_only_the_product() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word.rstrip("/") for line in re.findall(r"^COPY (.+) \S+$", IMAGE, re.M) for word in line.split()}
    assert allowed == copied == {"requirements.lock", "migrations", "matcher", "web"}
    assert "*" in (ROOT / ".dockerignore").read_text().splitlines()


def test_there_are_two_of_each_and_they_wait_for_the_migration() -> None:
    assert set(re.findall(r"^  (\w+):", block("services"), re.M)) == {"web", "worker", "migrate", "postgres"}
    assert all("replicas: 2" in part(name) for name in ("web", "worker"))
    assert "service_completed_successfully" in block("x-program") and "service_healthy" in part("migrate")


def test_containers_are_closed_and_secrets_come_by_file() -> None:
    hardened = block("x-hardened")
    assert all(word in hardened for word in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "tmpfs: [/tmp]"))
    settings = re.findall(r"^ +([A-Z_]+): (.+)$", COMPOSE, re.M)
    secret = [(name, value) for name, value in settings if re.search(r"URL|KEY|PASSWORD", name) and name != "BASE_URL"]
    assert secret and all(name.endswith("_FILE") and value.startswith("/run/secrets/") for name, value in secret)
    declared = set(re.findall(r"^  (\w+): \{ file: \./secrets/\1 \}$", COMPOSE, re.M))
    used = {name for listed in re.findall(r"secrets: (\[.*\])", COMPOSE) for name in words(listed)}
    assert used == declared
    assert "docker/secrets/" in (ROOT / ".gitignore").read_text()


def test_only_the_migration_holds_the_owners_password() -> None:
    assert "migrate_database_url" not in block("x-program") + part("web") + part("worker")
    assert "migrate_database_url" in part("migrate")


def test_nothing_is_open_to_the_network_but_web_on_loopback() -> None:
    assert re.findall(r"ports: (.+)", COMPOSE) == ['["127.0.0.1:8080-8081:8080"]']


def test_postgres_keeps_quiet_about_values_as_the_embedded_one_does() -> None:
    said = dict(re.findall(r"-c(\w+)=(\S+)", part("postgres")))
    quiet = {name: value for name, value in SETTINGS.items() if name.startswith("log_") and name != "log_checkpoints"}
    assert said == quiet | {"timezone": "UTC"}
    assert "--data-checksums" in part("postgres")


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_command_line_knows_each_command_and_option_a_container_runs(command: list[str]) -> None:
    env = os.environ | {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
    said = subprocess.run(
        [sys.executable, "-m", "matcher", command[0], "--help"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert [option for option in command if option.startswith("--") and option not in said.stdout] == []


async def test_the_roles_are_made_once_and_are_no_superusers(server: EmbeddedServer, tmp_path: Path) -> None:
    for name in ("owner_password", "program_password"):
        (tmp_path / name).write_text("it's a 'secret'\n")
    env = {
        "PATH": f"{server.binaries.folder}:{os.environ['PATH']}",
        "PGHOST": str(server.socket_folder),
        "SECRETS": str(tmp_path),
    }
    try:
        for _ in range(2):
            done = subprocess.run(["sh", ROOT / "docker" / "roles.sh"], env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        connection = await asyncpg.connect(server.program_dsn("alongside"))
        owner = await connection.fetchval("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'alongside'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE mine (word text)")
        await connection.close()
        assert owner == "alongside_owner"
    finally:
        server.drop_database("alongside")
