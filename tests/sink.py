"""A durable mail sink for tests that kill things: `python -m tests.sink --port N --file F [--links]`.

Each letter becomes one line of JSON in F (message_id, sha256, bytes, from, to; with --links also the addresses of ours in its text), and is on disk
before the sender reads 250. Lines of letters that arrive together are flushed together.
"""

import argparse
import asyncio
import hashlib
import json
import os
import quopri
import re
from pathlib import Path
from typing import Any

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]*>)", re.M | re.I)
_ADDRESS = re.compile(rb"<([^>]*)>")
_LINK = re.compile(rb"https?://[^/\s\"<>]+/[a-z-]+/[A-Za-z0-9_-]{43}")


class Ledger:
    """The file of letters taken. One flush serves all who wait for it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def write(self, row: dict[str, Any]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((json.dumps(row).encode() + b"\n", done))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._put, b"".join(line for line, _ in batch))
            for _, done in batch:
                if not done.cancelled():
                    done.set_result(None)

    def _put(self, lines: bytes) -> None:
        os.write(self._file, lines)
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


class Sink:
    """A small SMTP server that takes everything. `letters` counts what it has answered 250 to."""

    def __init__(self, path: Path, *, links: bool = False) -> None:
        self._ledger = Ledger(path)
        self._links = links
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.letters = 0

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1; the port that was taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=1 << 20)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._ledger.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", list[str]()
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n")
            elif verb == b"MAIL":
                sender, recipients = _address(line), []
                writer.write(b"250 2.1.0 ok\r\n")
            elif verb == b"RCPT":
                recipients.append(_address(line))
                writer.write(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await self._take(await reader.readuntil(b"\r\n.\r\n"), sender, recipients)
                writer.write(b"250 2.0.0 kept\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            else:
                writer.write(b"250 2.0.0 ok\r\n")

    async def _take(self, sent: bytes, sender: str, recipients: list[str]) -> None:
        raw = re.sub(rb"(?m)^\.", b"", sent[:-3])
        found = _MESSAGE_ID.search(raw)
        row: dict[str, Any] = {
            "message_id": found.group(1).decode() if found else None,
            "sha256": hashlib.sha256(raw).hexdigest(),
            "bytes": len(raw),
            "from": sender,
            "to": recipients,
        }
        if self._links:
            row["links"] = sorted({link.decode() for link in _LINK.findall(quopri.decodestring(raw))})
        await self._ledger.write(row)
        self.letters += 1


def _address(line: bytes) -> str:
    found = _ADDRESS.search(line)
    return found.group(1).decode() if found else ""


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """Every letter the sink has on disk. A last line cut short by a kill was never answered and is left out."""
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


async def _main(port: int, path: Path, links: bool) -> None:
    sink = Sink(path, links=links)
    print(f"ready {await sink.start(port)}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--links", action="store_true")
    wanted = parser.parse_args()
    asyncio.run(_main(wanted.port, wanted.file, wanted.links))
