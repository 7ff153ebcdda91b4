"""Early warning of attacks: from what was refused to an alert for those who look after information security."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from alerts.rules import shipped
from infra import audit, sensors
from infra.access import accounts, holders, tokens
from infra.access.scope import Box, Own, Scope
from infra.access.secret import digest
from infra.access.who import SERVICE, Grant
from infra.catalog import Catalog
from infra.devices.events import Book
from infra.devices.watch import Fact
from infra.indices import City
from infra.roster import groups_of, roster
from infra.security import signs
from infra.servers import Installation, Postgres
from infra.times import SECOND
from ioc_api.alerts.whom import Routes
from ioc_api.part import Part
from tests.fix_alerts import SENSORS, ask
from tests.fix_servers import fresh_database, running_mosquitto, services
from tests.service import Service, until

pytestmark = pytest.mark.servers

#: Who looks after information security, by the routes that ship.
HANDLE = ("cong-an-tinh", "so-khcn")
OUTSIDER = SERVICE._replace(name="lan", way="password", address="198.51.100.7")


def refuse(conn: psycopg.Connection, times: int, action: str = "session.open", address: str = "198.51.100.7") -> None:
    for _ in range(times):
        with conn.transaction():
            audit.record(conn, OUTSIDER._replace(address=address), action, "account lan", "refused")


def told(conn: psycopg.Connection, *facts: tuple[str, str | None, str]) -> None:
    now = datetime.now(UTC)
    Book().write(conn, [Fact(kind, now, sensor, address=address) for kind, sensor, address in facts])


def used(conn: psycopg.Connection, token: str, address: str) -> None:
    values = {"hash": digest(token), "idle": 0, "address": address}
    conn.execute(holders.TOKEN, values).fetchone()


def unknown(conn: psycopg.Connection, *names: str) -> None:
    for name in names:
        conn.execute(
            """INSERT INTO quarantine_item (received_at, topic, payload, reason, detail, sensor_id, readings, collector)
               VALUES (now(), 't', '', 'unknown_sensor', '', %s, 1, 'ingest-1')""",
            [name],
        )


@dataclass
class Asked:
    """What the signs say, round after round."""

    conn: psycopg.Connection
    city: City

    def now(self, later: timedelta = timedelta()) -> dict[str, dict[str, float | None]]:
        now_us = round((datetime.now(UTC) + later).timestamp() * SECOND)
        out: dict[str, dict[str, float | None]] = {}
        with self.conn.transaction():
            self.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for item in signs.current(self.conn, self.city, now_us):
                subject = item.key.removeprefix(f"{item.index}/")
                if subject != "asked":
                    out.setdefault(item.index.removeprefix("security_"), {})[subject] = item.value
        return out


@pytest.fixture
def asked(database: str, catalog: Catalog) -> Iterator[Asked]:
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS[:2])
        groups = groups_of(catalog.areas, catalog.zones, datetime.now(UTC).date())
        known = roster(sensors.load(conn), catalog.registry, groups, channels={"": 0}, version=1)
        yield Asked(conn, City(catalog, known))


def test_what_was_refused_is_counted_by_address_and_account(asked: Asked) -> None:
    conn = asked.conn
    accounts.create(conn, "lan", "Nguyễn Thị Lan", by="test")
    assert asked.now() == {}
    refuse(conn, 3)
    refuse(conn, 2, address="2001:db8::1")
    refuse(conn, 1, address="2001:db8::ffff")
    refuse(conn, 1, action="device.refused", address="2001:db8::1")  # by the devices' own events
    with conn.transaction():
        audit.record(conn, OUTSIDER, "request.refused", "GET /api/v1/rules", "refused", after={"times": 40})
        audit.record(conn, OUTSIDER, "rule.write", "rule a", "done")
        crowd = {"times": 500, "addresses": 400, "most": {"192.0.2.1": 60, "2001:db8::1": 1, "…": 439}}
        audit.record(conn, OUTSIDER._replace(address=""), "request.refused", "many addresses", "refused", after=crowd)
    assert asked.now() == {
        "refusals_address": {
            "address/198.51.100.7": 43.0,
            "address/2001:db8::/64": 4.0,
            "address/192.0.2.1": 60.0,
        },
        "refusals_account": {"account/lan": 6.0},
        "refusals_total": {"system/requests": 546.0},
    }
    assert asked.now(timedelta(minutes=11)) == {}


def test_devices_and_sensors_that_do_not_belong(asked: Asked) -> None:
    conn = asked.conn
    told(
        conn, ("two_addresses", "E1", "192.0.2.1"), ("denied_topic", "E1", "192.0.2.1"),
        ("denied_subscription", "E1", "192.0.2.1"), ("taken_over", "GONE", "192.0.2.1"),
        ("refused", None, "192.0.2.9"), ("refused_certificate", None, "192.0.2.9"), ("refused", None, ""),
    )  # fmt: skip
    unknown(conn, "X1", "X1", "X2")
    assert asked.now() == {
        "device_elsewhere": {"E1": 1.0},
        "device_topics": {"E1": 2.0},
        "device_taken_over": {"device/GONE": 1.0},
        "device_logins": {"address/192.0.2.9": 2.0, "system/devices": 1.0},
        "unknown_sensors": {"system/sensors": 2.0},
    }
    later = timedelta(minutes=11)
    assert asked.now(later) == {}
    # Whoever was heard of within the day is no news.
    conn.execute("UPDATE quarantine_item SET received_at = received_at + interval '11 minutes' WHERE sensor_id = 'X1'")
    assert asked.now(later + timedelta(minutes=1)) == {}


def test_a_wallboard_hangs_in_one_network(asked: Asked, catalog: Catalog) -> None:
    conn = asked.conn
    token, board = tokens.wallboard(conn, "Sảnh", Grant("wallboard"), catalog, expires_at=None, by="test")
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::1"):
        used(conn, token, address)
    assert asked.now()["wallboard_places"] == {f"wallboard/{board.id}": 1.0}
    used(conn, token, "198.51.100.7")
    assert asked.now()["wallboard_places"] == {f"wallboard/{board.id}": 2.0}
    tokens.revoke(conn, board.id, by="test")
    assert "wallboard_places" not in asked.now()


def test_an_audit_that_was_changed_is_noticed(asked: Asked) -> None:
    conn = asked.conn
    refuse(conn, 5, action="live.refused")

    def faults() -> float | None:
        return asked.now().get("audit_faults", {}).get("system/audit", 0.0)

    def tamper(statement: str) -> None:
        with conn.transaction():
            conn.execute("SET LOCAL session_replication_role = replica")
            conn.execute(statement)

    assert (faults(), faults()) == (0.0, 0.0)
    tamper("UPDATE audit SET actor = 'minh' WHERE id = 3")
    assert faults() == 1.0
    tamper("UPDATE audit SET actor = 'lan' WHERE id = 3")
    assert faults() == 0.0
    tamper("DELETE FROM audit WHERE id = 5")  # a chain that is whole, and shorter
    assert (faults(), faults()) == (1.0, 1.0)
    refuse(conn, 1)
    tamper("INSERT INTO audit_anchor (id, hash, until, removed) SELECT id, hash, at, 4 FROM audit WHERE id = 4;"
           " DELETE FROM audit WHERE id <= 4")  # fmt: skip
    assert faults() == 2.0


@pytest.mark.parametrize(
    ("scope", "subjects"),
    [
        (Scope(own=frozenset({Own("so-khcn")})), {"account/lan", "sensor/E1"}),
        (Scope(own=frozenset({Own("csgt")})), set()),
        (Scope(frozenset({Box("bac_giang")})), {"sensor/E1"}),
    ],
)
def test_it_is_seen_by_whom_it_is_for_and_not_by_an_area(
    asked: Asked, catalog: Catalog, scope: Scope, subjects: set[str]
) -> None:
    conn = asked.conn
    shipped.seed(conn)
    conn.execute(
        """INSERT INTO alert (rule, rule_version, subject, kind, severity, area, zone, domain, state,
                              condition, started_at)
           VALUES ('a', 1, 'account/lan', 'security', 'major', '', NULL, NULL, 'firing', 'breach', now()),
                  ('b', 1, 'sensor/E1', 'security', 'major', 'bac_giang', '07210', 'environment', 'firing', 'breach',
                   now())"""
    )
    part = Part(scope, catalog, Routes().read(conn))
    query = sql.SQL("SELECT a.subject FROM alert a WHERE {}")
    assert {s for (s,) in conn.execute(query.format(part.alerts()))} == subjects
    with conn.transaction():
        assert part.wall is not None
        conn.execute(part.wall)
        assert {s for (s,) in conn.execute("SELECT subject FROM alert")} == subjects


# The real engine


@pytest.fixture(scope="module")
def engine(
    postgres: Postgres, installed: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Callable[[], Service]]]:
    """A database, and what starts an engine on it."""
    logs: Path = tmp_path_factory.mktemp("security")
    with fresh_database(postgres) as url, running_mosquitto(installed) as broker, services(logs) as service:
        with psycopg.connect(url, autocommit=True) as conn:
            sensors.save(conn, SENSORS[:2])
        env = {"IOC_DATABASE_URL": url, "IOC_MQTT_URL": broker.url, "IOC_INDICES_S": "0.5"}
        yield url, lambda: service("alerts", "run", env=env)


def test_attacks_become_alerts_that_are_told_and_end(
    engine: tuple[str, Callable[[], Service]], catalog: Catalog
) -> None:
    url, start = engine
    with psycopg.connect(url, autocommit=True) as conn:
        shipped.seed(conn)
        conn.execute("UPDATE department SET changed_by = 'test', settings = '{\"wait_s\": 0, \"interval_s\": 0}'")
        for department in HANDLE:
            conn.execute(
                "INSERT INTO notice_channel (department, kind, name, address) VALUES (%s, 'email', 'trực', %s)",
                [department, f"mailto:{department}@example.vn"],
            )
        accounts.create(conn, "lan", "Nguyễn Thị Lan", by="test")
        refuse(conn, 40)
        told(conn, ("denied_topic", "E1", "192.0.2.1"), ("two_addresses", "E2", "192.0.2.1"))
        first = start()
        until(lambda: "judging " in first.text or not first.alive(), "the engine judges", 60)

        def states() -> dict[tuple[str, str], str]:
            rows = ask(url, "SELECT rule, subject, state FROM alert WHERE kind = 'security'")
            return {(rule.removeprefix("security-"), subject): state for rule, subject, state in rows}

        wanted = {
            ("refusals-address", "address/198.51.100.7"): "firing",
            ("refusals-account", "account/lan"): "firing",
            ("device-topics", "sensor/E1"): "firing",
            ("device-elsewhere", "sensor/E2"): "firing",
        }
        until(lambda: states() == wanted, "they fire", 60)
        places = ask(url, "SELECT DISTINCT subject, area, zone FROM alert ORDER BY subject")
        assert places == [
            ("account/lan", "", None), ("address/198.51.100.7", "", None), ("sensor/E1", "bac_giang", "07210"),
            ("sensor/E2", "bac_giang", "07210"),
        ]  # fmt: skip
        query = """SELECT DISTINCT n.department, t ->> 'subject', t ->> 'place_vi', t ->> 'measure_en'
            FROM notification n, jsonb_array_elements(n.content -> 'alerts') t ORDER BY 1, 2"""
        until(lambda: len(ask(url, query)) == 8, "both departments are told", 60)
        found = ask(url, query)
        assert [r[0] for r in found] == [d for d in HANDLE for _ in range(4)]
        assert [r[1:3] for r in found[:2]] == [
            ("account/lan", "tài khoản lan"), ("address/198.51.100.7", "địa chỉ mạng 198.51.100.7"),
        ]  # fmt: skip
        assert found[2][3] == "topics that are not the device's"
        for department in HANDLE:
            part = Part(Scope(own=frozenset({Own(department)})), catalog, Routes().read(conn))
            mine = sql.SQL("SELECT a.subject FROM alert a WHERE {}").format(part.alerts())
            assert len(conn.execute(mine).fetchall()) == 4
        first.kill()
        conn.execute(
            "UPDATE device_event SET first_at = first_at - '1 hour'::interval, last_at = last_at - '1 hour'::interval"
        )
        unknown(conn, *(f"X{n}" for n in range(6)))
        start()
        wanted |= {
            ("device-topics", "sensor/E1"): "resolved",
            ("device-elsewhere", "sensor/E2"): "resolved",
            ("unknown-sensors", "system/sensors"): "firing",
        }
        until(lambda: states() == wanted, "they end by themselves, after a kill, and another begins", 60)
