"""Hard rules between two people: H4, H5, H9, H10 and H18 to H20. Time and place are in `rules_meeting`."""

from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import VolunteerState
from matcher.domain.meeting import Audience
from matcher.domain.referral import PairPolicy, ReferralNeeds, RulePolicy
from matcher.domain.volunteer import ComfortableWith, Kind, Volunteer, VolunteerConsent
from matcher.domain.wishes import Comfort, SaysIs
from matcher.matching.question import Question, Verdict, known, met

OFFER_CONSENTS = frozenset({VolunteerConsent.HOLD, VolunteerConsent.MAIL, VolunteerConsent.TELL_NEWCOMER})
WANTED = {Comfort.WOMAN: SaysIs.WOMAN, Comfort.MAN: SaysIs.MAN, ComfortableWith.WOMEN: SaysIs.WOMAN, ComfortableWith.MEN: SaysIs.MAN}
NOT_SAID = (None, SaysIs.RATHER_NOT_SAY)


def h4_own_fellowship(q: Question) -> Verdict:
    """The meeting's fellowship is on their own profile; who is no member of it goes to open meetings only."""
    kind = q.volunteer.kind_in(q.option.fellowship)
    if kind is None:
        return Verdict.FAIL
    if kind is Kind.MEMBER or (kind is Kind.FACILITATOR and q.option.fellowship is Fellowship.SMART and q.volunteer.smart_trained):
        return Verdict.PASS
    return known(None if q.option.audience is Audience.UNKNOWN else q.option.audience is Audience.OPEN)


def h5_ready(q: Question) -> Verdict:
    """Adult, active, reachable, consents, role card and checklist in order, and long enough in the fellowship."""
    v = q.volunteer
    in_order = v.adult and v.state is VolunteerState.ACTIVE and v.address_ok and v.role_card_ok and v.checklist_ok
    if not in_order or not v.consents >= OFFER_CONSENTS:
        return Verdict.FAIL
    held = q.needs.held
    if held and held.meets_time_band and q.policy.second_may_be_newer:
        return Verdict.PASS
    return met(meets_time_band(v, q.option.fellowship, q.policy))


def meets_time_band(volunteer: Volunteer, fellowship: Fellowship, policy: RulePolicy) -> bool:
    """Whether they have been there for the policy's time (shipped: 12 months); SMART asks for training instead. Not said is no."""
    if fellowship is Fellowship.SMART:
        return volunteer.smart_trained is True
    return volunteer.time_band is not None and volunteer.time_band.years >= policy.least_time_band.years


def h9_comfort(q: Question) -> Verdict:
    """The newcomer's wish and the volunteer's wish are both met."""
    held = q.needs.held
    enough = q.needs.companions == 2 and not q.needs.both_meet_wish and held is not None and held.meets_comfort
    settled_by_hand = q.by_hand and q.needs.released and q.needs.wish is Comfort.OWN_WORDS
    newcomers = Verdict.PASS if enough or settled_by_hand else meets_comfort(q.volunteer, q.needs)
    return newcomers if newcomers is not Verdict.PASS else _meets(q.volunteer.comfortable_with, q.needs.newcomer_is)


def meets_comfort(volunteer: Volunteer, needs: ReferralNeeds) -> Verdict:
    """Whether the volunteer is whom the newcomer wished for. Own words are for the coordinator: unknown."""
    return _meets(needs.wish, volunteer.says_is)


def _meets(wish: Comfort | ComfortableWith | None, says_is: SaysIs | None) -> Verdict:
    if wish is Comfort.NO_PREFERENCE or wish is ComfortableWith.ANYONE:
        return Verdict.PASS
    if wish is None or wish is Comfort.OWN_WORDS or says_is in NOT_SAID:
        return Verdict.UNKNOWN
    return met(says_is is WANTED[wish])


def h10_language(q: Question) -> Verdict:
    """A language besides English is on the volunteer's profile, or an interpreter is arranged; of two languages, either is."""
    if not q.needs.languages:
        return Verdict.UNKNOWN
    if q.needs.languages == {"en"} or q.needs.interpreter_arranged:
        return Verdict.PASS
    return known(bool(q.needs.languages & q.volunteer.languages) if q.volunteer.languages else None)


def h18_no_bar(q: Question) -> Verdict:
    """Nobody and nothing is barred; a nickname that is not resolved yet holds everything."""
    if is_barred(q):
        return Verdict.FAIL
    return Verdict.UNKNOWN if q.needs.unresolved_avoid_people else Verdict.PASS


def is_barred(q: Question) -> bool:
    """Whether a bar stands between these people, or between one of them and this meeting. They are left out before anything is counted."""
    s, held = q.standing, q.needs.held
    if s.barred_from_newcomer or s.barred_from_provider or s.same_person or q.option.meeting_id in q.needs.barred_meetings:
        return True
    if q.option.in_person and s.barred_outcodes and (q.option.outcode is None or q.option.outcode in s.barred_outcodes):
        return True
    return held is not None and held.volunteer_id in s.barred_pair_partners


def h19_pair(q: Question) -> Verdict:
    """Two where the provider wants two or the volunteer goes only in a pair; the first yes fixes the occurrence for the second."""
    needs, held = q.needs, q.needs.held
    always = q.policy.pair in (None, PairPolicy.ALWAYS) or (q.policy.pair is PairPolicy.FIRST_TIME and needs.meeting_number == 1)
    if needs.companions not in (1, 2) or (needs.companions == 1 and (always or q.volunteer.pair_only)):
        return Verdict.FAIL
    if held and (held.option != q.option.key or held.volunteer_id == q.volunteer.id):
        return Verdict.FAIL
    return Verdict.UNKNOWN if needs.companions == 1 and q.volunteer.pair_only is None else Verdict.PASS


def h20_not_asked(q: Question) -> Verdict:
    """Not asked yet for this meeting number, never after a no. "Another day" frees options on dates they were not shown."""
    s = q.standing
    if s.said_no:
        return Verdict.FAIL
    if q.needs.meeting_number not in s.asked_for_meeting_numbers or s.banked_yes:
        return Verdict.PASS
    dates = {on_date for _, on_date in s.shown}
    return met(s.said_another_day and bool(dates) and q.option.on_date not in dates)
