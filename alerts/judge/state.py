"""What must be known of an open subject to go on judging after a restart: the rows of `alert` give it back."""

from __future__ import annotations

from typing import Literal

import msgspec

#: rest: it is, but its latest raises (``raised_us``) still count for flap detection. Leaving those out only makes that
#: count begin anew.
Phase = Literal["pending", "open", "clearing", "rest"]


class Open(msgspec.Struct, frozen=True):
    """One subject of one rule that is not at rest. Times are event times, microseconds; 0 where there is none.

    ``side`` 1: it breached ``above``, -1: ``below``. ``raised_us`` are its latest raises, for flap detection.
    ``judged_us``: readings up to here have been judged. ``clearing_us``: since when it is clear; at rest and pending:
    when its last breach ended.
    """

    rule: str
    subject: str
    phase: Phase
    since_us: int
    clearing_us: int = 0
    judged_us: int = 0
    side: int = 1
    peak: float | None = None
    lost: bool = False
    flapping: bool = False
    raised_us: tuple[int, ...] = ()
