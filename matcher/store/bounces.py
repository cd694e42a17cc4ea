"""Addresses that a mail server has refused: flagged until somebody corrects them."""

from uuid import UUID

from matcher.domain.connection import Connection


async def update_volunteer_bounced(tx: Connection, volunteer_id: UUID) -> None:
    """Flag a volunteer's address and pause them, so that nobody waits for an answer that cannot come (O15)."""
    await tx.execute("UPDATE volunteers SET email_state = 'bounced' WHERE id = $1", volunteer_id)
    await tx.execute(
        "UPDATE volunteers SET state = 'paused', paused_reason = 'undeliverable', version = version + 1 WHERE id = $1 AND state = 'active'",
        volunteer_id,
    )


async def update_staff_bounced(tx: Connection, staff_id: UUID) -> None:
    """Flag a staff address: nothing more is sent there; their page shows everything all the same."""
    await tx.execute("UPDATE staff SET email_state = 'bounced' WHERE id = $1", staff_id)


async def find_area_of_volunteer(c: Connection, volunteer_id: UUID) -> UUID | None:
    """The area whose coordinators look after a volunteer."""
    found: UUID | None = await c.fetchval("SELECT area_id FROM volunteers WHERE id = $1", volunteer_id)
    return found
