"""Addresses (地址): which hosts the service itself may be made to ask for something.

Whoever names an issuer names an address that is asked from inside the installation's network. Only
public ones are asked, by the address that was looked at, not by a name that is resolved again.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# The prefixes by which an IPv4 address is reached through IPv6 (RFC 6052, 8215).
TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


class NotPublic(ValueError):
    """A host that is inside some network, or whose addresses are."""


def is_inside(host: str | None) -> bool:
    """Whether a host's name alone says that it is this machine or within a network."""
    name = (host or "").rstrip(".").casefold()
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not is_public(ip_address(name))
    except ValueError:
        return False


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether everybody reaches the same machine by it."""
    if isinstance(address, IPv6Address):
        within = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if within is not None:
            return is_public(within)
        if any(address in network for network in TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


async def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """An address of the host; `NotPublic` if any of its addresses is inside a network."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not allow_private and not all(is_public(ip_address(one)) for one in addresses):
        raise NotPublic(host)
    return addresses[0]
