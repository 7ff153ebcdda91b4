"""Where a replay's readings come from: as they were measured, or, where those are gone, from rollups of a minute.

Of a minute each sensor then has one figure, its mean (of amounts the sum), which is told when the minute is over: so
nothing is shown before it was measured. Functions on a connection; they run in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import psycopg
from numpy.typing import NDArray

from city.buckets import Block
from city.columns import MEASURING, Columns
from city.registry import Domain
from infra import readings
from infra.feed import history
from infra.rollup.stored import Stretch
from infra.times import SECOND

MINUTE_US, HOUR_US = 60 * SECOND, 3600 * SECOND
#: Before all time: nothing of it is gone.
NEVER = int(np.iinfo(np.int64).min)
#: Steps back in which the last reading of a silent sensor is looked for, in hours, and of how many sensors.
STEPS_H, MOST_SILENT = (1, 6, 24, 72), 2_000


class Superseded(Exception):
    """Somebody has asked for something else meanwhile."""


@dataclass
class Kept:
    """Since when readings are there, and before them minutes, by domain (microseconds; NEVER: since ever)."""

    raw_us: dict[str, int] = field(default_factory=dict)

    def said(self, codes: Sequence[str], at_us: int) -> str:
        """From what the windows at a moment are made: `readings`, `minutes`, or `both`."""
        by_minute = {self.raw_us.get(code, NEVER) > at_us - 900 * SECOND for code in codes}
        return "both" if len(by_minute) > 1 else "minutes" if True in by_minute else "readings"


def kept(conn: psycopg.Connection) -> Kept:
    """What is kept of each domain."""
    rows = conn.execute(
        "SELECT domain, (extract(epoch FROM raw_from) * 1000000)::bigint FROM rollup_state"
        " WHERE raw_from IS NOT NULL AND isfinite(raw_from)"
    )
    return Kept(dict(rows.fetchall()))


def between(
    conn: psycopg.Connection, domain: Domain, since: Kept, from_us: int, to_us: int, over: Callable[[], bool]
) -> Iterator[Columns]:
    """What was measured with from < time <= to, in no order, in parts. Superseded where it is ``over``."""
    edge = min(max(since.raw_us.get(domain.code, NEVER), from_us), to_us)
    parts = (_minutes(conn, domain, from_us, edge), _readings(conn, domain, edge, to_us))
    for part in parts:
        for rows in part:
            yield rows
            if over():
                raise Superseded


def _readings(conn: psycopg.Connection, domain: Domain, from_us: int, to_us: int) -> Iterator[Columns]:
    if from_us < to_us:
        yield from readings.fetch(conn, domain, since_us=from_us, until_us=to_us)


def _minutes(conn: psycopg.Connection, domain: Domain, from_us: int, to_us: int) -> Iterator[Columns]:
    first = (from_us - MINUTE_US) // HOUR_US * HOUR_US
    if from_us >= to_us:
        return
    stretch = Stretch(conn, domain, domain.metrics, first, to_us)
    for block in stretch.minutes(extremes=False, ranks=False):
        yield _of_block(domain, block, from_us, to_us)


def _of_block(domain: Domain, block: Block, from_us: int, to_us: int) -> Columns:
    """A row for each minute of a block that has a figure."""
    time_us = block.time_us[:, None] + np.arange(1, 61) * MINUTE_US
    there = np.zeros(time_us.shape, bool)
    for found in block.minutes.values():
        there |= ~np.isnan(found.mean)
    hour, minute = np.nonzero(there & (time_us > from_us) & (time_us <= to_us))
    values = np.full((len(hour), len(domain.metrics)), np.nan)
    for column, m in enumerate(domain.metrics):
        if m.name in block.minutes:
            found = block.minutes[m.name]
            figures = found.value if m.aggregate == "sum" and found.value is not None else found.mean
            values[:, column] = figures[hour, minute]
    return Columns(
        domain.code, tuple(m.name for m in domain.metrics), block.sensor[hour], block.channel[hour],
        time_us[hour, minute], np.full(len(hour), MEASURING, np.uint8), np.zeros(len(hour), np.float32), values,
    )  # fmt: skip


def silent(
    conn: psycopg.Connection, domain: Domain, sensors: Callable[[], NDArray[np.int64]], channels: Sequence[int],
    before_us: int, over: Callable[[], bool],
) -> Iterator[Columns]:  # fmt: skip
    """The last readings of ``sensors()``, those that are still to be found, from before a moment."""
    near = before_us
    for hours in STEPS_H:
        far = before_us - hours * HOUR_US
        wanted = sensors()[:MOST_SILENT].tolist()
        for at in range(0, len(wanted), history.ASKED):
            if over():
                raise Superseded
            some = wanted[at : at + history.ASKED]
            rows = history.last_known(conn, domain=domain, numbers=some, channels=channels, span_us=(far, near))
            if rows is not None:
                yield rows
        near = far
