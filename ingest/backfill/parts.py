"""A file in parts: of each, the readings that are good and the lines that are not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import csv, parquet

from city.payload import Fault, Limits, Reason
from city.sensors import SENSOR_ID
from infra.errors import Unavailable
from ingest.backfill import lines
from ingest.backfill.book import Book
from ingest.backfill.exact import Exact, Good
from ingest.backfill.lines import Blocks, Record
from ingest.backfill.plan import Plan, clean
from ingest.backfill.quick import Quick
from ingest.backfill.rows import Readings, join, of_rows

#: Lines of Parquet in one part.
ROWS = 50_000
#: Fewer lines than these are not worth a columnar attempt.
FEW = 32


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


class _Judge:
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


class CsvFile:
    """A CSV file in parts. ``file`` stands behind its header, which was line 1 … ``first`` - 1."""

    def __init__(self, blocks: Blocks, delimiter: str, plan: Plan, book: Book, limits: Limits) -> None:
        self._blocks = blocks
        self._delimiter = delimiter
        self._judge = _Judge(plan, book, limits)
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
        return _meaning(self._plan, {int(name): table.column(name) for name in table.column_names})


class ParquetFile:
    """A Parquet file in parts."""

    def __init__(self, file: parquet.ParquetFile, plan: Plan, book: Book, limits: Limits) -> None:
        self._file = file
        self._names = file.schema_arrow.names
        self._plan = plan
        self._judge = _Judge(plan, book, limits)

    def parts(self) -> Iterator[Part]:
        """All parts, in order. Unavailable where the file is damaged."""
        first, names = 1, [self._names[place] for place in self._plan.needed]
        batches = self._file.iter_batches(batch_size=ROWS, columns=names)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as e:
                raise Unavailable(
                    f"the file is damaged behind row {first - 1:,} ({str(e).splitlines()[0]});"
                    " what came before has been dealt with"
                ) from None
            if batch is None:
                return
            yield self._part(batch, first)
            first += batch.num_rows

    def _part(self, batch: pa.RecordBatch, first: int) -> Part:
        n = batch.num_rows
        part = Part(first + n - 1, n)
        columns = {place: _simple(batch.column(self._names[place])) for place in self._plan.needed}
        cells = _meaning(self._plan, columns)
        for key in {*self._plan.at} - {"time", "value", "period_s"}:
            cells[key] = cells[key].cast(pa.string()) if not pa.types.is_string(cells[key].type) else cells[key]
        readings, suspects = self._judge.quick.read(cells, first, n)
        part.readings.append(readings)
        for i in suspects.tolist():
            row: list[str | None] = [None] * len(self._plan.columns)
            for place, column in columns.items():
                row[place] = _text(column[i].as_py(), self._plan.said.decimal_comma)
            said = {name: row[place] for place, name in enumerate(self._names) if place in columns}
            raw = json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace")
            self._judge.record(part, Record(first + i, raw, row))
        return part


def _meaning(plan: Plan, columns: dict[int, Any]) -> dict[str, Any]:
    """Columns by what they mean, each in one piece."""
    cells = {key: columns[place] for key, place in plan.at.items()}
    cells |= {key: columns[place] for place, key in plan.wide}
    return {k: c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for k, c in cells.items()}


def _simple(column: Any) -> Any:
    """A column of Parquet in a type that both ways can read."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    if pa.types.is_date(kind):
        return column.cast(pa.timestamp("us"))
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_string(kind):
        return column
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())


def _text(value: Any, comma: bool) -> str | None:
    """A cell of Parquet as the exact way reads it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).replace(".", ",") if comma and isinstance(value, float) else str(value)
