"""What rules are checked against, from the live state: sensors, their newest readings, departments and routes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import psycopg

from alerts.judge.world import world
from alerts.rules import directory_store
from alerts.rules.known import LATEST_S, Floats, Ints, Known, Latest, of_catalog, of_database
from city.decimals import widen
from infra import sensors
from infra.roster import Roster
from infra.times import SECOND, now_us
from ioc_api.live import snapshot
from ioc_api.live.snapshot import Part
from ioc_api.live.topic import Filter
from ioc_api.service import Service


class Now:
    """The live state as it is at a moment. Made in the event loop; ``known`` is asked in a thread."""

    def __init__(self, service: Service) -> None:
        self._catalog = service.catalog
        self._warm = service.intake.warm.is_set()
        self._roster: Roster = service.live.roster
        self._parts = snapshot.take(service.live.latest, Filter.of({})) if self._warm else []

    def known(self, conn: psycopg.Connection) -> Known:
        """With what the database says of departments and ranges; all of it where the live state is not read yet."""
        if not self._warm:
            return of_database(conn, self._catalog)
        registry = self._catalog.registry.with_ranges(sensors.ranges(conn))
        return replace(
            of_catalog(self._catalog),
            departments={d.code: d for d in directory_store.departments(conn)},
            routes=tuple(directory_store.routes(conn)),
            world=world(self._roster, registry, self._catalog.zones, self._catalog.sites),
            latest=_latest({p.domain: p for p in self._parts}, now_us() - LATEST_S * SECOND),
        )


def _latest(parts: dict[str, Part], since_us: int) -> Latest:
    def latest(domain: str, metric: str) -> tuple[Ints, Floats]:
        part = parts.get(domain)
        if part is None or metric not in part.metrics:
            return np.empty(0, np.int64), np.empty(0)
        column = part.metrics.index(metric)
        value = part.value[:, column].copy()
        good = (part.time_us[:, column] >= since_us) & (part.quality[:, column] == 0) & ~np.isnan(value)
        found = value[good]
        return part.sensor[good].astype(np.int64), widen(found) if part.single[column] else found

    return latest
