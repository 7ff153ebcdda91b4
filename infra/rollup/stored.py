"""Rollups as they are stored, read back as blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from city.buckets import Block, Hours, Minutes
from city.registry import Domain, Metric
from infra import schema
from infra.readings import EPOCH_US
from infra.rollup import wire
from infra.rollup.source import WHOLE, Part, stamp

_KEY = [("time", ">i8", 0), ("sensor", ">i4", 0), ("channel", ">i2", 0)]
_NAN, _NEVER = "array_fill('NaN'::{}, ARRAY[60])", "array_fill((-1)::smallint, ARRAY[60])"
_Field = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Stored hours of sensors with from <= start < to (microseconds), and what is read of them.

    ``sensors``: numbers of the database, None for all; ``part`` of the sensors, where they are taken in parts.
    """

    conn: psycopg.Connection
    domain: Domain
    metrics: Sequence[Metric]
    from_us: int
    to_us: int
    sensors: Sequence[int] | None = None
    part: Part = WHOLE

    def hours(self) -> Iterator[Block]:
        """The hours, in no order; the blocks hold ``hours`` and no ``minutes``."""
        columns: list[tuple[_Field, str]] = [(("lag_s", ">f4", 0), "coalesce(lag_s, 'NaN')")]
        kinds = {"integer": ">i4", "real": ">f4", "double precision": ">f8"}
        for m in self.metrics:
            for name, kind in schema.hour_columns(m).items():
                none = "0" if kind == "integer" else "'NaN'"
                columns.append(((name, kinds[kind], 0), f"coalesce({name}, {none})"))
        for block, rows in self._blocks(schema.hour_table(self.domain.code), columns):
            block.lag_s = rows["lag_s"].astype(np.float32)
            for m in self.metrics:
                block.hours[m.name] = _hour(m, rows)
            yield block

    def minutes(
        self, *, several: dict[str, bool] | None = None, extremes: bool = True, ranks: bool = True
    ) -> Iterator[Block]:
        """The minutes, an hour a row, in no order; the blocks hold ``minutes`` and no ``hours``.

        A metric that none of the rows has is left out, and so are arrays that would only repeat the means.
        ``several``: what `arrays` says, where it has been asked for all parts at once. Without ``extremes`` least and
        greatest values are not read, which are half of it all, and without ``ranks`` no percentiles.
        """
        if several is None:
            several = self.arrays()
        chosen = [m for m in self.metrics if m.name in several]
        columns = [c for m in chosen for c in _arrays(m, several[m.name], extremes, ranks)]
        for block, rows in self._blocks(schema.minute_table(self.domain.code), columns):
            for m in chosen:
                block.minutes[m.name] = _minute(m, rows, several[m.name], extremes, ranks)
            yield block

    def arrays(self) -> dict[str, bool]:
        """The metrics that any of the hours has, and whether any minute of it had more than one reading."""
        flags = [f"bool_or({m.name}$mean IS NOT NULL), bool_or({m.name}$n IS NOT NULL)" for m in self.metrics]
        row = self.conn.execute(
            sql.SQL("SELECT {} FROM {} WHERE {}").format(
                sql.SQL(", ".join(flags)), sql.Identifier(schema.minute_table(self.domain.code)), self._where()
            )
        ).fetchone()
        found = row or ()
        return {m.name: bool(found[2 * i + 1]) for i, m in enumerate(self.metrics) if found[2 * i]}

    def _where(self) -> sql.Composable:
        more = [sql.SQL("time >= {} AND time < {}").format(stamp(self.from_us), stamp(self.to_us))]
        if self.sensors is not None:
            more.append(sql.SQL("sensor = ANY({}::int[])").format(sql.Literal(list(self.sensors))))
        if self.part[1] > 1:
            more.append(sql.SQL("sensor % {} = {}").format(sql.Literal(self.part[1]), sql.Literal(self.part[0])))
        return sql.SQL(" AND ").join(more)

    def _blocks(self, table: str, columns: list[tuple[_Field, str]]) -> Iterator[tuple[Block, NDArray[np.void]]]:
        names = ", ".join(["time", "sensor", "channel", *(text for _, text in columns)])
        query = sql.SQL("SELECT {} FROM {} WHERE {}").format(sql.SQL(names), sql.Identifier(table), self._where())
        for rows in wire.fetch(self.conn, query, [*_KEY, *(field for field, _ in columns)]):
            nan = np.full(len(rows), np.nan, np.float32)
            block = Block(
                rows["sensor"].astype(np.int32), rows["channel"].astype(np.int16),
                rows["time"].astype(np.int64) + EPOCH_US, nan, {}, {}, {},
            )  # fmt: skip
            yield block, rows


def _hour(m: Metric, rows: NDArray[np.void]) -> Hours:
    def column(name: str) -> NDArray[np.float64]:
        return rows[f"{m.name}${name}"].astype(np.float64)

    mean = column("mean")
    out = Hours(
        rows[f"{m.name}$n"].astype(np.int64), mean, column("min"), column("max"),
        column("value") if m.aggregate in ("sum", "increase") else mean,
    )  # fmt: skip
    if m.aggregate == "circular":
        out.x, out.y = column("x"), column("y")
    if m.percentiles:
        out.percentiles = np.stack([column(f"p{p}") for p in m.percentiles], axis=1)
    return out


def _arrays(m: Metric, several: bool, extremes: bool, ranks: bool) -> Iterator[tuple[_Field, str]]:
    """The array columns of a metric, without nulls; all of them only where a minute has several readings."""
    single = _NAN.format("real")
    yield (f"{m.name}$mean", ">f4", 60), f"coalesce({m.name}$mean, {single})"
    if several:
        kind, wide = ("double precision", ">f8") if m.double else ("real", ">f4")
        yield (f"{m.name}$n", ">i2", 60), f"coalesce({m.name}$n, {_NEVER})"
        for name in (f"{m.name}$min", f"{m.name}$max") if extremes else ():
            yield (name, wide, 60), f"coalesce({name}, {m.name}$mean::{kind}[], {_NAN.format(kind)})"
        for name in (f"{m.name}$p{p}" for p in m.percentiles) if ranks else ():
            yield (name, ">f4", 60), f"coalesce({name}, {single})"
    if m.aggregate in ("sum", "increase"):
        yield (f"{m.name}$value", ">f4", 60), f"coalesce({m.name}$value, {single})"


def _minute(m: Metric, rows: NDArray[np.void], several: bool, extremes: bool, ranks: bool) -> Minutes:
    def column(name: str, kind: type[np.generic]) -> NDArray[np.generic]:
        return rows[f"{m.name}${name}"]["value"].astype(kind)

    read: Callable[[str, type[np.generic]], NDArray[np.generic]] = column
    mean = np.asarray(read("mean", np.float32), np.float32)
    out = Minutes(mean, None, None, None, None)
    if several:
        wide = np.float64 if m.double else np.float32
        n = np.asarray(read("n", np.int16), np.int16)
        out.n = np.where(n < 0, ~np.isnan(mean), n).astype(np.int16)
        if extremes:
            out.low, out.high = read("min", wide), read("max", wide)
        if m.percentiles and ranks:
            known = [np.asarray(read(f"p{p}", np.float32), np.float32) for p in m.percentiles]
            out.percentiles = np.stack(known, axis=1)
            out.percentiles = out.ranks(len(known))
    if m.aggregate in ("sum", "increase"):
        out.value = np.asarray(read("value", np.float32), np.float32)
    return out


def joined(found: list[Block]) -> Block | None:
    """Blocks of one question as one, by (sensor, channel, hour); None where there is none."""
    if not found:
        return None
    sensor, channel, time_us, lag_s = (
        np.concatenate([getattr(b, name) for b in found]) for name in ("sensor", "channel", "time_us", "lag_s")
    )
    by = np.lexsort((time_us, channel, sensor))

    def column(parts: list[NDArray[np.generic] | None]) -> NDArray[np.generic] | None:
        there = [p for p in parts if p is not None]
        return np.concatenate(there)[by] if there else None

    out = Block(sensor[by], channel[by], time_us[by], lag_s[by], {}, {}, {})
    for kind, into in ((Minutes, out.minutes), (Hours, out.hours)):
        source = [b.minutes if kind is Minutes else b.hours for b in found]
        for name in source[0]:
            parts = [s[name] for s in source]
            into[name] = kind(*(column([getattr(p, f.name) for p in parts]) for f in fields(kind)))  # type: ignore[arg-type, assignment]
    return out
