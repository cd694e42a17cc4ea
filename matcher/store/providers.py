"""Providers: the services that keyworkers belong to."""

from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.fellowship import Fellowship
from matcher.domain.permission_facts import Visibility
from matcher.domain.provider import Provider

_PROVIDER = """
    SELECT id, name, discreet_name, reply_to, telephone, opening_hours, crisis_line, reference_hint, reference_pattern, fellowships,
           pair_rule, one_may_go_alone, minimum_band, team_visibility, young_people_contact, created_at
      FROM providers
"""


async def insert_provider(tx: Connection, provider: Provider) -> None:
    """Keep a new provider."""
    await tx.execute(
        """
        INSERT INTO providers (id, name, discreet_name, reply_to, telephone, opening_hours, crisis_line, reference_hint, reference_pattern,
                               fellowships, pair_rule, one_may_go_alone, minimum_band, team_visibility, young_people_contact, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """,
        provider.id,
        provider.name,
        provider.discreet_name,
        provider.reply_to,
        provider.telephone,
        provider.opening_hours,
        provider.crisis_line,
        provider.reference_hint,
        provider.reference_pattern,
        [fellowship.value for fellowship in provider.fellowships],
        provider.pair_rule,
        provider.one_may_go_alone,
        provider.minimum_band,
        provider.team_visibility.value,
        provider.young_people_contact,
        provider.created_at,
    )


async def find_provider(c: Connection, provider_id: UUID) -> Provider | None:
    """One provider."""
    row = await c.fetchrow(_PROVIDER + " WHERE id = $1", provider_id)
    return _provider(row) if row else None


async def get_provider(c: Connection, provider_id: UUID) -> Provider:
    """One provider. Raises NotFound."""
    found = await find_provider(c, provider_id)
    if found is None:
        raise NotFound()
    return found


async def list_providers(c: Connection) -> list[Provider]:
    """Every provider, by name."""
    return [_provider(row) for row in await c.fetch(_PROVIDER + " ORDER BY name, id")]


def _provider(row: Row) -> Provider:
    kept = dict(row)
    kept["fellowships"] = tuple(Fellowship(code) for code in kept["fellowships"])
    kept["team_visibility"] = Visibility(kept["team_visibility"])
    return Provider(**kept)
