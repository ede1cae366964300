"""Which network addresses a WNS host may resolve to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether `address`, in its text form, belongs to the public internet.

    A name that resolves to a loopback, private, link-local or otherwise special address is not the
    front end of a public service, whatever it is called: it is a service of our own network, such
    as the one that gives a virtual machine its credentials. IPv6 addresses that only wrap an IPv4
    address are judged by that.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    ip = _unwrapped(ip)
    return ip.is_global and not ip.is_multicast


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
