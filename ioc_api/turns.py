"""Whose turn it is, where few can be served at a time: nobody keeps the others waiting by asking much.

A place that becomes free goes to whoever has the fewest; of equals, to who has waited longest. What somebody has been
served with is taken from an allowance of seconds, which grows back with time: one who asks one thing after another
uses no more than grows back, and who asks many at once for long is told when to come again.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from infra.access.who import Who
from ioc_api.opendata.buckets import MOST, who
from ioc_api.proxies import is_own

#: Seconds of service that somebody may have beyond what grows back, and how much grows back in a second.
ALLOWANCE_S, BACK = 120.0, 1.0
#: Places and waiting of one asker, together: the screen asks for a page of charts at once, in a few windows.
EACH = 24


class Overused(Exception):
    """Somebody has asked too much; ``wait_s``: when they may come again."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            f"quá nhiều câu hỏi nặng cùng lúc: hãy thử lại sau {wait_s} giây"
            f" / too many expensive questions at once: try again in {wait_s} s"
        )
        self.wait_s = wait_s


def asker(known: Who) -> str:
    """What counts as one: an account, else an address. Empty: our own programs on this machine, which are not
    limited, but take turns."""
    if known.account is not None:
        return f"account {known.account}"
    if known.way in ("service", "token", "command") and (not known.address or is_own(known.address)):
        return ""
    return f"{known.way} {who(known.address)}"


class Turns:
    """``places`` at a time."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._served: Counter[str] = Counter()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # asker -> (seconds left, when)

    async def enter(self, asks: str, patience_s: float) -> None:
        """Wait for a place. Overused at once, TimeoutError where none comes in time."""
        if asks and (wait_s := self._wait_s(asks)):
            raise Overused(wait_s)
        if self._free:
            self._free -= 1
            self._served[asks] += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waits = (asks, place)
        self._waiting.append(waits)
        try:
            async with asyncio.timeout(patience_s):
                await place
        except BaseException:
            if waits in self._waiting:
                self._waiting.remove(waits)
            elif place.done() and not place.cancelled():
                self._leave(asks)  # it was given in the same moment
            raise

    @contextmanager
    def served(self, asks: str) -> Iterator[None]:
        """From the place that was entered to leaving it again."""
        begun = monotonic()
        try:
            yield
        finally:
            self._spend(asks, monotonic() - begun)
            self._leave(asks)

    def _leave(self, asks: str) -> None:
        self._served[asks] -= 1
        if not self._served[asks]:
            del self._served[asks]
        self._free += 1
        self._waiting = [w for w in self._waiting if not w[1].done()]
        if self._waiting:
            # min keeps the order of those that are equal.
            following = min(self._waiting, key=lambda w: self._served[w[0]])
            self._waiting.remove(following)
            self._free -= 1
            self._served[following[0]] += 1
            following[1].set_result(None)

    def _wait_s(self, asks: str) -> int:
        if self._served[asks] + sum(other == asks for other, _ in self._waiting) >= EACH:
            return 1
        left = self._now(asks)
        return 0 if left > 0 else max(1, math.ceil((1 - left) / BACK))

    def _now(self, asks: str) -> float:
        left, when = self._left.get(asks, (ALLOWANCE_S, 0.0))
        return min(ALLOWANCE_S, left + (monotonic() - when) * BACK)

    def _spend(self, asks: str, served_s: float) -> None:
        if asks:
            self._left[asks] = (self._now(asks) - served_s, monotonic())
            self._left.move_to_end(asks)
            while len(self._left) > MOST:
                self._left.popitem(last=False)
