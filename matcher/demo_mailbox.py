"""The demo's mailbox: every letter that its mail server took, kept in one file of the demo's folder. Taking them in is in demo_smtp.py."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

_LINK = re.compile(r"https?://[^\s<>\"')\]]+")
_LINK_END = ".,;:!?"


@dataclass(frozen=True, slots=True)
class MailboxLine:
    """One letter in the list. `number` counts from 1 in order of arrival; `at` is when it came, by the demo's clock."""

    number: int
    at: datetime
    to: str
    subject: str
    place: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a letter that is neither of its two bodies."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class OpenLetter:
    """A letter as its receiver's program would show it. `links` are those of the text, in order, each once."""

    line: MailboxLine
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    raw: bytes


class Mailbox:
    """Letters by number. What is held in memory is the list; a letter itself is read from the file when somebody looks at it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        _drop_cut_line(path)
        self._lines: list[MailboxLine] = list(_read_lines(path))

    def __len__(self) -> int:
        return len(self._lines)

    def take(self, raw: bytes, *, to: str, at: datetime) -> MailboxLine:
        """Keep a letter. It is in the file before this returns."""
        return self.take_all([(raw, to, at)])[0]

    def take_all(self, letters: list[tuple[bytes, str, datetime]]) -> list[MailboxLine]:
        """Keep several letters, in this order, with one write."""
        fresh: list[MailboxLine] = []
        written: list[bytes] = []
        place = self._path.stat().st_size if self._path.exists() else 0
        for raw, to, at in letters:
            line = MailboxLine(len(self._lines) + len(fresh) + 1, at, to, subject_of(raw), place)
            told = {"at": at.isoformat(), "to": to, "subject": line.subject, "raw": raw.decode("latin-1")}
            row = json.dumps(told).encode() + b"\n"
            fresh.append(line)
            written.append(row)
            place += len(row)
        with self._path.open("ab") as file:
            file.write(b"".join(written))
        self._lines += fresh
        return fresh

    def newest(self, *, to: str = "", most: int | None = None) -> list[MailboxLine]:
        """The list, newest first; only letters to this address where one is given."""
        wanted = [line for line in reversed(self._lines) if not to or line.to.casefold() == to.strip().casefold()]
        return wanted[:most]

    def open(self, number: int) -> OpenLetter | None:
        """One letter; None where there is none of that number."""
        if not 1 <= number <= len(self._lines):
            return None
        line = self._lines[number - 1]
        with self._path.open("rb") as file:
            file.seek(line.place)
            raw = json.loads(file.readline())["raw"].encode("latin-1")
        return _opened(line, raw)


def subject_of(raw: bytes) -> str:
    """The subject of a letter's bytes."""
    return str(message_from_bytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=policy.default)["Subject"] or "")


def links_in(text: str, html: str) -> tuple[str, ...]:
    """The addresses a reader could follow, each once, in the order in which they stand."""
    found = [link.rstrip(_LINK_END) for link in _LINK.findall(text)]
    found += [unescape(link) for link in re.findall(r'href="(https?://[^"]+)"', html)]
    return tuple(dict.fromkeys(found))


def as_json(letter: OpenLetter, here: Callable[[str], str]) -> dict[str, Any]:
    """A letter as `/demo/mailbox.json` lists it. `here` makes the addresses in it work in the browser that asks."""
    return {
        "number": letter.line.number,
        "at": letter.line.at.isoformat(),
        "to": letter.line.to,
        "subject": letter.line.subject,
        "text": here(letter.text),
        "html": here(letter.html),
        "links": [here(link) for link in letter.links],
        "headers": dict(letter.headers),
        "attachments": [{"name": one.name, "kind": one.kind, "bytes": len(one.content)} for one in letter.attachments],
    }


def _opened(line: MailboxLine, raw: bytes) -> OpenLetter:
    message = message_from_bytes(raw, policy=policy.default)
    if not isinstance(message, EmailMessage):
        raise TypeError("the modern policy makes modern messages")
    text, html = _body(message, "plain"), _body(message, "html")
    return OpenLetter(
        line=line,
        text=text,
        html=html,
        headers=tuple((name, str(value)) for name, value in message.items()),
        links=links_in(text, html),
        attachments=tuple(
            Attachment(part.get_filename() or "", part.get_content_type(), bytes(part.get_payload(decode=True) or b""))
            for part in message.iter_attachments()
        ),
        raw=raw,
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _drop_cut_line(path: Path) -> None:
    """Drop a last line cut short by a power cut: nobody was told that it had been taken."""
    kept = path.read_bytes() if path.exists() else b""
    if kept and not kept.endswith(b"\n"):
        path.write_bytes(kept[: kept.rfind(b"\n") + 1])


def _read_lines(path: Path) -> Iterator[MailboxLine]:
    if not path.exists():
        return
    place = 0
    with path.open("rb") as file:
        for number, row in enumerate(file, start=1):
            told = json.loads(row)
            yield MailboxLine(number, datetime.fromisoformat(told["at"]), told["to"], told["subject"], place)
            place += len(row)
