"""One referral of the demo's town that climbs its whole ladder as the clock moves: six people who speak its language, one for each step, all silent.

They join when the month has been played, so that nothing else in the town is different for them.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from matcher.actions.rostering import current_role_card
from matcher.config import Config
from matcher.demo_meetings import invent_venue, row_of
from matcher.demo_people import write_group
from matcher.demo_plan import LONDON, Town, dice, mobile, plan
from matcher.demo_stories import Plot, Story
from matcher.demo_volunteers import Somebody, reach_from
from matcher.domain.availability import DAY, Away, Notice
from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import Audience, ParsedMeeting
from matcher.domain.postcode import outcode_of
from matcher.domain.roster import Checklist, Dbs, PersonDetails, RosterAnswers
from matcher.domain.volunteer import ComfortableWith, Membership, TimeBand
from matcher.domain.wishes import MayWiden, SaysIs
from matcher.store import demo_rows

CAME = timedelta(days=7)
STARTS = time(19, 30)
EVENING = (17 * 60, 23 * 60)
LANGUAGE = "so"
"""Nobody else in the town speaks it: so these six, and only these, can be asked."""
ASKED_FOR = (1, 2, 4, 5)
"""The days after the visit on whose evenings the newcomer could go. On the third there is somebody too: another day, if they allow it."""


async def build_ladder(tx: Connection, config: Config, town: Town) -> Story:
    """Write the people and the meetings, and answer the referral that leads from one to the next."""
    people = [(_somebody(number, said, today_of(town)), "active") for number, said in enumerate(plan()["ladder"]["people"])]
    await write_group(tx, config, town, group=people, came=town.starts_at - CAME)
    await demo_rows.insert_meetings(tx, list(_meetings(town)))
    return _story(town)


def today_of(town: Town) -> date:
    """The day of the visit, as the town's people count it."""
    return town.starts_at.astimezone(LONDON).date()


def _somebody(number: int, said: dict[str, Any], today: date) -> Somebody:
    """Free on the evening of one day, and away from the day after."""
    free_on = today + timedelta(days=said["day"])
    name, seen = said["name"], today - timedelta(days=60)
    details = PersonDetails(
        display_name=name,
        private_name=f"{name} Warfa",
        email=f"{name.lower()}.warfa@members.example",
        telephone=mobile(900 + number),
        met_by="Carol",
        referee=plan()["women"][1],
    )
    answers = RosterAnswers(
        time_band=TimeBand.FIVE_OR_MORE,
        memberships=frozenset({Membership(Fellowship(said["fellowship"]))}),
        reach=(reach_from(said["from"], said["km"]),),
        further_if_needed=said.get("further", False),
        windows=((free_on.weekday() * DAY + EVENING[0], free_on.weekday() * DAY + EVENING[1]),),
        away=(Away(free_on + timedelta(days=1), free_on + timedelta(days=30)),),
        notice=Notice.TWO_HOURS,
        comfortable_with=ComfortableWith.ANYONE,
        says_is=SaysIs(said["is"]),
        languages=frozenset({"en", LANGUAGE}),
        checklist=Checklist(met_on=seen, referee_on=seen, training_on=seen, dbs=Dbs.NOT_REQUIRED),
        role_card_version=current_role_card(),
        role_card_on=seen,
    )
    return Somebody(details, answers, "Saltmere")


def _meetings(town: Town) -> Iterator[dict[str, Any]]:
    thrown = dice("ladder")
    for number, said in enumerate(plan()["ladder"]["meetings"]):
        row = row_of(thrown, town, _meeting(number, said, town), by_hand=True)
        yield row | {"last_confirmed_at": town.starts_at - timedelta(days=3)}


def _meeting(number: int, said: dict[str, Any], town: Town) -> ParsedMeeting:
    online = not said["at"]
    place = {} if online else invent_venue(plan()["venues"][said["at"]][number % 2], said["at"], dice(f"ladder {number}"))
    known = {name: value for name, value in place.items() if name not in ("step_free", "loop")}
    return ParsedMeeting(
        row=number + 1,
        source_key=f"ladder-{number + 1}",
        name=said["name"],
        fellowship=Fellowship(said["fellowship"]),
        iso_weekday=(today_of(town) + timedelta(days=said["day"])).isoweekday(),
        start=STARTS,
        duration_min=60,
        timezone="Europe/London",
        attendable=True,
        in_person=not online,
        online=online,
        conference_url="https://meet.example/ladder" if online else None,
        audience=Audience.OPEN,
        **({} if online else {**known, "outcode": outcode_of(place["postcode"])}),
    )


def _story(town: Town) -> Story:
    """Priya's newest referral: its newcomer has said yes to everything that may be tried."""
    said, today = plan()["ladder"], today_of(town)
    name = said["newcomer"]
    answers = {
        "who_for": "own_use",
        "age_ok": "18_or_over",
        "name_used": name,
        "provider_ref": said["reference"],
        "exposure": "never",
        "fellowships": ["daa", "ma"],
        "comfort": "no_preference",
        "newcomer_is": "rather_not_say",
        "language": "other",
        "other_language": LANGUAGE,
        "travel_from": "HU1",
        "travel_how": "bus",
        "travel_minutes": 25,
        "may_widen": [wish.value for wish in MayWiden],
        "when": [f"{(today + timedelta(days=day)).weekday()}-evening" for day in ASKED_FOR],
        "earliest_on": (today + timedelta(days=1)).isoformat(),
        "channels": "email",
        "email": f"{name.lower()}@letters.example",
        "email_safe": True,
        "consent_tell": True,
        "consent_contact": True,
        "consent_method": "spoken",
    }
    return Story(town.starts_at, "Priya", Plot(), answers, past=False)
