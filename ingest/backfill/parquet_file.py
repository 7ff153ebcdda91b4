"""A Parquet file in parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from city.payload import Limits
from infra.errors import Unavailable
from ingest.backfill.book import Book
from ingest.backfill.lines import Record
from ingest.backfill.parts import Judge, Part, meaning
from ingest.backfill.plan import Plan

#: Lines in one part.
ROWS = 50_000


class ParquetFile:
    """Its rows are its lines, from 1 on."""

    def __init__(self, file: parquet.ParquetFile, plan: Plan, book: Book, limits: Limits) -> None:
        self._file = file
        self._names = file.schema_arrow.names
        self._plan = plan
        self._judge = Judge(plan, book, limits)

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
        cells = meaning(self._plan, columns)
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
