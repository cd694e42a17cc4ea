"""Which network addresses are really outside: what a feed may be fetched from (security 10). Everything that is not plainly public is refused."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_PUBLIC_V6 = ip_network("2000::/3")
_NEVER = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's NAT; `ipaddress` does not call it private
        "192.0.0.0/24",  # `ipaddress` calls 192.0.0.8 global
        "192.88.99.0/24",  # the old way into 6to4
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo and other protocols of their own: an inner IPv4 address may be in them
        "2001:db8::/32",
        "2002::/16",  # 6to4: likewise
        "3fff::/20",
    )
]
# What lies outside 2000::/3 is refused whole: IPv4-mapped and -compatible, NAT64 (64:ff9b::/96), unique local, link-local, multicast.


def is_outside(text: str) -> bool:
    """Whether an address is a public one on the internet, by every reading of it. What is no address: False."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast or _is_among(address):
        return False
    return isinstance(address, IPv4Address) or (address in _PUBLIC_V6 and address.scope_id is None)


def _is_among(address: IPv4Address | IPv6Address) -> bool:
    return any(address.version == network.version and address in network for network in _NEVER)


def is_address_literal(host: str) -> bool:
    """Whether a host is a number in one of the spellings that some resolver takes for an address: 127.1, 0x7f.1, 2130706433, [::1]."""
    plain = host.strip("[]").rstrip(".")
    if ":" in plain or not plain:
        return True
    last = plain.rsplit(".", 1)[-1]
    return re.fullmatch(r"\d+|0[xX][0-9a-fA-F]*", last, re.ASCII) is not None or not plain.isascii()
