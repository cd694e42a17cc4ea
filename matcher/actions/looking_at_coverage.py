"""Where company is missing, for a coordinator: counts of the last half year, and what one more volunteer would be worth. Nothing is changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from matcher.actions.searching import policy_of
from matcher.domain.arrangement import Referral, needs_of
from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import CloseReason, ReferralState
from matcher.domain.place import NOWHERE, find_place
from matcher.domain.postcode import outcode_of
from matcher.domain.task import NeedsReason
from matcher.matching.covering import Coverage, PastReferral, cover
from matcher.store import candidates, parties, planning_rows
from matcher.vocabulary import role_card

LOOK_BACK = timedelta(weeks=26)
MOST_REFERRALS, MOST_VOLUNTEERS = 500, 5000
NOBODY_FOUND = frozenset({NeedsReason.NO_CANDIDATE, NeedsReason.ALL_DECLINED, NeedsReason.SECOND_MISSING, NeedsReason.LATE_DROPOUT})


@dataclass(frozen=True, slots=True)
class CoverageSeen:
    """The coverage of some areas; `whole` is false where there was more than one page can reckon with."""

    coverage: Coverage
    referrals: int
    volunteers: int
    whole: bool


async def look_at_coverage(c: Connection, now: datetime, area_ids: Sequence[UUID]) -> CoverageSeen:
    """The squares of these areas. The caller has made sure that they are the reader's own."""
    found = await planning_rows.list_sent_since(c, area_ids, now - LOOK_BACK, until=now + timedelta(seconds=1), most=MOST_REFERRALS)
    past = await past_referrals(c, found)
    people = await planning_rows.list_roster(c, area_ids, card_versions=all_card_versions(), most=MOST_VOLUNTEERS)
    # Seconds of arithmetic for a big roster: not while others wait for this process.
    coverage = await asyncio.to_thread(cover, people, past, await planning_rows.list_tallies(c, [one.id for one in people]))
    return CoverageSeen(coverage, len(past), len(people), len(found) < MOST_REFERRALS and len(people) < MOST_VOLUNTEERS)


def all_card_versions() -> frozenset[str]:
    """The role cards in force, of all fellowships."""
    return frozenset(role_card(fellowship).version for fellowship in Fellowship)


async def past_referrals(c: Connection, found: Sequence[Referral]) -> list[PastReferral]:
    """Referrals as coverage and replay read them, each with the options it had."""
    options = await planning_rows.list_options_of(c, [referral.id for referral in found])
    facts = await candidates.list_option_facts(c, [option for own in options.values() for option in own])
    by_id = dict(zip((option.id for own in options.values() for option in own), facts, strict=True))
    policies = {one: policy_of(await parties.get_provider_frame(c, one)) for one in {referral.provider_id for referral in found}}
    return [
        PastReferral(
            area_id=referral.area_id,
            needs=needs_of(
                referral,
                consent_c1=True,
                travel_from=(find_place(referral.travel_from) if referral.travel_from else None) or NOWHERE,
                held=None,
                unresolved=False,
            ),
            options=tuple(by_id[option.id] for option in options.get(referral.id, [])),
            now=referral.submitted_at,
            unmet=is_unmet(referral),
            outcode=outcode_of(referral.travel_from or "") or "",
            policy=policies[referral.provider_id],
        )
        for referral in found
        if referral.area_id is not None
    ]


def is_unmet(referral: Referral) -> bool:
    """Whether nobody could be found: closed for that reason, or waiting for a person who looks further."""
    waiting = referral.state is ReferralState.NEEDS_PERSON and referral.needs_reason in NOBODY_FOUND
    return waiting or referral.close_reason == CloseReason.UNFILLED
