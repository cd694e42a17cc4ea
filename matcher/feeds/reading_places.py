"""Addresses as feeds write them: street line, town, postcode, and whether they name a place at all (meetings 4.5). Points are in reading_points."""

import re
from functools import lru_cache
from typing import NamedTuple

from matcher.domain.place import find_outcode_in, find_postcode_in, load_outcodes, read_postcode
from matcher.domain.postcode import outcode_of, postcodes_in, spell_outcode, spell_postcode

KEPT = 8192  # meetings of one feed share their addresses

BRITISH = frozenset(
    {"uk", "u.k.", "gb", "gbr", "great britain", "united kingdom", "the united kingdom", "england", "scotland", "wales", "cymru"}
    | {"northern ireland", "jersey", "guernsey", "isle of man"}
)
FOREIGN = frozenset(
    {
        "us",
        "usa",
        "u.s.a.",
        "united states",
        "united states of america",
        "ireland",
        "ie",
        "irl",
        "republic of ireland",
        "eire",
        "éire",
        "canada",
    }
    | {
        "ca",
        "australia",
        "new zealand",
        "france",
        "germany",
        "deutschland",
        "spain",
        "españa",
        "portugal",
        "italy",
        "netherlands",
        "belgium",
    }
    | {
        "poland",
        "polska",
        "malta",
        "cyprus",
        "gibraltar",
        "switzerland",
        "austria",
        "sweden",
        "norway",
        "denmark",
        "finland",
        "india",
        "japan",
    }
)
BRITISH_ZONES = frozenset({"Europe/London", "Europe/Belfast", "Europe/Jersey", "Europe/Guernsey", "Europe/Isle_of_Man"})
STATES = frozenset(
    "AL AK AZ AR CA CO CT DC DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT "
    "VA WA WV WI WY AB BC MB NB NL NS ON PE QC SK".split()
)
COUNTIES = (
    frozenset(
        "bedfordshire berkshire buckinghamshire cambridgeshire cheshire cornwall cumbria derbyshire devon dorset essex gloucestershire hampshire "
        "herefordshire hertfordshire kent lancashire leicestershire lincolnshire merseyside middlesex norfolk northamptonshire northumberland "
        "nottinghamshire oxfordshire rutland shropshire somerset staffordshire suffolk surrey sussex warwickshire wiltshire worcestershire yorkshire "
        "ceredigion clwyd dyfed gwent gwynedd powys fife moray aberdeenshire lanarkshire ayrshire perthshire".split()
    )
    | {"county durham", "co durham", "greater london", "greater manchester", "west midlands", "tyne and wear", "tyne & wear", "east sussex"}
    | {"west sussex", "north yorkshire", "south yorkshire", "west yorkshire", "east yorkshire", "isle of wight", "isles of scilly"}
)

_STREET_WORD = (
    r"street|st|road|rd|avenue|ave|av|lane|ln|drive|dr|crescent|cres|close|terrace|terr|place|pl|square|sq|way|court|ct|row|hill|green|park|"
    r"gardens|gdns|parade|mews|grove|walk|rise|view|quay|wharf|boulevard|blvd|broadway|highway|hwy|parkway|pkwy|circle|cir|plaza|esplanade|"
    r"promenade|embankment|bridge|gate|yard|alley|mount|vale|approach|bypass|causeway|precinct|straße|strasse|allee|platz|rue|trail|pike"
)
_BUILDING_WORD = (
    r"church|hall|centre|center|chapel|cathedral|house|hospital|clinic|school|college|university|library|institute|rooms?|building|club|"
    r"mission|hostel|hotel|inn|pub|caf[eé]|mosque|synagogue|temple|gurdwara|priory|abbey|minster|pavilion|theatre|museum|surgery|headquarters|"
    r"hq|barracks|prison|vicarage|rectory|presbytery|annexe?|studios?|works|mill|farm|lodge|cottage|tower|arena|stadium|ymca|office|offices"
)
_FIRM_STREET_END = re.compile(
    r"\S.*\s(?<!\sle\s)(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|crescent|cres|boulevard|blvd|highway|hwy|parkway|pkwy|close|terrace|terr)\.?$",
    re.IGNORECASE,
)
_DIRECTIONS = re.compile(r"[()]|\.\s+\S|\b(?:entrance|opposite|behind|next to|near|above|corner)\b", re.IGNORECASE)
"""Words on how to find a door, in an address; no town has them."""
_LIKE_A_CODE = re.compile(r"(?<!\w)([A-Z]{1,2}\d[A-Z\d]?|GIR)\s*-?\s*(\d[A-Z]{2})(?!\w)", re.IGNORECASE | re.ASCII)
_WIDE_GAP = re.compile(r"[^\S\n]{2,}")
_STREET_OR_BUILDING = re.compile(rf"\b(?:{_STREET_WORD}|{_BUILDING_WORD})\b\.?", re.IGNORECASE)
_HOUSE_NUMBER = re.compile(r"^(?:(?:flat|unit|suite|no\.?|#)\s*)?\d{1,5}[a-z]?(?:\s?[-/–&]\s?\d{1,5}[a-z]?)?,?\s+\S*[^\W\d]", re.IGNORECASE)
_LINK = re.compile(r"https?://|\bwww\.|\bzoom\.us\b|\bmeet\.google\b", re.IGNORECASE)
_ONLINE_WORDS = re.compile(
    r"(?:(?:this\s+is\s+an?|an?|the)?\s*(?:fully\s+|only\s+)?(?:online|on[\s-]line|zoom|virtual|phone|telephone|skype|teams|google\s*meet|webex|internet|"
    r"dial[\s-]in|conference\s+call|video\s+call|cyberspace|web)(?:\s*(?:meeting|only|group|call|room|conference|via|and|or|on|by|&|/|-|,|zoom|"
    r"online|phone|telephone|video|link))*)[\s.!]*",
    re.IGNORECASE,
)
_NO_WORDS = re.compile(
    r"(?:tb[acd]|to be (?:confirmed|announced|advised|decided)|n/?a|none|unknown|not known|various|various locations|see (?:notes|website)|"
    r"contact for (?:details|address|venue|location)|address (?:on request|withheld)|[-–—.?*/\\ ]+|null|nil)[\s.!]*",
    re.IGNORECASE,
)


class Address(NamedTuple):
    """An address taken apart. `says_online`: a placeholder such as "Online" stands where a street should."""

    street: str | None = None
    town: str | None = None
    country: str | None = None
    says_online: bool = False


class Code(NamedTuple):
    """What a row's postcode fields give. `wrong`: a text that should have been a postcode of these islands and is none."""

    postcode: str | None = None
    outcode: str | None = None
    wrong: str | None = None


@lru_cache(maxsize=KEPT)
def is_online_word(text: str) -> bool:
    """Whether a text in a place's field says only that there is none: online, zoom, phone, or a link."""
    return bool(_ONLINE_WORDS.fullmatch(text.strip()) or _LINK.search(text))


@lru_cache(maxsize=KEPT)
def is_no_place(text: str) -> bool:
    """The same, and words such as "to be confirmed"."""
    return is_online_word(text) or bool(_NO_WORDS.fullmatch(text.strip()))


@lru_cache(maxsize=KEPT)
def is_street_line(text: str) -> bool:
    """Whether it reads like a street line: a house number, or a street or building word; never a placeholder or a link."""
    return not is_no_place(text) and bool(_HOUSE_NUMBER.search(text) or _STREET_OR_BUILDING.search(text))


@lru_cache(maxsize=KEPT)
def split_address(text: str, town: str | None = None) -> Address:
    """The street line, town and country of an address in one line. A town that is known already is taken away, never guessed."""
    parts = [part for part in (p.strip(" .") for p in re.split(r"[,\n]", _without_postcodes(text))) if part]
    says_online = any(is_online_word(part) for part in parts)
    parts = [part for part in parts if not is_no_place(part)]
    country = parts.pop() if parts and _is_country(parts[-1]) and (len(parts) > 1 or says_online or not town) else None
    if town:
        kept = [part for part in parts if part.casefold() != town.casefold()] if len(parts) > 1 else parts
    else:
        town, kept = _take_town(parts)
    kept = [part for part in kept if not _is_state(part)] if len(kept) > 1 else kept
    return Address(", ".join(kept) or None, town, country, says_online)


def _take_town(parts: list[str]) -> tuple[str | None, list[str]]:
    """The last part that has no digit and is no street; what stands after it (a foreign code, a state) is no street line either.

    A county gives way to a town that stands before it. Before a street there is a venue, and no town.
    """
    place = _town_place(parts, len(parts))
    if place is None:
        return None, parts
    if parts[place].casefold() in COUNTIES and _town_place(parts, place) == place - 1:
        place -= 1
    return parts[place], parts[:place]


def _town_place(parts: list[str], before: int) -> int | None:
    for place in range(before - 1, -1, -1):
        part = parts[place]
        if _FIRM_STREET_END.match(part) or _DIRECTIONS.search(part) or (place == 0 and is_street_line(part)):
            return None
        if not any(character.isdigit() for character in part) and not _is_state(part):
            return place
        if _HOUSE_NUMBER.match(part):
            return None
    return None


def _is_state(part: str) -> bool:
    return part in STATES or (part[:2] in STATES and bool(re.fullmatch(r"[A-Z]{2} \d{5}(?:-\d{4})?", part)))


def _is_country(part: str) -> bool:
    return part.casefold() in BRITISH or part.casefold() in FOREIGN


def _without_postcodes(text: str) -> str:
    """The text without its postcodes and with the commas they leave."""
    codes = set(postcodes_in(text)) if any(character.isdigit() for character in text) else ()
    if codes:
        text = _LIKE_A_CODE.sub(lambda found: " " if f"{found[1]} {found[2]}".upper() in codes else found[0], text)
    return _WIDE_GAP.sub(" ", text)


def is_british(country: str | None, zone: str) -> bool:
    """Whether a row is in the United Kingdom or the islands: by its country, else by its zone."""
    return country.casefold() in BRITISH if country else zone in BRITISH_ZONES


@lru_cache(maxsize=KEPT)
def _code_of_field(field: str) -> Code | None:
    postcode = read_postcode(field)
    return Code(postcode, outcode_of(postcode)) if postcode else None


def read_code(field: str, *addresses: str, british: bool) -> Code:
    """The postcode of its own field, else of the addresses; an outcode alone counts as the whole field or in capitals."""
    return (_code_of_field(field) if field else None) or _code_among(field, *addresses, british=british)


@lru_cache(maxsize=KEPT)
def _code_among(field: str, *addresses: str, british: bool) -> Code:
    if (outcode := spell_outcode(field)) and outcode in load_outcodes():
        found = _in_addresses(addresses)
        return found if found.outcode == outcode else Code(None, outcode)
    wrong = field if field and british else None
    found = _in_addresses(addresses)
    if wrong or found.postcode:
        return Code(found.postcode, found.outcode, wrong)
    unlisted = next((code for text in addresses for code in postcodes_in(text)), None) if british else None
    return Code(None, found.outcode, unlisted)


def _in_addresses(addresses: tuple[str, ...]) -> Code:
    for text in addresses:
        if postcode := find_postcode_in(text):
            return Code(postcode, outcode_of(postcode))
    for text in addresses:
        if outcode := find_outcode_in(text):
            return Code(None, outcode)
    return Code()


def looks_like_code(text: str) -> bool:
    """Whether a whole text is spelt like a postcode or a district."""
    return bool(spell_postcode(text) or spell_outcode(text))
