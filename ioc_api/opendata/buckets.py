"""How many requests an address may make: a bucket of tokens each, in bounded memory."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from functools import lru_cache

#: Addresses that are remembered. One that is forgotten starts again with a full bucket.
MOST = 10_000


@lru_cache(4096)
def who(host: str | None) -> str:
    """What counts as one address: an IPv4 address, or the 64 bits of IPv6 that one household gets."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return host or ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)


class Buckets:
    """``rate`` requests a minute and address, ``at_once`` of them (else all) at once if it likes; then one every
    60/rate seconds."""

    def __init__(self, rate: int, most: int = MOST, at_once: int | None = None) -> None:
        self.rate = rate
        self._at_once = float(at_once or rate)
        self._most = most
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> (tokens, when), seconds

    def __len__(self) -> int:
        return len(self._filled)

    def take(self, address: str, now_s: float) -> int:
        """Take a token: 0, or the whole seconds after which there will be one."""
        tokens, when = self._filled.pop(address, (self._at_once, now_s))
        tokens = min(self._at_once, tokens + max(0.0, now_s - when) * self.rate / 60)
        wait_s = 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) * 60 / self.rate))
        self._filled[address] = (tokens if wait_s else tokens - 1, now_s)
        while len(self._filled) > self._most:
            self._filled.popitem(last=False)
        return wait_s
