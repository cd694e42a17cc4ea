"""What can be said about a row of a feed, and how a whole run can end: the closed lists of codes (meetings 3.3 to 3.5)."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any


class IssueCode(StrEnum):
    """Everything that can be found about a row, a cell or a feed."""

    MISSING_KEY = auto()
    MISSING_NAME = auto()
    MISSING_DAY = auto()
    MISSING_TIME = auto()
    INVALID_DAY = auto()
    INVALID_TIME = auto()
    NOT_A_ROW = auto()
    MISSING_ID_BIGINT = auto()
    INVALID_ID_BIGINT = auto()
    MISSING_SERVICE_BODY_BIGINT = auto()
    INVALID_SERVICE_BODY_BIGINT = auto()
    MISSING_WEEKDAY_TINYINT = auto()
    INVALID_WEEKDAY_TINYINT = auto()
    MISSING_START_TIME = auto()
    INVALID_START_TIME = auto()
    SYNTHESISED_KEY = auto()
    DUPLICATE_KEY = auto()
    DUPLICATE_ROW = auto()
    INVALID_END_TIME = auto()
    INVALID_DURATION = auto()
    LONG_DURATION = auto()
    TIME_24_00 = auto()
    UNLIKELY_TIME = auto()
    UNKNOWN_TIMEZONE = auto()
    INVALID_UPDATED = auto()
    POSSIBLY_NOT_WEEKLY = auto()
    POSSIBLY_MANY_DAYS = auto()
    POSSIBLY_CLOSING = auto()
    INVALID_COORDINATES = auto()
    PLACEHOLDER_POINT = auto()
    POINT_OUTSIDE_AREA = auto()
    POINT_FAR_FROM_POSTCODE = auto()
    INVALID_POSTCODE = auto()
    NO_PLACE = auto()
    INVALID_URL = auto()
    UNKNOWN_CONFERENCE_HOST = auto()
    INVALID_PHONE = auto()
    ONLINE_WITHOUT_LINK = auto()
    UNKNOWN_TYPE = auto()
    OPEN_AND_CLOSED = auto()
    FORMATS_WITHOUT_WORLD_IDS = auto()
    SECRET_REMOVED = auto()
    CONTACT_REMOVED = auto()
    BANK_DETAILS_REMOVED = auto()
    ENCODING_GUESSED = auto()
    UNKNOWN_COLUMN = auto()
    EXTRA_CELLS = auto()
    FORMULA_WITHOUT_VALUE = auto()
    MERGED_CELLS = auto()
    TEXT_CUT = auto()


REFUSALS = frozenset(list(IssueCode)[: list(IssueCode).index(IssueCode.SYNTHESISED_KEY)])
"""The codes that refuse a row. MISSING_DAY and MISSING_TIME only warn where a meeting by appointment is legal (meetings 3.4)."""
NOTICES = frozenset(
    {
        IssueCode.SYNTHESISED_KEY,
        IssueCode.DUPLICATE_ROW,
        IssueCode.LONG_DURATION,
        IssueCode.UNLIKELY_TIME,
        IssueCode.UNKNOWN_CONFERENCE_HOST,
        IssueCode.FORMATS_WITHOUT_WORLD_IDS,
        IssueCode.UNKNOWN_COLUMN,
    }
)


class Severity(StrEnum):
    """Rejected: the row is not taken. Warning: a field was emptied or a person must look. Notice: for the curious."""

    REJECTED = "rejected"
    WARNING = "warning"
    NOTICE = "notice"


class Run(StrEnum):
    """How reading a feed ended."""

    OK = "ok"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    NOT_MODIFIED = "not_modified"


class ErrorKind(StrEnum):
    """Why a run is not ok (meetings 3.5). From TOO_FEW_ROWS on: importing and fetching only."""

    NO_ROWS = "no_rows"
    NO_USABLE_ROWS = "no_usable_rows"
    WRONG_SHAPE = "wrong_shape"
    MISSING_REQUIRED_COLUMN = "missing_required_column"
    BLOCKED_BY_SECURITY_SERVICE = "blocked_by_security_service"
    HTML_PAGE = "html_page"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_FEW_ROWS = "too_few_rows"
    MASS_CHANGE = "mass_change"
    HTTP_ERROR = "http_error"
    TIMEOUT = "timeout"
    CONNECTION_FAILED = "connection_failed"
    TLS_FAILED = "tls_failed"
    ADDRESS_REFUSED = "address_refused"
    REDIRECT_REFUSED = "redirect_refused"


QUARANTINES = frozenset({ErrorKind.NO_ROWS, ErrorKind.NO_USABLE_ROWS, ErrorKind.TOO_FEW_ROWS, ErrorKind.MASS_CHANGE})
VALUE_MOST = 80


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing found. `row`: 1 for the first element of JSON, the line a person sees of a table, None about the whole feed.

    `column` is the letter of a table's column; `field` the feed's own name; `value` the offending text, masked, at most 80 characters.
    """

    row: int | None
    column: str | None
    source_key: str | None
    field: str | None
    code: IssueCode
    value: str | None
    severity: Severity

    def to_json(self) -> dict[str, Any]:
        """The seven keys of the contract, in its order."""
        return {name: getattr(self, name) for name in ("row", "column", "source_key", "field", "code", "value", "severity")}


def severity_of(code: IssueCode) -> Severity:
    """How heavy a code is where its row is taken."""
    return Severity.NOTICE if code in NOTICES else Severity.WARNING


def run_of(kind: ErrorKind | None) -> Run:
    """How a run ends that found this."""
    if kind is None:
        return Run.OK
    return Run.QUARANTINED if kind in QUARANTINES else Run.FAILED
