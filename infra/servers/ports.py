"""TCP ports of this machine's loopback."""

from __future__ import annotations

import os
import secrets
import socket
from collections import deque
from pathlib import Path

from infra.errors import ConfigError, Unavailable

#: The ports that the kernel gives to outgoing connections, by proc(5).
_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
#: Below are those of well-known services.
_LOWEST = 10_000
#: The ports that this process found last, as signs to whoever looks for one; servers of earlier ones have opened them.
_kept: deque[int] = deque()
_KEPT = 64


def _families() -> list[tuple[socket.AddressFamily, str]]:
    found = [(socket.AF_INET, "127.0.0.1")]
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        found.append((socket.AF_INET6, "::1"))
    except OSError:
        pass  # A machine without IPv6.
    return found


def loopback() -> list[str]:
    """The loopback addresses that exist here: 127.0.0.1, and ::1 where there is IPv6."""
    return [address for _, address in _families()]


def is_free(port: int, host: str | None = None) -> bool:
    """Whether a server could listen on this port now: of every loopback address, or of ``host``."""
    where = _families() if host in (None, "127.0.0.1", "localhost") else _resolve(host, port)
    for family, address in where:
        with socket.socket(family) as s:
            # As servers do: a port whose last connections are in TIME_WAIT is free.
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((address, port))
            except OSError:
                return False
    return True


def _resolve(host: str | None, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        # As the API listens: `::` and nothing at all mean every address of both families.
        everywhere = None if host in ("", "::") else host
        found = socket.getaddrinfo(everywhere, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as e:
        raise ConfigError(f"IOC_HTTP_HOST: {host!r} is no address of this machine ({e.strerror})") from None
    return [(family, str(address[0])) for family, _, _, _, address in found]


def choose(port: int, *, what: str, option: str, host: str | None = None) -> int:
    """``port`` itself if it is free, a free one for 0; a busy one is Unavailable, in words for a person.

    A port is found a while before its server opens it, and two that start at a time must not find the same one: for
    as long as this process lives, or finds others, no other call is given it, here or in another process.
    """
    if port:
        if not is_free(port, host):
            raise Unavailable(f"port {port} for {what} is in use: choose another with {option}, or 0 for a free one")
        return port
    for _ in range(100):
        found = _any()
        if _keep(found) and is_free(found, host):
            return found
    raise Unavailable(f"no free port was found for {what}")


def _keep(port: int) -> bool:
    """Whether it was nobody's yet: the UDP port of the same number, which none of our servers opens, is the sign."""
    sign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sign.bind(("127.0.0.1", port))
    except OSError:
        sign.close()
        return False
    _kept.append(sign.detach())  # open until we end
    if len(_kept) > _KEPT:
        os.close(_kept.popleft())
    return True


def _any() -> int:
    """A port that no outgoing connection takes: a server that is started again shall find its own."""
    try:
        above = int(_OUTGOING.read_text(encoding="ascii").split()[0]) - _LOWEST
    except OSError:
        above = 0
    if above > 1_000:
        return _LOWEST + secrets.randbelow(above)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there now."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
