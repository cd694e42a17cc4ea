"""What the store needs of a database connection: the few methods it calls, so that no store file imports the driver."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

Row = Mapping[str, Any]


class Connection(Protocol):
    """One connection inside a transaction (or a reading), as asyncpg offers it."""

    async def execute(self, query: str, *args: Any) -> str: ...

    async def executemany(self, command: str, args: Iterable[Any]) -> None: ...

    async def fetch(self, query: str, *args: Any) -> list[Any]: ...

    async def fetchrow(self, query: str, *args: Any) -> Any: ...

    async def fetchval(self, query: str, *args: Any) -> Any: ...

    async def copy_records_to_table(self, table_name: str, *, records: Iterable[Any], columns: Sequence[str]) -> str: ...
