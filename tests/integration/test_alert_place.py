"""Where an alert is: at its sensor, at its cabinet's own place, or amid what hangs on that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from ioc_api.alerts import items
from tests.notices import RULES, Office

pytestmark = pytest.mark.servers


def test_a_cabinet_is_where_it_stands_or_amid_its_lamps(database: str, catalog: Catalog) -> None:
    def lamp(n: int, parent: str, lat: float | None) -> Sensor:
        return Sensor(
            f"L{n}", "bac_giang", "lighting", zone="07210", parent=parent, lat=lat, lon=lat and 106.0 + n / 10
        )

    with psycopg.connect(database, autocommit=True) as conn:
        office = Office(conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
        office.know(*RULES)
        own = Sensor("TU-02", "bac_giang", "lighting", zone="07210", lat=21.5, lon=106.5)
        lamps = [lamp(1, "TU-01", 21.2), lamp(2, "TU-01", 21.4), lamp(3, "TU-01", None), lamp(4, "TU-02", 21.0)]
        sensors.save(conn, [own, *lamps, lamp(5, "TU-03", None)])
        for parent in ("TU-01", "TU-02", "TU-03"):
            office.happens("fired", code="cabinet", subject=f"parent/{parent}")
        office.happens("fired", "L4", "dark", parent="TU-02")
        asked = sql.SQL("SELECT subject, lat, lon FROM ({} {} WHERE a.id > %s) x").format(items.SELECT, items.FROM)
        found = {subject: (lat, lon) for subject, lat, lon in conn.execute(asked, [0]).fetchall()}
    assert found["parent/TU-01"] == pytest.approx((21.3, 106.15))
    assert found["parent/TU-02"] == (21.5, 106.5)
    assert found["parent/TU-03"] == (None, None)
    assert found["sensor/L4"] == (21.0, 106.4)
