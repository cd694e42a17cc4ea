"""The values a referral form can hold (journeys 8.1), as pages, store and matching name them. Their words on screen are in templates."""

from enum import StrEnum

from matcher.domain.place import TravelMode


class Age(StrEnum):
    """The only age question; no birth date exists. Anything but 18 or over is never matched by the machine."""

    EIGHTEEN_OR_OVER = "18_or_over"
    TWELVE_TO_SEVENTEEN = "12_to_17"
    UNDER_TWELVE = "under_12"


class Stage(StrEnum):
    """Where in treatment the newcomer is."""

    INDUCTION = "induction"
    REVIEW = "review"
    DETOX = "detox"
    TRANSITION = "transition"
    LEAVING = "leaving"
    AFTERCARE = "aftercare"


class Exposure(StrEnum):
    """What the newcomer knows of meetings. The last one ends the form as a short complete record."""

    NEVER = "never"
    BEEN_BEFORE = "been_before"
    GOING_NOW = "going_now"
    NOT_INTERESTED = "not_interested"


class Comfort(StrEnum):
    """With whom the newcomer would feel comfortable. Own words go to the coordinator before anybody is asked."""

    WOMAN = "woman"
    MAN = "man"
    NO_PREFERENCE = "no_preference"
    OWN_WORDS = "own_words"


class SaysIs(StrEnum):
    """What somebody says of themself, newcomer or volunteer; never a legal sex. Nothing said is None and meets no wish."""

    WOMAN = "woman"
    MAN = "man"
    OWN_WORDS = "own_words"
    RATHER_NOT_SAY = "rather_not_say"


class SpecialAudience(StrEnum):
    """Meetings for some people only: newcomer and volunteer must both have said themselves that they belong there (rule H6)."""

    WOMEN = "women"
    MEN = "men"
    LGBTQ = "lgbtq"
    YOUNG_PEOPLE = "young_people"


class Need(StrEnum):
    """What the newcomer needs. Three are facts of the meeting (rule H8); the others are told to the companion or planned by staff."""

    STEP_FREE = "step_free"
    HEARING_LOOP = "hearing_loop"
    BSL = "bsl"
    INTERPRETER = "interpreter"
    LARGE_PRINT = "large_print"
    EASY_READ = "easy_read"
    QUIET = "quiet"
    ADVOCATE = "advocate"
    OTHER = "other"


class LanguageWish(StrEnum):
    """The language the newcomer wants to speak. "Other" comes with the language's tag."""

    ENGLISH = "english"
    CYMRAEG = "cymraeg"
    BOTH = "both"
    OTHER = "other"


def language_tags(wish: LanguageWish | None, other: str = "") -> frozenset[str]:
    """The tags of which a volunteer must speak at least one; "other" without its tag, and nothing said, name no language."""
    tags = {LanguageWish.ENGLISH: {"en"}, LanguageWish.CYMRAEG: {"cy"}, LanguageWish.BOTH: {"en", "cy"}}
    named = {other.strip().lower()} - {""}
    return frozenset(named if wish is LanguageWish.OTHER else tags.get(wish, set()) if wish else set())


class TravelHow(StrEnum):
    """How the newcomer travels."""

    WALK = "walk"
    BUS = "bus"
    TRAIN = "train"
    OWN = "own"
    NEEDS_HELP = "needs_help"

    @property
    def mode(self) -> TravelMode:
        """The way their minutes are reckoned; who needs help is reckoned by bus."""
        return {TravelHow.WALK: TravelMode.FOOT, TravelHow.OWN: TravelMode.CAR}.get(self, TravelMode.BUS_TRAIN)


TRAVEL_MINUTES_LEAST, TRAVEL_MINUTES_MOST = 10, 90
TRAVEL_MINUTES_NOT_SAID = 60
"""The travel limit of somebody who set none (assumption)."""


class Care(StrEnum):
    """Care on the day: says what to do, never why."""

    TWO_PEOPLE = "two_people"
    DAYTIME_ONLY = "daytime_only"
    PUBLIC_TRANSPORT_ONLY = "public_transport_only"
    COORDINATOR_FIRST = "coordinator_first"


class MayWiden(StrEnum):
    """What may be widened without asking again if nobody is found; nothing is pre-ticked."""

    FURTHER = "further"
    OTHER_DAY = "other_day"
    SECOND_FELLOWSHIP = "second_fellowship"
    ONLINE = "online"
    ONE_COMPANION = "one_companion"
    PEER_OR_WORKER = "peer_or_worker"


class Channel(StrEnum):
    """How the newcomer hears; the first needs no contact at all."""

    KEYWORKER = "keyworker"
    EMAIL = "email"
    TEXT = "text"


class FareHelp(StrEnum):
    """Help with the fare; no bank field exists."""

    NONE = "none"
    TICKET = "ticket"
    CASH = "cash"
    TAXI = "taxi"


class NewcomerConsent(StrEnum):
    """Each on its own, none pre-ticked, one unlocks no other. Nobody is asked without C1."""

    TELL_VOLUNTEER = "c1"
    CONTACT_ME = "c2"
    GIVE_NUMBER = "c3"
    ASK_AFTERWARDS = "c4"
    TELL_KEYWORKER = "c5"


class ConsentMethod(StrEnum):
    """How a consent was given."""

    SPOKEN = "spoken"
    SIGNED = "signed"
    OWN_LINK = "own_link"


class EpisodeState(StrEnum):
    """Journeys 5.5."""

    NOT_STARTED = "not_started"
    GOING = "going"
    RESTING = "resting"
    ENDED = "ended"
