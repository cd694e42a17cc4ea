"""Every letter once, filled with the cast, for the tests of letters. Not a test itself."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.config import Config
from matcher.crypto import Vault
from matcher.domain.fellowship import Fellowship
from matcher.domain.letter import (
    CancellationLetter,
    ChangeLetter,
    CoordinatorAlertLetter,
    CoveredLetter,
    KeyworkerNoticeLetter,
    Letter,
    MorningOfLetter,
    NewcomerConfirmationLetter,
    NoCompanionLetter,
    OfferAcceptedLetter,
    OfferLetter,
    RosterNoticeLetter,
    SignInCodeLetter,
    VolunteerConfirmationLetter,
)
from matcher.domain.letter_afterwards import CheckInLetter, CompanionReminderLetter, FollowUpLetter, NewcomerReminderLetter, ThankYouLetter
from matcher.domain.letter_kind import Party
from matcher.domain.letter_parts import (
    AlertReason,
    Changed,
    ChangedLine,
    ChangeReason,
    Companion,
    Contact,
    CoveredBecause,
    DayNeed,
    Ending,
    FareHelp,
    KeyworkerReason,
    LetterId,
    MeetingIdea,
    OfferOption,
    PlannedMeeting,
    RosterChange,
    Seat,
    Sender,
    Told,
    Tried,
    Venue,
)
from matcher.mail import FrozenLetter, freeze_letter
from matcher.vocabulary import role_card

LONDON = ZoneInfo("Europe/London")
BASE = "https://alongside.example.org"
CONFIG = Config(
    database_url="",
    migrate_database_url="",
    smtp_url="file:x",
    base_url=BASE,
    mail_domain="alongside.example.org",
    vault=Vault({1: b"m" * 32}, b"i" * 32),
)
SENDER = Sender(
    "Harbour House", "post@alongside.example.org", "harbour@example.org", "0161 496 0100", f"{BASE}/privacy", f"{BASE}/complaint"
)
DUE = datetime(2026, 11, 23, 10, 50, tzinfo=UTC)
ABOUT, PARTY = UUID(int=1), UUID(int=2)
CAROL, PRIYA = Contact("Carol", "0161 496 0200"), Contact("Priya", "0161 496 0300")
ON_CALL = Contact("Who is on call", "0161 496 0999")
HALL = Venue("St Mary's Hall", "1 Canal Street, Northend M14 5TQ", "the blue door at the side", "Bus 42 to Northend Library")
HOSTILE = "Tom\r\nBcc: eve@evil.example\n\n<b>x</b>\x00\u202eevil https://evil.example/x [click](http://evil.example) *bold*, eve@evil.example www.evil.example"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A local time in November 2026. The 26th is a Thursday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=LONDON)


def link(name: str) -> str:
    return f"{BASE}/l/{name}-7Qm2x9"


STARTS, MEET_AT = at(26, 19, 30), at(26, 19, 15)
CARD = role_card(Fellowship.AA)
OFFER = OfferLetter(
    "Tom",
    None,
    (OfferOption(STARTS, MEET_AT, "Northend"), OfferOption(at(28, 11), at(28, 10, 45), "Quayside")),
    Seat.ONLY,
    at(25, 18),
    link("answer"),
    link("pause"),
    CAROL,
)
ACCEPTED = OfferAcceptedLetter(
    "Tom", at(23, 10, 50), STARTS, MEET_AT, HALL, Seat.FIRST, True, at(23, 11, 5), link("undo"), link("cannot"), CAROL
)
COVERED = CoveredLetter("Wendy", STARTS, CoveredBecause.SOMEBODY_IS_GOING, link("standby"), CAROL)
VOLUNTEER_PLAN = VolunteerConfirmationLetter(
    "Tom",
    "Noor",
    STARTS,
    MEET_AT,
    "Northend Library, front door",
    HALL,
    tuple(DayNeed),
    "Urdu",
    "Wendy",
    "07700 900123",
    15,
    CARD.points,
    CARD.version,
    ON_CALL,
    link("home"),
    link("cannot"),
    link("calendar"),
)
NEWCOMER_PLAN = NewcomerConfirmationLetter(
    "Noor",
    True,
    (Companion("Tom", "blue coat"), Companion("Wendy")),
    MEET_AT,
    "Northend Library, front door",
    STARTS,
    at(26, 21),
    None,
    None,
    "Bus 42 from the station",
    FareHelp.TICKET,
    True,
    link("plan"),
    ON_CALL,
    tuple(Told),
    PRIYA,
    Contact("Northend crisis line", "0161 496 0777"),
    date(2026, 11, 3),
    link("calendar"),
)
OPEN_NEWCOMER_PLAN = replace(NEWCOMER_PLAN, discreet=False, fellowship="Alcoholics Anonymous", venue=HALL)
CHANGED_LINES = (
    ChangedLine(Changed.DAY, at(26, 19, 30), at(27, 18)),
    ChangedLine(Changed.START, at(26, 19, 30), at(27, 18)),
    ChangedLine(Changed.MEET_AT, at(26, 19, 15), at(27, 17, 45)),
    ChangedLine(Changed.MEET_PLACE, "Northend Library", "Quayside Station"),
)
CHANGE = ChangeLetter(
    Party.NEWCOMER, "Noor", True, ChangeReason.MEETING, at(27, 18), CHANGED_LINES, None, None, link("plan"), link("calendar"), PRIYA
)
CANCELLATION = CancellationLetter(Party.VOLUNTEER, "Tom", STARTS, Ending.NOT_NEEDED, link("calendar"), CAROL)
IDEAS = (MeetingIdea(STARTS), MeetingIdea(at(28, 11)), MeetingIdea(at(29, 18)))
MORNING_OF = MorningOfLetter("Tom", True, STARTS, MEET_AT, "Mill Hall", link("coming"), CAROL)
NO_COMPANION = NoCompanionLetter("Noor", True, STARTS, (Tried.REACH, Tried.OTHER_DAY), IDEAS, None, PRIYA, link("plan"))
OPEN_NO_COMPANION = replace(
    NO_COMPANION,
    discreet=False,
    meetings=(MeetingIdea(STARTS, "Alcoholics Anonymous", HALL),),
    helpline=Contact("Alcoholics Anonymous helpline", "0800 555 0100"),
)
NOTICE = KeyworkerNoticeLetter("4821", KeyworkerReason.PLANNED, at(24, 17), f"{BASE}/in")
ALERT = CoordinatorAlertLetter(AlertReason.NO_CANDIDATE, False, "Northend", at(24, 17), f"{BASE}/in")
CODE = SignInCodeLetter("038116", 10)
ROSTER = RosterNoticeLetter("Tom", RosterChange.PAUSED, (PlannedMeeting(STARTS, link("cannot")),), link("profile"), CAROL)

REMINDER = CompanionReminderLetter(
    "Tom", "Noor", True, STARTS, MEET_AT, "Mill Hall", HALL, "Wendy", "07700 900123", link("coming"), link("cannot"), CAROL
)
NEWCOMER_REMINDER = NewcomerReminderLetter(
    "Noor", False, (Companion("Tom", "blue coat"),), STARTS, MEET_AT, "Mill Hall", link("plan"), PRIYA
)
CHECK_IN = CheckInLetter("Tom", STARTS, link("check-in"), CAROL)
FOLLOW_UP = FollowUpLetter("Noor", link("questions"), PRIYA)
THANK_YOU = ThankYouLetter("Noor", PRIYA)

EVERY_LETTER: dict[str, Letter] = {
    "offer": OFFER,
    "offer_one_option_named": replace(OFFER, fellowship="Cocaine Anonymous", options=OFFER.options[:1], seat=Seat.SECOND),
    "offer_first_of_two": replace(OFFER, seat=Seat.FIRST),
    "offer_of_three": replace(OFFER, beside=(OFFER.options[:1], OFFER.options)),
    "offer_accepted": ACCEPTED,
    "offer_accepted_alone": replace(ACCEPTED, seat=Seat.ONLY, asking_second=False, venue=Venue("Hall")),
    "offer_accepted_second": replace(ACCEPTED, seat=Seat.SECOND, asking_second=False),
    "covered": COVERED,
    "covered_not_needed": replace(COVERED, because=CoveredBecause.NOT_NEEDED, standby_link=None),
    "volunteer_confirmation": VOLUNTEER_PLAN,
    "volunteer_confirmation_plain": replace(
        VOLUNTEER_PLAN, needs=(), interpreter_language=None, partner_name=None, newcomer_phone=None, safe_home_link=None, calendar_link=None
    ),
    "newcomer_confirmation": NEWCOMER_PLAN,
    "newcomer_confirmation_open": OPEN_NEWCOMER_PLAN,
    "newcomer_confirmation_bare": replace(
        NEWCOMER_PLAN,
        companions=(Companion("Tom"),),
        ends=None,
        travel_line=None,
        fare_help=None,
        ask_first=False,
        told=(),
        local_crisis=None,
        checked_on=None,
        calendar_link=None,
    ),
    **{f"newcomer_confirmation_{help.value}": replace(NEWCOMER_PLAN, fare_help=help) for help in FareHelp},
    "change_to_newcomer": CHANGE,
    "change_to_volunteer": replace(
        CHANGE, party=Party.VOLUNTEER, name="Tom", lines=(*CHANGED_LINES, ChangedLine(Changed.VENUE, "St Mary's Hall", "Quay Hall"))
    ),
    **{
        f"change_{reason.value}_to_{party.value}": replace(
            CHANGE,
            party=party,
            reason=reason,
            lines=(),
            who=Companion("Wendy", "red hat"),
            late_minutes=10 if reason is ChangeReason.LATE else None,
            calendar_link=None,
        )
        for reason in ChangeReason
        for party in (Party.VOLUNTEER, Party.NEWCOMER)
    },
    **{
        f"cancellation_{ending.value}_to_{party.value}": replace(CANCELLATION, party=party, name="Noor", ending=ending)
        for ending in Ending
        for party in (Party.VOLUNTEER, Party.NEWCOMER)
    },
    "morning_of": MORNING_OF,
    "morning_of_evening_before": replace(MORNING_OF, display_name="Wendy", on_the_day=False),
    "no_companion": NO_COMPANION,
    "no_companion_open": OPEN_NO_COMPANION,
    "no_companion_bare": replace(NO_COMPANION, tried=(), meetings=(), plan_link=None),
    "no_companion_no_page": replace(NO_COMPANION, plan_link=None),
    **{f"keyworker_notice_{reason.value}": replace(NOTICE, reason=reason) for reason in KeyworkerReason},
    "keyworker_notice_no_date": replace(NOTICE, do_by=None),
    **{f"coordinator_alert_{reason.value}": replace(ALERT, reason=reason) for reason in AlertReason},
    "coordinator_alert_urgent": replace(ALERT, urgent=True, do_by=None),
    "sign_in_code": CODE,
    **{f"roster_notice_{change.value}": replace(ROSTER, change=change) for change in RosterChange},
    "reminder": REMINDER,
    "reminder_day_before": replace(REMINDER, on_the_day=False, partner_name=None, newcomer_phone=None, confirm_link=None),
    "reminder_to_newcomer": NEWCOMER_REMINDER,
    "reminder_to_newcomer_again": replace(
        NEWCOMER_REMINDER, on_the_day=True, companions=(Companion("Tom", "blue coat"), Companion("Wendy"))
    ),
    "check_in": CHECK_IN,
    "follow_up": FOLLOW_UP,
    "thank_you": THANK_YOU,
    "roster_notice_bare": replace(ROSTER, planned=(), profile_link=None),
}


def freeze(letter: Letter, *, to: str = "tom@example.org", revision: int = 1, **rest: Any) -> FrozenLetter:
    """Freeze a letter from Harbour House, as an action would."""
    letter_id = LetterId(letter.kind, ABOUT, PARTY, revision=revision)
    return freeze_letter(CONFIG, letter, letter_id=letter_id, sender=rest.pop("sender", SENDER), to=to, due_at=DUE, **rest)


def with_hostile_text(record: Any, text: str = HOSTILE) -> Any:
    """The same letter with every text that somebody typed replaced. Links, mailboxes, codes and enums stay as they are."""
    made = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, tuple):
            made[field.name] = tuple(with_hostile_text(v, text) if is_dataclass(v) else text if type(v) is str else v for v in value)
        elif is_dataclass(value):
            made[field.name] = with_hostile_text(value, text)
        elif (
            type(value) is str
            and not value.startswith(BASE)
            and field.name not in ("code", "reference_end", "mailbox", "reply_to", "role_card_version")
        ):
            made[field.name] = text
    return replace(record, **made)


def opened(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def bodies(raw: bytes) -> tuple[str, str]:
    """The text and the HTML of a letter, as a mail program would read them."""
    text, html = opened(raw).iter_parts()
    assert isinstance(text, EmailMessage) and isinstance(html, EmailMessage)
    return str(text.get_content()).replace("\r\n", "\n"), str(html.get_content()).replace("\r\n", "\n")


def text_of(letter: Letter) -> str:
    """The plain text above the footer, as one line."""
    return " ".join(bodies(freeze(letter).raw)[0].partition("\n--\n")[0].split())


def in_order(text: str, *parts: str) -> bool:
    """Whether a text holds these parts, one after another."""
    place = 0
    for part in parts:
        place = text.find(part, place) + len(part)
        if place < len(part):
            return False
    return True
