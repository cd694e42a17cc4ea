"""Spreadsheet files as archives: what is in them is unpacked within limits, or the file is refused (meetings 5.2). What it says is not looked at."""

import io
import re
import zipfile
import zlib
from xml.parsers import expat

from matcher.domain.feed_issue import ErrorKind
from matcher.feeds.reading_text import FeedFault

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
MEMBERS_MOST = 1000
UNPACKED_MOST = 50 * 1024 * 1024
RATIO_MOST = 100
"""Unpacked over packed size of one member; sheets that people fill in stay under 30."""

_WANTED = re.compile(r"mimetype|.*\.(?:xml|rels)", re.IGNORECASE | re.DOTALL)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, OverflowError)
_HOW = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def is_archive(body: bytes) -> bool:
    """Whether a file begins as zip archives do."""
    return body.startswith(MAGIC)


def unpack(body: bytes) -> dict[str, bytes]:
    """The XML members by name; macros, pictures and other things are left out. Raises FeedFault: too large, encrypted, with a DOCTYPE, broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            _check_sizes(members)
            parts = {member.filename: _read(archive, member) for member in members if _WANTED.fullmatch(member.filename)}
    except _BROKEN:
        raise FeedFault(ErrorKind.UNREADABLE) from None
    for name, part in parts.items():
        if name != "mimetype":
            _check_plain_xml(part)
    return parts


def pack(parts: dict[str, bytes]) -> io.BytesIO:
    """A clean archive of exactly these members: sizes that the first one declared falsely cannot reach whoever reads it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    packed.seek(0)
    return packed


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """As much as it says it holds, and no more: `archive.read` would unpack all that follows before it cut it off."""
    with archive.open(member) as opened:
        return opened.read(member.file_size)


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MEMBERS_MOST or sum(member.file_size for member in members) > UNPACKED_MOST:
        raise FeedFault(ErrorKind.TOO_LARGE)
    for member in members:
        if member.flag_bits & 1 or member.compress_type not in _HOW:
            raise FeedFault(ErrorKind.UNREADABLE)
        if member.file_size > RATIO_MOST * max(member.compress_size, 100):
            raise FeedFault(ErrorKind.TOO_LARGE)


def _check_plain_xml(part: bytes) -> None:
    """No DOCTYPE, so no entity of its own; in UTF-8, so that none can hide; whole, because the reader waits for ever for an end that is missing."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"\x00" in part[:1000]:
        raise FeedFault(ErrorKind.UNREADABLE)
    try:
        expat.ParserCreate("utf-8").Parse(part, True)
    except expat.ExpatError:
        raise FeedFault(ErrorKind.UNREADABLE) from None
