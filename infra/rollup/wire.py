"""Binary COPY to and from arrays of numpy: no loop over rows, and none over the values of an array column.

A row is a 16-bit field count, then each field's 32-bit length and its big-endian value; -1 is null. Rows that lack
the same columns have the same layout and are built, or read, at once.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.pq import ExecStatus

from infra.readings import EPOCH_US

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
#: Object identifiers of the types that arrays hold (pg_type.dat); they never change.
_OIDS = {">i2": 21, ">i4": 23, ">f4": 700, ">f8": 701}
#: ndim, flags, element type, dimension, lower bound.
_ARRAY_HEAD = 20
#: Count of fields and length of the first.
_FIELD = 6
_BUFFER_BYTES = 4 << 20

Array = NDArray[Any]


@dataclass(slots=True)
class Column:
    """One column of K rows: ``values`` (K,), or (K, w) for an array column, or bytes (S…) for a text.

    ``kind``: the big-endian type on the wire, empty for a text. ``there`` (K,): where it is not null; None: everywhere.
    """

    name: str
    kind: str
    values: Array
    there: NDArray[np.bool_] | None = None


def times(us: Array) -> Array:
    """Microseconds since 1970 as PostgreSQL counts them."""
    return us - EPOCH_US


@lru_cache(maxsize=512)
def _layout(shape: tuple[tuple[str, int], ...]) -> np.dtype[np.void]:
    """The dtype of a row. ``shape``: kind and width of each column (0 a scalar, -1 null; a text: its length)."""
    fields: list[Any] = [("fields", ">i2")]
    for i, (kind, width) in enumerate(shape):
        fields.append((f"length{i}", ">i4"))
        if width < 0:
            continue
        if not kind:
            fields.append((f"value{i}", f"S{width}"))
        elif width:
            fields += [(f"head{i}", ">i4", (5,)), (f"value{i}", [("length", ">i4"), ("value", kind)], (width,))]
        else:
            fields.append((f"value{i}", kind))
    return np.dtype(fields)


@lru_cache(maxsize=512)
def _blank(shape: tuple[tuple[str, int], ...]) -> NDArray[np.void]:
    """One row of the layout with all counts and lengths filled in."""
    row = np.zeros(1, _layout(shape))
    row["fields"] = len(shape)
    for i, (kind, width) in enumerate(shape):
        if width < 0:
            row[f"length{i}"] = -1
        elif not kind:
            row[f"length{i}"] = width
        elif width:
            size = np.dtype(kind).itemsize
            row[f"length{i}"] = _ARRAY_HEAD + width * (4 + size)
            row[f"head{i}"] = (1, 0, _OIDS[kind], width, 1)
            row[f"value{i}"]["length"] = size
        else:
            row[f"length{i}"] = np.dtype(kind).itemsize
    return row


def rows(columns: Sequence[Column]) -> Iterator[bytes]:
    """The K rows of the columns (at least one), as COPY takes them between HEAD and TAIL."""
    marks: dict[int, Array] = {}  # columns that share a mask count once
    for c in columns:
        if c.there is not None:
            marks[id(c.there)] = c.there
        elif not c.kind:
            marks[id(c.values)] = np.char.str_len(c.values).astype(np.uint8)
    total = len(columns[0].values)
    if not marks:
        classes = [np.arange(total)] if total else []
    else:
        code = np.ascontiguousarray(np.stack(list(marks.values()), axis=1).astype(np.uint8))
        _, group = np.unique(code.view(f"V{code.shape[1]}").ravel(), return_inverse=True)
        by = np.argsort(group, kind="stable")
        classes = np.split(by, np.flatnonzero(np.diff(group[by])) + 1) if total else []
    for mine in classes:
        shape = tuple(_shape(c, int(mine[0])) for c in columns)
        out = np.repeat(_blank(shape), len(mine))
        every = len(mine) == total
        for i, (c, (_, width)) in enumerate(zip(columns, shape, strict=True)):
            if width < 0:
                continue
            values = c.values if every else c.values[mine]
            if c.values.ndim == 2:
                out[f"value{i}"]["value"] = values
            elif width or c.kind:
                out[f"value{i}"] = values
        yield out.tobytes()


def _shape(column: Column, row: int) -> tuple[str, int]:
    if column.there is not None and not column.there[row]:
        return column.kind, -1
    if not column.kind:
        return "", len(column.values[row])
    return column.kind, column.values.shape[1] if column.values.ndim == 2 else 0


def write(conn: psycopg.Connection, table: str, names: Sequence[str], parts: Iterator[bytes]) -> None:
    """COPY the parts (as `rows` makes them) into the columns ``names`` of a table."""
    query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with conn.cursor() as cur, cur.copy(query) as copy:
        copy.write(HEAD)
        for part in parts:
            copy.write(part)
        copy.write(TAIL)


def fetch(
    conn: psycopg.Connection, query: sql.Composable, fields: Sequence[tuple[str, str, int]]
) -> Iterator[NDArray[np.void]]:
    """The rows of a query without nulls, in parts of some megabytes, as structured arrays.

    ``fields``: name, kind and width (0: a scalar) of each column in the query's order. An array column of width w is
    a field of shape (w,) with the sub-field ``value``.
    """
    shape = tuple((kind, width) for _, kind, width in fields)
    layout = _layout(shape)
    wanted = {f"value{i}": name for i, (name, _, _) in enumerate(fields)}
    # Only the values, under their names, where they stand: nothing is copied.
    spots = {
        name: (layout.fields[value][0], layout.fields[value][1]) for value, name in wanted.items() if layout.fields
    }
    view = np.dtype(
        {
            "names": list(spots),
            "formats": [spot[0] for spot in spots.values()],
            "offsets": [spot[1] for spot in spots.values()],
            "itemsize": layout.itemsize,
        }
    )
    for block in _blocks(conn, sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)):
        yield np.frombuffer(block, view, count=len(block) // layout.itemsize)


def fetch_bytes(conn: psycopg.Connection, query: sql.Composable) -> Iterator[bytes]:
    """The values of a query of one column of bytea without nulls, one after the other."""
    for row in _rows(conn, sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)):
        if len(row) > _FIELD:  # the trailer is no row
            yield bytes(row[_FIELD:])


def _blocks(conn: psycopg.Connection, statement: sql.Composed) -> Iterator[bytes]:
    """What COPY sends after its head, whole rows at a time; the last block ends with the trailer's two bytes."""
    held: list[memoryview] = []
    size = 0
    for row in _rows(conn, statement):
        held.append(row)
        size += len(row)
        if size >= _BUFFER_BYTES:
            yield b"".join(held)
            held.clear()
            size = 0
    if held:
        yield b"".join(held)


def _rows(conn: psycopg.Connection, statement: sql.Composed) -> Iterator[memoryview]:
    """The rows of a COPY as they come, and its trailer. A row of psycopg's own crosses three layers more."""
    with conn.cursor() as cur, cur.copy(statement):
        pgconn = conn.pgconn
        readable = select.poll()
        readable.register(pgconn.socket, select.POLLIN)
        head = len(HEAD)  # comes with the first row
        while True:
            got, data = pgconn.get_copy_data(1)
            if got > 0:
                yield memoryview(data)[head:]
                head = 0
            elif got == 0:
                readable.poll()
                pgconn.consume_input()
            else:
                break
        while (result := pgconn.get_result()) is not None:
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result, encoding=conn.info.encoding)
