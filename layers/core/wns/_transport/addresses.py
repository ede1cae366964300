"""Check of the network addresses that a WNS host resolves to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Return whether `address`, in text form, belongs to the public internet.

    A host that resolves to a loopback, private, link-local or otherwise special address is not WNS,
    whatever its name: it is a service in our own network, such as the metadata service that hands
    out a machine's credentials. IPv6 addresses that embed an IPv4 address are judged by the latter.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    ip = _unwrap(ip)
    return ip.is_global and not ip.is_multicast


def _unwrap(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
