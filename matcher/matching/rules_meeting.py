"""Hard rules on the volunteer's side of time and place, and on the meeting itself: H6 and H11 to H17."""

from matcher.domain.availability import block_of, latest_answer_at, windows_cover
from matcher.domain.option import Option
from matcher.domain.place import km_between, travel_minutes
from matcher.domain.referral import ReferralNeeds
from matcher.domain.volunteer import GOINGS_A_BLOCK, LETTERS_A_WEEK, Volunteer
from matcher.domain.wishes import SaysIs, SpecialAudience
from matcher.matching.question import Question, Verdict, met
from matcher.matching.reach import out_of_the_house, within_reach

SAID_BY = {SaysIs.WOMAN: SpecialAudience.WOMEN, SaysIs.MAN: SpecialAudience.MEN}


def h6_usable(q: Question) -> Verdict:
    """The meeting can be offered and was checked lately; a special audience is what both have said of themselves."""
    option = q.option
    if not option.attendable or option.needs_human_check:
        return Verdict.FAIL
    if option.last_checked_at is None:
        return Verdict.UNKNOWN
    if q.now - option.last_checked_at > q.policy.checked_within:
        return Verdict.FAIL
    return met(option.special <= _said(q.needs) and option.special <= _said(q.volunteer))


def _said(person: ReferralNeeds | Volunteer) -> frozenset[SpecialAudience]:
    says_is = person.newcomer_is if isinstance(person, ReferralNeeds) else person.says_is
    return person.said_audiences | ({SAID_BY[says_is]} if says_is in SAID_BY else set())


def h11_reach(q: Question) -> Verdict:
    """Venue and meet-up place lie in one of the volunteer's own areas; held online only, a way to join instead."""
    if not q.option.in_person:
        return met(q.option.has_way_in)
    if q.option.venue is None or not q.volunteer.reach:
        return Verdict.UNKNOWN
    if q.option.meet_up is None or q.option.meet_up == q.option.venue:
        return met(within_reach(q.volunteer.reach, q.option.venue))
    return met(within_reach(q.volunteer.reach, q.option.venue, q.option.meet_up))


def h12_free(q: Question) -> Verdict:
    """From meeting up to the end they are free, by the clock on the wall; no windows is never free."""
    return met(windows_cover(q.volunteer.windows, q.option.spans))


def h13_not_away(q: Question) -> Verdict:
    """Not on leave, nor "not this week", on any local date it touches."""
    return met(not any(q.volunteer.is_away_on(on) for on in q.option.dates))


def h14_notice(q: Question) -> Verdict:
    """There is still as much time as they asked for; who did not say gets a day."""
    return met(q.now <= min(latest_answer_at(q.volunteer.notice, q.option.starts_at, q.option.zone), q.option.starts_at - q.policy.lead))


def h15_goings(q: Question) -> Verdict:
    """They go fewer times in that four-week block than they want to."""
    cap = GOINGS_A_BLOCK if q.volunteer.going_cap is None else q.volunteer.going_cap
    return met(q.standing.matches_in_block.get(block_of(q.option.on_date), 0) < cap)


def h16_letters(q: Question) -> Verdict:
    """They had fewer letters in seven days than they want, and none waits for an answer."""
    cap = LETTERS_A_WEEK if q.volunteer.cap is None else q.volunteer.cap
    return met(q.standing.letters_in_seven_days < cap and not q.standing.has_open_letter)


def h17_no_clash(q: Question) -> Verdict:
    """Neither is elsewhere at that time; the volunteer's way there and back counts."""
    elsewhere = any(starts < q.option.ends_at and q.option.meets_at < ends for starts, ends in q.needs.other_matches)
    clash = bool(q.standing.busy) and not q.standing.busy.isdisjoint(half_hours_out(q.volunteer, q.option))
    return met(not elsewhere and not clash)


def half_hours_out(volunteer: Volunteer, option: Option) -> range:
    """The half hours this volunteer is out of the house for this occurrence, as `matches` holds them."""
    return range(*out_of_the_house(option.meets_at, option.ends_at, minutes_each_way(volunteer, option)))


def minutes_each_way(volunteer: Volunteer, option: Option) -> int | None:
    """The longer of the way there and the way back, from the nearest own area that holds both places; 0 online; None if not known."""
    if not option.in_person:
        return 0
    meet_up, venue = option.meeting_place, option.venue
    if meet_up is None or venue is None or volunteer.travel_how is None:
        return None
    ways = [
        max(km_between(area.centre, meet_up), km_between(area.centre, venue))
        for area in volunteer.reach
        if within_reach([area], meet_up, venue)
    ]
    return travel_minutes(min(ways), volunteer.travel_how) if ways else None
