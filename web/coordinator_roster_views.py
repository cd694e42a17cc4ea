"""Roster entries as the pages show them: names opened, windows grouped, the areas a coordinator may choose from. No words: those are in templates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from matcher.actions.rostering import current_role_card
from matcher.config import Config
from matcher.domain.area import Area
from matcher.domain.availability import WeekSpan
from matcher.domain.errors import Hidden
from matcher.domain.language import language_name
from matcher.domain.permission import check_can_see_volunteer
from matcher.domain.roster import (
    Check,
    Obstacle,
    PersonDetails,
    RosterLine,
    VolunteerProfile,
    details_of,
    missing_checks,
    obstacles,
)
from matcher.domain.sealed import Sealed
from matcher.domain.week_rows import WindowRow, rows_of
from matcher.store.areas import get_area
from matcher.store.volunteers import get_profile
from web.surroundings import actor_of, config_of, now_of, reading

NOBODY = PersonDetails(display_name="", private_name="", email="")


@dataclass(frozen=True, slots=True)
class DaysWindow:
    """The same hours on days that follow each other: `last` is `first` for one day alone."""

    first: int
    last: int
    row: WindowRow


@dataclass(frozen=True, slots=True)
class ListedVolunteer:
    """One line of the list, opened."""

    line: RosterLine
    details: PersonDetails
    windows: tuple[DaysWindow, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenProfile:
    """One entry, opened, with its area and what stands in the way of asking."""

    profile: VolunteerProfile
    details: PersonDetails
    area: Area
    today: date
    obstacles: tuple[Obstacle, ...]
    missing: tuple[Check, ...]

    @property
    def rows(self) -> tuple[WindowRow, ...]:
        """The week, row by row."""
        return rows_of(self.profile.answers.windows)

    @property
    def ring_hours(self) -> tuple[DaysWindow, ...]:
        """When they may be rung, as people say it."""
        return grouped_days(self.profile.answers.on_call)


def opened(config: Config, sealed: Sealed | None) -> PersonDetails:
    """Who somebody is; nothing where they were forgotten."""
    return details_of(config.vault.open(sealed)) if sealed else NOBODY


def listed(config: Config, lines: Iterable[RosterLine]) -> list[ListedVolunteer]:
    """The lines of one page with their names. Windows are grouped once for each different week."""
    grouped: dict[Sequence[WeekSpan], tuple[DaysWindow, ...]] = {}
    shown = []
    for line in lines:
        if line.windows not in grouped:
            grouped[line.windows] = grouped_days(line.windows)
        languages = tuple(map(language_name, line.languages))
        shown.append(ListedVolunteer(line, opened(config, line.details), grouped[line.windows], languages))
    return shown


def grouped_days(windows: Iterable[WeekSpan]) -> tuple[DaysWindow, ...]:
    """Windows as people say them: Monday to Friday, 6pm to 10pm."""
    by_hours: dict[tuple[time, time], list[WindowRow]] = {}
    for row in rows_of(windows):
        by_hours.setdefault((row.starts, row.ends), []).append(row)
    groups: list[DaysWindow] = []
    for rows in by_hours.values():
        first = rows[0]
        for row, following in zip(rows, [*rows[1:], None], strict=True):
            if following is None or following.weekday != row.weekday + 1:
                groups.append(DaysWindow(first.weekday, row.weekday, row))
                first = following or row
    return tuple(sorted(groups, key=lambda group: (group.first, group.row.starts)))


def id_in(request: web.Request, name: str = "volunteer_id") -> UUID:
    """The id in the address. Raises Hidden for what is no id."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise Hidden from None


async def open_profile(request: web.Request) -> OpenProfile:
    """The volunteer this page is about, once it is sure that this coordinator may see them. Raises Hidden."""
    now = now_of(request)
    async with reading(request) as c:
        profile = await get_profile(c, id_in(request))
        check_can_see_volunteer(actor_of(request), profile, now)
        area = await get_area(c, profile.area_id)
    today = local_day(now, area.zone)
    return OpenProfile(
        profile,
        opened(config_of(request), profile.details),
        area,
        today,
        obstacles(profile, today, current_role_card()),
        missing_checks(profile.answers),
    )


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """Today, by the clock of an area."""
    return now.astimezone(zone).date()


def own_areas(request: web.Request) -> list[UUID]:
    """The areas of this coordinator, in a fixed order."""
    return sorted(actor_of(request).area_ids)


def about(volunteer: OpenProfile, **more: Any) -> dict[str, Any]:
    """What every page about one volunteer is given."""
    profile = volunteer.profile
    return {"v": volunteer, "profile": profile, "answers": profile.answers, "details": volunteer.details, **more}
