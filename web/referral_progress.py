"""Where a referral stands, as steps and codes that the templates turn into words: how many were asked, who said yes, what is next and when."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.domain.arrangement import Match, Offer, Referral
from matcher.domain.journey import MatchState, NeedsReason, OfferState, ReferralState
from matcher.domain.rung import Rung, RungLine, RungOutcome

THINKING = (OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED)
SAID_NO = (OfferState.DECLINED, OfferState.NOT_NOW)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline: its words by `kind`; `state` is done, now, next or bad; `at` is an instant."""

    kind: str
    state: str
    at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stand:
    """One line of a list: the state by `kind`, its tag, and when the next step is due."""

    kind: str
    tag: str
    at: datetime | None = None


def stand_of(referral: Referral, *, starts_at: datetime | None, now: datetime) -> Stand:
    """Where a referral stands, in one code, with the moment of its next step."""
    state = referral.state
    if state is ReferralState.CLOSED:
        return Stand(f"closed_{referral.close_reason}", "calm", referral.closed_at)
    if state is ReferralState.NEEDS_PERSON:
        return Stand(f"person_{referral.needs_reason}", "warn", referral.deadline)
    if state is ReferralState.MATCHED:
        begun = starts_at is not None and now >= starts_at
        kind = "begun" if begun else "planned" if referral.confirmed_at else "said_yes"
        return Stand(kind, "good", starts_at)
    if state is ReferralState.PART_FILLED:
        return Stand("second", "good", referral.deadline)
    if state is ReferralState.LOOKING:
        return Stand("looking" if referral.open_offers else "asking_soon", "wait", referral.next_look_at)
    return Stand(state.value, "warn" if state is ReferralState.ON_HOLD else "calm", None)


def steps_of(
    referral: Referral,
    offers: Sequence[Offer],
    live: Sequence[Match],
    ladder: Sequence[RungLine] = (),
    *,
    gone: Sequence[tuple[UUID, datetime]] = (),
    now: datetime,
) -> list[Step]:
    """The timeline, oldest first: what has happened, what happens now, what comes next.

    `ladder`: what was tried when nobody said yes. `gone`: who had said yes and cannot come after all, and since when.
    """
    steps = [Step("sent", "done", referral.submitted_at)]
    steps += _settling(referral)
    steps += _asking(referral, offers, [*_dropped_out(gone), *_rungs(referral, ladder)], {volunteer_id for volunteer_id, _ in gone})
    steps += _yes(referral, live)
    if referral.state is ReferralState.CLOSED:
        return [*steps, Step(f"closed_{referral.close_reason}", "done", referral.closed_at)]
    if referral.state is ReferralState.NEEDS_PERSON and referral.needs_reason != NeedsReason.TO_SETTLE:
        steps.append(Step(f"person_{referral.needs_reason}", "bad"))
    if referral.state is ReferralState.ON_HOLD:
        return [*steps, Step("on_hold", "now")]
    return [*steps, *_ahead(referral, live, now)]


def _settling(referral: Referral) -> list[Step]:
    if referral.state is ReferralState.NEEDS_PERSON and referral.needs_reason == NeedsReason.TO_SETTLE:
        return [Step("to_settle", "now", facts={"what": referral.to_settle})]
    return [Step("settled", "done")] if referral.released else []


def rung_steps(ladder: Sequence[RungLine]) -> list[Step]:
    """The rungs that were tried, each as a line; what was never wanted anyway is none."""
    shown = (line for line in ladder if (line.rung, line.outcome) != (Rung.ONE_COMPANION, RungOutcome.NOTHING))
    return [Step("rung", "done", line.at, {"rung": line.rung.code, "outcome": line.outcome.value}) for line in shown]


def _rungs(referral: Referral, ladder: Sequence[RungLine]) -> list[Step]:
    """The rungs for a keyworker. That a person has it now, and how it ended, have lines of their own; being told after two days has its words."""
    own = {(Rung.HONEST_NO, RungOutcome.TAKEN)}
    own |= {(Rung.COORDINATOR, RungOutcome.TAKEN)} if referral.state is ReferralState.NEEDS_PERSON else set()
    steps = rung_steps([line for line in ladder if (line.rung, line.outcome) not in own])
    return [_in_two_days(step) if step.at == referral.overdue_at and step.facts["outcome"] == RungOutcome.TOLD else step for step in steps]


def _in_two_days(step: Step) -> Step:
    return replace(step, kind="overdue", state="bad")


def _dropped_out(gone: Sequence[tuple[UUID, datetime]]) -> list[Step]:
    return [Step("dropped_out", "done", at) for _, at in gone]


def _asking(referral: Referral, made: Sequence[Offer], rungs: list[Step], gone: Set[UUID]) -> list[Step]:
    calls = [offer for offer in made if offer.is_call]
    offers = [offer for offer in made if not offer.is_call]
    rungs = [*rungs, *call_steps(calls)]
    if not offers:
        looking = referral.state is ReferralState.LOOKING
        return [*rungs, *([Step("asking_soon", "now", referral.next_look_at)] if looking else [])]
    facts = {
        "people": len({offer.volunteer_id for offer in offers}),
        "thinking": sum(offer.state in THINKING for offer in offers),
        "no": sum(offer.state in SAID_NO and offer.volunteer_id not in gone for offer in offers),
    }
    asked = Step("asked", "done", offers[0].created_at, facts)
    if not referral.is_asking:
        return [asked, *rungs]
    waiting = [offer.reply_by for offer in offers if offer.state in (OfferState.QUEUED, OfferState.SENT)]
    return [asked, *rungs, Step("waiting", "now", referral.next_look_at, {"reply_by": min(waiting, default=None)})]


def call_steps(calls: Sequence[Offer]) -> list[Step]:
    """Who was rung by the keyworker, as one line; nothing where nobody was."""
    if not calls:
        return []
    facts = {
        "people": len(calls),
        "no": sum(offer.state in SAID_NO for offer in calls),
        "silent": sum(offer.state is OfferState.EXPIRED for offer in calls),
    }
    return [Step("rung_people", "done", calls[0].created_at, facts)]


def _yes(referral: Referral, live: Sequence[Match]) -> list[Step]:
    steps = [Step("yes", "done", match.accepted_at, {"starts_at": match.starts_at}) for match in live]
    if referral.state is ReferralState.PART_FILLED:
        return [*steps, Step("second", "now", referral.next_look_at)]
    if not live or referral.state is not ReferralState.MATCHED:
        return steps
    first = live[0]
    if all(match.state is MatchState.CONFIRMED for match in live):
        return [*steps, Step("plan_sent", "done", first.confirmed_at, {"by_email": referral.writes_to_newcomer})]
    if first.told_newcomer_at:
        return [*steps, Step("ok_wanted", "now", first.told_newcomer_at)]
    return [*steps, Step("plan_soon", "now", max(match.undo_until for match in live))]


def _ahead(referral: Referral, live: Sequence[Match], now: datetime) -> list[Step]:
    if referral.state in (ReferralState.AWAITING_OUTCOME, ReferralState.FOLLOWING):
        been = [Step("meeting", "done", live[0].starts_at)] if live else []
        return [*been, Step(referral.state.value, "now")]
    if live:
        starts_at = live[0].starts_at
        return [Step("meeting", "next" if now < starts_at else "now", starts_at)]
    return [Step("answer_by", "next", referral.deadline)] if referral.deadline else []
