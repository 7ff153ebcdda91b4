"""Where values come from that are not single readings: what `judge.py` asks at every tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from alerts.judge.bind import Bound
from alerts.judge.machine import Machine, Samples
from alerts.judge.world import World
from city.columns import Columns
from infra.indices import Item

T = TypeVar("T")


class Source(Protocol):
    """Values of all rules of one condition. Pure: the only clock is what it is given.

    A rule that it cannot judge it puts into ``failed`` (rule number: why) and leaves out; the judge sets that rule
    aside. What is done for one rule alone goes through `alone`, so that no other one fails with it; an error out of a
    source, which is nobody's, sets all of its rules aside.
    """

    failed: dict[int, str]

    def alone(self, no: int, do: Callable[[], T]) -> T | None:
        """What is done for one rule; None where that fails, or has failed before."""
        if no in self.failed:
            return None
        try:
            return do()
        except Exception as e:
            self.failed[no] = reason(e)
            return None

    def take(self, cols: Columns, now_us: int) -> None:
        """All rows as they come, in the order in which they come; after a restart those of the last minutes again."""

    def recall(self, cols: Columns, now_us: int) -> None:
        """After a restart: the last rows that are known of sensors that have been silent for longer than that."""

    def unheard(self, since_us: int, until_us: int) -> None:
        """Nobody was there to hear readings in that time."""

    def figures(self, items: Sequence[Item], now_us: int) -> None:
        """The indices, whenever they are made."""

    def samples(self, to_us: int) -> list[Samples]:
        """What stands at ``to_us``, up to when readings have surely come: it stands still while the collector does.

        The rows and the sources before this one have been judged in the machine.
        """
        ...


#: Makes the source for rules (all of one condition). ``before`` is the one that spoke for such rules until now (None:
#: there was none), from which it takes over what it remembers: rules or sensors have changed.
Maker = Callable[[Sequence[Bound], World, Machine, Source | None], Source]


def reason(error: Exception) -> str:
    """Why a rule was set aside, as people see it."""
    return f"{type(error).__name__}: {error}"
