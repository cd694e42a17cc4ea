"""The ladder of one referral: what is widened when asking comes to its end, one rung at a time, until a person has it (journeys 5.6, matching 9)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from matcher.actions.asking import call_person, set_deadline, set_look
from matcher.actions.looking import Look, look_for_company
from matcher.actions.refilling import add_options, find_more
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.searching import eligible_now, needs_in, search_in
from matcher.actions.telling import alert_coordinators, notify_keyworker, owe
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.availability import any_day
from matcher.domain.connection import Connection
from matcher.domain.draft import MOST_OPTIONS
from matcher.domain.fellowship import Fellowship
from matcher.domain.letter_parts import AlertReason, KeyworkerReason
from matcher.domain.referral import ReferralNeeds
from matcher.domain.rung import Rung, RungLine, RungOutcome
from matcher.domain.task import NeedsReason, TaskKind
from matcher.domain.wishes import TRAVEL_MINUTES_MOST, Care, MayWiden
from matcher.matching.asking_view import AskDecision, DecisionReason
from matcher.matching.ladder import LadderView, next_step, not_allowed
from matcher.matching.waves import WAVE_4H, WAVE_POLICIES
from matcher.store import audit, ladder_steps, referrals, scarcity, tasks


async def look_on(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> AskDecision | None:
    """The clock's look at one referral: ask; and where that is at its end, the ladder, and ask again. None where nobody is looked for any more."""
    first = look = await look_for_company(tx, config, now, referral_id)
    while look is not None and await _climb(await again(look.scene), look.decision):
        look = await look_for_company(tx, config, now, referral_id)
    if first is not None:
        await _count_rare(first)
    return look.decision if look else None


async def _count_rare(first: Look) -> None:
    """A referral's first look shows who could go with whom: the fewer they are, the more each of them is needed."""
    scene = first.scene
    if await scarcity.find_first_look(scene.tx, scene.referral.id, scene.now):
        await scarcity.update_scarcity(scene.tx, scene.area.id, first.could)


async def _climb(scene: Scene, decision: AskDecision) -> bool:
    """Do what the ladder says now. True where something was widened, so that more people may be asked at once."""
    while True:
        step = next_step(_view(scene, decision))
        if step.rung is None:
            await _look_by(scene, step.look_again_at, exhausted=decision.reason.needs_person)
            return False
        if step.rung is Rung.HONEST_NO:  # the timer of the last moment is due with it
            return False
        if step.rung is Rung.COORDINATOR:
            if not step.asking_goes_on:
                await _hand_over(scene, decision)
                return False
            await _tell_coordinator(scene, unlikely=step.unlikely)
        elif await _take(scene, step.rung):
            return True
        scene = await again(scene)


def _view(scene: Scene, decision: AskDecision) -> LadderView:
    referral = scene.referral
    policy = WAVE_POLICIES.get(scene.area.policy, WAVE_4H)
    return LadderView(
        now=scene.now,
        deadline=referral.deadline or scene.now,
        zone=scene.area.zone,
        looking_since=referral.asking_since or referral.submitted_at,  # two days from the first ask are a timer's (R21)
        next_rung=Rung(referral.ladder_step),
        last_at=referral.ladder_at,
        live=referral.open_offers,
        exhausted=decision.reason.needs_person,
        chance=decision.any_yes,
        gap=policy.gap,
        may_widen=frozenset(MayWiden(code) for code in referral.may_widen),
        told=referral.has_taken(Rung.COORDINATOR) or referral.overdue_at is not None,
        room=decision.reason.needs_person
        or sum(option.starts_at - scene.config.timing.lead > scene.now for option in scene.options) < MOST_OPTIONS,
    )


async def _look_by(scene: Scene, at: datetime | None, *, exhausted: bool) -> None:
    """Look at the ladder again by then, if asking itself does not look earlier."""
    planned = None if exhausted else scene.referral.next_look_at
    if at is not None and (planned is None or at < planned):
        await set_look(scene, max(at, scene.now + timedelta(seconds=1)))


async def _take(scene: Scene, rung: Rung) -> bool:
    """Try one rung. Where it brings somebody, asking begins anew from now (waves count again); else it is passed over and kept as such."""
    times = await TAKE[rung](scene)
    referral = scene.referral
    if not times:
        await ladder_steps.update_ladder(scene.tx, referral.id, scene.now, next_rung=Rung(rung + 1))
        await _note(scene, rung, RungOutcome.NOTHING)
        return False
    left = rung is Rung.NEXT_FELLOWSHIP and referral.fellowships_open + times < len(referral.fellowships)
    await ladder_steps.update_ladder(scene.tx, referral.id, scene.now, next_rung=rung if left else Rung(rung + 1), taken=rung, times=times)
    await _note(scene, rung, RungOutcome.TAKEN)
    await set_deadline(await again(scene), asking_since=scene.now)
    later = (await again(scene)).referral.deadline
    if later is not None:  # further meetings, more time: nobody is late with what was asked of them
        await tasks.update_tasks_due(scene.tx, referral.id, later, kinds=[TaskKind.OVERDUE.value, TaskKind.ASK_TO_WIDEN.value])
    return True


async def _note(scene: Scene, rung: Rung, outcome: RungOutcome) -> None:
    await ladder_steps.insert_step(scene.tx, scene.referral.id, scene.referral.meeting_number, RungLine(rung, outcome, scene.now))
    await audit.insert_audit(scene.tx, "referrals", scene.referral.id, reason=f"ladder_{rung.code}_{outcome.value}")


# ── the rungs: each answers how often it was taken, 0 where it brings nobody ─────────────────────────────────────────────────────────────────────


async def _come_further(scene: Scene) -> int:
    """Those who said they would come further if nobody else can. Nothing of the newcomer's changes."""
    if not scene.open_options:
        return 0
    search = await search_in(scene, scene.open_options)
    near = {one.volunteer.id for one in await eligible_now(scene, search)}
    return int(any(one.volunteer.id not in near for one in await eligible_now(scene, replace(search, further=True), enough=len(near) + 1)))


async def _farther(scene: Scene) -> int:
    return int(await add_options(scene, await find_more(scene, farther(await needs_in(scene)))) > 0)


async def _other_day(scene: Scene) -> int:
    return int(await add_options(scene, await find_more(scene, other_days(await needs_in(scene)))) > 0)


async def _one_companion(scene: Scene) -> int:
    """One instead of two, as long as nobody has said yes: where one has, the pair deadline decides (R17)."""
    if not may_go_with_one(scene):
        return 0
    await referrals.update_seats(scene.tx, scene.referral.id, 1)
    return 1


async def _next_fellowship(scene: Scene) -> int:
    """The next of the newcomer's own list with a meeting to which somebody could come."""
    for times, needs in enumerate(next_fellowships(scene, await needs_in(scene)), start=1):
        if await add_options(scene, await find_more(scene, needs)):
            return times
    return 0


async def _online(scene: Scene) -> int:
    return int(await add_options(scene, await find_more(scene, await needs_in(scene), online=True)) > 0)


TAKE: dict[Rung, Callable[[Scene], Awaitable[int]]] = {
    Rung.REACH: _come_further,
    Rung.FARTHER: _farther,
    Rung.OTHER_DAY: _other_day,
    Rung.ONE_COMPANION: _one_companion,
    Rung.NEXT_FELLOWSHIP: _next_fellowship,
    Rung.ONLINE: _online,
}


def farther(needs: ReferralNeeds) -> ReferralNeeds:
    """The travel limit at its most."""
    return replace(needs, travel_minutes_most=TRAVEL_MINUTES_MOST)


def other_days(needs: ReferralNeeds) -> ReferralNeeds:
    """The same parts of day, on any day."""
    return replace(needs, times=any_day(needs.times))


def next_fellowships(scene: Scene, needs: ReferralNeeds) -> list[ReferralNeeds]:
    """The needs with each further fellowship of the own list alone, in order."""
    later = scene.referral.fellowships[scene.referral.fellowships_open :]
    return [replace(needs, fellowships=(Fellowship(code),), fellowships_open=1) for code in later]


def may_go_with_one(scene: Scene) -> bool:
    """Whether one companion could be enough: the service lets choose, nothing says two as care, and nobody holds a seat yet."""
    referral = scene.referral
    open_to_it = scene.provider.pair_rule == "when_asked" and Care.TWO_PEOPLE not in referral.care
    return referral.seats == 2 and not referral.seats_taken and open_to_it


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _hand_over(scene: Scene, decision: AskDecision) -> None:
    """The machine is at its end (R13, R20): the coordinator's queue, and the keyworker hears what only they can do."""
    await _note(scene, Rung.COORDINATOR, RungOutcome.TAKEN)
    reason = NeedsReason.NO_CANDIDATE if decision.reason is DecisionReason.NO_CANDIDATE else NeedsReason.ALL_DECLINED
    helps = await _ask_keyworker(scene)
    await call_person(scene, reason, notice=KeyworkerReason.MAY_WIDEN if helps else KeyworkerReason.NEEDS_PERSON)


async def _tell_coordinator(scene: Scene, *, late: bool = False, unlikely: bool = False) -> None:
    """Somebody should look at it while asking goes on (two days without a yes, R21, little time left, or hardly anybody who could go): once, with a
    line on the queue."""
    referral = scene.referral
    late = late or scene.now - (referral.asking_since or referral.submitted_at) >= scene.config.timing.unmatched_alert
    reason = AlertReason.OVERDUE if late else AlertReason.UNLIKELY if unlikely else AlertReason.TIME_SHORT
    if late:
        await referrals.update_overdue(scene.tx, referral.id, scene.now)
    await ladder_steps.update_ladder(
        scene.tx, referral.id, scene.now, next_rung=Rung(referral.ladder_step), taken=Rung.COORDINATOR, waits=False
    )
    await _note(scene, Rung.COORDINATOR, RungOutcome.TOLD)
    await owe(scene, TaskKind.OVERDUE, reason=reason.value, due_at=referral.deadline)
    await alert_coordinators(scene, reason, do_by=referral.deadline)
    if await _ask_keyworker(scene):
        await notify_keyworker(scene, KeyworkerReason.MAY_WIDEN, do_by=referral.deadline)


async def flag_overdue(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """Nobody found for 48 hours (R21): a flag, a line on the queue and one alert; where the coordinator has been told already, the flag alone."""
    await audit.claim_acting(tx, CLOCK, "unmatched_long", now)
    scene = await claim_scene(tx, config, now, referral_id)
    if not scene.referral.is_asking or scene.referral.overdue_at:
        return
    if scene.referral.has_taken(Rung.COORDINATOR):
        await referrals.update_overdue(tx, referral_id, now)
    else:
        await _tell_coordinator(scene, late=True)


async def _ask_keyworker(scene: Scene) -> bool:
    """A task: what the newcomer has not allowed and would bring somebody, or a worker of the service goes along. True where a yes of theirs helps."""
    helps = await list_helpful(scene)
    if not scene.referral.seats_taken:
        await owe(
            scene, TaskKind.ASK_TO_WIDEN, reason=" ".join(rung.code for rung in (*helps, Rung.WORKER)), due_at=scene.referral.deadline
        )
    return bool(helps)


async def list_helpful(scene: Scene) -> list[Rung]:
    """The rungs that wait for the newcomer's yes and would bring somebody; a bar, age, consent or check is never among them."""
    allowed = frozenset(MayWiden(code) for code in scene.referral.may_widen)
    needs = await needs_in(scene)
    found: list[Rung] = []
    for rung in not_allowed(Rung.FARTHER, allowed):
        if rung is not Rung.WORKER and rung not in scene.referral.rungs_taken and await _would_help(scene, rung, needs):
            found.append(rung)
    return found


async def _would_help(scene: Scene, rung: Rung, needs: ReferralNeeds) -> bool:
    if rung is Rung.ONE_COMPANION:
        return may_go_with_one(scene)
    if scene.fixed is not None:
        return False
    if rung is Rung.NEXT_FELLOWSHIP:
        return any([await find_more(scene, one) for one in next_fellowships(scene, needs)])
    wider = {Rung.FARTHER: farther, Rung.OTHER_DAY: other_days}.get(rung)
    return bool(await find_more(scene, wider(needs) if wider else needs, online=rung is Rung.ONLINE))
