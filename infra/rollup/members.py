"""Which sensor belongs to which zone and area, and what each is expected to report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg

from city.bucket_rows import Bools, Floats, Ints
from city.registry import Domain
from infra import schema
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
    rows = conn.execute(
        """SELECT s.id, s.area, coalesce(s.zone, ''), s.interval_s, s.metrics, coalesce(q.trusted, true)
           FROM sensor s LEFT JOIN sensor_quality q ON q.sensor = s.id
           WHERE s.domain = %s AND s.status = 'active' ORDER BY s.area, 3, s.id""",
        [domain.code],
    ).fetchall()
    size = max((r[0] for r in rows), default=-1) + 1
    cells = list(dict.fromkeys((area, zone) for _, area, zone, _, _, _ in rows))
    places = {key: i for i, key in enumerate(cells)}
    metrics = {m.name: i for i, m in enumerate(domain.metrics)}
    cell, kept_out = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    declared = np.zeros((size, len(metrics)), bool)
    interval_s = np.full(size, domain.interval_s)
    leave_out = settings.untrusted == "leave_out"
    for number, area, zone, interval, names, trusted in rows:
        (cell if trusted or not leave_out else kept_out)[number] = places[area, zone]
        if interval > 0:
            interval_s[number] = interval
        for name in names:
            if name in metrics:
                declared[number, metrics[name]] = True
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
                  AND time < {stamp(until_us).as_string(conn)} GROUP BY sensor""",
            [silent.tolist()],
            prepare=False,
        ).fetchall()
        for number, flags in rows:
            found[number] = flags
    return found & counted[:, None]
