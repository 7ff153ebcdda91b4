"""Where values come from that are not single readings: what `judge.py` asks at every tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from alerts.judge.bind import Bound
from alerts.judge.machine import Machine, Samples
from alerts.judge.world import World
from city.columns import Columns
from infra.indices import Item


class Source(Protocol):
    """Values of all rules of one condition. Pure: the only clock is ``now_us``.

    ``take`` gets all rows as they come, in the order in which they come; ``figures`` the indices whenever they are
    made. ``samples`` says what stands at a tick; it may look at the machine, in which the rows and the sources before
    it have been judged. A rule that it cannot judge it puts into ``failed`` (rule number: why) and leaves out; the
    judge sets that rule aside. An error out of a source sets all of its rules aside.
    """

    failed: dict[int, str]

    def take(self, cols: Columns, now_us: int) -> None: ...

    def figures(self, items: Sequence[Item], now_us: int) -> None: ...

    def samples(self, now_us: int) -> list[Samples]: ...


#: Makes the source for rules (all of one condition). ``before`` is the one that spoke for such rules until now (None:
#: there was none), from which it takes over what it remembers: rules or sensors have changed.
Maker = Callable[[Sequence[Bound], World, Machine, Source | None], Source]
