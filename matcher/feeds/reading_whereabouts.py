"""Where a row's meeting is held: at a place, online, or both; its address and its ways in (meetings 4.5 and 4.6)."""

import re
from typing import NamedTuple

from matcher.domain.feed_issue import IssueCode
from matcher.domain.meeting import Status
from matcher.feeds.raw_rows import RowInHand, excerpt
from matcher.feeds.reading_online import NO_LINK, NO_PHONE, LinkRead, PhoneRead, read_link, read_phone
from matcher.feeds.reading_places import Code, is_british, is_no_place, is_online_word, is_street_line, read_code, split_address
from matcher.feeds.reading_points import RawPoint, Setting, read_point
from matcher.feeds.reading_text import known_again
from matcher.feeds.separating_secrets import separate

_COMMAS = re.compile(r"(?:\s*,)+\s*")
_DECLARED_GAP = re.compile(r"[\s-]+")
DECLARED = frozenset({"in_person", "hybrid", "online", "inactive"})
YES = frozenset({"yes", "y", "true", "1"})
NO = frozenset({"no", "n", "false", "0"})


class PlaceRead(NamedTuple):
    """The address of a row, and whether it names a place. `says_online`: a placeholder stands where a place should."""

    venue: str | None
    address: str | None
    formatted_address: str | None
    town: str | None
    code: Code
    point: RawPoint
    setting: Setting
    says_online: bool


class Held(NamedTuple):
    """In which way and state a meeting is held."""

    in_person: bool
    online: bool
    status: Status


def declared_form(row: RowInHand) -> str | None:
    """What a field made for it says: in_person, hybrid, online or inactive."""
    if "declared" not in row.raw.values:
        return None
    word = _DECLARED_GAP.sub("_", row.plain("declared").casefold())
    return word if word in DECLARED else None


def read_place(row: RowInHand, zone: str) -> PlaceRead:
    """The address taken apart, and whether there is a place at all."""
    venue, city = row.line("venue"), row.line("town")
    own_address = row.line("address")
    whole = _whole_address(row, own_address)
    town = None if city and is_no_place(city) else city
    own = split_address(own_address or "", town)
    is_put_together = bool(own_address and town and row.is_empty("formatted_address"))  # so there is no more in it than in its parts
    parts = own if is_put_together else split_address(whole or "", town)
    if row.reading.only_own_street:
        street = None if is_no_place(own_address or "-") else own_address
    else:
        street = own.street or (parts.street if not own_address else None)
        town = town or parts.town or own.town
    country = row.plain("country") or parts.country or own.country
    code = read_code(row.plain("postcode"), whole or "", own_address or "", british=is_british(country, zone))
    if code.wrong:
        row.note(IssueCode.INVALID_POSTCODE, "postcode" if not row.is_empty("postcode") else _address_word(row), code.wrong)
    says_online = parts.says_online or own.says_online or any(is_online_word(text) for text in (venue, city) if text)
    venue = None if venue and is_no_place(venue) else venue
    is_place = _is_place(row, venue=venue, street=street, town=town, postcode=code.postcode)
    return PlaceRead(
        venue=venue,
        address=street,
        formatted_address=whole,
        town=town,
        code=code,
        point=read_point(row.value("latitude"), row.value("longitude"), row.value("coordinates")),
        setting=Setting(zone, code.postcode, town, is_place),
        says_online=says_online,
    )


def _address_word(row: RowInHand) -> str:
    return "formatted_address" if not row.is_empty("formatted_address") else "address"


def _whole_address(row: RowInHand, own_address: str | None) -> str | None:
    """The feed's own whole address, else its parts in order; without commas that stand round nothing."""
    whole = row.line("formatted_address")
    if not whole:
        parts = [own_address, *(row.line(word) for word in ("town", "state", "postcode", "country"))]
        kept: list[str] = []
        for part in parts:
            if (part and part.casefold() not in (own_address or "").casefold().split(", ") and part not in kept) or (
                part and part == own_address
            ):
                kept.append(part)
        whole = ", ".join(kept)
    return _without_lone_commas(whole) or None


@known_again
def _without_lone_commas(whole: str) -> str:
    return _COMMAS.sub(", ", whole).strip(" ,")


def _is_place(row: RowInHand, *, venue: str | None, street: str | None, town: str | None, postcode: str | None) -> bool:
    """A full postcode with a street line or venue, or a street line, or a declared place with venue and town. A town alone is none."""
    form = declared_form(row)
    if form == "online" or _is_approximate(row) or (row.reading.place_needs_postcode and not postcode):
        return False
    if row.reading.only_own_street:
        return bool(street)
    if postcode and (street or venue):
        return True
    return bool(street and is_street_line(street)) or bool(form in ("in_person", "hybrid") and venue and town)


def is_unpublished(row: RowInHand) -> bool:
    """Whether a field made for it says that the row is not to be shown: `published` no, or `unpublished` yes."""
    values = row.raw.values
    if "published" in values and (values["published"] is False or row.plain("published").casefold() in NO):
        return True
    return "unpublished" in values and (values["unpublished"] is True or row.plain("unpublished").casefold() in YES)


def _is_approximate(row: RowInHand) -> bool:
    if "approximate" not in row.raw.values:
        return False
    value = row.value("approximate")
    return value is True or (not isinstance(value, bool) and row.plain("approximate").casefold() in YES)


def read_conference(row: RowInHand) -> tuple[LinkRead, PhoneRead]:
    """The link and number of an online meeting, and on the row the ways in that are kept apart."""
    link = NO_LINK
    if text := _own_field(row, "conference_url"):
        if re.fullmatch(r"\d(?:[ -]?\d){8,11}", text):
            row.meeting_id = row.meeting_id or text
        else:
            link = read_link(text)
            row.full_link = row.full_link or link.full_link
    if link.fault:
        row.note(link.fault, "conference_url")
    phone = NO_PHONE
    if text := _own_field(row, "conference_phone"):
        phone = read_phone(text)
        if phone.dial_in:
            row.dial_in = row.dial_in or phone.dial_in
            row.note(IssueCode.SECRET_REMOVED, "conference_phone")
    if phone.fault:
        row.note(phone.fault, "conference_phone")
    values = row.raw.values
    if "meeting_id" in values or "passcode" in values:
        row.meeting_id = row.meeting_id or row.plain("meeting_id")[:100] or None
        row.passcode = row.passcode or row.plain("passcode")[:100] or None
    return link, phone


def _own_field(row: RowInHand, word: str) -> str:
    if word not in row.raw.values or row.is_empty(word):
        return ""
    parted = separate(row.plain(word), contacts_too=False)
    row.take(parted)
    for code in sorted(parted.found):
        row.note(code, word, excerpt(parted.masked))
    return parted.text


def how_held(row: RowInHand, place: PlaceRead, *, has_way_in: bool, told: Status | None, code_closed: bool, code_online: bool) -> Held:
    """In person, online, both or neither; a place closed for now whose meeting goes on by link is active and online."""
    form, is_place = declared_form(row), place.setting.is_place
    if not form and "declared" in row.raw.values and not row.is_empty("declared"):
        row.note(IssueCode.UNKNOWN_TYPE, "declared")
    closed_for_now = code_closed or told is Status.TEMPORARILY_CLOSED
    in_person = is_place and not closed_for_now
    online = has_way_in or form in ("online", "hybrid") or (not is_place and (code_online or place.says_online))
    if online and not has_way_in:
        row.note(IssueCode.ONLINE_WITHOUT_LINK, "conference_url")
    if not is_place and not online:
        row.note(IssueCode.NO_PLACE, _address_word(row))
    if form == "inactive" or is_unpublished(row):
        return Held(in_person, online, Status.UNPUBLISHED)
    if told is Status.CLOSED:
        return Held(in_person, online, Status.CLOSED)
    return Held(in_person, online, Status.TEMPORARILY_CLOSED if closed_for_now and not has_way_in else Status.ACTIVE)
