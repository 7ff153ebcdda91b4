"""Results of any size out of the database, as CSV or Parquet in blocks of bytes: memory stays flat.

A row of COPY crosses psycopg in a generator, an iterator and a context manager of its own. Here one loop takes rows
from libpq until a block is full; PostgreSQL has written them out already, so a block is a join and nothing more.
"""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from psycopg import sql
from psycopg.pq import ExecStatus

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 262_144
#: Rows of one row group of Parquet: what a reader has to hold at a time, and the writer.
GROUP_ROWS = 131_072

CSV = "text/csv; charset=utf-8"
PARQUET = "application/vnd.apache.parquet"

#: What a spreadsheet may take for the beginning of a formula.
FORMULA = "=+-@\t\r"


def safe_text(column: sql.Composable) -> sql.Composable:
    """A text column for a CSV that may be opened in a spreadsheet: a cell that would be a formula gets a ' in front.

    Numbers need none. `unsafe_text` takes it off again.
    """
    return sql.SQL("CASE WHEN left({0}, 1) = ANY ({1}) THEN '''' || {0} ELSE {0} END").format(
        column, sql.Literal(list(FORMULA))
    )


def safe_cell(text: str) -> str:
    """The same for a text that Python writes."""
    return "'" + text if text[:1] and text[0] in FORMULA else text


def unsafe_text(text: str) -> str:
    """What a cell said before `safe_text`."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA else text


def csv_blocks(
    conn: psycopg.Connection, query: sql.Composable, *, block_bytes: int = BLOCK_BYTES, header: bool = True
) -> Iterator[bytes]:
    """The query's rows as CSV (RFC 4180, but lines end with a line feed; null is nothing, "" an empty text).

    A block holds whole rows and about ``block_bytes``. An error of the server, also in the midst of the rows, is
    raised as psycopg's. Closing the generator cancels the query.
    """
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER {})").format(query, sql.SQL("on" if header else "off"))
    with conn.cursor() as cursor, cursor.copy(statement):
        pgconn = conn.pgconn
        take = pgconn.get_copy_data
        readable = select.poll()
        readable.register(pgconn.socket, select.POLLIN)
        # Not a list of rows: so many objects at a time would keep the garbage collector busy for longer than we are.
        block = bytearray()
        while True:
            size, row = take(1)
            if size > 0:
                block += row
                if len(block) >= block_bytes:
                    yield bytes(block)
                    block.clear()
            elif size == 0:
                readable.poll()
                pgconn.consume_input()
            else:
                break
        _finish(conn)
        if block:
            yield bytes(block)


def _finish(conn: psycopg.Connection) -> None:
    """Take the result that ends a COPY, or raise the error that ended it."""
    failed = None
    while (result := conn.pgconn.get_result()) is not None:
        if result.status != ExecStatus.COMMAND_OK:
            failed = result
    if failed is not None:
        raise psycopg.errors.error_from_result(failed, encoding=conn.info.encoding)


class Footer(Protocol):
    """What is known of a Parquet file when it has been written, as its metadata."""

    def see(self, rows: pa.Table) -> None:
        """Take note of rows that are written."""

    def said(self) -> Mapping[str, str]:
        """Keys and values for the end of the file."""


def parquet_blocks(
    conn: psycopg.Connection, query: sql.Composable, *, group_rows: int = GROUP_ROWS, footer: Footer | None = None
) -> Iterator[bytes]:
    """The query's rows as a Parquet file: times as timestamp[us, UTC], texts by dictionary, numbers as they are.

    Single precision becomes double by way of its shortest decimal, so 41.3 stays 41.3. Row groups have about
    ``group_rows`` rows. The file is whole only when the generator has ended. Columns of other types are texts.
    """
    schema = arrow_schema(conn, query)
    yield from to_parquet(schema, csv_blocks(conn, query, header=False), group_rows=group_rows, footer=footer)


def to_parquet(
    schema: pa.Schema, blocks: Iterable[bytes], *, group_rows: int = GROUP_ROWS, footer: Footer | None = None
) -> Iterator[bytes]:
    """A Parquet file of what `csv_blocks` gives (without headers) for queries with these columns."""
    import pyarrow as pa
    from pyarrow import parquet

    sink = Sink()
    with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        waiting: list[pa.Table] = []

        def write(rows: list[pa.Table]) -> None:
            group = pa.concat_tables(rows)
            writer.write_table(group)
            if footer is not None:
                footer.see(group)
            rows.clear()

        for block in blocks:
            waiting.append(_table(block, schema))
            if sum(t.num_rows for t in waiting) >= group_rows:
                write(waiting)
                yield from sink.take()
        if waiting:
            write(waiting)
        if footer is not None:
            writer.add_key_value_metadata(footer.said())
    yield from sink.take()


class Sink:
    """A file of which the bytes are taken away as they come."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> Iterator[bytes]:
        """All that was written since the last time, as one block if there is anything."""
        data = b"".join(self._parts)
        self._parts.clear()
        if data:
            yield data

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing has to be let go."""


def arrow_schema(conn: psycopg.Connection, query: sql.Composable) -> pa.Schema:
    """The Arrow types of a query's columns."""
    import pyarrow as pa

    types = {
        "bool": pa.bool_(), "int2": pa.int16(), "int4": pa.int32(), "int8": pa.int64(), "float4": pa.float64(),
        "float8": pa.float64(), "numeric": pa.float64(), "timestamptz": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
    }  # fmt: skip
    cursor = conn.execute(sql.SQL("SELECT * FROM ({}) AS q LIMIT 0").format(query))
    found = []
    for column in cursor.description or ():
        info = conn.adapters.types.get(column.type_code)
        # An array has its own number but the info of its elements.
        name = info.name if info and info.oid == column.type_code else ""
        found.append(pa.field(column.name, types.get(name, pa.string())))
    return pa.schema(found)


def _table(block: bytes, schema: pa.Schema) -> pa.Table:
    """A block of CSV as columns; exact, since every number came as its shortest decimal."""
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(block),
        read_options=csv.ReadOptions(column_names=schema.names, use_threads=False, block_size=len(block) + 1),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            timestamp_parsers=[csv.ISO8601],
        ),
    )
