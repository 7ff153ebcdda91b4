"""A replay of hours whose readings are gone: rollups of a minute stand in for them, and nothing is told too early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest
import structlog

from infra import settings
from infra.catalog import Catalog
from infra.rollup.run import roll
from infra.times import SECOND, micros
from ioc_api.past import source
from ioc_api.past.source import Kept
from tests.past import night

pytestmark = pytest.mark.servers


def test_minutes_stand_in_for_readings_that_are_gone(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        over = night(conn, catalog)
        roll(conn, catalog, settings.load(), micros(datetime.now(UTC)), structlog.get_logger())
        number = {s: n for n, s in conn.execute("SELECT id, sensor_id FROM sensor").fetchall()}
        begin, edge, end = (micros(over.at(m)) for m in (5, 35, 65))
        traffic = catalog.registry.domains["traffic"]
        speed = [m.name for m in traffic.metrics].index("speed")
        parts = list(source.between(conn, traffic, Kept({"traffic": edge}), begin, end, lambda: False))
        rows = [
            (t, v) for p in parts for s, t, v in zip(p.sensor, p.time_us, p.values[:, speed], strict=True)
            if s == number["T1"] and not np.isnan(v)
        ]  # fmt: skip
        rolled = {t: v for t, v in rows if t <= edge}
        assert len(rolled) == 30, "one figure a minute, from after the beginning on"
        for at, value in rolled.items():
            assert at % (60 * SECOND) == 0
            minute = datetime.fromtimestamp(at / SECOND, UTC)
            row = conn.execute(
                """SELECT avg(speed::text::float8) FROM reading_traffic WHERE sensor = %s AND quality = 0
                   AND time >= %s AND time < %s""",
                [number["T1"], minute - timedelta(minutes=1), minute],
            ).fetchone()
            assert row
            assert value == pytest.approx(row[0], rel=1e-5), "the mean of the minute that is over"
        there = conn.execute(
            "SELECT count(*) FROM reading_traffic WHERE sensor = %s AND time > %s AND time <= %s AND speed IS NOT NULL",
            [number["T1"], over.at(35), over.at(65)],
        ).fetchone()
        assert there == (len(rows) - len(rolled),), "and the readings themselves from where they are kept"
