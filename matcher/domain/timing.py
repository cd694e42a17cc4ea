"""Every waiting time of journeys 6 that is needed so far, and the moments that follow from them. Values are settings; the clock is an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from matcher.domain.availability import Notice, latest_answer_at
from matcher.domain.errors import Misconfigured
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.quiet_hours import QuietHours, add_waking_time, move_before_quiet_hours, move_out_of_quiet_hours

NEWCOMER_QUIET = QuietHours(time(21), time(8))
VOLUNTEER_QUIET = QuietHours(time(22), time(8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The shipped values; `journeys.md` 6 has the source of each. Raises Misconfigured, with a sentence, for a value that cannot be.

    `undo`: after a yes. `at_once_under`: T nearer than this, letters do not wait for the undo window. `reply_most`: the longest a reply-by lies
    ahead. `lead`: the latest yes before T. `wave_…`: how many are asked at once, how long until the next wave, how many waves; `near` and
    `very_near` are the distances of T that quicken them. `decide_before`: pair and newcomer's OK are decided then. `keep_unanswered`: the
    policy where the newcomer did not answer. `late_under`: the border of a late drop-out. `meeting_within`: from sending to the meeting; a
    referral for which there is none gets the honest answer then. `told_together`: changes within it make one letter, whatever their kind.
    `reminded_before`, `companion_again_before`, `newcomer_again_before`: the reminders, each at least `reminded_apart` from what its reader was
    told before (assumption). `asked_evening_before`: whether they are coming, for a meeting before noon. `answer_not_before`: an honest answer due
    earlier in the day leaves at `evening_answer` before. `meeting_over`: after the end of a meeting it is asked how it went; `outcome_chases` after that,
    `outcome_given_up` when nobody answers. `follow_up_open`: so long a round of questions waits. `episode_most`: from the first meeting on.
    `search_before_leaving`, `first_contact`: discharge mode, before and after the leaving date.
    """

    undo: timedelta = timedelta(minutes=15)
    at_once_under: timedelta = timedelta(hours=3)
    reply_most: timedelta = timedelta(hours=24)
    lead: timedelta = timedelta(hours=2)
    wave_size: int = 3
    wave_gap: timedelta = timedelta(hours=4)
    wave_limit: int = 3
    near: timedelta = timedelta(hours=12)
    near_gap: timedelta = timedelta(minutes=30)
    very_near: timedelta = timedelta(hours=3)
    very_near_size: int = 10
    letters_a_week: int = 2
    unmatched_alert: timedelta = timedelta(hours=48)
    meeting_within: timedelta = timedelta(days=7)
    consent_silence: timedelta = timedelta(hours=72)
    decide_before: timedelta = timedelta(hours=6)
    keep_unanswered: bool = True
    late_under: timedelta = timedelta(hours=3)
    urgent_under: timedelta = timedelta(hours=12)
    meet_before: timedelta = timedelta(minutes=15)
    wait_at_door: timedelta = timedelta(minutes=15)
    newcomer_quiet: QuietHours = NEWCOMER_QUIET
    volunteer_quiet: QuietHours = VOLUNTEER_QUIET
    code_life: timedelta = timedelta(minutes=10)
    code_tries: int = 10
    sign_in_idle: timedelta = timedelta(minutes=30)
    sign_in_most: timedelta = timedelta(hours=12)
    sign_in_warning: timedelta = timedelta(minutes=5)
    mail_retry: timedelta = timedelta(hours=72)
    told_together: timedelta = timedelta(minutes=2)
    link_after_meeting: timedelta = timedelta(hours=24)
    meeting_over: timedelta = timedelta(minutes=60)
    outcome_chases: tuple[timedelta, ...] = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
    outcome_given_up: timedelta = timedelta(days=14)
    follow_up_open: timedelta = timedelta(days=14)
    episode_most: timedelta = timedelta(days=90)
    search_before_leaving: timedelta = timedelta(days=14)
    first_contact: timedelta = timedelta(hours=48)
    draft_kept: timedelta = timedelta(days=7)
    reminded_before: timedelta = timedelta(hours=24)
    companion_again_before: timedelta = timedelta(hours=4)
    newcomer_again_before: timedelta = timedelta(hours=2)
    reminded_apart: timedelta = timedelta(hours=3)
    asked_evening_before: time = time(18)
    answer_not_before: time = time(10)
    evening_answer: time = time(20)
    checked_amber: timedelta = timedelta(days=90)
    checked_most: timedelta = timedelta(days=180)

    def __post_init__(self) -> None:
        for name, value in ((name, getattr(self, name)) for name in self.__dataclass_fields__):
            too_short = value < timedelta(0) if name in MAY_BE_NOTHING else isinstance(value, timedelta) and value <= timedelta(0)
            if too_short or (isinstance(value, int) and not isinstance(value, bool) and value < 1):
                raise Misconfigured(f"{name} must be more than nothing.")
        for fine, sentence in self._demands():
            if not fine:
                raise Misconfigured(sentence)

    def _demands(self) -> tuple[tuple[bool, str], ...]:
        return (
            (self.undo <= self.lead, "The time to undo must be over before the meeting: undo must not be longer than lead."),
            (self.undo <= timedelta(hours=2), "The time to undo can be two hours at most."),
            (self.at_once_under >= self.lead, "at_once_under must not be shorter than lead: else the last plans would be told too late."),
            (self.decide_before >= self.lead, "decide_before must not be shorter than lead: the answer leaves before the meeting."),
            (self.near_gap <= self.wave_gap, "near_gap must not be longer than wave_gap."),
            (self.very_near <= self.near, "very_near must not be further away than near."),
            (
                self.wave_size <= self.very_near_size <= 10,
                "No more than 10 people may be asked at once, and wave_size fits into very_near_size.",
            ),
            (self.reply_most <= timedelta(days=3), "A reply may be asked for within three days at most."),
            (self.code_life <= timedelta(minutes=10), "A code may live 10 minutes at most."),
            (self.code_tries <= 10, "A code may be tried 10 times at most."),
            (self.sign_in_idle <= timedelta(minutes=30), "A sign-in ends after 30 idle minutes at most."),
            (
                self.sign_in_idle <= self.sign_in_most <= timedelta(hours=12),
                "A sign-in ends after 12 hours at most, and not before it is idle.",
            ),
            (self.sign_in_warning < self.sign_in_idle, "The warning must come before the sign-in ends."),
            (self.mail_retry <= timedelta(hours=72), "A letter is tried for 72 hours at most."),
            (self.meet_before <= timedelta(hours=2), "Meeting up can be two hours before the start at most."),
            (self.draft_kept <= timedelta(days=7), "A draft is kept for 7 days at most."),
            (self.checked_amber <= self.checked_most <= timedelta(days=365), "A meeting not checked for a year cannot be offered."),
        )

    def wave_at(self, now: datetime, starts_at: datetime) -> tuple[int, timedelta]:
        """How many may be asked at once, and how long until the next are, with T so far away."""
        ahead = starts_at - now
        size = self.very_near_size if ahead < self.very_near else self.wave_size
        return size, self.near_gap if ahead < self.near else self.wave_gap


MAY_BE_NOTHING = frozenset({"at_once_under", "meet_before", "wait_at_door", "told_together"})
SHIPPED = Timing()


def last_moment(starts_at: datetime, zone: ZoneInfo, notice: Notice | None, *, timing: Timing = SHIPPED) -> datetime:
    """The latest instant of a yes: T − lead, or what the volunteer's own notice says if that is earlier (None: not said, a day)."""
    return min(starts_at - timing.lead, latest_answer_at(notice, starts_at, zone))


def reply_by(asked_at: datetime, starts_at: datetime, latest: datetime, zone: ZoneInfo, *, timing: Timing = SHIPPED) -> datetime:
    """The reply-by of an offer, in UTC: 24 hours or half the time to T, whichever is less, counted outside quiet hours; never after `latest`.

    A courtesy, not a wall: the link works on until the last moment.
    """
    length = min(timing.reply_most, max(starts_at - asked_at, timedelta(0)) / 2)
    return min(add_waking_time(asked_at, length, zone, timing.volunteer_quiet), latest)


def answer_without_meeting(sent_at: datetime, earliest_on: date | None, zone: ZoneInfo, *, timing: Timing = SHIPPED) -> datetime:
    """When a referral for which no meeting was found gets its honest answer: a week after it was sent, or after the first day that suits."""
    begins = datetime.combine(earliest_on, time(), zone).astimezone(UTC) if earliest_on else sent_at
    return max(begins, sent_at) + timing.meeting_within


def honest_answer_at(starts_at: datetime, zone: ZoneInfo, *, now: datetime, timing: Timing = SHIPPED) -> datetime:
    """When the honest answer leaves where nobody said yes (matching 9), in UTC: T − lead, or 20:00 the evening before if that falls before 10:00.

    Where that evening is over already, T − lead all the same.
    """
    latest = starts_at - timing.lead
    local = latest.astimezone(zone)
    if local.time() >= timing.answer_not_before:
        return latest
    evening = datetime.combine(local.date() - timedelta(days=1), timing.evening_answer, zone).astimezone(UTC)
    return evening if evening > now else latest


def asking_begins(now: datetime, leaving_on: date | None, zone: ZoneInfo, *, timing: Timing = SHIPPED) -> datetime:
    """When volunteers are asked for the first time: now, or so long before the day somebody leaves a place of treatment."""
    if leaving_on is None:
        return now
    return max(now, datetime.combine(leaving_on, time(), zone).astimezone(UTC) - timing.search_before_leaving)


def first_contact_due(leaving_on: date, zone: ZoneInfo, *, timing: Timing = SHIPPED) -> datetime:
    """When the first contact after leaving is overdue: 48 hours after noon of the leaving day, for nobody knows the hour (assumption)."""
    return datetime.combine(leaving_on, time(12), zone).astimezone(UTC) + timing.first_contact


def undo_until(accepted_at: datetime, starts_at: datetime, *, timing: Timing = SHIPPED) -> datetime:
    """Until when a yes can be undone: never after the meeting has begun."""
    return min(accepted_at + timing.undo, starts_at)


def tells_at_once(accepted_at: datetime, starts_at: datetime, *, timing: Timing = SHIPPED) -> bool:
    """True where T is so near that newcomer and keyworker are told without waiting for the undo window; an undo then sends a correction."""
    return starts_at - accepted_at < timing.at_once_under


def told_at(accepted_at: datetime, starts_at: datetime, *, timing: Timing = SHIPPED) -> datetime:
    """When newcomer and keyworker are told of a yes that filled the last seat."""
    return accepted_at if tells_at_once(accepted_at, starts_at, timing=timing) else undo_until(accepted_at, starts_at, timing=timing)


def pair_deadline(starts_at: datetime, undo_ends_at: datetime, *, answer_at: datetime | None = None, timing: Timing = SHIPPED) -> datetime:
    """When a missing second companion is decided (R17, R18): T − 6 h, or the end of the undo window if later, never after T − lead.

    Where the honest answer leaves earlier (`answer_at`, the evening before), a little before that: one who goes alone is better than none.
    """
    due = min(max(starts_at - timing.decide_before, undo_ends_at), starts_at - timing.lead)
    return due if answer_at is None or due < answer_at else answer_at - timing.undo


def answer_deadline(starts_at: datetime, undo_ends_at: datetime, *, timing: Timing = SHIPPED) -> datetime:
    """When a newcomer's missing OK is decided (R31, M5): T − 6 h, or the end of the undo window if later."""
    return max(starts_at - timing.decide_before, undo_ends_at)


def morning_at(starts_at: datetime, zone: ZoneInfo, *, timing: Timing = SHIPPED) -> datetime:
    """When a companion is asked whether they are still coming, in UTC: the end of quiet hours on the day, the evening before for a start before noon."""
    local = starts_at.astimezone(zone)
    if local.time() < time(12):
        return datetime.combine(local.date() - timedelta(days=1), timing.asked_evening_before, zone).astimezone(UTC)
    return datetime.combine(local.date(), timing.volunteer_quiet.quiet_until, zone).astimezone(UTC)


def reminder_at(starts_at: datetime, before: timedelta, *, party: Party, zone: ZoneInfo, timing: Timing = SHIPPED) -> datetime:
    """When somebody is reminded so long before T, in UTC: in their quiet hours the last minute before them."""
    quiet = timing.newcomer_quiet if party is Party.NEWCOMER else timing.volunteer_quiet
    return move_before_quiet_hours(starts_at - before, zone, quiet)


def is_late(now: datetime, starts_at: datetime, *, timing: Timing = SHIPPED) -> bool:
    """True where a companion who withdraws now leaves less than 3 h to T (R34)."""
    return starts_at - now < timing.late_under


def not_after(
    kind: LetterKind,
    due_at: datetime,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    reply_by_at: datetime | None = None,
    timing: Timing = SHIPPED,
) -> datetime:
    """The latest moment at which this letter is still useful (journeys 9), never more than 72 h after it is due (reliability 3).

    Where the answer is not after `due_at`, the letter has no use: write none. Raises ValueError where the moment it depends on is not given.
    """
    latest = due_at + timing.mail_retry
    if kind is LetterKind.SIGN_IN_CODE:
        return due_at + timing.code_life
    if kind is LetterKind.OFFER:
        return min(latest, _given(kind, reply_by_at))
    if kind is LetterKind.MORNING_OF:
        return min(latest, _given(kind, starts_at) - timing.late_under)
    if kind is LetterKind.CHECK_IN:
        return min(latest, _given(kind, ends_at) + timing.link_after_meeting)
    return min(latest, _given(kind, starts_at)) if kind in UNTIL_START else latest


UNTIL_START = frozenset(
    {
        LetterKind.COVERED,
        LetterKind.OFFER_ACCEPTED,
        LetterKind.VOLUNTEER_CONFIRMATION,
        LetterKind.NEWCOMER_CONFIRMATION,
        LetterKind.CHANGE,
        LetterKind.CANCELLATION,
        LetterKind.REMINDER,
        LetterKind.NO_COMPANION,
    }
)
"""Letters that nobody needs once the meeting has begun."""
WAITS_FOR_MORNING = frozenset(
    {LetterKind.OFFER, LetterKind.RECONFIRM_WILLING, LetterKind.FOLLOW_UP, LetterKind.CHECK_IN, LetterKind.THANK_YOU}
)
"""Never worth waking anybody for, however near the meeting."""
AT_ANY_HOUR = frozenset({LetterKind.OFFER_ACCEPTED, LetterKind.SIGN_IN_CODE})
"""The answer to what somebody has just done themselves."""


def letter_due(
    kind: LetterKind, party: Party, at: datetime, zone: ZoneInfo, *, starts_at: datetime | None = None, timing: Timing = SHIPPED
) -> datetime:
    """When a letter written for `at` may leave, in UTC: out of its reader's quiet hours, a reminder before them.

    What concerns a meeting that starts before the quiet hours end leaves at once; so do answers to one's own click, and letters to staff.
    A change waits for `told_together`, so that the next one within it takes its place and nobody is told A, B, A; not where the start is near.
    """
    if kind is LetterKind.CHANGE and starts_at is not None and starts_at - at >= timing.at_once_under:
        at += timing.told_together
    quiet = {Party.VOLUNTEER: timing.volunteer_quiet, Party.NEWCOMER: timing.newcomer_quiet}.get(party)
    if quiet is None or kind in AT_ANY_HOUR:
        return at
    if kind is LetterKind.REMINDER:
        return move_before_quiet_hours(at, zone, quiet)
    return move_out_of_quiet_hours(at, zone, quiet, starts_at=None if kind in WAITS_FOR_MORNING else starts_at)


def _given(kind: LetterKind, moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError(f"{kind} needs the moment it must not be after")
    return moment
