"""Which sensor belongs to which zone and area, and what each is expected to report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from city.bucket_rows import Bools, Floats, Ints
from city.registry import Domain
from infra import schema
from infra.rollup import wire
from infra.rollup.source import stamp
from infra.settings import Settings

#: How long a sensor that declares nothing is expected to go on with what it has reported.
MEMORY_US = 86_400_000_000


@dataclass(slots=True)
class Members:
    """The sensors of a domain as they are now.

    A cell is the part of an area that one zone makes up; the sensors of an area that are in no zone are a cell too
    (zone ""). ``cell`` (s,) by sensor number: -1 for one that is not active, not trusted, or not of this domain.
    ``kept_out`` (s,): its cell where it is active but not trusted, else -1. ``declared`` (s, m), ``interval_s`` (s,).
    """

    cells: list[tuple[str, str]]
    cell: Ints
    kept_out: Ints
    declared: Bools
    interval_s: Floats

    def of(self, sensor: Ints) -> Ints:
        """The cells of these sensors."""
        known = sensor < len(self.cell)
        out = np.full(len(sensor), -1, np.int64)
        out[known] = self.cell[sensor[known]]
        return out


def load(conn: psycopg.Connection, domain: Domain, settings: Settings) -> Members:
    """The members as the caller's transaction sees them."""
    # Numbers instead of texts: a city of 50,000 sensors is read in a blink. Materialized: of a registry that was just
    # imported the planner expects one row, and would sort all sensors anew for each (minutes).
    active = sql.SQL("sensor s WHERE s.domain = {} AND s.status = 'active'").format(sql.Literal(domain.code))
    query = sql.SQL(
        """WITH c AS MATERIALIZED (SELECT area, zone, row_number() OVER (ORDER BY area, zone) - 1 AS n
                      FROM (SELECT DISTINCT s.area, coalesce(s.zone, '') FROM {active}) d (area, zone)),
                p AS MATERIALIZED (SELECT metrics, row_number() OVER (ORDER BY metrics) - 1 AS n
                      FROM (SELECT DISTINCT s.metrics FROM {active}) d)
           SELECT s.id, c.n, p.n, s.interval_s, coalesce(q.trusted, true)::int FROM sensor s
           JOIN c ON c.area = s.area AND c.zone = coalesce(s.zone, '') JOIN p USING (metrics)
           LEFT JOIN sensor_quality q ON q.sensor = s.id
           WHERE s.domain = {domain} AND s.status = 'active'"""
    ).format(active=active, domain=sql.Literal(domain.code))
    fields = [("id", ">i4", 0), ("cell", ">i8", 0), ("set", ">i8", 0), ("interval_s", ">f4", 0), ("trusted", ">i4", 0)]
    parts = list(wire.fetch(conn, query, fields))
    rows = np.concatenate(parts) if parts else np.empty(0, np.dtype([(n, k) for n, k, _ in fields]))
    pairs = sql.SQL("SELECT DISTINCT s.area, coalesce(s.zone, '') FROM {} ORDER BY 1, 2").format(active)
    cells = [(area, zone) for area, zone in conn.execute(pairs)]
    sets = conn.execute(sql.SQL("SELECT DISTINCT s.metrics FROM {} ORDER BY 1").format(active)).fetchall()
    promised = np.array([[m.name in names for m in domain.metrics] for (names,) in sets], bool)

    size = int(rows["id"].max(initial=-1)) + 1
    cell, kept_out = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    declared = np.zeros((size, len(domain.metrics)), bool)
    interval_s = np.full(size, domain.interval_s)
    trusted = (rows["trusted"] == 1) | (settings.untrusted != "leave_out")
    cell[rows["id"][trusted]] = rows["cell"][trusted]
    kept_out[rows["id"][~trusted]] = rows["cell"][~trusted]
    if len(rows):
        declared[rows["id"]] = promised[rows["set"]]
    own = rows["interval_s"] > 0
    interval_s[rows["id"][own]] = rows["interval_s"][own]
    return Members(cells, cell, kept_out, declared, interval_s)


def expected(conn: psycopg.Connection, domain: Domain, members: Members, reported: Bools, until_us: int) -> Bools:
    """Which sensor is expected to report which metric until then: (s, m).

    It is what a sensor declares or has ``reported`` (s, m); one that declares nothing and is silent is expected to
    go on with what it reported in the last 24 hours.
    """
    found = members.declared | reported
    counted = (members.cell >= 0) | (members.kept_out >= 0)
    silent = np.flatnonzero(counted & ~found.any(axis=1))
    if len(silent):
        names = [f'bool_or("{m.name}$n" IS NOT NULL)' for m in domain.metrics]
        rows = conn.execute(
            f"""SELECT sensor, ARRAY[{", ".join(names)}] FROM {schema.hour_table(domain.code)}
                WHERE sensor = ANY(%s) AND time >= {stamp(until_us - MEMORY_US).as_string(conn)}
                  AND time < {stamp(until_us).as_string(conn)} GROUP BY sensor""",  # nosec B608
            [silent.tolist()],
            prepare=False,
        ).fetchall()
        for number, flags in rows:
            found[number] = flags
    return found & counted[:, None]
