"""What a change of a meeting means for one referral: which of its options are moved or off, what is new, whether it still suits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from matcher.actions.scene import Scene
from matcher.actions.searching import needs_in, person_named, policy_of, search_in
from matcher.domain.arrangement import Match, ReferralOption
from matcher.domain.directory_meeting import DirectoryMeeting
from matcher.domain.known_meeting import HistoryLine
from matcher.domain.letter_parts import Changed, ChangedLine
from matcher.domain.meeting_change import PLAN_FIELDS, join_parts
from matcher.domain.option import Option
from matcher.matching.fitting import NOBODY
from matcher.matching.question import Question, Rule, Verdict
from matcher.matching.rules import failed_rules
from matcher.matching.rules_meeting import half_hours_out
from matcher.matching.rules_referral import h7_limits, h8_access
from matcher.store import candidates, directory, meeting_plans

TOUCHES = PLAN_FIELDS | {"attributes", "audience", "duration_min", "joins", "weeks", "formatted_address"}
"""Fields of the history that a plan is read against again."""
A_LITTLE = timedelta(hours=1)
"""A meeting somebody picked by hand still suits them when it moves by no more on the same day at the same place (assumption)."""
VOLUNTEERS_LIMITS = Rule.H11 | Rule.H12 | Rule.H13 | Rule.H18


@dataclass(frozen=True, slots=True)
class News:
    """One option and what has become of it. `becomes` is None where its date is off; `lines` are the differences people must hear."""

    option: ReferralOption
    becomes: ReferralOption | None
    lines: tuple[ChangedLine, ...]
    touched: bool
    suits: bool

    @property
    def is_off(self) -> bool:
        """Not held, or no longer something this newcomer could go to."""
        return self.becomes is None or not self.suits

    @property
    def is_new(self) -> bool:
        """Whether there is anything to say."""
        return self.is_off or self.touched

    @property
    def has_moved(self) -> bool:
        """Whether its times are others."""
        return self.becomes is not None and self.becomes != self.option


async def news_of(scene: Scene, meeting: DirectoryMeeting, live: Sequence[Match]) -> list[News]:
    """What has become of a referral's options at this meeting that are not over, since its people last heard of them."""
    told = await directory.find_last_told(scene.tx, meeting.id)
    known = min((match.accepted_at for match in live), default=scene.referral.submitted_at)
    lines = await directory.list_changes_since(scene.tx, meeting.id, known)
    if told is not None:
        lines = [line for line in lines if line.at > told]
    mine = [option for option in scene.options if option.meeting_id == meeting.id and option.ends_at > scene.now]
    return [await _news(scene, meeting, option, lines) for option in mine]


async def _news(scene: Scene, meeting: DirectoryMeeting, option: ReferralOption, lines: Sequence[HistoryLine]) -> News:
    occurrence = meeting.instead_of(option.on_date, scene.now)
    if occurrence is None:
        return News(option, None, (), touched=True, suits=False)
    becomes = replace(
        option,
        on_date=occurrence.on_date,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        meet_at=meeting.meets_at(occurrence),
    )
    own_date = f"date.{option.on_date.isoformat()}"
    touched = becomes != option or any(line.field in TOUCHES or line.field == own_date for line in lines)
    of_place = [line for line in lines if line.field in ("venue", "formatted_address", own_date)]
    place = _place_line(meeting, option, of_place, has_own_place=occurrence.venue is not None)
    said = (*_time_lines(option, becomes), *([place] if place else []))
    return News(
        option, becomes, said, touched=touched, suits=not touched or await _suits(scene, option, becomes, moved_place=place is not None)
    )


def _time_lines(old: ReferralOption, new: ReferralOption) -> list[ChangedLine]:
    found = []
    if old.starts.date() != new.starts.date():
        found.append(ChangedLine(Changed.DAY, old.starts, new.starts))
    if old.starts.time() != new.starts.time():
        found.append(ChangedLine(Changed.START, old.starts, new.starts))
    if old.meets.time() != new.meets.time():
        found.append(ChangedLine(Changed.MEET_AT, old.meets, new.meets))
    return found


def _place_line(
    meeting: DirectoryMeeting, option: ReferralOption, lines: Sequence[HistoryLine], *, has_own_place: bool
) -> ChangedLine | None:
    """Where it was, by the oldest lines of the history since people heard of it, and where it is. `has_own_place`: on that date only."""
    first = {line.field: line.old for line in reversed(lines)}
    dated = [line.old for line in reversed(lines) if line.field.startswith("date.")]
    if has_own_place and not dated:
        return None
    venue, address = first.get("venue", meeting.venue), first.get("formatted_address", meeting.formatted_address)
    if dated and dated[-1] and dated[-1].get("venue"):
        venue, address = dated[-1]["venue"], None
    before, after = place_words(venue, address), place_words(option.venue, option.formatted_address)
    return ChangedLine(Changed.VENUE, before, after) if before and after and before != after else None


def place_words(venue: str | None, address: str | None) -> str | None:
    """A venue and its address in one line."""
    return join_parts((venue, None if address == venue else address))


async def _suits(scene: Scene, old: ReferralOption, new: ReferralOption, *, moved_place: bool) -> bool:
    """Whether the newcomer could still go there: their times, their way, their care, and what they need of a meeting."""
    facts = (await candidates.list_option_facts(scene.tx, [new]))[0]
    needs, policy = await needs_in(scene, []), policy_of(scene.provider)

    def passes(option: Option) -> bool:
        question = Question(volunteer=NOBODY, needs=needs, option=option, now=scene.now, policy=policy)
        return h7_limits(question) is Verdict.PASS and h8_access(question) is Verdict.PASS

    if passes(replace(facts, picked_by_hand=False)):
        return True
    near = old.on_date == new.on_date and abs(new.starts_at - old.starts_at) <= A_LITTLE and not moved_place
    return near and old.picked_by_hand and passes(facts)


async def hours_of(scene: Scene, match: Match, becomes: ReferralOption) -> range | None:
    """The half hours a companion would be out of the house for the meeting as it is now; None where it no longer suits them."""
    facts = (await search_in(scene, [becomes])).options[0]
    person = await person_named(scene, match.volunteer_id, [facts])
    if person is None:
        return None
    search = await search_in(scene, [becomes])
    failed = failed_rules(search.about(person, facts)) & VOLUNTEERS_LIMITS
    hours = half_hours_out(person[0], facts)
    clash = await meeting_plans.find_clash(scene.tx, match.volunteer_id, hours, besides=match.id)
    return None if failed or clash else hours


def latest_answer(scene: Scene, options: Sequence[ReferralOption]) -> datetime:
    """The last moment at which a yes to one of these can be of use."""
    return max(option.starts_at for option in options) - scene.config.timing.lead
