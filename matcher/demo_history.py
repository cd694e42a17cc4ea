"""Plays the month before a visit: the stories of demo_stories.py through the product's own actions, by a clock of its own, in one transaction."""

import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from matcher.actions import answering, posting, timekeeping, withdrawing
from matcher.actions.amending import cancel_referral, close_task, give_up, withdraw_consent
from matcher.actions.asking import release_referral
from matcher.actions.choosing_meetings import find_fitting
from matcher.actions.planning_next import change_episode
from matcher.actions.recording_outcomes import record_attended, record_not_attended
from matcher.actions.referring import answers_of, save_page, start_draft
from matcher.actions.roster_states import pause_volunteer, resume_volunteer
from matcher.actions.submitting import record_not_interested, seeker_for, submit_referral
from matcher.config import Config
from matcher.demo_plan import LONDON, Town
from matcher.demo_stories import Plot, Say, Story, Then, month
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.connection import Connection, Row
from matcher.domain.delivery import AddressRefused, Outcome, Sent
from matcher.domain.draft import MOST_OPTIONS, DraftPage
from matcher.domain.journey_episode import EpisodeEvent
from matcher.domain.journey_word import CancelReason, OfferState, ReferralState
from matcher.domain.letter_kind import LetterKind
from matcher.domain.outbox import ClaimedLetter
from matcher.domain.outcome import Barrier, ToldHow, Went, WhatNow
from matcher.domain.task import TASKS, TaskKind
from matcher.matching.eligible import Band
from matcher.store import demo_rows, drafts, offers, referrals, tasks

SHOWN_IN_MAILBOX = timedelta(days=4)
"""Letters that left so shortly before the visit lie in the demo's mailbox: a visitor may answer them."""
WAKES, SLEEPS = time(8, 10), time(21, 45)
Step = Callable[[datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A letter of the last days as it arrived."""

    raw: bytes
    to: str
    at: datetime


@dataclass(slots=True)
class Month:
    """The state of the play: what is on the agenda, which story each referral belongs to, who was asked in which turn, how many outcomes there were."""

    tx: Connection
    config: Config
    town: Town
    agenda: list[tuple[datetime, int, Step]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    outcomes: Iterator[int] = field(default_factory=count)
    stories: dict[UUID, Story] = field(default_factory=dict)
    turns: Counter[UUID] = field(default_factory=Counter)
    seen: set[UUID] = field(default_factory=set)
    bounced: set[UUID] = field(default_factory=set)
    delivered: list[Delivered] = field(default_factory=list)

    def plan(self, at: datetime, step: Step) -> None:
        """Put a step on the agenda."""
        heapq.heappush(self.agenda, (at, next(self.numbers), step))

    async def play(self) -> None:
        """From the first story to the moment the visitor comes."""
        for story in month(self.town.starts_at):
            self.plan(story.at, partial(self._refer, story))
        self._plan_roster()
        first = min(at for at, _, _ in self.agenda)
        for day in range(1, 40):
            at = datetime.combine(first.date() + timedelta(days=day), time(16, 30), LONDON)
            self.plan(at, self._tidy)
        now = first
        while (moment := await self._next_moment(now)) <= self.town.starts_at:
            now = moment
            while self.agenda and self.agenda[0][0] <= now:
                await heapq.heappop(self.agenda)[2](now)
            await self._work(now)

    async def tell_now(self, story: Story) -> None:
        """One more story, whose referral is sent as the visitor comes in."""
        await self._refer(story, self.town.starts_at)
        await self._work(self.town.starts_at)

    async def _next_moment(self, now: datetime) -> datetime:
        due = await demo_rows.find_next_event(self.tx)
        waiting = [at for at in (due, self.agenda[0][0] if self.agenda else None) if at is not None]
        return max(min(waiting), now + timedelta(seconds=1)) if waiting else self.town.starts_at + timedelta(seconds=1)

    async def _work(self, now: datetime) -> None:
        """What the worker would do now: timers, then letters, until nothing is left."""
        busy = True
        while busy:
            due = await timekeeping.claim_timers(self.tx, now, lease_id=uuid4(), most=50)
            for timer in due:
                await timekeeping.run_timer(self.tx, self.config, now, timer)
            letters = await posting.claim_letters(self.tx, now, lease_id=uuid4(), most=50)
            for letter in letters:
                await posting.record_outcome(self.tx, self.config, now, letter, outcome=self._outcome(letter, now))
            busy = bool(due or letters)
        for row in await demo_rows.list_new_offers(self.tx, now):
            if row["id"] not in self.seen:
                self.seen.add(row["id"])
                self._await_answer(row)

    def _outcome(self, letter: ClaimedLetter, now: datetime) -> Outcome:
        """Delivered, but for the letters that a story lets come back."""
        story = self.stories.get(letter.referral_id) if letter.referral_id else None
        refused = {"volunteer": letter.kind == LetterKind.OFFER, "newcomer": letter.party_kind == "newcomer"}
        if story and story.plot.bounces and refused[story.plot.bounces] and letter.referral_id not in self.bounced:
            self.bounced.add(letter.referral_id) if letter.referral_id else None
            return AddressRefused("550 5.1.1")
        if now >= self.town.starts_at - SHOWN_IN_MAILBOX:
            vault = self.config.vault
            self.delivered.append(Delivered(vault.open_bytes(letter.sealed_bytes), vault.open_bytes(letter.sealed_to).decode(), now))
        return Sent("250 2.0.0")

    # ── what people do ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _refer(self, story: Story, now: datetime) -> None:
        actor = self.town.staff[story.keyworker]
        draft_id = await start_draft(self.tx, self.config, now, actor=actor, answers=story.answers)
        self.stories[draft_id] = story
        if story.answers["exposure"] == "not_interested":
            await record_not_interested(self.tx, self.config, now, actor=actor, draft_id=draft_id)
            return
        await self._pick_meetings(draft_id, actor, now)
        await submit_referral(self.tx, self.config, now, actor=actor, draft_id=draft_id)
        if story.plot.then not in (None, Then.UNDO, Then.LEAVE):
            self.plan(_awake(now + timedelta(hours=story.plot.then_after)), partial(self._then, draft_id, story.plot.then))

    async def _pick_meetings(self, draft_id: UUID, actor: Actor, now: datetime) -> None:
        """Up to three from the first page of what fits, as a keyworker would; where nobody could come, the choice is left to us."""
        draft = await drafts.get_draft(self.tx, draft_id)
        found = await find_fitting(self.tx, now, await seeker_for(self.tx, draft, answers_of(self.config, draft)))
        likely = [one.value for one in found.shown if one.can_be_picked and one.band is not Band.NONE][:MOST_OPTIONS]
        picked = {"options": likely, "choose_for_us": not likely}
        await save_page(self.tx, self.config, now, actor=actor, draft_id=draft_id, page=DraftPage.MEETINGS, answers=picked, saved=0)

    def _await_answer(self, row: Row) -> None:
        story = self.stories[row["referral_id"]]
        turn = self.turns[row["referral_id"]]
        self.turns[row["referral_id"]] += 1
        if turn in story.plot.turns:
            say, hours = story.plot.turns[turn]
            self.plan(_awake(row["sent_at"] + timedelta(hours=hours)), partial(self._answer, row, say, story.plot))

    async def _answer(self, row: Row, say: Say, plot: Plot, now: datetime) -> None:
        actor = Actor(ActorKind.VOLUNTEER, row["volunteer_id"])
        if say is not Say.YES:
            await answering.decline_offer(self.tx, self.config, now, actor=actor, offer_id=row["id"], another_day=say is Say.ANOTHER_DAY)
            return
        async with demo_rows.trying(self.tx):
            given = await answering.accept_offer(self.tx, self.config, now, actor=actor, offer_id=row["id"], option_id=row["option_id"])
            if given.match is None:
                return
            self.plan(given.match.ends_at + timedelta(minutes=70), partial(self._end, given.match.referral_id))
            if plot.then in (Then.UNDO, Then.LEAVE) and row["referral_id"] not in self.bounced:
                self.bounced.add(row["referral_id"])
                undo = withdrawing.undo_acceptance if plot.then is Then.UNDO else withdrawing.withdraw_companion
                self.plan(now + timedelta(hours=plot.then_after), partial(self._take_back, undo, actor, given.match.id))

    async def _take_back(self, undo: Any, actor: Actor, match_id: UUID, now: datetime) -> None:
        await undo(self.tx, self.config, now, actor=actor, match_id=match_id)

    async def _then(self, referral_id: UUID, then: Then, now: datetime) -> None:
        """The one later turn of a story, by its keyworker or the coordinator of the area."""
        referral = await referrals.get_referral(self.tx, referral_id)
        own = self.town.staff[self.stories[referral_id].keyworker]
        coordinator = next(a for a in self.town.staff.values() if a.kind is ActorKind.COORDINATOR and referral.area_id in a.area_ids)
        async with demo_rows.trying(self.tx):
            if then is Then.CANCEL:
                reason = CancelReason.NEWCOMER_CHANGED_MIND
                await cancel_referral(self.tx, self.config, now, actor=own, referral_id=referral_id, reason=reason)
            elif then is Then.WITHDRAW_CONSENT:
                await withdraw_consent(self.tx, self.config, now, actor=own, referral_id=referral_id)
            elif then is Then.GIVE_UP:
                await give_up(self.tx, self.config, now, actor=own, referral_id=referral_id)
            elif then is Then.RELEASE:
                comfort = "no_preference" if referral.comfort == "own_words" else None
                await release_referral(self.tx, self.config, now, actor=coordinator, referral_id=referral_id, settled_comfort=comfort)
            elif then is Then.PHONE:
                await self._yes_by_telephone(coordinator, referral_id, now)

    async def _yes_by_telephone(self, coordinator: Actor, referral_id: UUID, now: datetime) -> None:
        """The coordinator has rung round: the first who was silent, and still has their notice, can come after all."""
        for offer in await offers.list_offers(self.tx, referral_id, 1):
            if offer.state not in (OfferState.SENT, OfferState.EXPIRED):
                continue
            options = await offers.list_offer_options(self.tx, offer.id)
            async with demo_rows.trying(self.tx):
                answer = await answering.accept_offer(
                    self.tx, self.config, now, actor=coordinator, offer_id=offer.id, option_id=options[0], by_telephone=True
                )
                if answer.match:
                    self.plan(answer.match.ends_at + timedelta(minutes=70), partial(self._end, referral_id))
                    return

    async def _end(self, referral_id: UUID, now: datetime) -> None:
        """The meeting is over: the keyworker hears how it went the next day."""
        if (await referrals.get_referral(self.tx, referral_id)).state is ReferralState.AWAITING_OUTCOME:
            self.plan(_awake(now + timedelta(hours=16)), partial(self._record, referral_id))

    async def _record(self, referral_id: UUID, now: datetime) -> None:
        """Five of six went, and one of those has people of their own by now. Who did not go leaves it for now."""
        facts: dict[str, Any] = {"actor": self.town.staff[self.stories[referral_id].keyworker], "referral_id": referral_id}
        turn, tx, config, how = next(self.outcomes) % 6, self.tx, self.config, ToldHow.KEYWORKER
        async with demo_rows.trying(tx):
            if turn == 0:
                await record_not_attended(tx, config, now, how=how, what_now=WhatNow.STOP, barrier=Barrier.NERVES, **facts)
                return
            await record_attended(tx, config, now, how=how, went=Went.YES, **facts)
            if turn == 1:
                await change_episode(tx, config, now, event=EpisodeEvent.OWN_CONTACT, ask_on=False, **facts)

    async def _tidy(self, now: datetime) -> None:
        """Staff see to their lists in the afternoon: what has lain there for a day is done, but for what waits on the visit."""
        for actor in self.town.staff.values():
            areas = sorted(actor.area_ids)
            found = await tasks.list_tasks_of_areas(self.tx, areas) if areas else await self._own_tasks(actor)
            for task in found:
                if task.opened_at < now - timedelta(hours=20) and self._may_end(task):
                    await self._end_task(task, actor, now)

    async def _own_tasks(self, actor: Actor) -> list[tasks.Task]:
        return await tasks.list_tasks_of_keyworker(self.tx, actor.id) if actor.id else []

    def _may_end(self, task: tasks.Task) -> bool:
        story = self.stories.get(task.referral_id) if task.referral_id else None
        return story.past if story else task.kind not in (TaskKind.ADMIT_VOLUNTEER, TaskKind.VOLUNTEER_BOUNCED)

    async def _end_task(self, task: tasks.Task, actor: Actor, now: datetime) -> None:
        """Close a line as its list allows; a referral for which nothing was ever found is given up with the honest answer."""
        if task.kind == TaskKind.NEEDS_PERSON:
            if task.referral_id and task.opened_at < now - timedelta(days=2):
                await self._then(task.referral_id, Then.GIVE_UP, now)
            return
        outcome = TASKS[TaskKind(task.kind)].outcomes[-1 if task.kind == TaskKind.LETTER_BOUNCED else 0]
        await close_task(self.tx, self.config, now, actor=actor, task_id=task.id, outcome=outcome)

    def _plan_roster(self) -> None:
        """Three volunteers pause by their own link during the month, one of them starts again."""
        for number, days in ((40, 16), (77, 9), (118, 4)):
            volunteer_id = self.town.volunteers[number]
            self.plan(self.town.starts_at - timedelta(days=days, hours=-3), partial(self._pause, volunteer_id))
        self.plan(self.town.starts_at - timedelta(days=6), partial(self._resume, self.town.volunteers[40]))

    async def _pause(self, volunteer_id: UUID, now: datetime) -> None:
        async with demo_rows.trying(self.tx):
            actor = Actor(ActorKind.VOLUNTEER, volunteer_id, link_purpose="pause", about_id=volunteer_id)
            await pause_volunteer(self.tx, self.config, now, actor=actor, volunteer_id=volunteer_id)

    async def _resume(self, volunteer_id: UUID, now: datetime) -> None:
        async with demo_rows.trying(self.tx):
            await resume_volunteer(self.tx, self.config, now, actor=self.town.staff["Carol"], volunteer_id=volunteer_id)


def _awake(at: datetime) -> datetime:
    """The same moment, or the next morning where people sleep."""
    local = at.astimezone(LONDON)
    if local.time() < WAKES:
        return local.replace(hour=WAKES.hour, minute=WAKES.minute)
    if local.time() > SLEEPS:
        return (local + timedelta(days=1)).replace(hour=WAKES.hour, minute=WAKES.minute)
    return local
