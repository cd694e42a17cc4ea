"""The promises of reliability.md as questions to the database: each statement returns the rows that break one, none when all is well. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class Broken:
    """One row that breaks a promise: which promise, which rule of it, which row. Ids only."""

    promise: str
    rule: str
    row_id: str


@dataclass(frozen=True, slots=True)
class Question:
    """One statement of a promise; `$1` is now."""

    promise: str
    rule: str
    sql: str


QUESTIONS = (
    Question(
        "I2",
        "two live matches hold one seat",
        """
        SELECT min(id::text) AS id FROM matches WHERE state NOT IN ('cancelled', 'missed') AND $1::timestamptz IS NOT NULL
         GROUP BY referral_id, meeting_number, seat HAVING count(*) > 1
        """,
    ),
    Question(
        "I2",
        "seats_taken is not the number of live matches",
        """
        SELECT r.id FROM referrals r WHERE $1::timestamptz IS NOT NULL AND r.state IN ('looking', 'part_filled', 'needs_person', 'matched', 'on_hold')
           AND r.seats_taken <> (SELECT count(*) FROM matches m WHERE m.referral_id = r.id AND m.meeting_number = r.meeting_number
                                  AND m.state NOT IN ('cancelled', 'missed'))
        """,
    ),
    Question(
        "I2",
        "half hours held in a block are not those of its live matches",
        """
        SELECT b.volunteer_id AS id FROM volunteer_blocks b WHERE $1::timestamptz IS NOT NULL
           AND b.busy <> coalesce((SELECT bit_or(busy_bits(b.block, m.half_hours)) FROM matches m
                                    WHERE m.volunteer_id = b.volunteer_id AND m.state <> 'cancelled'), 0::bit(1344))
        """,
    ),
    Question(
        "I2",
        "a live match does not hold all its half hours",
        """
        SELECT m.id FROM matches m WHERE m.state <> 'cancelled' AND $1::timestamptz IS NOT NULL
           AND (NOT m.half_hours @> int4range(floor(extract(epoch FROM m.meet_at) / 1800)::int, ceil(extract(epoch FROM m.ends_at) / 1800)::int)
             OR (SELECT sum(bit_count(b.busy & busy_bits(b.block, m.half_hours))) FROM volunteer_blocks b WHERE b.volunteer_id = m.volunteer_id)
                IS DISTINCT FROM upper(m.half_hours) - lower(m.half_hours))
        """,
    ),
    Question(
        "I2",
        "goings counted in a block are not its live matches",
        """
        SELECT b.volunteer_id AS id FROM volunteer_blocks b WHERE $1::timestamptz IS NOT NULL
           AND b.taken <> (SELECT count(*) FROM matches m WHERE m.volunteer_id = b.volunteer_id AND m.block = b.block AND m.state <> 'cancelled')
        """,
    ),
    Question(
        "I3",
        "an acceptance has not exactly one offer_accepted of each revision",
        """
        SELECT m.id FROM matches m JOIN volunteers v ON v.id = m.volunteer_id LEFT JOIN letters l ON l.about_id = m.id AND l.kind = 'offer_accepted'
         WHERE $1::timestamptz IS NOT NULL AND v.state <> 'forgotten'
         GROUP BY m.id HAVING count(DISTINCT l.revision) <> count(l.id)
             OR (count(l.id) = 0 AND NOT EXISTS (SELECT FROM tasks t WHERE t.match_id = m.id)
                 AND bool_or(m.state <> 'cancelled') AND EXISTS (SELECT FROM volunteers w WHERE w.id = min(m.volunteer_id::text)::uuid
                                                                  AND w.email_state = 'ok'))
        """,
    ),
    Question(
        "I3",
        "a referral past its undo window was not told to the newcomer (letter or task)",
        """
        SELECT r.id FROM referrals r WHERE r.state = 'matched' AND r.confirmed_at IS NOT NULL AND $1::timestamptz IS NOT NULL
           AND NOT EXISTS (SELECT FROM letters l WHERE l.about_id = r.id AND l.party_kind = 'newcomer'
                            AND l.kind IN ('newcomer_confirmation', 'change'))
           AND NOT EXISTS (SELECT FROM tasks t WHERE t.referral_id = r.id
                            AND t.kind IN ('print_plan', 'tell_in_person', 'letter_bounced', 'not_told'))
        """,
    ),
    Question(
        "I3",
        "a referral past its undo window has no keyworker_notice",
        """
        SELECT r.id FROM referrals r JOIN staff s ON s.id = r.keyworker_id
         WHERE r.state = 'matched' AND r.confirmed_at IS NOT NULL AND s.email_state = 'ok' AND $1::timestamptz IS NOT NULL
           AND NOT EXISTS (SELECT FROM letters l WHERE l.about_id = r.id AND l.kind = 'keyworker_notice')
        """,
    ),
    Question(
        "I3",
        "a confirmed match has no volunteer_confirmation (letter or task)",
        """
        SELECT m.id FROM matches m WHERE m.state = 'confirmed' AND $1::timestamptz IS NOT NULL
           AND NOT EXISTS (SELECT FROM letters l WHERE l.about_id = m.id AND l.kind IN ('volunteer_confirmation', 'change'))
           AND NOT EXISTS (SELECT FROM tasks t WHERE t.match_id = m.id AND t.kind = 'ring_them')
        """,
    ),
    Question(
        "I3",
        "a match stayed planned long after its undo window",
        """
        SELECT m.id FROM matches m JOIN referrals r ON r.id = m.referral_id
         WHERE m.state = 'planned' AND r.state = 'matched' AND NOT r.agree_first AND m.undo_until < $1::timestamptz - interval '1 hour'
           AND NOT EXISTS (SELECT FROM matches o WHERE o.referral_id = m.referral_id AND o.state = 'planned' AND o.undo_until > m.undo_until)
        """,
    ),
    Question(
        "I3",
        "a plan waits for the newcomer's OK with nothing that will decide it",
        """
        SELECT m.id FROM matches m JOIN referrals r ON r.id = m.referral_id
         WHERE m.state = 'planned' AND r.state = 'matched' AND r.agree_first AND m.undo_until < $1::timestamptz - interval '1 hour'
           AND m.starts_at > $1::timestamptz
           AND NOT EXISTS (SELECT FROM matches o WHERE o.referral_id = m.referral_id AND o.state = 'planned' AND o.undo_until > m.undo_until)
           AND NOT EXISTS (SELECT FROM timers t WHERE t.referral_id = r.id AND t.kind = 'answer_deadline' AND t.state IN ('waiting', 'running'))
           AND NOT EXISTS (SELECT FROM tasks t WHERE t.referral_id = r.id AND t.kind = 'newcomer_silent')
        """,
    ),
    Question(
        "I4",
        "a letter speaks of an acceptance that is none",
        """
        SELECT l.id FROM letters l LEFT JOIN matches m ON m.id = l.about_id
         WHERE l.kind IN ('offer_accepted', 'volunteer_confirmation') AND m.id IS NULL AND $1::timestamptz IS NOT NULL
        """,
    ),
    Question(
        "I4",
        "a plan was told for a referral nobody ever accepted",
        """
        SELECT l.id FROM letters l WHERE l.kind = 'newcomer_confirmation' AND $1::timestamptz IS NOT NULL
           AND NOT EXISTS (SELECT FROM matches m WHERE m.referral_id = l.about_id)
        """,
    ),
    Question(
        "I4",
        "a plan waits to be sent for a match that is cancelled",
        """
        SELECT l.id FROM letters l JOIN matches m ON m.id = l.about_id
         WHERE l.state = 'waiting' AND l.kind IN ('offer_accepted', 'volunteer_confirmation') AND m.state = 'cancelled' AND $1::timestamptz IS NOT NULL
        """,
    ),
    Question(
        "I5",
        "a letter is past its latest moment and has not ended",
        """
        SELECT id FROM letters WHERE state IN ('waiting', 'sending', 'held') AND not_after < $1::timestamptz - interval '5 minutes'
        """,
    ),
    Question(
        "I5",
        "a letter that ended still holds its bytes",
        """
        SELECT id FROM letters WHERE state NOT IN ('waiting', 'sending', 'held') AND (sealed_bytes IS NOT NULL OR sealed_to IS NOT NULL)
           AND $1::timestamptz IS NOT NULL
        """,
    ),
    Question(
        "I7",
        "a letter's one party does not exist",
        """
        SELECT l.id FROM letters l WHERE l.state IN ('waiting', 'sending', 'held') AND $1::timestamptz IS NOT NULL
           AND NOT EXISTS (SELECT FROM person_keys k WHERE k.person_id = l.party_id AND k.kind = l.party_kind)
        """,
    ),
    Question(
        "I8",
        "a change of state has not exactly one audit row",
        """
        SELECT t.id FROM (
            SELECT 'referrals' AS kind, id, change_number FROM referrals UNION ALL SELECT 'offers', id, change_number FROM offers
            UNION ALL SELECT 'matches', id, change_number FROM matches UNION ALL SELECT 'volunteers', id, change_number FROM volunteers
            UNION ALL SELECT 'tasks', id, change_number FROM tasks UNION ALL SELECT 'staff', id, change_number FROM staff) t
          LEFT JOIN (SELECT thing_kind, thing_id, count(*) AS n, max(change_number) AS last FROM audit WHERE change_number IS NOT NULL
                      GROUP BY thing_kind, thing_id) a ON a.thing_kind = t.kind AND a.thing_id = t.id
         WHERE $1::timestamptz IS NOT NULL AND (a.n IS DISTINCT FROM t.change_number OR a.last IS DISTINCT FROM t.change_number)
        """,
    ),
    Question(
        "I8",
        "the newest audit row does not tell the state the row is in",
        """
        SELECT t.id FROM (
            SELECT 'referrals' AS kind, id, state, change_number FROM referrals UNION ALL SELECT 'offers', id, state, change_number FROM offers
            UNION ALL SELECT 'matches', id, state, change_number FROM matches UNION ALL SELECT 'volunteers', id, state, change_number FROM volunteers
            UNION ALL SELECT 'tasks', id, state, change_number FROM tasks UNION ALL SELECT 'staff', id, state, change_number FROM staff) t
          JOIN audit a ON a.thing_kind = t.kind AND a.thing_id = t.id AND a.change_number = t.change_number
         WHERE a.to_state <> t.state AND $1::timestamptz IS NOT NULL
        """,
    ),
    Question(
        "I10",
        "an open offer stands to somebody who is not active",
        """
        SELECT o.id FROM offers o JOIN volunteers v ON v.id = o.volunteer_id
         WHERE o.state IN ('queued', 'sent') AND (v.state <> 'active' OR NOT v.may_be_asked) AND $1::timestamptz IS NOT NULL
        """,
    ),
    Question(
        "I10",
        "an open offer or a live match crosses a bar",
        """
        SELECT x.id FROM (SELECT id, referral_id, volunteer_id FROM offers WHERE state IN ('queued', 'sent', 'expired')
                          UNION ALL SELECT id, referral_id, volunteer_id FROM matches WHERE state IN ('planned', 'confirmed')) x
          JOIN referrals r ON r.id = x.referral_id
          JOIN bars b ON b.volunteer_id = x.volunteer_id AND b.ended_at IS NULL
                     AND (b.newcomer_id = r.newcomer_id OR b.kind = 'volunteer_provider' AND b.provider_id = r.provider_id)
         WHERE $1::timestamptz IS NOT NULL
        """,
    ),
    Question(
        "I10",
        "an offer was accepted after its last moment",
        "SELECT id FROM offers WHERE state = 'accepted' AND answered_at >= last_moment AND NOT by_telephone AND $1::timestamptz IS NOT NULL",
    ),
    Question(
        "I10",
        "somebody has more letters in a week than they want",
        "SELECT volunteer_id AS id FROM volunteer_weeks WHERE letters > cap AND $1::timestamptz IS NOT NULL",
    ),
    Question(
        "I10",
        "an open offer stands for a referral that is closed, on hold or without consent",
        """
        SELECT o.id FROM offers o JOIN referrals r ON r.id = o.referral_id
         WHERE o.state IN ('queued', 'sent') AND $1::timestamptz IS NOT NULL
           AND (r.state IN ('closed', 'on_hold')
                OR NOT coalesce((SELECT c.given FROM consents c WHERE c.person_id = r.newcomer_id AND c.purpose = 'c1' ORDER BY c.number DESC LIMIT 1), false))
        """,
    ),
    Question(
        "I10",
        "more than ten people are being asked at once",
        """
        SELECT r.id FROM referrals r WHERE $1::timestamptz IS NOT NULL
           AND (SELECT count(*) FROM offers o WHERE o.referral_id = r.id AND o.state IN ('queued', 'sent')) > 10
        """,
    ),
    Question(
        "silence",
        "an open referral has neither a next step with a time nor a person",
        """
        SELECT r.id FROM referrals r WHERE r.state IN ('looking', 'part_filled', 'needs_person', 'awaiting_outcome', 'following')
           AND $1::timestamptz IS NOT NULL AND NOT EXISTS (SELECT FROM timers t WHERE t.referral_id = r.id AND t.state IN ('waiting', 'running'))
           AND NOT EXISTS (SELECT FROM tasks t WHERE t.referral_id = r.id AND t.state = 'open')
        """,
    ),
    Question(
        "silence",
        "an open referral has no moment by which it is answered",
        """
        SELECT id FROM referrals WHERE state IN ('looking', 'part_filled', 'needs_person') AND deadline IS NULL AND $1::timestamptz IS NOT NULL
        """,
    ),
    Question(
        "ladder",
        "an open referral's answer is due only after its last meeting has begun",
        """
        SELECT r.id FROM referrals r WHERE r.state IN ('looking', 'part_filled', 'needs_person') AND $1::timestamptz IS NOT NULL
           AND r.deadline >= (SELECT max(o.starts_at) FROM referral_options o
                               WHERE o.referral_id = r.id AND o.meeting_number = r.meeting_number AND o.state <> 'lost')
        """,
    ),
    Question(
        "ladder",
        "nothing will give an open referral its answer in time",
        """
        SELECT r.id FROM referrals r WHERE r.state IN ('looking', 'part_filled', 'needs_person') AND r.deadline > $1::timestamptz
           AND NOT EXISTS (SELECT FROM timers t WHERE t.referral_id = r.id AND t.kind = 'last_moment' AND t.state IN ('waiting', 'running')
                              AND t.due_at <= greatest(r.deadline, $1::timestamptz))
        """,
    ),
    Question(
        "ladder",
        "a referral that looks for somebody has no next step with a time",
        """
        SELECT r.id FROM referrals r WHERE r.state IN ('looking', 'part_filled') AND r.deadline > $1::timestamptz
           AND NOT EXISTS (SELECT FROM timers t WHERE t.referral_id = r.id AND t.kind = 'look' AND t.state IN ('waiting', 'running')
                              AND t.due_at <= r.deadline)
        """,
    ),
    Question(
        "silence",
        "a timer never came to an end and is held",
        "SELECT id FROM timers WHERE state = 'held' AND $1::timestamptz IS NOT NULL",
    ),
)
"""Which promises, in words: reliability.md, table of invariants. `silence` and `ladder` are matching.md 9's own."""


async def list_broken(c: Connection, now: datetime) -> list[Broken]:
    """Every row that breaks a promise; an empty list is good news."""
    found: list[Broken] = []
    for question in QUESTIONS:
        rows = await c.fetch(question.sql, now)
        found.extend(Broken(question.promise, question.rule, str(row["id"])) for row in rows)
    return found


async def list_missing_helplines(c: Connection) -> list[tuple[str, str]]:
    """Area and fellowship for which nobody has entered a helpline yet."""
    rows = await c.fetch(
        """
        SELECT a.name, f.fellowship FROM fellowship_contacts f JOIN areas a ON a.id = f.area_id WHERE f.helpline = '' ORDER BY a.name, f.fellowship
        """
    )
    return [(row["name"], row["fellowship"]) for row in rows]
