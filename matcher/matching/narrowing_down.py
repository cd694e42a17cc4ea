"""From a search to the conditions that SQL may narrow by: each is implied by a hard rule, so that narrowing loses nobody (a property test)."""

from matcher.domain.availability import Notice, block_of, latest_answer_at
from matcher.domain.narrowing import Narrowing
from matcher.domain.option import Option
from matcher.domain.volunteer import ComfortableWith
from matcher.domain.wishes import Comfort, SaysIs
from matcher.matching.eligible import Search
from matcher.matching.reach import half_hours

WANTED = {Comfort.WOMAN: SaysIs.WOMAN, Comfort.MAN: SaysIs.MAN}
FITS = {SaysIs.WOMAN: ComfortableWith.WOMEN, SaysIs.MAN: ComfortableWith.MEN}


def narrow(search: Search, option: Option) -> Narrowing:
    """What everybody who could do this option has in common."""
    needs = search.needs
    alone_decides = needs.companions == 1 or needs.both_meet_wish
    wanted = WANTED.get(needs.wish) if needs.wish and alone_decides else None
    fits = FITS.get(needs.newcomer_is) if needs.newcomer_is else None
    speaks = None if "en" in needs.languages or needs.interpreter_arranged or not needs.languages else tuple(sorted(needs.languages))
    hours = half_hours(option.meets_at, option.ends_at)
    return Narrowing(
        fellowship=option.fellowship,
        in_person=option.in_person,
        point=option.venue,
        spans=option.spans,
        on_date=option.on_date,
        says_is=wanted.value if wanted else None,
        comfortable_with=tuple(answer.value for answer in (ComfortableWith.ANYONE, fits) if answer),
        languages=speaks,
        notices=tuple(notice.value for notice in Notice if search.now <= latest_answer_at(notice, option.starts_at, option.zone)),
        half_hours=(hours.start, hours.stop - 1),
        block=block_of(option.on_date),
        further=search.further,
    )
