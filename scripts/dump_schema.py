"""Writes docs/schema.sql from a freshly migrated database: `python -m scripts.dump_schema`. A test compares the page with the migrations."""

import asyncio
import re
import subprocess
import tempfile
from pathlib import Path

from matcher.database import migrate
from matcher.embedded import PROGRAM, EmbeddedServer, start_embedded

PAGE = Path(__file__).parent.parent / "docs" / "schema.sql"
HEAD = "-- The schema as the migrations make it. Written by `python -m scripts.dump_schema`; edit nothing here.\n\n"
NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict.*|GRANT .*|REVOKE .*)\n", re.M)


def schema_of(server: EmbeddedServer, database: str) -> str:
    """The statements that make this database's tables, without versions, owners and rights."""
    dump = subprocess.run(
        [str(server.binaries.path("pg_dump")), "--schema-only", "--no-owner", "--no-privileges", "--dbname", server.owner_dsn(database)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return HEAD + re.sub(r"\n{3,}", "\n\n", NOISE.sub("", dump)).strip() + "\n"


def main() -> None:
    """Migrate a database of its own and write the page."""
    with tempfile.TemporaryDirectory(prefix="alongside-schema-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with start_embedded(folder) as server:
            server.create_database("schema")
            asyncio.run(migrate(server.owner_dsn("schema"), program=PROGRAM))
            PAGE.write_text(schema_of(server, "schema"), encoding="utf-8")


if __name__ == "__main__":
    main()
