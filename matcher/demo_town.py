"""Builds the demo's invented town in an empty database: services, areas, staff, roster, meetings, and a month in which all of it was used."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from matcher.actions.referring import start_draft
from matcher.config import Config
from matcher.demo_history import Delivered, Month
from matcher.demo_ladder import build_ladder
from matcher.demo_meetings import build_meetings
from matcher.demo_people import build_providers, build_roster
from matcher.demo_plan import Town
from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class Built:
    """What was built, and the letters of the last days, which lie in the demo's mailbox."""

    town: Town
    delivered: tuple[Delivered, ...]


async def build_town(tx: Connection, config: Config, starts_at: datetime) -> Built:
    """Everything, in one transaction: as the town stands at `starts_at`. The same at each call but for keys, references and some ids."""
    town = Town(starts_at)
    await build_providers(tx, config, town)
    await build_roster(tx, config, town)
    await build_meetings(tx, town)
    month = Month(tx, config, town)
    await month.play()
    await month.tell_now(await build_ladder(tx, config, town))
    await _leave_drafts(tx, config, town)
    return Built(town, tuple(month.delivered))


DRAFTS: tuple[tuple[str, float, dict[str, Any]], ...] = (
    ("Priya", 0.5, {"name_used": "Wren", "provider_ref": "H2210", "exposure": "never", "fellowships": ["aa", "na"]}),
    ("Priya", 70, {"name_used": "Sal", "provider_ref": "H2203"}),
    ("Eve", 2, {"name_used": "Bo", "provider_ref": "F3120", "exposure": "never", "fellowships": ["alanon"], "who_for": "affected"}),
    ("Amina", 26, {"name_used": "Cleo", "provider_ref": "H2207"}),
)


async def _leave_drafts(tx: Connection, config: Config, town: Town) -> None:
    """Forms that somebody was called away from."""
    for keyworker, hours, answers in DRAFTS:
        given = {"who_for": "own_use", "age_ok": "18_or_over", **answers}
        await start_draft(tx, config, town.starts_at - timedelta(hours=hours), actor=town.staff[keyworker], answers=given)
