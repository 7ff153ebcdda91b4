"""What a rule is checked against: the city's vocabulary, and where there is a database its sensors and readings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray

from alerts.judge.world import World, world
from alerts.rules import directory_store
from alerts.rules.directory import Department, Route
from city.registry import Metric, Registry
from infra import schema
from infra import sensors as sensor_table
from infra.catalog import Catalog
from infra.indices import Index, catalogue
from infra.roster import groups_of, roster

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: The newest reading of each sensor and channel of a (domain, metric): the sensors' numbers, and the values.
Bools = NDArray[np.bool_]
Latest = Callable[[str, str], tuple[Ints, Floats]]

#: What counts as a newest reading.
LATEST_S = 900


@dataclass(frozen=True)
class Known:
    """``departments``, ``routes``, ``world`` and ``latest`` are None where there is no database: nothing is said then
    about what they would tell. ``codes``: rules that there are, but could not be read."""

    catalog: Catalog
    today: date
    indices: Mapping[str, Index] = field(default_factory=lambda: {i.code: i for i in catalogue.judged()})
    departments: Mapping[str, Department] | None = None
    routes: tuple[Route, ...] | None = None
    world: World | None = None
    latest: Latest | None = None
    codes: Collection[str] = frozenset()

    @property
    def registry(self) -> Registry:
        return self.catalog.registry if self.world is None else self.world.registry

    def metrics(self, name: str, domains: Collection[str]) -> dict[str, Metric]:
        """The metric of that name in each of the domains that have it (none given: all)."""
        found = {d.code: d.metric(name) for d in self.registry.domains.values() if not domains or d.code in domains}
        return {code: m for code, m in found.items() if m is not None}


def city_day() -> date:
    """Today, in the city."""
    return (datetime.now(UTC) + timedelta(hours=7)).date()


def of_catalog(catalog: Catalog) -> Known:
    """Without a database."""
    return Known(catalog, city_day())


def of_database(conn: psycopg.Connection, catalog: Catalog) -> Known:
    """With the sensors, departments and newest readings of a database."""
    day = city_day()
    registry = catalog.registry.with_ranges(sensor_table.ranges(conn))
    found = roster(
        sensor_table.load(conn), registry, groups_of(catalog.areas, catalog.zones, day),
        channels=sensor_table.channels(conn), version=sensor_table.version(conn),
    )  # fmt: skip
    return replace(
        of_catalog(catalog),
        departments={d.code: d for d in directory_store.departments(conn)},
        routes=tuple(directory_store.routes(conn)),
        world=world(found, registry, catalog.zones, catalog.sites),
        latest=latest_of(conn, registry),
    )


def latest_of(conn: psycopg.Connection, registry: Registry) -> Latest:
    """The newest readings of the last quarter of an hour, read once a metric."""
    kept: dict[tuple[str, str], tuple[Ints, Floats]] = {}

    def latest(domain: str, metric: str) -> tuple[Ints, Floats]:
        key = (domain, metric)
        if key not in kept:
            there = registry.domains.get(domain)
            if there is None or there.metric(metric) is None:
                return np.empty(0, np.int64), np.empty(0)
            rows = conn.execute(
                f"""SELECT sensor, last({metric}, time)::float8 FROM {schema.table(domain)}
                    WHERE time > now() - make_interval(secs => %s) AND time <= now() AND quality = 0
                      AND {metric} IS NOT NULL GROUP BY sensor, channel""",  # nosec B608
                [LATEST_S],
            ).fetchall()
            table = np.array(rows, np.float64).reshape(-1, 2)
            kept[key] = (table[:, 0].astype(np.int64), table[:, 1])
        return kept[key]

    return latest
