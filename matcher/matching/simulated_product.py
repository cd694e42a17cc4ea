"""The very functions of production, asked in a made-up county: the same view as the clock's, built from what production could know."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.journey_word import OfferState
from matcher.domain.option import OptionKey
from matcher.domain.referral import ReferralId
from matcher.domain.volunteer import Tally, VolunteerId
from matcher.matching.asking_hours import AskingHours, asking_hours_between
from matcher.matching.asking_settings import SHIPPED, AskingSettings
from matcher.matching.asking_view import Ask, AskingView, Candidate, Offer
from matcher.matching.chances import SCARCE_FADES, pressure_of, tally_answered, tally_asked, tally_late
from matcher.matching.choosing_asks import choose_also
from matcher.matching.policies import Choose
from matcher.matching.simulated_county import BLOCK, Choice
from matcher.matching.simulated_life import Life

HERE = ZoneInfo("UTC")
BEGINS = datetime(1970, 1, 5, tzinfo=UTC)
"""Hour 0: a Monday, from which blocks of four weeks are counted."""
HOUR = timedelta(hours=1)
WEEK = 168.0
PRESSURE_READ = 6.0
LETTER_OPEN = 24.0
"""A letter counts as open that long at most (journeys 6)."""


def moment(at: float) -> datetime:
    """The instant of an hour of the made-up county."""
    return BEGINS + at * HOUR


class Production:
    """Asks as the clock of production would, by one of its policies."""

    banks = True

    def __init__(self, life: Life, choose: Choose, settings: AskingSettings = SHIPPED) -> None:
        people, count = life.world.settings.volunteers, len(life.arrival)
        self.life, self.choose, self.settings = life, choose, settings
        self.hours = AskingHours(HERE)
        self.tally = [Tally() for _ in range(people)]
        self.version = [0] * people
        self.written: list[list[float]] = [[] for _ in range(people)]
        self.open_letter = [False] * people
        self.standing: list[bool] = life.world.said_standing.tolist()
        self.ids = [VolunteerId(UUID(int=j + 1)) for j in range(people)]
        self.referrals = [ReferralId(UUID(int=life.world.seed * 2**32 + i + 1)) for i in range(count)]
        self.submitted, self.deadline = [moment(at) for at in life.arrival], [moment(at) for at in life.deadline]
        self.number = {referral: i for i, referral in enumerate(self.referrals)}
        self.offers: list[dict[int, Offer]] = [{} for _ in range(count)]
        self.known: list[dict[int, tuple[int, int, Candidate]]] = [{} for _ in range(count)]
        self.turn = [0] * count
        self.since: list[float | None] = [None] * count
        self.scale = 1.0
        self.pressure: dict[int, tuple[float, float]] = {}
        fellowship = life.world.town.fellowship.tolist()
        self.members = {number: [j for j in range(people) if fellowship[j] == number] for number in set(fellowship)}
        self.of: list[int] = life.world.newcomers.fellowship.tolist()
        self.ever = sorted({j for ties in life.ties for j in ties})

    def start(self, i: int, at: float) -> None:
        """A referral arrives, or its seat opens again."""
        if self.since[i] is None:
            self._count_scarcity(i)
        self.since[i] = at
        self._decide(i, at)

    def declined(self, i: int, j: int, at: float) -> None:
        """A no is replaced at once, if anybody is worth asking."""
        offer = self.offers[i].get(j) or Offer(volunteer=self.ids[j], shown_at=moment(at), state=OfferState.SENT)
        self.offers[i][j] = replace(offer, state=OfferState.DECLINED)
        if self.life.is_open(i, at):
            self._decide(i, at)

    def look(self, i: int, turn: int, at: float) -> None:
        """The moment the last decision named."""
        if turn == self.turn[i] and self.life.is_open(i, at):
            self._decide(i, at)

    def answered(self, j: int, said_yes: bool, *, asked_at: float, at: float) -> None:
        """Somebody's tally learns."""
        took = asking_hours_between(moment(asked_at), moment(at), self.hours) / HOUR
        self.tally[j] = tally_answered(self.tally[j], took, said_yes=said_yes)
        self.open_letter[j] = False
        self.version[j] += 1

    def came_late(self, j: int, at: float) -> None:
        """Half an ask more is felt."""
        self.tally[j] = tally_late(self.tally[j], moment(at))
        self.version[j] += 1

    def accepted(self, i: int, j: int, at: float) -> None:
        """A yes: the others of this referral are not asked for now."""
        offer = self.offers[i].get(j) or Offer(volunteer=self.ids[j], shown_at=moment(at), state=OfferState.SENT)
        self.offers[i][j] = replace(offer, state=OfferState.ACCEPTED)
        self.version[j] += 1

    def _count_scarcity(self, i: int) -> None:
        self.scale *= SCARCE_FADES
        for j in self.life.ties[i]:
            tally = self.tally[j]
            self.tally[j] = replace(tally, scarce=tally.scarce + 1 / len(self.life.ties[i]) / self.scale)
            self.version[j] += 1

    def _decide(self, i: int, at: float) -> None:
        self.turn[i] += 1
        decision = self.choose(self._view(i, at))
        for ask in decision.asks:
            self._ask(i, ask, at)
        if decision.look_again_at is not None:
            self.life.look_at((decision.look_again_at - BEGINS) / HOUR, i, self.turn[i])

    def _view(self, i: int, at: float) -> AskingView:
        left, shown = self.life.left, self.life.shown[i]
        people = tuple(one for j in self.life.ties[i] if j not in shown and not left[j] and (one := self._candidate(i, j, at)) is not None)
        return AskingView(
            now=moment(at),
            referral=self.referrals[i],
            submitted_at=self.submitted[i],
            asking_since=moment(self.since[i] or 0.0),
            deadline=self.deadline[i],
            zone=HERE,
            eligible_count=len(people),
            pressure=self._pressure(self.of[i], at),
            mean_scarcity=sum(self.tally[j].scarce for j in self.ever) / len(self.ever) if self.settings.weights.scarce else 0.0,
            candidates=people,
            offers=tuple(offer for j, offer in self.offers[i].items() if not left[j]),
        )

    def _pressure(self, fellowship: int, at: float) -> float:
        """Read again every six hours."""
        read_at, found = self.pressure.get(fellowship, (-PRESSURE_READ, 0.0))
        if at - read_at >= PRESSURE_READ:
            tallies = [self.tally[j] for j in self.members.get(fellowship, ()) if not self.life.left[j]]
            found = pressure_of(tallies, moment(at))
            self.pressure[fellowship] = (at, found)
        return found

    def _candidate(self, i: int, j: int, at: float) -> Candidate | None:
        """Whoever passes the hard rules now, letters of the week included."""
        life = self.life
        written = self.written[j]
        while written and written[0] <= at - WEEK:
            written.pop(0)
        if len(written) >= self.settings.letters_per_week or (self.open_letter[j] and at - written[-1] < LETTER_OPEN if written else False):
            return None
        choices = life.choices_left(i, j, at)
        if not choices:
            return None
        version, count, candidate = self.known[i].get(j, (-1, 0, None))
        if candidate is None or version != self.version[j] or count != len(choices):
            candidate = self._made(i, j, choices, at)
            self.known[i][j] = (self.version[j], len(choices), candidate)
        return candidate

    def _made(self, i: int, j: int, choices: list[Choice], at: float) -> Candidate:
        life, cap = self.life, self.life.cap[j]
        nearest = min(choices, key=lambda choice: choice.km)
        return Candidate(
            volunteer=self.ids[j],
            number=j,
            options=tuple(_option(i, choice) for choice in choices),
            km=nearest.km,
            kms=tuple(choice.km for choice in choices),
            load=(life.load[j].get(nearest.block, 0) + 1) / cap,
            going_cap=cap,
            year_share=life.matches[j] / cap / max(1.0, at / BLOCK),
            tally=self.tally[j],
            last_asked_at=moment(life.asked_at[j]) if life.asked_at[j] >= 0 else None,
            letters_this_week=len(self.written[j]),
            standing=self.standing[j],
        )

    def _ask(self, i: int, ask: Ask, at: float) -> None:
        life, j = self.life, ask.volunteer.int - 1
        others = {
            self.referrals[r]: self.deadline[r]
            for r in life.open_now(at)
            if r != i and j in life.ties[r] and j not in life.shown[r] and life.choices_left(r, j, at)
        }
        also = tuple(self.number[referral] for referral in choose_also(others, self.settings))
        for shown in (i, *also):
            self.offers[shown][j] = Offer(
                volunteer=ask.volunteer,
                shown_at=moment(at),
                state=OfferState.SENT,
                wave=1,
                p_hat=ask.p_hat or 0.0,
                bundled=shown != i,
                hopes=ask.hopes,
            )
        life.ask(i, j, at, also=also)
        self.tally[j] = tally_asked(self.tally[j], moment(at))
        self.written[j].append(at)
        self.open_letter[j] = True
        self.version[j] += 1


def _option(i: int, choice: Choice) -> OptionKey:
    return UUID(int=i * 3 + choice.option + 1), date.fromordinal(BEGINS.toordinal() + int(choice.start // 24))
