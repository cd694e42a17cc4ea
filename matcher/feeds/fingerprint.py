"""What a feed says, as one number: bodies that hold the same rows have the same one, however they are written. Pure, like the readers."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from matcher.domain.feed_issue import Issue
from matcher.feeds.raw_rows import RawRow, Reading, Source
from matcher.feeds.reading_dates import read_updated


class Fingerprint:
    """Takes the rows in as they pass by. Whatever the reading of a row may depend on goes in, but for a date of change that can be read:

    no row is another one for that, so a list that only dates its rows anew says what it said before.
    """

    def __init__(self) -> None:
        self._digest = sha256()
        self._sources: Mapping[str, Source] | None = None

    def add(self, raw: RawRow, reading: Reading) -> None:
        """One row, by our words for its fields: the order of a feed's own keys is nothing."""
        values = raw.values
        if "updated" in values:
            values = {**values, "updated": _said_of_date(values["updated"], reading)}
        said = repr((raw.row, raw.day_count, raw.refusals, sorted(values.items())))
        if raw.sources is not self._sources:  # the rows of a feed share theirs
            self._sources = raw.sources
            said += repr(sorted(raw.sources.items()))
        self._digest.update(said.encode("utf-8", "surrogatepass"))

    def of(self, issues: Sequence[Issue], left_out: int) -> bytes:
        """The number, with what was found without reading a row, and how many were left out."""
        self._digest.update(repr((left_out, [(i.row, i.column, i.source_key, i.field, i.code.value, i.value) for i in issues])).encode())
        return self._digest.digest()


def _said_of_date(value: object, reading: Reading) -> object:
    """A date that cannot be read is told as it stands; of others only that there is one."""
    read = read_updated(value, date_order=reading.date_order, from_cell=reading.from_cells, from_1904=reading.from_1904)
    return value if read.is_wrong else read.at is not None
