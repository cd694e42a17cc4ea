"""What a volunteer agrees to, as given to their coordinator, and what they asked to be kept away from. The ledger only ever grows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from uuid import UUID

from matcher.actions.rostering import OFFER_CONSENTS, THING, get_own
from matcher.actions.withdrawing import recheck_offer, withdraw_offers_of_volunteer
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, Refused
from matcher.domain.roster import ConsentGiven
from matcher.domain.volunteer import VolunteerConsent
from matcher.store import consents as ledger
from matcher.store import offers, roster_bars, volunteers
from matcher.store.audit import claim_acting, insert_audit
from matcher.store.roster_bars import OwnBars


class HoldingEnded(Refused):
    """Without this we may not keep anything about them. Use “They leave the roster” instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicts:
    """What they asked to be kept away from. `people` is read by coordinators of their area only; nobody is told why."""

    people: str = ""
    bars: OwnBars = field(default_factory=OwnBars)


def given_at(on: date, now: datetime) -> datetime:
    """The instant a consent of this day is booked at: midday, or now if that lies ahead."""
    return min(datetime.combine(on, time(12), UTC), now)


async def record_consents(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID, version: int, consents: Sequence[ConsentGiven]
) -> None:
    """Add to the ledger. Where V1, V2 and V4 are not all in force any more, nobody asks them and what they were asked is withdrawn.

    Without V5 nobody rings them from this moment on, and a number that a keyworker has just been shown stands for nothing any more.

    Raises HoldingEnded for taking back V1, Changed.
    """
    await claim_acting(tx, actor, "record_consents", now)
    before = await get_own(tx, actor, volunteer_id, now)
    if any(one.purpose is VolunteerConsent.HOLD and not one.given for one in consents):
        raise HoldingEnded
    rows = [
        ledger.Consent(volunteer_id, one.purpose.value, one.given, one.wording_version, one.method, actor.id, one.at) for one in consents
    ]
    in_force = {row.purpose: row.given for row in [*await ledger.list_consents(tx, volunteer_id), *rows]}
    may_be_asked = all(in_force.get(purpose.value, False) for purpose in OFFER_CONSENTS)
    may_be_rung = in_force.get(VolunteerConsent.RING.value, False)
    no_letters, no_calls = before.may_be_asked and not may_be_asked, before.may_be_rung and not may_be_rung
    if no_letters or no_calls:
        await withdraw_offers_of_volunteer(tx, config, now, volunteer_id=volunteer_id, calls_only=not no_letters)
    if not await volunteers.claim_version(tx, volunteer_id, version, now):
        raise Changed
    await ledger.insert_consents(tx, rows)
    await volunteers.update_agreed(tx, volunteer_id, may_be_asked=may_be_asked, may_be_rung=may_be_rung)
    if no_letters or no_calls:
        await withdraw_offers_of_volunteer(tx, config, now, volunteer_id=volunteer_id, calls_only=not no_letters)
    await insert_audit(tx, THING, volunteer_id, reason=",".join(sorted(row.purpose for row in rows)))


async def record_conflicts(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID, version: int, conflicts: Conflicts
) -> None:
    """Set and lift bars, keep the note about people sealed, and withdraw what they were asked across a new bar. Raises Changed."""
    await claim_acting(tx, actor, "record_conflicts", now)
    profile = await get_own(tx, actor, volunteer_id, now)
    if profile.details is None or not await volunteers.claim_version(tx, volunteer_id, version, now):
        raise Changed
    before, after = await roster_bars.list_own_bars(tx, volunteer_id), conflicts.bars
    more = OwnBars(after.provider_ids - before.provider_ids, after.outcodes - before.outcodes)
    fewer = OwnBars(before.provider_ids - after.provider_ids, before.outcodes - after.outcodes)
    await roster_bars.insert_own_bars(tx, volunteer_id, more, now, set_by=actor.id)
    await roster_bars.update_own_bars_ended(tx, volunteer_id, fewer, now)
    place, box = f"volunteers.conflicts_box:{volunteer_id}", {"people": conflicts.people}
    sealed = config.vault.seal(profile.details.key, place, box) if conflicts.people else None
    await volunteers.update_conflicts(tx, volunteer_id, sealed)
    await insert_audit(tx, THING, volunteer_id, reason="conflicts")
    if more != OwnBars():
        for offer in await offers.list_open_offers_of_volunteer(tx, volunteer_id):
            await recheck_offer(tx, config, now, offer.id)
