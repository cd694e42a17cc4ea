"""One glance at what is due: so cheap that a worker at rest may take two hundred a second. What is taken, and by whom, is decided by the claims."""

from dataclasses import dataclass
from datetime import datetime

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class Due:
    """Whether a timer, and whether a letter, waits that has fallen due. What a dead worker left behind is for the whole looks to find."""

    timers: bool
    letters: bool


async def find_due(c: Connection, now: datetime) -> Due:
    """Both from the first entry of their indexes."""
    row = await c.fetchrow(
        """
        SELECT EXISTS (SELECT FROM timers WHERE state = 'waiting' AND due_at <= $1 AND unanswered < 5) AS timers,
               EXISTS (SELECT FROM letters l WHERE l.state = 'waiting' AND l.next_at <= $1 AND l.not_after > $1 AND l.unanswered < 5
                          AND NOT EXISTS (SELECT FROM letters o WHERE (o.about_id, o.party_id) = (l.about_id, l.party_id)
                                AND o.revision < l.revision AND o.state IN ('waiting', 'sending', 'held'))
                          AND EXISTS (SELECT FROM switches WHERE name = 'sending' AND paused_at IS NULL)) AS letters
        """,
        now,
    )
    return Due(row["timers"], row["letters"]) if row else Due(False, False)
