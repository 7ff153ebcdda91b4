"""Everything of a question as a file, in blocks: readings are written out by the database itself, steps by Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import psycopg
from psycopg import sql

from city.columns import QUALITIES
from infra import copyout, schema
from infra.times import rfc3339
from ioc_api.history.about import Ending
from ioc_api.history.grid import Ints
from ioc_api.history.items import WHOLE, order, stamp
from ioc_api.history.question import Part, Question
from ioc_api.history.table import Table

Form = Literal["csv", "parquet"]
MEDIA = {"csv": copyout.CSV, "parquet": copyout.PARQUET}
#: Rows that one statement sorts: as many as fit into the server's working memory, or nearly.
_SORTED = 50_000
HEAD = ("time", "sensor_id", "metric", "channel", "unit")
#: The same of zones and areas.
WHOLE_HEAD = ("time", "area", "zone", "domain", "metric", "unit")


def readings(conn: psycopg.Connection, q: Question, form: Form, ending: Ending) -> Iterator[bytes]:
    """The readings as they came. CSV: sensor by sensor, by time; Parquet: as they lie, which is nearly by time, and
    with that ending."""
    if form == "parquet":
        every = [_select(q, p, [s.id for s in p.sensors], form, sql.SQL("")) for p in q.parts]
        yield from copyout.parquet_blocks(conn, sql.SQL(" UNION ALL ").join(every), footer=ending)
        return
    # With the first rows, so that an early error can still be answered as one.
    head = (",".join((*HEAD, "value", "quality")) + "\n").encode()
    for query in statements(q):
        for block in copyout.csv_blocks(conn, query, header=False):
            yield head + block if head else block
            head = b""
    if head:
        yield head


def statements(q: Question) -> Iterator[sql.Composed]:
    """The queries of a CSV of readings, one after the other: each sorts no more than it can hold."""
    span_s = max(1.0, (q.to_us - q.from_us) / 1e6)
    for part in q.parts:
        size = max(1, int(_SORTED / (span_s / min(part.interval_s(s) for s in part.sensors) + 1)))
        for at in range(0, len(part.sensors), size):
            ids = [s.id for s in part.sensors[at : at + size]]
            by: sql.Composable = sql.SQL("ORDER BY array_position({}, r.sensor), r.time, r.channel").format(ids)
            if len(ids) == 1:
                by = sql.SQL("ORDER BY r.time, r.channel")
            yield _select(q, part, ids, "csv", by)


def _select(q: Question, part: Part, ids: list[int], form: Form, by: sql.Composable) -> sql.Composed:
    """A row a reading. In a CSV single precision is its shortest decimal by itself; Parquet needs numbers."""
    csv = form == "csv"
    # As text, because a counter's double precision would widen all others beside it.
    value = sql.SQL("r.{}::text" if csv else "r.{}::text::float8")
    values = sql.SQL(", ").join(
        sql.SQL("({}, {}, {})").format(
            m.name, copyout.safe_cell(m.unit) if csv else m.unit, value.format(sql.Identifier(m.name))
        )
        for m in part.metrics
    )  # fmt: skip
    texts: list[sql.Composable] = [sql.SQL("s.sensor_id"), sql.SQL("c.name")]
    if csv:
        texts = [copyout.safe_text(t) for t in texts]
    return sql.SQL(
        "SELECT {time} AS time, {sensor} AS sensor_id, m.metric, {channel} AS channel, m.unit, m.value,"
        " ({qualities}::text[])[r.quality + 1] AS quality FROM {table} r JOIN sensor s ON s.id = r.sensor"
        " JOIN channel c ON c.id = r.channel CROSS JOIN LATERAL (VALUES {values}) AS m (metric, unit, value)"
        " WHERE r.sensor = ANY({ids}) AND r.time >= {since} AND r.time < {until} AND m.value IS NOT NULL {by}"
    ).format(
        time=_TIME if csv else sql.SQL("r.time"), sensor=texts[0], channel=texts[1], qualities=list(QUALITIES),
        table=sql.Identifier(schema.table(part.domain.code)), values=values, ids=ids, since=rfc3339(q.from_us),
        until=rfc3339(q.to_us), by=by,
    )  # fmt: skip


#: RFC 3339 with no, three or six decimals of a second, as everywhere.
_TIME = sql.SQL(
    "replace(replace(to_char(r.time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000Z', 'Z'),"
    " '000Z', 'Z')"
)


def steps(
    tables: Iterator[Table], form: Form, head: Sequence[str], stats: Sequence[str], ending: Ending, *, gaps: bool
) -> Iterator[bytes]:
    """Steps: a row each, by sensor, time, channel and metric. ``head`` are the columns that name a row and ``stats``
    those of figures, in their order; a Parquet file has that ``ending``."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    sink = copyout.Sink()
    kinds = [*((n, pa.string()) for n in head), *((n, pa.int64() if n in WHOLE else pa.float64()) for n in stats)]
    if form == "parquet":
        kinds[0] = ("time", pa.timestamp("us", tz="UTC"))
    form_of = pa.schema(kinds)
    file = pa.PythonFile(sink, mode="w")
    writer = (
        csv.CSVWriter(file, form_of, write_options=csv.WriteOptions(quoting_style="needed", quoting_header="none"))
        if form == "csv"
        else parquet.ParquetWriter(file, form_of, compression="zstd")
    )
    with writer:
        for t in ending.pass_on(tables) if form == "parquet" else tables:
            columns = _columns(t, form, head, stats, gaps)
            arrays = [pa.array(c, f.type, from_pandas=True) for c, f in zip(columns, form_of, strict=True)]
            writer.write_table(pa.table(arrays, schema=form_of))
            yield from sink.take()
        if form == "parquet":
            writer.add_key_value_metadata(ending.said())
    yield from sink.take()


def _columns(t: Table, form: Form, head: Sequence[str], stats: Sequence[str], gaps: bool) -> Iterator[Any]:
    """The columns of a table in long form; NaN becomes null."""
    row, step, metric = order(t, gaps)
    csv = form == "csv"

    def by(texts: Sequence[str | None], index: Ints) -> Any:
        return np.array([copyout.safe_cell(x) if csv and x else x for x in texts], object)[index]

    time_us = t.start_us + step * t.step_us
    for name in head:
        if name == "time":
            yield _stamps(time_us) if csv else time_us
        elif name in ("metric", "unit"):
            yield by([m.name if name == "metric" else m.unit for m in t.metrics], metric)
        else:
            yield by([n[name] for n in t.names], row)
    every = [t.columns(m) for m in t.metrics]
    for stat in stats:
        out = np.full(len(row), np.nan)
        for k, columns in enumerate(every):
            if stat in columns:
                mine = metric == k
                out[mine] = columns[stat][row[mine], step[mine]]
        yield np.nan_to_num(out).astype(np.int64) if stat in WHOLE else out


def _stamps(time_us: Ints) -> Any:
    times, index = np.unique(time_us, return_inverse=True)
    return np.array([stamp(us) for us in times.tolist()], object)[index]
