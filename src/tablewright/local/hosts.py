"""Host headers: whether they name this machine.

In: the Host header of a request. Out: whether it is a local name or an address. A web page can
make its own name resolve to this machine, but it cannot make the browser send another name.
"""

from __future__ import annotations

import ipaddress

_LOCAL_NAMES = frozenset({"localhost", "host.docker.internal", ""})

_KNOWN_HOSTS: dict[bytes, bool] = {}


def is_local_name(host: bytes) -> bool:
    """Return whether a Host header names this machine: a local name, or an IP address.

    An address cannot be rebound: only a name, resolved by a DNS server of the attacker, can.

    Example:
        >>> [is_local_name(h) for h in (b"localhost:8000", b"[::1]:8000", b"evil.example")]
        [True, True, False]
    """
    known = _KNOWN_HOSTS.get(host)
    if known is None:
        known = _is_local(host.decode("latin-1"))
        if len(_KNOWN_HOSTS) < 1000:
            _KNOWN_HOSTS[host] = known
    return known


def _is_local(host: str) -> bool:
    name = host
    if host.startswith("["):
        name = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        name = host.partition(":")[0]
    name = name.lower().rstrip(".")
    return name in _LOCAL_NAMES or name.endswith(".localhost") or is_address(name)


def is_address(name: str) -> bool:
    """Return whether a name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
