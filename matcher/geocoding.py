"""Asking a geocoder where venues are: whose turn it is, what may be asked, which answers may be used, and for how long they are kept.

Off unless GEOCODER is set. Nothing about a newcomer, a volunteer or a keyworker is ever sent: what is sent is read from the directory alone.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from matcher.database import Database
from matcher.domain.connection import Connection
from matcher.domain.errors import Busy, OutcomeUnknown
from matcher.domain.place import FAR_FROM_POSTCODE_KM, Place, Point, find_place, km_between, point_fault, venue_place
from matcher.geocoding_settings import GeocoderSettings
from matcher.places import AskFailed, Detail, Found, ask_geocoder
from matcher.store import places_answers, places_postcodes, places_venues
from matcher.store.places_answers import KeptAnswer

GAP = timedelta(seconds=1)
"""Between two questions, over all processes."""
KEPT_FOR = timedelta(days=180)
"""An answer, also "nothing found", before it is asked again (assumption)."""
LEASE = timedelta(minutes=5)
"""After which a question whose asker died is asked by another."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
"""How long a server that fails is left alone: twice as long after each failure."""
STREET_RADIUS_M = 300
"""Of a place known by its street (assumption)."""
REST_S = 60.0
"""Between two looks when there is nobody to ask about."""
log = structlog.get_logger()


class NoVenue(TypeError):
    """Something other than a venue of the directory was about to be sent to a geocoder."""


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue of the directory, as it is asked about: its published address and nothing else."""

    meeting_id: UUID
    asked: str
    postcode: str | None


async def ask_about(settings: GeocoderSettings, venue: Venue) -> Found | None:
    """Ask where a venue is. Raises NoVenue for anything else (a person's field, a bare text), and AskFailed."""
    if type(venue) is not Venue:
        raise NoVenue("only a venue of the directory is ever sent to a geocoder")
    return await ask_geocoder(settings, venue.asked)


def judge(found: Found | None, own: Place | None) -> KeptAnswer:
    """What may be used of an answer about a venue. `own`: where its postcode lies, as finely as that is known."""
    if found is None:
        return KeptAnswer(outcome="nothing")
    fault = point_fault(found.latitude, found.longitude)
    name = fault.value if fault else ""
    if not name and found.detail is Detail.COARSE:
        name = "too_coarse"
    if not name and own and own.point and km_between(Point(found.latitude, found.longitude), own.point) > FAR_FROM_POSTCODE_KM:
        name = "point_far_from_postcode"
    if name:
        whole = abs(found.latitude) <= 90 and abs(found.longitude) <= 180
        latitude, longitude = (found.latitude, found.longitude) if whole else (None, None)
        return KeptAnswer(outcome="refused", fault=name, latitude=latitude, longitude=longitude, label=found.label)
    place = venue_place(Point(found.latitude, found.longitude), found.label)
    radius_m = max(place.radius_m or 0, STREET_RADIUS_M if found.detail is Detail.STREET else 0)
    return KeptAnswer(outcome="found", latitude=found.latitude, longitude=found.longitude, radius_m=radius_m, label=found.label)


async def claim_question(tx: Connection, now: datetime, geocoder: str) -> Venue | None:
    """The next venue to ask about, when it is anybody's turn; the turn is then taken."""
    if not await places_answers.claim_turn(tx, geocoder, now, gap=GAP):
        return None
    waiting = await places_answers.claim_venue(tx, geocoder, now, until=now + LEASE)
    return Venue(waiting.meeting_id, waiting.asked, waiting.postcode) if waiting else None


async def record_answer(tx: Connection, now: datetime, geocoder: str, venue: Venue, *, found: Found | None) -> KeptAnswer:
    """Keep an answer, and place the meetings at that address by it if it may be used."""
    own = None
    if venue.postcode:
        own = await places_postcodes.find_venue_postcode(tx, venue.postcode) or find_place(venue.postcode)
    answer = judge(found, own)
    await places_answers.update_turn(tx, geocoder, next_at=None)
    await places_answers.update_answer(tx, geocoder, venue.asked, answer=answer, asked_at=now, ask_again_at=now + KEPT_FOR)
    if answer.outcome == "found":
        for source_id in await places_venues.list_sources_asked_about(tx, venue.asked):
            await places_venues.place_by_answer(tx, now, source_id=source_id)
    return answer


async def record_failure(tx: Connection, now: datetime, geocoder: str, venue: Venue, *, failed: AskFailed) -> datetime:
    """Keep that there was no answer, and leave the server alone for a while. Until when."""
    failures = await places_answers.find_failures(tx, geocoder)
    wait = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(failures, 12)))
    if failed.retry_after_s is not None:
        wait = min(timedelta(days=1), max(wait, timedelta(seconds=failed.retry_after_s)))
    next_at = now + wait
    await places_answers.update_turn(tx, geocoder, next_at=next_at)
    tries = await places_answers.find_tries(tx, geocoder, venue.asked)
    again_at = max(next_at, now + min(timedelta(days=7), timedelta(minutes=10) * (1 << min(tries, 12))))
    answer = KeptAnswer(outcome="failed", fault=failed.kind)
    await places_answers.update_answer(tx, geocoder, venue.asked, answer=answer, asked_at=now, ask_again_at=again_at)
    return next_at


async def step(db: Database, settings: GeocoderSettings, clock: Callable[[], datetime]) -> str | None:
    """Ask one question if there is one and its turn has come: how it ended (an outcome), or None. No transaction is open meanwhile."""
    venue = await db.act(claim_question, clock(), settings.name)
    if venue is None:
        return None
    try:
        found = await ask_about(settings, venue)
    except AskFailed as failed:
        await db.act(record_failure, clock(), settings.name, venue, failed=failed)
        log.warning("geocoder_failed", code=failed.kind)
        return "failed"
    answer = await db.act(record_answer, clock(), settings.name, venue, found=found)
    return answer.outcome


async def keep_asking(db: Database, settings: GeocoderSettings, clock: Callable[[], datetime], stopping: asyncio.Event) -> None:
    """Ask about one venue after another until told to stop, with rests in which there is nothing to ask. Never dies of what goes wrong."""
    while not stopping.is_set():
        try:
            asked = await step(db, settings, clock)
        except (Busy, OutcomeUnknown):
            asked = None
        except Exception as error:
            log.error("geocoding_failed", error=type(error).__name__)
            asked = None
        rest_s = GAP.total_seconds() if asked else REST_S * random.uniform(0.5, 1.5)
        try:
            await asyncio.wait_for(stopping.wait(), rest_s)
        except TimeoutError:
            continue
