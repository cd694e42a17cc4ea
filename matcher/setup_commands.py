"""`alongside create-…`: services, areas and their staff, by whoever has the machine. Each command checks its options and calls one action."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import typer

from matcher.actions import setting_up
from matcher.actions.setting_up import NewArea, NewPerson, NewProvider
from matcher.config import Config
from matcher.database import Database
from matcher.domain.actor import OPERATOR
from matcher.domain.errors import Misconfigured, Refused
from matcher.domain.fellowship import Fellowship
from matcher.domain.permission_facts import Visibility
from matcher.domain.text import BadText
from matcher.run_commands import DEFAULT_DATA, DataFolder, Embedded, ready_database, settings
from matcher.store.areas import find_area_by_name, list_areas
from matcher.store.providers import list_providers

WORDS = {
    "empty": "must not be empty",
    "too_long": "must be {most} characters or fewer",
    "not_an_address": "must be one email address, such as name@example.org",
    "two_addresses": "must be one email address only",
    "not_a_number_to_ring": "must be a telephone number, such as 0113 496 0000",
    "not_a_district": "must be postcode districts, such as M14,M15",
    "full_postcode": "must be postcode districts, not whole postcodes: {district} here",
}
Telephone = Annotated[str, typer.Option(help="A number that people may ring.", show_default=False)]
ReplyTo = Annotated[str, typer.Option(help="A mailbox that somebody reads: answers to letters go there.", show_default=False)]
FirstName = Annotated[str, typer.Option(help="What newcomers and colleagues call them.", show_default=False)]
WorkEmail = Annotated[str, typer.Option("--email", help="Their work address: codes to sign in are sent there.", show_default=False)]


class CannotBe(Refused):
    """One of the options cannot be taken."""


def create_provider(
    *,
    name: Annotated[str, typer.Option(help="The service's name.", show_default=False)],
    reply_to: ReplyTo,
    telephone: Telephone,
    discreet_name: Annotated[str, typer.Option(help="How letters name it: tells a stranger nothing. Default: the name.")] = "",
    fellowships: Annotated[str, typer.Option(help="Which it refers to, such as aa,na. Default: all but Alateen.")] = "",
    crisis_line: Annotated[str, typer.Option(help="A number for a crisis, at any hour.")] = "",
    opening_hours: Annotated[str, typer.Option(help="When somebody answers.")] = "",
    reference_hint: Annotated[str, typer.Option(help="What the service's own references look like.")] = "",
    team_sees: Annotated[bool, typer.Option("--team-sees", help="Keyworkers see their whole team's referrals.")] = False,
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Add a treatment service. Prints its id."""
    new = NewProvider(
        name=name,
        discreet_name=discreet_name,
        reply_to=reply_to,
        telephone=telephone,
        fellowships=_fellowships(fellowships),
        crisis_line=crisis_line,
        opening_hours=opening_hours,
        reference_hint=reference_hint,
        team_visibility=Visibility.TEAM if team_sees else Visibility.OWN,
    )
    _run(embedded, data, lambda db, config: db.act(setting_up.create_provider, config, _now(), actor=OPERATOR, new=new))


def create_area(
    *,
    name: Annotated[str, typer.Option(help="The area's name.", show_default=False)],
    districts: Annotated[str, typer.Option(help="Its postcode districts, such as M14,M15,M16.", show_default=False)],
    reply_to: ReplyTo,
    timezone: Annotated[str, typer.Option(help="Its time zone.")] = "Europe/London",
    discreet_name: Annotated[str, typer.Option(help="How letters to volunteers name the roster. Default: the area's name.")] = "",
    on_call_telephone: Annotated[str, typer.Option(help="Whom volunteers ring.")] = "",
    on_call_hours: Annotated[str, typer.Option(help="When somebody answers there.")] = "",
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Add an area with its postcode districts. A district belongs to one area only. Prints its id."""
    new = NewArea(
        name=name,
        outcodes=tuple(part.strip() for part in districts.split(",") if part.strip()),
        reply_to=reply_to,
        timezone=timezone,
        discreet_name=discreet_name,
        on_call_telephone=on_call_telephone,
        on_call_hours=on_call_hours,
    )
    _run(embedded, data, lambda db, config: db.act(setting_up.create_area, config, _now(), actor=OPERATOR, new=new))


def create_coordinator(
    *,
    area: Annotated[list[str], typer.Option(help="An area's name or id. May be given again.", show_default=False)],
    first_name: FirstName,
    email: WorkEmail,
    telephone: Telephone,
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Add a coordinator of one or more areas. Prints their id."""
    new = NewPerson(first_name=first_name, email=email, telephone=telephone)

    async def create(db: Database, config: Config) -> UUID:
        area_ids = frozenset([await _find_area(db, one) for one in area])
        return await db.act(setting_up.create_coordinator, config, _now(), actor=OPERATOR, new=new, area_ids=area_ids)

    _run(embedded, data, create)


def create_keyworker(
    *,
    provider: Annotated[str, typer.Option(help="The service's name or id.", show_default=False)],
    first_name: FirstName,
    email: WorkEmail,
    telephone: Telephone,
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Add a keyworker of a service. Prints their id."""
    new = NewPerson(first_name=first_name, email=email, telephone=telephone)

    async def create(db: Database, config: Config) -> UUID:
        provider_id = await _find_provider(db, provider)
        return await db.act(setting_up.create_keyworker, config, _now(), actor=OPERATOR, new=new, provider_id=provider_id)

    _run(embedded, data, create)


def disable_staff(
    staff: Annotated[UUID, typer.Argument(help="The id that was printed when they were added.", show_default=False)],
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Somebody has left: end their account, sign-ins, codes and waiting letters at once."""

    async def disable(db: Database, config: Config) -> UUID:
        await db.act(setting_up.disable_staff, config, _now(), actor=OPERATOR, staff_id=staff)
        return staff

    _run(embedded, data, disable)


def add_commands(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    for command in (create_provider, create_area, create_coordinator, create_keyworker, disable_staff):
        app.command(command.__name__.replace("_", "-"), rich_help_panel="Setting up")(command)


def _run(embedded: bool, data: Any, create: Callable[[Database, Config], Awaitable[UUID]]) -> None:
    async def run(config: Config) -> UUID:
        async with ready_database(config, embedded=embedded) as db:
            return await create(db, config)

    try:
        with settings(embedded=embedded, folder=data) as config:
            typer.echo(asyncio.run(run(config)))
    except BadText as bad:
        option = str(bad.limits.get("field", "An option")).replace("_", "-")
        raise CannotBe(f"--{option} {_words(bad)}. Nothing was saved.") from bad


def _words(bad: BadText) -> str:
    return WORDS.get(bad.code, f"cannot be taken ({bad.code})").format(**{"most": "", "district": "", **bad.limits})


def _fellowships(text: str) -> tuple[Fellowship, ...]:
    codes = [part.strip().lower() for part in text.split(",") if part.strip()]
    unknown = [code for code in codes if code not in set(Fellowship)]
    if unknown:
        raise Misconfigured(f"There is no fellowship {', '.join(unknown)}. The codes are: {', '.join(Fellowship)}.")
    return tuple(Fellowship(code) for code in dict.fromkeys(codes))


async def _find_area(db: Database, text: str) -> UUID:
    async with db.reading() as c:
        found = await find_area_by_name(c, text)
        if found is None:
            found = next((area for area in await list_areas(c) if str(area.id) == text), None)
    if found is None:
        raise Misconfigured(f"There is no area {text}. Make it first: alongside create-area")
    return found.id


async def _find_provider(db: Database, text: str) -> UUID:
    async with db.reading() as c:
        named = [one.id for one in await list_providers(c) if text in (str(one.id), one.name) or one.name.casefold() == text.casefold()]
    if len(named) != 1:
        raise Misconfigured(
            f"There is no service {text}, or there are several of that name: give its id. Make one: alongside create-provider"
        )
    return named[0]


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)
