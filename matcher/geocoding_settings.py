"""Settings of the geocoder, which is off unless somebody sets one up; and which addresses of outside servers are taken at all."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from matcher.domain.errors import Misconfigured

GEOCODERS = ("none", "nominatim", "photon", "pelias")
AGENTS_REFUSED = ("geopy", "python", "aiohttp", "curl", "mozilla", "my-application", "my_app", "specify_your_app")
"""Beginnings of names that are nobody's own: whoever runs the server must be able to reach whoever asks."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where an outside server is: scheme, and host with port and path."""

    scheme: str
    place: str

    @property
    def url(self) -> str:
        """The whole address, without a slash at its end."""
        return f"{self.scheme}://{self.place}"

    @property
    def host(self) -> str:
        """Its name alone, as it stands beside what it answered."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True, repr=False)
class GeocoderSettings:
    """Which geocoder is asked about venues. `agent`: who we say we are. `key`: Pelias only, where its server wants one."""

    kind: str
    address: ServerAddress
    agent: str
    key: str | None = None

    @property
    def name(self) -> str:
        """What its answers are kept under."""
        return f"{self.kind} {self.address.host}"


def server_address(text: str, setting: str) -> ServerAddress:
    """Read a server's address. Raises Misconfigured unless it is https, or a server of one's own."""
    parts = urlsplit(text.strip())
    try:
        odd = parts.port == 0
    except ValueError:
        odd = True
    if odd or parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Misconfigured(
            f"{setting} must be a plain address such as https://maps.example.org, without a name, a question or a fragment."
        )
    if parts.scheme == "http" and not is_own_network(parts.hostname):
        raise Misconfigured(f"{setting} must begin with https:// unless it names this machine, a private address or a host without a dot.")
    return ServerAddress(parts.scheme, f"{parts.netloc}{parts.path}".strip("/"))


def is_own_network(host: str) -> bool:
    """Whether a host's name says that it is this machine or on the operator's own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return address.is_loopback or (address.is_private and not address.is_link_local and not address.is_unspecified)


def read_geocoder(kind: str, url: str, *, agent: str, key: str) -> GeocoderSettings | None:
    """The geocoder to ask, or None where there is none. Raises Misconfigured with what to mend."""
    kind, agent = kind.strip().lower() or "none", agent.strip()
    if kind not in GEOCODERS:
        raise Misconfigured(f"GEOCODER must be one of: {', '.join(GEOCODERS)}.")
    if kind == "none":
        if url.strip():
            raise Misconfigured("GEOCODER_URL is set and GEOCODER is not: say which kind of geocoder it is.")
        return None
    if not url.strip():
        raise Misconfigured("GEOCODER_URL is not set. Example: https://nominatim.example.org")
    if len(agent) < 5 or agent.lower().startswith(AGENTS_REFUSED) or not agent.isprintable() or not agent.isascii():
        raise Misconfigured("GEOCODER_AGENT must be your own name and address, such as: Alongside Millbrook (team@example.org)")
    return GeocoderSettings(kind, server_address(url, "GEOCODER_URL"), agent, key.strip() or None)
