"""The search for company: who passes every hard rule for a referral now. Reads only; asking, hand asks, acceptance and the form share it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from matcher.actions.scene import Scene
from matcher.domain.arrangement import Match, ReferralOption, needs_of
from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship
from matcher.domain.option import Option
from matcher.domain.party import ProviderFrame
from matcher.domain.place import NOWHERE, find_place
from matcher.domain.referral import HeldSeat, PairPolicy, ReferralNeeds, RulePolicy
from matcher.domain.rung import Rung
from matcher.domain.volunteer import TimeBand, VolunteerId
from matcher.matching.eligible import Eligible, Person, Search, as_on_the_form, eligible_people
from matcher.matching.ladder import coming_further
from matcher.matching.narrowing_down import narrow
from matcher.matching.question import Rule, Verdict
from matcher.matching.rules import NONE_FAILED, failed_rules
from matcher.matching.rules_people import meets_comfort, meets_time_band
from matcher.store import candidates, consents, matches
from matcher.store.candidates import About
from matcher.vocabulary import role_card

ENOUGH = 20
"""So many who fit are enough for one decision: it asks ten at most."""
WHEN_SAYING_YES = Rule.H1 | Rule.H11 | Rule.H12 | Rule.H13 | Rule.H14 | Rule.H16 | Rule.H20
"""What somebody overrides who says yes themselves: their own times, reach and notice (the last moment has its own guard), and having been asked."""


def policy_of(provider: ProviderFrame) -> RulePolicy:
    """The hard rules' settings, as the service has set them."""
    return RulePolicy(pair=PairPolicy(provider.pair_rule), least_time_band=TimeBand(provider.minimum_band))


async def needs_in(scene: Scene, live: Sequence[Match] | None = None) -> ReferralNeeds:
    """What the newcomer wants and what stands fixed already, as the rules read it."""
    referral = scene.referral
    if live is None and referral.seats == 2 and referral.seats_taken:
        live = await matches.list_matches(scene.tx, referral.id, referral.meeting_number)
    place = find_place(referral.travel_from) if referral.travel_from else None
    needs = needs_of(
        referral,
        consent_c1=await consents.find_consent(scene.tx, referral.newcomer_id, "c1"),
        travel_from=place or NOWHERE,
        held=None,
        unresolved="avoid_people" in referral.to_settle,
    )
    held = await _held(scene, needs, live[0]) if live and len(live) == 1 and referral.seats == 2 else None
    return replace(needs, held=held)


async def _held(scene: Scene, needs: ReferralNeeds, match: Match) -> HeldSeat:
    """The companion who has said yes already, as the pair rules see them."""
    option = scene.option(match.option_id)
    people = await candidates.list_people_named(
        scene.tx, [match.volunteer_id], [], scene.now, about=about(scene), role_card_version=card_version(match.fellowship)
    )
    volunteer = people[0][0]
    return HeldSeat(
        volunteer_id=VolunteerId(match.volunteer_id),
        option=(option.meeting_id, option.on_date),
        meets_comfort=meets_comfort(volunteer, needs) is Verdict.PASS,
        meets_time_band=meets_time_band(volunteer, Fellowship(match.fellowship), policy_of(scene.provider)),
    )


def about(scene: Scene) -> About:
    """The ids a search is about."""
    referral = scene.referral
    return About(referral.id, referral.newcomer_id, referral.provider_id, referral.meeting_number)


def card_version(fellowship: str) -> str:
    """The role card in force."""
    return role_card(Fellowship(fellowship)).version


async def search_in(scene: Scene, options: Sequence[ReferralOption], *, by_hand: bool = False) -> Search:
    """The question to the roster: these options of this referral, now."""
    facts = await candidates.list_option_facts(scene.tx, options)
    further = scene.referral.has_taken(Rung.REACH)
    return Search(await needs_in(scene), facts, scene.now, policy_of(scene.provider), by_hand, further)


async def eligible_now(
    scene: Scene, search: Search, *, ignoring: Rule = NONE_FAILED, also: Sequence[UUID] = (), enough: int = ENOUGH
) -> list[Eligible]:
    """Those who could do at least one of the search's options now: at least `enough` of them, asked longest ago first, or everybody there is.

    `also` are volunteers looked at in any case (somebody with a claim). Looks further as long as the rules leave too few: the search has asked
    most of them already, so few more than enough are a good beginning.
    """
    most = max(4 * ENOUGH, enough * 3 // 2)
    while True:
        people, more = await people_near(scene.tx, search, about(scene), letters_count=True, most=most, also=also)
        fit = eligible_people(people, search, ignoring)
        if len(fit) >= enough or not more:
            return fit
        most *= 4


async def people_near(
    c: Connection,
    search: Search,
    about: About,
    *,
    letters_count: bool = False,
    most: int = 4 * ENOUGH,
    also: Sequence[UUID] = (),
    on_call: int | None = None,
) -> tuple[list[Person], bool]:
    """The roster narrowed to up to `most` people near each option, with how they stand; and whether there may be more.

    `on_call`: only those who may be rung at this minute of the local week.
    """
    if not search.options:
        return [], False
    version = card_version(search.options[0].fellowship.value)
    letters_from = search.now if letters_count else None
    found: dict[UUID, None] = dict.fromkeys(also)
    more = False
    for option in search.options:
        ids = await candidates.list_ids_near(
            c, narrow(search, option), about=about, role_card_version=version, letters_from=letters_from, most=most, on_call=on_call
        )
        more = more or len(ids) >= most
        found |= dict.fromkeys(ids)
    people = await candidates.list_people_named(c, list(found), search.options, search.now, about=about, role_card_version=version)
    return with_reach(people, further=search.further), more


def with_reach(people: Iterable[Person], *, further: bool) -> list[Person]:
    """These people, those of them who come further if nobody else can with that reach where `further`."""
    return [(coming_further(volunteer), standing) if further else (volunteer, standing) for volunteer, standing in people]


async def person_named(scene: Scene, volunteer_id: UUID, options: Sequence[Option]) -> Person | None:
    """One volunteer with how they stand, fit or not."""
    version = card_version(options[0].fellowship.value)
    found = await candidates.list_people_named(scene.tx, [volunteer_id], options, scene.now, about=about(scene), role_card_version=version)
    return with_reach(found, further=scene.referral.has_taken(Rung.REACH))[0] if found else None


def stands_in_the_way(search: Search, person: Person, option: Option, *, ignoring: Rule) -> Rule:
    """The rules that stop this person at this option, apart from those ignored."""
    return failed_rules(search.about(person, option)) & ~ignoring


async def could_say_yes_to(scene: Scene, volunteer_id: UUID, options: Sequence[ReferralOption]) -> list[ReferralOption]:
    """Those of the options for which a yes of this volunteer's would be taken now."""
    search = await search_in(scene, options)
    person = await person_named(scene, volunteer_id, list(search.options)) if search.options else None
    if person is None:
        return []
    free = {option.key for option in search.options if not stands_in_the_way(search, person, option, ignoring=WHEN_SAYING_YES)}
    return [option for option in options if (option.meeting_id, option.on_date) in free]


DECIDES = Rule.H7 | Rule.H8 | Rule.H9 | Rule.H10 | Rule.H18
"""The rules whose answer what a newcomer says later can change: everything else was true when somebody said yes."""


async def still_fits(scene: Scene, volunteer_id: UUID, option_ids: Sequence[UUID]) -> bool:
    """Whether one of the options still suits both, by the rules that an amendment or a bar can change."""
    search = await search_in(scene, [option for option in scene.options if option.id in option_ids])
    search = replace(search, needs=as_on_the_form(search.needs))
    if not search.options:
        return False
    person = await person_named(scene, volunteer_id, list(search.options))
    return person is not None and any(not failed_rules(search.about(person, option)) & DECIDES for option in search.options)
