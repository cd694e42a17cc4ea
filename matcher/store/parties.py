"""The people letters go to and the frames around letters: reads only, a few facts each."""

from collections.abc import Sequence
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.outbox import sealed_in
from matcher.domain.party import AreaFrame, ProviderFrame, StaffParty, VolunteerParty
from matcher.domain.sealed import PersonKey, Sealed


async def get_provider_frame(c: Connection, provider_id: UUID) -> ProviderFrame:
    """A service's letter frame. Raises NotFound."""
    row = await c.fetchrow(
        """
        SELECT id, discreet_name, reply_to, telephone, crisis_line, pair_rule, one_may_go_alone, minimum_band FROM providers WHERE id = $1
        """,
        provider_id,
    )
    if row is None:
        raise NotFound()
    return ProviderFrame(**dict(row))


async def get_area_frame(c: Connection, area_id: UUID) -> AreaFrame:
    """An area's letter frame. Raises NotFound."""
    row = await c.fetchrow(
        "SELECT id, name, timezone, discreet_name, reply_to, on_call_telephone, policy FROM areas WHERE id = $1", area_id
    )
    if row is None:
        raise NotFound()
    return AreaFrame(**dict(row))


async def list_volunteer_parties(c: Connection, volunteer_ids: Sequence[UUID]) -> dict[UUID, VolunteerParty]:
    """The volunteers with these ids, by id; forgotten ones have no details."""
    rows = await c.fetch(
        """
        SELECT v.id, v.state, v.email_state, v.discreet, v.share_number, v.details_box, k.wrapped, a.id AS area_id, a.name, a.timezone,
               a.discreet_name, a.reply_to, a.on_call_telephone, a.policy
          FROM volunteers v JOIN areas a ON a.id = v.area_id LEFT JOIN person_keys k ON k.person_id = v.id
         WHERE v.id = ANY($1)
        """,
        list(volunteer_ids),
    )
    return {row["id"]: _volunteer(row) for row in rows}


async def get_volunteer_party(c: Connection, volunteer_id: UUID) -> VolunteerParty:
    """One volunteer. Raises NotFound."""
    found = await list_volunteer_parties(c, [volunteer_id])
    if volunteer_id not in found:
        raise NotFound()
    return found[volunteer_id]


async def get_staff_party(c: Connection, staff_id: UUID) -> StaffParty:
    """One member of staff. Raises NotFound."""
    row = await c.fetchrow(
        """
        SELECT s.id, s.role, s.email_state, s.details_box, k.wrapped FROM staff s JOIN person_keys k ON k.person_id = s.id WHERE s.id = $1
        """,
        staff_id,
    )
    if row is None:
        raise NotFound()
    return _staff(row)


async def list_coordinators_of(c: Connection, area_id: UUID) -> list[StaffParty]:
    """The active coordinators of an area."""
    rows = await c.fetch(
        """
        SELECT s.id, s.role, s.email_state, s.details_box, k.wrapped
          FROM coordinator_areas ca JOIN staff s ON s.id = ca.staff_id JOIN person_keys k ON k.person_id = s.id
         WHERE ca.area_id = $1 AND s.state = 'active' AND s.role = 'coordinator' ORDER BY s.id
        """,
        area_id,
    )
    return [_staff(row) for row in rows]


async def find_helpline(c: Connection, area_id: UUID, fellowship: str) -> str:
    """The helpline a coordinator has entered for a fellowship here; empty where none is."""
    found: str | None = await c.fetchval(
        "SELECT helpline FROM fellowship_contacts WHERE area_id = $1 AND fellowship = $2", area_id, fellowship
    )
    return found or ""


def _volunteer(row: Row) -> VolunteerParty:
    area = AreaFrame(
        id=row["area_id"],
        name=row["name"],
        timezone=row["timezone"],
        discreet_name=row["discreet_name"],
        reply_to=row["reply_to"],
        on_call_telephone=row["on_call_telephone"],
        policy=row["policy"],
    )
    plain = {name: row[name] for name in ("id", "state", "email_state", "discreet", "share_number")}
    return VolunteerParty(**plain, details=_sealed("volunteers.details_box", row), area=area)


def _staff(row: Row) -> StaffParty:
    key = PersonKey(row["id"], row["wrapped"])
    details = sealed_in("staff.details_box", row["id"], key, row["details_box"])
    return StaffParty(id=row["id"], role=row["role"], email_state=row["email_state"], details=details)


def _sealed(place: str, row: Row) -> Sealed | None:
    if not row["wrapped"] or not row["details_box"]:
        return None
    return sealed_in(place, row["id"], PersonKey(row["id"], row["wrapped"]), row["details_box"])
