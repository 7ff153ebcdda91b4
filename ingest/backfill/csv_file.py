"""A CSV file in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyarrow import csv

from city.payload import Limits
from ingest.backfill import lines
from ingest.backfill.book import Book
from ingest.backfill.lines import Blocks, Record
from ingest.backfill.parts import Judge, Part, meaning
from ingest.backfill.plan import Plan

#: Fewer lines than these are not worth a columnar attempt.
FEW = 32


class CsvFile:
    """``blocks`` begin behind the header."""

    def __init__(self, blocks: Blocks, delimiter: str, plan: Plan, book: Book, limits: Limits) -> None:
        self._blocks = blocks
        self._delimiter = delimiter
        self._judge = Judge(plan, book, limits)
        self._plan = plan
        texts = {*plan.at} - {"time", "value", "period_s"}
        names = [str(place) for place in range(len(plan.columns))]
        few = pa.dictionary(pa.int32(), pa.string())
        kinds = {names[place]: pa.string() for place in plan.needed}
        kinds |= {names[place]: few for key, place in plan.at.items() if key in texts}
        self._reading = {"column_names": names, "use_threads": False}
        self._parsing = csv.ParseOptions(delimiter=delimiter)
        self._converting = csv.ConvertOptions(
            column_types=kinds,
            include_columns=[names[place] for place in plan.needed],
            null_values=[""],
            strings_can_be_null=True,
        )

    def parts(self) -> Iterator[Part]:
        """All parts, in order."""
        for first, block, last in self._blocks:
            part = Part(self._blocks.read)
            if lines.plain(block, self._delimiter):
                self._lines(part, block, first)
            else:
                self._records(part, block, first, last)
            yield part

    def _records(self, part: Part, block: bytes, first: int, last: bool) -> None:
        width = len(self._plan.columns)
        for record in lines.records(block, first, self._delimiter, width, last):
            if isinstance(record, bytes):
                self._blocks.back(record)
            else:
                part.lines += 1
                self._judge.record(part, record)

    def _lines(self, part: Part, block: bytes, first: int) -> None:
        """Judge lines that are records: as columns where they are a table, else by halves, and few one by one."""
        starts = lines.starts(block)
        n = len(starts) - 1
        cells = self._table(block, n) if n > FEW else None
        if cells is not None:
            part.lines += n
            readings, suspects = self._judge.quick.read(cells, first, n)
            part.readings.append(readings)
            for i in suspects.tolist():
                for record in self._one(block[starts[i] : starts[i + 1]], first + i):
                    self._judge.record(part, record)
        elif n <= FEW:
            for record in self._one(block, first):
                part.lines += 1
                self._judge.record(part, record)
        else:
            step = max(n // 16, FEW, 1)
            for i in range(0, n, step):
                self._lines(part, block[starts[i] : starts[min(i + step, n)]], first + i)

    def _one(self, raw: bytes, line: int) -> Iterator[Record]:
        for record in lines.records(raw, line, self._delimiter, len(self._plan.columns), True):
            if isinstance(record, Record):
                yield record

    def _table(self, block: bytes, n: int) -> dict[str, Any] | None:
        """The columns of n lines, or None where they are no table of n rows."""
        options = csv.ReadOptions(**self._reading, block_size=len(block) + 1)
        try:
            table = csv.read_csv(pa.BufferReader(block), options, self._parsing, self._converting)
        except (pa.ArrowInvalid, pa.ArrowKeyError):
            return None
        if table.num_rows != n:
            return None
        return meaning(self._plan, {int(name): table.column(name) for name in table.column_names})
