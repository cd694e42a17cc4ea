"""Setting up: services, areas, their staff, and where to ring and read for each fellowship. Done at the command line, or by a coordinator."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from matcher.config import Config
from matcher.domain.actor import Actor, Role
from matcher.domain.area import Area, FellowshipContact
from matcher.domain.connection import Connection
from matcher.domain.errors import NotFound, Refused
from matcher.domain.fellowship import Fellowship
from matcher.domain.outbox import sealed_in
from matcher.domain.permission import check_can_change_area
from matcher.domain.permission_facts import Visibility
from matcher.domain.provider import Provider
from matcher.domain.staff import Staff
from matcher.domain.text import BadText, clean_district, clean_email, clean_line, clean_name, clean_phone
from matcher.store import areas, audit, letters, person_keys, providers, sign_ins, staff_accounts

DATA = Path(__file__).parent.parent / "data" / "fellowships.json"


class NameTaken(Refused):
    """There is an area of that name already."""


class AddressTaken(Refused):
    """Somebody has that email address already."""


class NoDistricts(Refused):
    """An area needs at least one postcode district, such as M14."""


class NoAreas(Refused):
    """A coordinator needs at least one area."""


class DistrictTaken(Refused):
    """Each district belongs to one area only. These are another's already."""


class UnknownZone(Refused):
    """There is no such time zone. Give one such as Europe/London."""


class HasLeft(Refused):
    """This person has left already. Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProvider:
    """What a new service says of itself. Fellowships: those its keyworkers refer to; none named means all but Alateen."""

    name: str
    reply_to: str
    telephone: str
    discreet_name: str = ""
    fellowships: tuple[Fellowship, ...] = ()
    opening_hours: str = ""
    crisis_line: str = ""
    reference_hint: str = ""
    reference_pattern: str = ""
    pair_rule: str = "when_asked"
    one_may_go_alone: bool = True
    minimum_band: str = "1_to_2"
    team_visibility: Visibility = Visibility.OWN
    young_people_contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArea:
    """What a new area says of itself."""

    name: str
    outcodes: tuple[str, ...]
    reply_to: str
    timezone: str = "Europe/London"
    discreet_name: str = ""
    on_call_telephone: str = ""
    on_call_hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A new member of staff: what newcomers and colleagues call them, and where codes are sent."""

    first_name: str
    email: str
    telephone: str


async def create_provider(tx: Connection, _config: Config, now: datetime, *, actor: Actor, new: NewProvider) -> UUID:
    """Add a service. Raises BadText for a name, address or number that cannot be taken."""
    provider = Provider(
        id=uuid4(),
        name=cleaned("name", partial(clean_line, most=80), new.name),
        discreet_name=cleaned("discreet_name", partial(clean_line, most=40), new.discreet_name or new.name),
        reply_to=cleaned("reply_to", clean_email, new.reply_to),
        telephone=cleaned("telephone", clean_phone, new.telephone),
        fellowships=new.fellowships or tuple(one for one in Fellowship if one is not Fellowship.ALATEEN),
        opening_hours=new.opening_hours,
        crisis_line=new.crisis_line,
        reference_hint=new.reference_hint,
        reference_pattern=new.reference_pattern,
        pair_rule=new.pair_rule,
        one_may_go_alone=new.one_may_go_alone,
        minimum_band=new.minimum_band,
        team_visibility=new.team_visibility,
        young_people_contact=new.young_people_contact,
        created_at=now,
    )
    await audit.claim_acting(tx, actor, "create_provider", now)
    await providers.insert_provider(tx, provider)
    await audit.insert_audit(tx, "providers", provider.id)
    return provider.id


async def create_area(tx: Connection, _config: Config, now: datetime, *, actor: Actor, new: NewArea) -> UUID:
    """Add an area with its districts and the shipped web address of each fellowship. Raises BadText, UnknownZone, NameTaken or DistrictTaken."""
    outcodes = tuple(dict.fromkeys(cleaned("districts", clean_district, text) for text in new.outcodes))
    if not outcodes:
        raise NoDistricts()
    _check_zone(new.timezone)
    area = Area(
        id=uuid4(),
        name=cleaned("name", partial(clean_line, most=60), new.name),
        timezone=new.timezone,
        discreet_name=cleaned("discreet_name", partial(clean_line, most=40), new.discreet_name or new.name),
        reply_to=cleaned("reply_to", clean_email, new.reply_to),
        created_at=now,
        on_call_telephone=cleaned("on_call_telephone", clean_phone, new.on_call_telephone) if new.on_call_telephone else "",
        on_call_hours=new.on_call_hours,
    )
    await audit.claim_acting(tx, actor, "create_area", now)
    if not await areas.insert_area(tx, area):
        raise NameTaken()
    await add_outcodes(tx, area.id, outcodes)
    await areas.insert_contacts(tx, [FellowshipContact(area.id, one, web_addresses()[one], "", None, now) for one in Fellowship])
    await audit.insert_audit(tx, "areas", area.id)
    return area.id


async def add_outcodes(tx: Connection, area_id: UUID, outcodes: Iterable[str]) -> None:
    """Give districts to an area. Raises DistrictTaken, naming them and whose they are, and gives none of them."""
    wanted = sorted(set(outcodes))
    lost = set(wanted) - set(await areas.claim_outcodes(tx, area_id, wanted))
    if lost:
        owners = await areas.list_owners_of_outcodes(tx, sorted(lost))
        named = ", ".join(f"{outcode} ({name})" for outcode, name in owners.items())
        raise DistrictTaken(f"{(DistrictTaken.__doc__ or '').rstrip('.')}: {named}.", owners=owners)


async def create_coordinator(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, new: NewPerson, area_ids: frozenset[UUID]
) -> UUID:
    """Add a coordinator of these areas. Raises BadText, NoAreas, NotFound for an unknown area, AddressTaken."""
    if not area_ids:
        raise NoAreas()
    if len(await areas.list_areas(tx, area_ids)) != len(area_ids):
        raise NotFound()
    return await _create_staff(tx, config, now, actor=actor, new=new, role=Role.COORDINATOR, area_ids=area_ids)


async def create_keyworker(tx: Connection, config: Config, now: datetime, *, actor: Actor, new: NewPerson, provider_id: UUID) -> UUID:
    """Add a keyworker of a service. Raises BadText, NotFound for an unknown service, AddressTaken."""
    await providers.get_provider(tx, provider_id)
    return await _create_staff(tx, config, now, actor=actor, new=new, role=Role.KEYWORKER, provider_id=provider_id)


async def disable_staff(tx: Connection, _config: Config, now: datetime, *, actor: Actor, staff_id: UUID) -> None:
    """Somebody has left: their sign-ins, codes and waiting letters end with their account, in one transaction. Raises HasLeft."""
    await audit.claim_acting(tx, actor, "disable_staff", now)
    if not await staff_accounts.claim_staff_disabled(tx, staff_id):
        raise HasLeft()
    await sign_ins.update_all_sign_ins_ended(tx, staff_id, now)
    await sign_ins.update_codes_of_staff_ended(tx, staff_id, now)
    await letters.update_letters_of_party_cancelled(tx, staff_id, now)


async def update_fellowship_contact(
    tx: Connection,
    _config: Config,
    now: datetime,
    *,
    actor: Actor,
    area_id: UUID,
    fellowship: Fellowship,
    web_address: str,
    helpline: str,
    checked_on: date | None = None,
) -> None:
    """Change where people of an area read about a fellowship and whom they ring. Raises Hidden for another's area, BadText."""
    area = await areas.get_area(tx, area_id)
    check_can_change_area(actor, AreaOfItself(area.id), now)
    web = clean_line(web_address, 200)
    phone = clean_phone(helpline) if helpline.strip() else ""
    await audit.claim_acting(tx, actor, "update_fellowship_contact", now)
    if not await areas.update_contact(tx, area_id, fellowship, web_address=web, helpline=phone, checked_on=checked_on, now=now):
        raise NotFound()
    await audit.insert_audit(tx, "areas", area_id, reason=fellowship.value)


@dataclass(frozen=True, slots=True)
class AreaOfItself:
    """An area as the policy asks about it: it belongs to itself."""

    id: UUID

    @property
    def area_id(self) -> UUID | None:
        """Its own id."""
        return self.id


def cleaned(field: str, clean: Callable[[str], str], given: str) -> str:
    """One answer, checked. Raises BadText with the name of the field among its limits."""
    try:
        return clean(given)
    except BadText as bad:
        raise BadText(bad.code, **{**bad.limits, "field": field}) from bad


@cache
def web_addresses() -> dict[Fellowship, str]:
    """The shipped web address of each fellowship."""
    kept = json.loads(DATA.read_text(encoding="utf-8"))["fellowships"]
    return {fellowship: kept[fellowship.value]["web_address"] for fellowship in Fellowship}


async def _create_staff(
    tx: Connection,
    config: Config,
    now: datetime,
    *,
    actor: Actor,
    new: NewPerson,
    role: Role,
    provider_id: UUID | None = None,
    area_ids: frozenset[UUID] = frozenset(),
) -> UUID:
    person = NewPerson(
        first_name=cleaned("first_name", clean_name, new.first_name),
        email=cleaned("email", clean_email, new.email),
        telephone=cleaned("telephone", clean_phone, new.telephone),
    )
    staff_id = uuid4()
    key = config.vault.new_key(staff_id)
    details = {"first_name": person.first_name, "email": person.email, "telephone": person.telephone}
    box = config.vault.seal(key, f"staff.details_box:{staff_id}", details)
    account = Staff(
        id=staff_id,
        provider_id=provider_id,
        role=role,
        state="active",
        email_state="ok",
        details=sealed_in("staff.details_box", staff_id, key, box),
        created_at=now,
        confirmed_at=now,
        area_ids=area_ids,
    )
    await audit.claim_acting(tx, actor, f"create_{role.value}", now)
    await person_keys.insert_key(tx, key, "staff", now)
    if not await staff_accounts.insert_staff(tx, account, config.vault.blind_index(person.email)):
        raise AddressTaken()
    return staff_id


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone() from error
