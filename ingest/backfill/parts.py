"""Parts of a file: of each, the readings that are good and the lines that are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from city.payload import Fault, Limits, Reason
from city.sensors import SENSOR_ID
from ingest.backfill.book import Book
from ingest.backfill.exact import Exact, Good
from ingest.backfill.lines import Record
from ingest.backfill.plan import Plan, clean
from ingest.backfill.quick import Quick
from ingest.backfill.rows import Readings, join, of_rows


class Bad(NamedTuple):
    """A line that is not stored, or not all of it: ``readings`` of its values."""

    line: int
    raw: bytes
    reason: Reason
    detail: str
    sensor_id: str | None
    readings: int


@dataclass(slots=True)
class Part:
    """Some lines of a file. ``done``: how far the file has been read, bytes or rows."""

    done: int
    lines: int = 0
    readings: list[Readings] = field(default_factory=list)
    rows: list[tuple[int, Good]] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)

    def whole(self, book: Book) -> Readings:
        """All good readings, in the order of their lines."""
        found = list(self.readings)
        if self.rows:
            names = {row.channel for _, good in self.rows for row in good.rows}
            found.append(of_rows(self.rows, {name: book.channel(name) or 0 for name in names}))
        return join(found or [of_rows([], {})])


class Judge:
    """Both ways of reading, quick and exact, for one plan."""

    def __init__(self, plan: Plan, book: Book, limits: Limits) -> None:
        self.plan = plan
        self.quick = Quick(plan, book, limits)
        self._exact = Exact(plan, book, limits)

    def record(self, part: Part, record: Record) -> None:
        """Judge one record by the exact way."""
        fault, width = None, len(self.plan.columns)
        if record.cells is None:
            reason: Reason = "too_large" if "at most" in record.wrong else "malformed"
            self._bad(part, record, Fault(reason, record.wrong, 1), ())
            return
        if len(record.cells) != width:
            told = f"{len(record.cells)} cells; the header has {width}"
            self._bad(part, record, Fault("malformed", told, 1), ())
            return
        good, fault = self._exact.read(record.cells)
        if good is not None:
            part.rows.append((record.line, good))
        if fault is not None:
            self._bad(part, record, fault, record.cells)

    def _bad(self, part: Part, record: Record, fault: Fault, cells: Sequence[str | None]) -> None:
        place = self.plan.at.get("sensor")
        said = self.plan.said.sensor or (clean(cells[place]) if cells and place is not None else "")
        sensor_id = said if SENSOR_ID.match(said) else None
        part.bad.append(Bad(record.line, record.raw, fault.reason, fault.detail, sensor_id, fault.readings))


def meaning(plan: Plan, columns: dict[int, Any]) -> dict[str, Any]:
    """Columns by what they mean, each in one piece."""
    cells = {key: columns[place] for key, place in plan.at.items()}
    cells |= {key: columns[place] for place, key in plan.wide}
    return {k: c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for k, c in cells.items()}
