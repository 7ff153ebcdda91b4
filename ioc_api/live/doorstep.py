"""Who stands before the door: sockets that have not said yet who they are, and how many one asker may hold.

Our own programs on this machine are not counted (`ioc_api.turns.asker`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ioc_api.opendata.buckets import who
from ioc_api.proxies import is_own

#: Sockets of one address that have not said who they are; each has ten seconds for it.
WAITING = 100
#: Sockets of one account, or of one address that shows something else.
EACH = 100


class Doorstep:
    """Those who wait, by address."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def wait(self, host: str) -> Iterator[bool]:
        """Wait there; false: too many of that address do."""
        address = "" if is_own(host) else who(host)
        if address and self._waiting[address] >= WAITING:
            yield False
            return
        self._waiting[address] += 1
        try:
            yield True
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]
