"""Letters into a folder, for trying the product without a mail server. Truly once: a file's name is its letter's Message-ID."""

import asyncio
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from matcher.domain.delivery import Outcome, Sent, TransportIll, Verb

_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*(?:\r\n[ \t]+)?<([a-z0-9.@-]{3,250})>\r\n", re.M | re.I)


class FileTransport:
    """Writes each letter to `DIR/<Message-ID>.eml`: flushed to disk under another name first, then linked, so that no half file is seen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, raw: bytes, *, envelope_from: str, envelope_to: str) -> Outcome:
        """Sent also where the file was there already: then this letter had left before."""
        return await asyncio.to_thread(self._write, raw)

    def begin_no_more(self) -> None:
        """A file is written at once: there is nothing to wait for."""

    async def close(self) -> None:
        """Nothing is held open."""

    def _write(self, raw: bytes) -> Outcome:
        found = _MESSAGE_ID.search(raw.partition(b"\r\n\r\n")[0] + b"\r\n")
        if found is None or b".." in found.group(1):
            return TransportIll(Verb.DATA.value)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._put(raw, self._folder / f"{found.group(1).decode()}.eml")
        except OSError:
            return TransportIll(Verb.CONNECT.value)
        return Sent("250")

    def _put(self, raw: bytes, wanted: Path) -> None:
        number, name = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(name, wanted)
        finally:
            Path(name).unlink()
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
