"""What would help a search for company most: one wish of the newcomer's, two together, or one more meeting to choose from. Nothing is changed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matcher.actions.choosing_meetings import Fitting, Seeker, list_further
from matcher.actions.scene import Scene
from matcher.actions.searching import ENOUGH, about, people_near
from matcher.domain.draft import MOST_OPTIONS
from matcher.domain.option import OptionKey
from matcher.matching.eligible import Search, as_on_the_form, band_of, eligible_people
from matcher.matching.explaining import Explained, best_pair, best_relaxation, codes_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """`more` people could go if these wishes (codes of rules) were wider, or if this meeting could be had as well. `band` says it coarsely."""

    more: int
    rules: tuple[str, ...] = ()
    meeting: Fitting | None = None

    @property
    def band(self) -> str:
        """A few or several."""
        return band_of(self.more).value


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """`one`: the wish, or the meeting more to choose from, that helps most. `two`: where nothing helps alone, the best two wishes."""

    one: Proposal | None = None
    two: Proposal | None = None


async def what_would_help(scene: Scene, search: Search, told: Sequence[Explained]) -> Help:
    """The proposal for a search among people already explained. Never bars, age, consent or checks."""
    wish = best_relaxation(told, search)
    alone = [Proposal(wish.more, codes_of(wish.rule))] if wish else []
    meeting = await _further_meeting(scene, search, told)
    if alone or meeting:
        return Help(one=max([*alone, *([meeting] if meeting else [])], key=lambda proposal: proposal.more))
    pair = best_pair(told, search)
    return Help(two=Proposal(pair.more, codes_of(pair.rule)) if pair else None)


async def _further_meeting(scene: Scene, search: Search, told: Sequence[Explained]) -> Proposal | None:
    """The date of the next fourteen days to which most people could go who can go to none that was chosen; the soonest among equals."""
    if search.needs.held is not None or not search.needs.fellowships or len(search.options) >= MOST_OPTIONS:
        return None
    seeker = Seeker(needs=as_on_the_form(search.needs), newcomer_id=scene.referral.newcomer_id, provider=scene.provider)
    dated = await list_further(scene.tx, scene.now, seeker, [option.key for option in search.options])
    if not dated:
        return None
    wider = replace(search, options=[one.option for one in dated])
    people, _ = await people_near(scene.tx, wider, about(scene), letters_count=True, most=ENOUGH)
    could = {one.volunteer.id for one in told if one.could()}
    fit = [one for one in eligible_people(people, wider) if one.volunteer.id not in could]
    counted: Counter[OptionKey] = Counter(option.key for one in fit for option in one.options)
    best = max(dated, key=lambda one: counted[one.option.key])
    more = counted[best.option.key]
    return Proposal(more, meeting=best) if more else None
