"""Files of postcode points as they are published: which columns there are, and the rows of a CSV or of the CSVs in a zip. What is done with
them: places_tables.py and places_loading.py.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from matcher.domain.errors import Refusal
from matcher.domain.place import attribution
from matcher.domain.postcode import spell_postcode

ATTRIBUTION = (  # wording of the licences (Open Government Licence, Royal Mail, ONS)
    "Contains OS data © Crown copyright and database right {year}. "
    "Contains Royal Mail data © Royal Mail copyright and database right {year}. "
    "Contains National Statistics data © Crown copyright and database right {year}."
)
HEADINGS = {
    "postcode": ("postcode", "pcds", "pcd", "pcd2", "pcd7", "pcd8"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "long", "lon", "lng"),
    "east": ("eastings", "easting", "ea", "oseast1m", "east1m"),
    "north": ("northings", "northing", "no", "osnrth1m", "north1m"),
    "ended": ("doterm",),
}
ONS_ONLY = frozenset({"pcds", "pcd7", "doterm", "oseast1m", "east1m"})
CODE_POINT_OPEN = ["Postcode", "Positional_quality_indicator", "Eastings", "Northings"]  # its files come without a line of headings
NO_LATITUDE = 99.999
"""99.999999 stands for "no position"."""
WORST_SHARE = 0.01
LONGEST_LINE = 20_000
"""Characters. A real row has 100 to 400: anything longer is no table."""


class UnusablePostcodes(Refusal):
    """This file cannot be read as a table of postcode points. Nothing was changed."""


def attributions(postcodes_of: int | None) -> list[str]:
    """The sentences owed for the shipped tables and for full postcodes of that year, where they are loaded; each once."""
    loaded = [ATTRIBUTION.format(year=postcodes_of)] if postcodes_of else []
    return list(dict.fromkeys([*attribution().splitlines(), *loaded]))


def columns_of(headings: Sequence[str]) -> dict[str, int]:
    """Where each known column stands, by what it holds."""
    names = [h.strip().lower() for h in headings]
    found = {field: next((names.index(n) for n in spellings if n in names), -1) for field, spellings in HEADINGS.items()}
    return {field: column for field, column in found.items() if column >= 0}


def rows_of(lines: TextIO) -> tuple[dict[str, int], Iterable[list[str]]]:
    """Columns and rows of one table. Raises UnusablePostcodes where there is no column of postcodes."""
    rows = csv.reader(_bounded(lines))
    first = next(rows, [])
    if first and spell_postcode(first[0]):
        return columns_of(CODE_POINT_OPEN), _again(first, rows)
    columns = columns_of(first)
    if "postcode" not in columns:
        raise UnusablePostcodes("The file has no column of postcodes. Nothing was changed.")
    return columns, rows


def _again(first: list[str], rest: Iterable[list[str]]) -> Iterable[list[str]]:
    yield first
    yield from rest


def _bounded(lines: TextIO) -> Iterator[str]:
    """Lines, none of them longer than a row can be: a file without line ends must not fill the memory."""
    while line := lines.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise UnusablePostcodes("The file has a line too long for a table of postcodes. Nothing was changed.")
        yield line


@dataclass(frozen=True, slots=True)
class Piece:
    """One CSV that holds postcode points. `inside`: its name in the zip; none for a file that stands alone. `size` in bytes."""

    file: Path
    inside: str | None
    size: int
    columns: dict[str, int]
    has_headings: bool
    year: int | None

    @contextmanager
    def rows(self) -> Iterator[tuple[Iterator[list[str]], Callable[[], int]]]:
        """Its rows, without the headings, and how many bytes of it have been read, about."""
        with _open(self.file, self.inside) as (lines, position):
            if self.has_headings:
                lines.readline(LONGEST_LINE)
            yield csv.reader(_bounded(lines)), position

    @property
    def by_grid(self) -> bool:
        """Whether its points are eastings and northings only."""
        return not {"latitude", "longitude"} <= self.columns.keys()


@contextmanager
def _open(file: Path, inside: str | None) -> Iterator[tuple[TextIO, Callable[[], int]]]:
    """A text to read, and how many of its bytes have been."""
    if inside is None:
        with file.open("rb") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as lines:
            yield lines, raw.tell
        return
    with zipfile.ZipFile(file) as packed, packed.open(inside) as part, io.TextIOWrapper(part, "utf-8-sig", newline="") as lines:
        yield lines, part.tell


@dataclass(frozen=True, slots=True)
class PostcodeFile:
    """A file that was recognised. `source`: code_point_open, ons or table; `year`: of its points, as far as it says."""

    source: str
    pieces: tuple[Piece, ...]
    year: int | None

    @property
    def size(self) -> int:
        """Bytes to read, unpacked."""
        return sum(piece.size for piece in self.pieces)


def recognise(file: Path) -> PostcodeFile:
    """Look at a CSV, or into a zip, for postcode points.

    A zip of Code-Point Open is many files without headings, all of which are read. Any other zip repeats its rows in parts (the ONS postcode
    directory does): its largest table is read. Raises UnusablePostcodes where there is none, and for what cannot be opened.
    """
    try:
        found = [piece for piece in _look(file) if piece is not None]
    except (OSError, zipfile.BadZipFile, zlib.error, UnicodeDecodeError, csv.Error, RuntimeError) as error:
        raise UnusablePostcodes(f"{file.name} cannot be read: {error}. Nothing was changed.") from error
    if not found:
        raise UnusablePostcodes(
            f"{file.name} has no table with postcodes and latitudes and longitudes, or eastings and northings. Nothing was changed."
        )
    with_headings = [piece for piece in found if piece.has_headings]
    if with_headings and (file.suffix.lower() != ".zip" or len(with_headings) == len(found)):
        largest = max(with_headings, key=lambda piece: piece.size)
        return PostcodeFile(_source_of(largest), (largest,), largest.year)
    plain = tuple(sorted((piece for piece in found if not piece.has_headings), key=lambda piece: piece.inside or ""))
    return PostcodeFile("code_point_open", plain, max((piece.year for piece in plain if piece.year), default=None))


def _source_of(piece: Piece) -> str:
    with _open(piece.file, piece.inside) as (lines, _):
        names = {name.strip().lower() for name in next(csv.reader([lines.readline(LONGEST_LINE)]), [])}
    if names >= {"postcode", "positional_quality_indicator"}:
        return "code_point_open"
    return "ons" if names & ONS_ONLY else "table"


def _look(file: Path) -> Iterator[Piece | None]:
    if not zipfile.is_zipfile(file):
        yield _piece(file, None, size=file.stat().st_size, year=_year_in(file.name))
        return
    with zipfile.ZipFile(file) as packed:
        tables = [entry for entry in packed.infolist() if entry.filename.lower().endswith(".csv")]
    for entry in tables:
        year = _year_in(Path(entry.filename).name) or _year_in(file.name) or (entry.date_time[0] if entry.date_time[0] > 1980 else None)
        yield _piece(file, entry.filename, size=entry.file_size, year=year)


def _year_in(name: str) -> int | None:
    years = re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", name)
    return int(years[-1]) if years else None


def _piece(file: Path, inside: str | None, *, size: int, year: int | None) -> Piece | None:
    """The table as one piece, or None where it holds no postcode points: a zip has lists of codes and names beside them."""
    with _open(file, inside) as (lines, _):
        try:
            first = next(csv.reader([lines.readline(LONGEST_LINE)]), [])
        except UnicodeDecodeError:
            if inside is None:
                raise
            return None
    if first and spell_postcode(first[0]):
        return Piece(file, inside, size, columns_of(CODE_POINT_OPEN), False, year)
    columns = columns_of(first)
    has_points = {"latitude", "longitude"} <= columns.keys() or {"east", "north"} <= columns.keys()
    # The columns of Code-Point Open stand alone in a file of two lines beside the points.
    return Piece(file, inside, size, columns, True, year) if "postcode" in columns and has_points else None
