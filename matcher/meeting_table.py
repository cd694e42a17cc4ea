"""The result of reading a feed as a table for people, in a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from matcher.domain.meeting import ParsedMeeting, ParseResult

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ISSUES_SHOWN = 200


def print_table(result: ParseResult, console: Console | None = None) -> None:
    """The meetings, the issues and the counts."""
    console = console or Console()
    meetings = Table("Line", "Day", "Start", "Name", "Town", "Audience", "Can go", box=None)
    for row in result.rows:
        meetings.add_row(*(Text(cell) for cell in _cells(row)))
    console.print(meetings)
    if result.issues:
        issues = Table("Line", "Column", "Field", "Issue", "Value", box=None)
        for issue in result.issues[:ISSUES_SHOWN]:
            found = (str(issue.row or ""), issue.column or "", issue.field or "", issue.code.value, issue.value or "")
            issues.add_row(*(Text(cell) for cell in found))
        console.print(issues)
    kind = f" ({result.error_kind})" if result.error_kind else ""
    console.print(
        f"{result.run}{kind}: {len(result.rows)} taken, {result.rejected} rejected, {result.skipped} skipped, {len(result.issues)} issues"
    )


def _cells(row: ParsedMeeting) -> tuple[str, ...]:
    day = DAYS[row.iso_weekday - 1] if row.iso_weekday else ""
    start = row.start.strftime("%H:%M") if row.start else ""
    can_go = "check first" if row.needs_human_check else "yes" if row.attendable else "no"
    return (str(row.row), day, start, row.name, row.town or ("online" if row.online else ""), row.audience.value, can_go)
