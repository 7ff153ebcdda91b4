"""Proxies in front of us: what they say of who asks counts where we were told to trust them, and nowhere else."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import lru_cache

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.errors import ConfigError
from infra.times import SECOND, now_us

_SAYS = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip", b"forwarded", b"via"})
#: Whether what is answered here and now was passed on by somebody.
_passed_on: ContextVar[bool] = ContextVar("passed_on", default=False)
_AGAIN_US = 3600 * SECOND

log = structlog.get_logger()


def trusted(listed: str) -> list[str]:
    """The addresses and networks of a list; ConfigError for anything else, and for one that means everybody."""
    found = [one.strip() for one in listed.split(",") if one.strip()]
    for one in found:
        try:
            network = ipaddress.ip_network(one)
        except ValueError:
            raise ConfigError(
                f"IOC_TRUSTED_PROXIES: {one!r} is no address or network: write it as in 127.0.0.1,::1,10.0.0.0/24"
            ) from None
        if network.prefixlen == 0:
            raise ConfigError(f"IOC_TRUSTED_PROXIES: {one} is everybody, who could then say to be anybody")
    return found


def among(listed: Sequence[str]) -> Callable[[str], bool]:
    """Whether an address is this machine's or one of theirs (what `trusted` returns)."""
    networks = [ipaddress.ip_network(one) for one in listed]

    @lru_cache(4096)
    def is_one(host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or any(address in network for network in networks)

    return is_one


def relayed(scope: Scope) -> bool:
    """Whether somebody has passed this request on, by what its headers say."""
    return any(name in _SAYS for name, _ in scope["headers"])


@lru_cache(4096)
def is_ours(host: str) -> bool:
    """Whether an address is this machine's loopback."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return found.is_loopback


def note(scope: Scope) -> None:
    """From here on `is_own` knows whether this request was passed on."""
    _passed_on.set(relayed(scope))


def is_own(host: str) -> bool:
    """Whether a program of this machine asks for itself. A proxy here that is not trusted asks for anybody; what comes
    by one that is has the address of who asks."""
    return is_ours(host) and not _passed_on.get()


class Untrusted:
    """ASGI, where no proxy is trusted: says once an hour that one is there. Its users would all be one address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._said_us = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and relayed(scope) and now_us() - self._said_us > _AGAIN_US:
            self._said_us = now_us()
            log.warning("api.proxy_not_trusted", address=(scope.get("client") or ("",))[0],
                        remedy="set IOC_TRUSTED_PROXIES if it is yours")  # fmt: skip
        await self._app(scope, receive, send)
