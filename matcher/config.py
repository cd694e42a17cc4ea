"""One frozen settings object: every variable is read once, bad values are refused with a sentence. docs/operating.md lists them."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from matcher.crypto import Vault, read_key, read_master_keys
from matcher.domain.errors import Misconfigured
from matcher.domain.timing import SHIPPED, Timing
from matcher.geocoding_settings import GeocoderSettings, read_geocoder
from matcher.routing_settings import RoutingSettings, read_routing


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """Everything the program is told from outside. `base_url` has no slash at its end; links in letters are made from it and nothing else.

    `signs_mail`: the mail server signs with DKIM, so invitations may carry the one-click pause. `backup_for`: whom backups are encrypted for.
    `geocoder` and `routing`: servers that are asked about venues; none unless somebody sets them up.
    `feeds_from_loopback`: lists of meetings may be fetched from this machine itself; no setting says so, only tests do.
    """

    database_url: str
    migrate_database_url: str
    smtp_url: str
    base_url: str
    mail_domain: str
    vault: Vault
    timing: Timing = SHIPPED
    sending: bool = True
    trusted_proxies: tuple[str, ...] = ()
    allowed_recipients: tuple[str, ...] | None = None
    signs_mail: bool = False
    backup_for: str = ""
    demo: bool = False
    geocoder: GeocoderSettings | None = None
    routing: RoutingSettings | None = None
    feeds_from_loopback: bool = False

    @property
    def secure(self) -> bool:
        """Whether pages are served over https, so that cookies may insist on it."""
        return self.base_url.startswith("https://")

    def link(self, path: str) -> str:
        """A full address on our own host for a letter or a sheet."""
        return f"{self.base_url}{path}"


def read_config(env: Mapping[str, str] | None = None, *, database_url: str | None = None) -> Config:
    """Read the environment. `database_url` is given when the embedded server is used. Raises Misconfigured with what to mend."""
    values = _with_files(dict(os.environ if env is None else env))
    database = database_url or _required(values, "DATABASE_URL", "postgresql://alongside@host/alongside")
    base_url = _base_url(_required(values, "BASE_URL", "https://alongside.example.org"))
    return Config(
        database_url=_database_url(database),
        migrate_database_url=_database_url(values.get("MIGRATE_DATABASE_URL") or database),
        smtp_url=_smtp_url(_required(values, "SMTP_URL", "smtp://name:password@mail.example.org:587 or file:DIR")),
        base_url=base_url,
        mail_domain=values.get("MAIL_DOMAIN") or (urlsplit(base_url).hostname or ""),
        vault=read_vault(values),
        sending=_choice(values, "SENDING", {"on": True, "paused": False}, "on"),
        trusted_proxies=_proxies(values.get("TRUSTED_PROXIES", "")),
        allowed_recipients=_recipients(values.get("ALLOWED_RECIPIENTS")),
        signs_mail=_choice(values, "DKIM", {"on": True, "off": False}, "off"),
        backup_for=values.get("AGE_RECIPIENT", "").strip(),
        geocoder=read_geocoder(
            values.get("GEOCODER", ""),
            values.get("GEOCODER_URL", ""),
            agent=values.get("GEOCODER_AGENT", ""),
            key=values.get("GEOCODER_KEY", ""),
        ),
        routing=read_routing(values.get("ROUTING", ""), values.get("ROUTING_URL", ""), ours=values.get("ROUTING_IS_OURS", "")),
    )


def read_vault(values: Mapping[str, str]) -> Vault:
    """The installation's keys from MASTER_KEYS and IDENTITY_KEY (or MASTER_KEYS_FILE and IDENTITY_KEY_FILE)."""
    masters = read_master_keys(_required(values, "MASTER_KEYS", "1:BASE64"))
    return Vault(masters, read_key(_required(values, "IDENTITY_KEY", "32 bytes in base64"), "IDENTITY_KEY"))


def _with_files(values: dict[str, str]) -> dict[str, str]:
    """A secret may stand in a file: NAME_FILE=/run/secrets/name. Both at once is a mistake."""
    for name in ("DATABASE_URL", "MIGRATE_DATABASE_URL", "SMTP_URL", "MASTER_KEYS", "IDENTITY_KEY", "GEOCODER_KEY"):
        path = values.get(f"{name}_FILE")
        if path and values.get(name):
            raise Misconfigured(f"Set {name} or {name}_FILE, not both.")
        if path:
            try:
                values[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise Misconfigured(f"{name}_FILE names a file that cannot be read.") from error
    return values


def _required(values: Mapping[str, str], name: str, example: str) -> str:
    value = values.get(name, "").strip()
    if not value:
        raise Misconfigured(f"{name} is not set. Example: {example}")
    return value


def _choice(values: Mapping[str, str], name: str, meanings: Mapping[str, bool], usual: str) -> bool:
    text = values.get(name, usual).strip().lower()
    if text not in meanings:
        raise Misconfigured(f"{name} must be one of: {', '.join(meanings)}.")
    return meanings[text]


def _database_url(text: str) -> str:
    if urlsplit(text).scheme not in ("postgresql", "postgres"):
        raise Misconfigured("DATABASE_URL must begin with postgresql://")
    return text


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise Misconfigured("BASE_URL must be a plain address such as https://alongside.example.org, without a path.")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise Misconfigured("BASE_URL must begin with https:// (http:// only for 127.0.0.1 and localhost).")
    return f"{parts.scheme}://{parts.netloc}"


def _smtp_url(text: str) -> str:
    if text.startswith("file:") and len(text) > len("file:"):
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Misconfigured("SMTP_URL must be smtp://host:587 (STARTTLS), smtps://host:465 or file:DIR.")
    return text


def _proxies(text: str) -> tuple[str, ...]:
    addresses = tuple(filter(None, (part.strip() for part in text.split(","))))
    for address in addresses:
        try:
            ipaddress.ip_network(address)
        except ValueError as error:
            raise Misconfigured("TRUSTED_PROXIES must be a list of addresses or networks such as 10.0.0.2,10.1.0.0/16.") from error
    return addresses


def _recipients(text: str | None) -> tuple[str, ...] | None:
    """ALLOWED_RECIPIENTS: addresses or @domains that staging may write to. Not set means anybody (production)."""
    if text is None:
        return None
    return tuple(part.strip().casefold() for part in text.split(",") if part.strip())
