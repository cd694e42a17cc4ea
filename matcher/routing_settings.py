"""Settings of the routing server, which is off unless somebody sets one up, and is not asked outside without the operator's word."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from matcher.domain.errors import Misconfigured
from matcher.geocoding_settings import ServerAddress, is_own_network, server_address

ROUTERS = ("none", "valhalla", "otp")


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    """Which routing server is asked how long a way takes."""

    kind: str
    address: ServerAddress


def read_routing(kind: str, url: str, *, ours: str) -> RoutingSettings | None:
    """The routing server to ask, or None. Raises Misconfigured with what to mend.

    It is told a venue and the middle of a district or sector. That goes to this machine or a private address, and anywhere else only where the
    operator says that the server is theirs.
    """
    kind, url, ours = kind.strip().lower() or "none", url.strip(), ours.strip().lower() or "no"
    if kind not in ROUTERS:
        raise Misconfigured(f"ROUTING must be one of: {', '.join(ROUTERS)}.")
    if ours not in ("yes", "no"):
        raise Misconfigured("ROUTING_IS_OURS must be yes or no.")
    if kind == "none":
        if url:
            raise Misconfigured("ROUTING_URL is set and ROUTING is not: say valhalla or otp.")
        return None
    if not url:
        raise Misconfigured("ROUTING_URL is not set. Example: http://127.0.0.1:8002")
    address = server_address(url, "ROUTING_URL")
    if ours != "yes" and not is_own_network(urlsplit(address.url).hostname or ""):
        raise Misconfigured("ROUTING_URL names a server outside. If it is your own, confirm it: ROUTING_IS_OURS=yes.")
    return RoutingSettings(kind, address)
