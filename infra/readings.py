"""Committed readings, read back from the database as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import psycopg
from psycopg import sql

from city.columns import Columns
from city.registry import Domain
from infra import schema

#: Rows in one part of an answer: memory stays flat however many there are.
ROWS = 50_000
#: PostgreSQL counts microseconds from 2000-01-01.
EPOCH_US = 946_684_800_000_000


def _row_type(domain: Domain) -> np.dtype[np.void]:
    """One row of binary COPY: a field count, then each field's length and big-endian value."""
    fixed = (("time", ">i8"), ("sensor", ">i4"), ("channel", ">i2"), ("quality", ">i2"), ("period", ">f4"))
    # A metric may be called like a fixed field: a prefix keeps them apart.
    metrics = [(f"m_{m.name}", ">f8" if m.double else ">f4") for m in domain.metrics]
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in (*fixed, *metrics):
        fields += [(f"length_{name}", ">i4"), (name, kind)]
    return np.dtype(fields)


def _columns(domain: Domain, data: bytes, row: np.dtype[np.void]) -> Columns:
    rows = np.frombuffer(data, row)
    values = np.empty((len(rows), len(domain.metrics)))
    for i, m in enumerate(domain.metrics):
        values[:, i] = rows[f"m_{m.name}"]
    return Columns(
        domain.code,
        tuple(m.name for m in domain.metrics),
        rows["sensor"].astype(np.int32),
        rows["channel"].astype(np.int16),
        rows["time"].astype(np.int64) + EPOCH_US,
        rows["quality"].astype(np.uint8),
        rows["period"].astype(np.float32),
        values,
    )


def fetch(
    conn: psycopg.Connection,
    domain: Domain,
    *,
    since_us: int,
    until_us: int,
    batches: Sequence[int] | None = None,
    sensors: Sequence[int] | None = None,
) -> Iterator[Columns]:
    """Readings with since < time <= until (microseconds), in no order, in parts of at most ROWS rows.

    ``batches``, ``sensors``: only those (numbers of the database). A missing value is NaN.
    """
    # A null has no width in binary COPY; NaN, which is never stored, makes all rows the same size.
    names = [f"coalesce({m.name}, 'NaN')" for m in domain.metrics]
    query = sql.SQL(
        "COPY (SELECT time, sensor, channel, quality, period_s, {names} FROM {table}"
        " WHERE time > {since}::timestamptz AND time <= {until}::timestamptz{more}) TO STDOUT (FORMAT binary)"
    ).format(
        names=sql.SQL(", ".join(names)),
        table=sql.Identifier(schema.table(domain.code)),
        since=sql.Literal(_timestamp(since_us)),
        until=sql.Literal(_timestamp(until_us)),
        more=sql.Composed(
            [
                sql.SQL(" AND {} = ANY({})").format(sql.Identifier(column), sql.Literal(list(numbers)))
                for column, numbers in (("batch", batches), ("sensor", sensors))
                if numbers is not None
            ]
        ),
    )
    row = _row_type(domain)
    buffer = bytearray()
    with conn.cursor() as cur, cur.copy(query) as copy:
        head = 19  # signature, flags and extension length come with the first row
        for chunk in copy:
            buffer += memoryview(chunk)[head:]
            head = 0
            if len(buffer) >= ROWS * row.itemsize:
                yield _columns(domain, bytes(buffer), row)
                buffer.clear()
    whole = len(buffer) - len(buffer) % row.itemsize  # a trailer of two bytes ends the stream
    if whole:
        yield _columns(domain, bytes(buffer[:whole]), row)


def _timestamp(us: int) -> str:
    return f"{np.datetime64(us, 'us')}+00"
