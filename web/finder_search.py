"""What answers a question of the finder: a page of meetings by next start, and where none fits, the nearest beyond. Reads only; keeps nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from matcher.domain.connection import Connection
from matcher.domain.effective_meeting import town_place
from matcher.domain.finding import SOON, Spotted, Wanted, in_order, minutes_ahead
from matcher.domain.irregular_meeting import IrregularMeeting
from matcher.domain.occurrence import Occurrence, zone_of
from matcher.domain.place import KM_PER_MILE, Miles, Place, find_place, in_miles, km_between
from matcher.domain.postcode import sector_of, spell_postcode
from matcher.domain.shown_meeting import ShownMeeting
from matcher.places import shown_distance
from matcher.store import finder

PER_PAGE = 20
MOST = 1_001
"""As many as are looked at: beyond a thousand nobody turns pages, and the page says "more than"."""
MOST_READ = 300
"""So many without a fixed minute of the week are read to place them where a search has no place; the rest stand at its end."""
BEYOND = 3
"""How many are shown of each kind where nothing fits."""
TRUSTED_KM, ERROR_KM = 100.0, 0.01
"""The quick formula is at most 6 m out up to so far (meetings 12.1); it is given ten."""
FARTHEST_KM = 60 * KM_PER_MILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One meeting on a page. `group`: soon, today, tomorrow, undated, or empty for the day of `starts`. Times are of the wall there."""

    meeting: ShownMeeting
    occurrence: Occurrence | None
    group: str
    starts: datetime | None
    on_until: datetime | None
    miles: Miles | None
    must_ring: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of answers. `total` counts no further than `MOST`."""

    hits: tuple[Hit, ...]
    total: int
    page: int

    @property
    def many(self) -> bool:
        """Whether there are more than were counted."""
        return self.total >= MOST

    @property
    def last(self) -> int:
        """The last page."""
        return max(1, -(-min(self.total, MOST - 1) // PER_PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What is nearest to a question that nothing answers."""

    farther: tuple[Hit, ...]
    other_times: tuple[Hit, ...]
    online: tuple[Hit, ...]


async def find_centre(c: Connection, text: str) -> Place | None:
    """The place of a district, a sector, a postcode (cut to its sector) or a town that meetings are held in; None where it is not known."""
    if not text.strip():
        return None
    known = find_place(text)
    if known:
        return known
    place = town_place(text.strip(), await finder.list_town_venues(c, text.strip()))
    return place if place.point else None


def cut_to_sector(text: str) -> str:
    """A whole postcode as its sector, anything else as it is: where somebody lives has no place in an address."""
    return sector_of(text) or text if spell_postcode(text) else text


async def find_page(c: Connection, wanted: Wanted, now: datetime, page: int) -> Found:
    """One page of the meetings that fit, by next start, then distance; those without a known next date at the end."""
    first = min(page * PER_PAGE, MOST)
    if wanted.centre is None:
        spotted, total = await finder.list_anywhere_first(c, wanted, now, first=first, most=MOST)
        undated = await finder.list_undated(c, wanted, most=MOST - total) if total < MOST else []
        spotted, total = [*spotted, *undated], total + len(undated)
        irregular = [one.id for one in undated][:MOST_READ]
    else:
        spotted, total = await finder.list_near_first(c, wanted, now, first=first, most=MOST)
        irregular = [one.id for one in spotted if one.ahead is None]
    rules = await finder.list_rules(c, irregular) if irregular else []
    if rules:
        read, placed = {one.id for one in rules}, _place_irregular(rules, wanted, now)
        spotted = sorted([*(one for one in spotted if one.id not in read), *placed], key=in_order)
        total += len(placed) - len(read)
    here = min(page, max(1, -(-min(total, MOST - 1) // PER_PAGE)))
    hits = await _hits(c, spotted[(here - 1) * PER_PAGE : here * PER_PAGE], wanted, now)
    return Found(hits=hits, total=total, page=here)


def _place_irregular(irregular: Sequence[IrregularMeeting], wanted: Wanted, now: datetime) -> list[Spotted]:
    """Where those stand whose next date only their own rules know, as far as they fit."""
    placed = []
    for meeting in irregular:
        km = km_between(wanted.point, meeting.point) if wanted.point and meeting.point else None
        if km is not None and km > wanted.within_km:
            continue
        upcoming = meeting.next(now)
        if wanted.narrows_time and not (upcoming and _is_at(upcoming, wanted)):
            continue
        placed.append(Spotted(meeting.id, minutes_ahead(upcoming.starts_at, meeting.timezone, now) if upcoming else None, km))
    return placed


def _is_at(occurrence: Occurrence, wanted: Wanted) -> bool:
    minute = occurrence.starts.hour * 60 + occurrence.starts.minute
    right_day = wanted.iso_weekday is None or occurrence.on_date.isoweekday() == wanted.iso_weekday
    return right_day and wanted.minutes[0] <= minute < wanted.minutes[1]


async def _hits(c: Connection, spotted: Sequence[Spotted], wanted: Wanted, now: datetime) -> tuple[Hit, ...]:
    found = {meeting.id: meeting for meeting in (await finder.list_shown(c, [one.id for one in spotted]) if spotted else [])}
    return tuple(hit_of(found[one.id], wanted.centre, now) for one in spotted if one.id in found)


def hit_of(meeting: ShownMeeting, centre: Place | None, now: datetime) -> Hit:
    """A meeting as it stands on a page at this moment."""
    zone = zone_of(meeting.timezone)
    upcoming, running = meeting.next(now), meeting.under_way(now)
    starts = upcoming.starts_at.astimezone(zone).replace(tzinfo=None) if upcoming else None
    return Hit(
        meeting=meeting,
        occurrence=upcoming,
        group=_group(upcoming, starts.date() if starts else None, now),
        starts=starts,
        on_until=running.ends_at.astimezone(zone).replace(tzinfo=None) if running else None,
        miles=miles_between(centre, meeting.place) if centre and meeting.point else None,
        must_ring=meeting.must_ring(now),
    )


def miles_between(a: Place, b: Place) -> Miles | None:
    """The very miles of `shown_distance`, from the quick formula wherever its error of a few metres cannot change what is said."""
    if a.point is None or b.point is None:
        return None
    km, radii = km_between(a.point, b.point), (a.radius_m, b.radius_m)
    if km < TRUSTED_KM:
        low, high = in_miles(max(0.0, km - ERROR_KM), radii), in_miles(km + ERROR_KM, radii)
        if low == high:
            return low
    return shown_distance(a, b)


def _group(upcoming: Occurrence | None, on_date: date | None, now: datetime) -> str:
    if upcoming is None or on_date is None:
        return "undated"
    if upcoming.starts_at - now <= SOON:
        return "soon"
    today = now.astimezone(zone_of(upcoming.zone)).date()
    return {today: "today", today + timedelta(days=1): "tomorrow"}.get(on_date, "")


async def find_beyond(c: Connection, wanted: Wanted, now: datetime, *, any_time: Wanted, online: Wanted) -> Beyond:
    """Nothing fits: the nearest outside the distance, what fits on other days, and what is held online."""
    farther: list[Spotted] = []
    if wanted.centre is not None:
        farther = await finder.list_nearest(c, replace(wanted, within_km=FARTHEST_KM), now, most=BEYOND)
    other: list[Spotted] = []
    if wanted.narrows_time:
        near = wanted.centre is not None
        other = await (finder.list_near(c, any_time, now, most=BEYOND) if near else finder.list_anywhere(c, any_time, now, most=BEYOND))
    remote = await finder.list_anywhere(c, online, now, most=BEYOND)
    return Beyond(
        farther=await _hits(c, farther, wanted, now),
        other_times=await _hits(c, other, wanted, now),
        online=await _hits(c, remote, online, now),
    )


async def find_others(c: Connection, meeting: ShownMeeting, now: datetime, *, least: int = 2, most: int = 3) -> tuple[Hit, ...]:
    """Meetings to go to instead: of the same fellowship nearby, else farther, else online; at least `least` where there are any at all."""
    same = Wanted(fellowships=(meeting.fellowship,))
    found: list[Spotted] = []
    tries = [replace(same, centre=meeting.place, within_km=km * KM_PER_MILE) for km in (5, 20, 60)] if meeting.point else []
    for wanted in (*tries, same, Wanted()):
        if len({one.id for one in found}) > least:
            break
        near = wanted.centre is not None
        more = await (finder.list_near(c, wanted, now, most=most + 1) if near else finder.list_anywhere(c, wanted, now, most=most + 1))
        found += [one for one in more if one.id != meeting.id and one.id not in {other.id for other in found}]
    return await _hits(c, found[:most], replace(same, centre=meeting.place), now)
