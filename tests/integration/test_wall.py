"""The second wall alone: what the database shows to who sees a part of the city."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from alerts import life
from alerts.notice import edit
from alerts.notice.book import Book, Department, Route
from city.sensors import Sensor
from infra import audit, migrate, sensors
from infra.access import wall
from infra.access.scope import Box, Own, Scope
from infra.access.who import SERVICE
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api.alerts.whom import Whom
from ioc_api.part import Part

SENSORS = [Sensor("T1", "bac_giang", "traffic", zone="07210"), Sensor("E1", "bac_giang", "environment", zone="07210"),
           Sensor("T9", "viet_yen", "traffic")]  # fmt: skip


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database) as conn:
        sensors.save(conn, SENSORS)
        conn.execute("""INSERT INTO reading_traffic (time, sensor, batch, channel, quality, period_s, speed)
                        SELECT now(), id, 1, 0, 0, 60, 40 FROM sensor WHERE domain = 'traffic'""")
        conn.execute("""INSERT INTO alert (rule, rule_version, subject, kind, severity, area, domain, state, condition,
                                           started_at, department)
                        VALUES ('a', 1, 's1', 'noise', 'info', 'bac_giang', 'traffic', 'firing', 'breach', now(), NULL),
                               ('b', 1, 's2', 'noise', 'info', 'viet_yen', 'traffic', 'firing', 'breach', now(),
                                'x')""")
        conn.execute(
            "INSERT INTO flip (alert, at, what, to_state, rule_version, actor)"
            " SELECT id, now(), 'fired', 'firing', 1, 'engine' FROM alert"
        )
        conn.commit()
        yield conn


def _seen(conn: psycopg.Connection, query: str) -> list[object]:
    return [row[0] for row in conn.execute(query)]


def test_only_what_is_in_the_part_is_there(conn: psycopg.Connection, catalog: Catalog) -> None:
    part = Part(Scope(frozenset({Box("bac_giang", None, "traffic")})), catalog)
    assert part.wall is not None
    conn.execute(part.wall)
    assert _seen(conn, "SELECT sensor_id FROM sensor") == ["T1"]
    assert _seen(conn, "SELECT count(*) FROM reading_traffic") == [1]
    assert _seen(conn, "SELECT rule FROM alert") == ["a"]
    assert _seen(conn, "SELECT count(*) FROM flip") == [1]
    conn.rollback()
    assert _seen(conn, "SELECT count(*) FROM reading_traffic") == [2]  # the role ends with the transaction


def test_a_department_sees_its_alerts_wherever_they_are(conn: psycopg.Connection, catalog: Catalog) -> None:
    conn.execute(wall.statement(wall.View(departments=frozenset({"x"}))))
    assert _seen(conn, "SELECT rule FROM alert") == ["b"]
    assert _seen(conn, "SELECT sensor_id FROM sensor") == []


def test_a_route_of_a_ward_shows_that_wards_alerts_by_either_wall(conn: psycopg.Connection, catalog: Catalog) -> None:
    here, other = [z for z in catalog.zones if z.area == "bac_giang"][:2]
    for zone, rule in ((here.code, "here"), (other.code, "other"), (None, "nowhere")):
        conn.execute(
            "INSERT INTO alert (rule, rule_version, subject, kind, severity, area, zone, domain, state, condition,"
            " started_at) VALUES (%s, 1, %s, 'congestion', 'info', 'bac_giang', %s, 'traffic', 'firing', 'breach',"
            " now())", [rule, rule, zone],
        )  # fmt: skip
    departments = {c: Department(c, c, c) for c in ("ward", "all")}
    routes = [Route(1, here.code, None, None, "congestion", None, "ward", "handles"),
              Route(2, None, "bac_giang", None, "congestion", None, "all", "handles")]  # fmt: skip
    whom = Whom("mark", Book(departments, routes, {}, ()))
    for department, expected in (("ward", {"here"}), ("all", {"other", "nowhere"})):
        part = Part(Scope(own=frozenset({Own(department)})), catalog, whom)
        first = sql.SQL("SELECT rule FROM alert a WHERE {}").format(part.alerts())
        assert {row[0] for row in conn.execute(first)} == expected
        with conn.transaction(force_rollback=True):
            conn.execute(wall.statement(part.view))
            assert set(_seen(conn, "SELECT rule FROM alert")) == expected


def test_a_department_sees_sensors_behind_its_alerts_and_of_their_alerts_its_own(
    conn: psycopg.Connection, catalog: Catalog
) -> None:
    conn.execute("DELETE FROM flip; DELETE FROM alert")
    for rule, kind, department, area in (
        ("routed", "congestion", None, "bac_giang"), ("named", "noise", "x", "bac_giang"),
        ("far", "congestion", None, "viet_yen"), ("named-far", "noise", "x", "viet_yen"),
        ("others", "noise", "y", "bac_giang"), ("nobodys", "noise", None, "bac_giang"),
    ):  # fmt: skip
        conn.execute(
            "INSERT INTO alert (rule, rule_version, subject, kind, severity, area, domain, state, condition,"
            " started_at, department) VALUES (%s, 1, %s, %s, 'info', %s, 'traffic', 'firing', 'breach', now(), %s)",
            [rule, rule, kind, area, department],
        )
    for who, department in (("a", "x"), ("b", "y"), ("c", None)):
        matcher = {"domain": ["traffic"], "area": ["bac_giang"], **({"department": [department]} if department else {})}
        conn.execute(
            "INSERT INTO silence (kind, matcher, reason, author, starts_at, ends_at)"
            " VALUES ('silence', %s, 'r', %s, now(), now() + interval '1 day')", [Jsonb(matcher), who],
        )  # fmt: skip
    whom = Whom("mark", Book({c: Department(c, c, c) for c in ("x", "y")},
                             [Route(1, None, None, None, "congestion", None, "x", "informed")], {}, ()))  # fmt: skip
    behind, far = frozenset({Box(a, None, "traffic") for a in ("bac_giang", "viet_yen")}), {"far", "named-far"}
    near = {"routed", "named"}
    operator = frozenset({Box("viet_yen")})
    for scope, alerts, silences in (
        (Scope(own=frozenset({Own("x")}), behind=behind), near | far, {"a", "c"}),
        (Scope(own=frozenset({Own("x", Box("bac_giang"))}), behind=behind), near, {"a", "c"}),
        (Scope(own=frozenset({Own("x", Box("viet_yen", None, "traffic"))}), behind=frozenset()), far, set()),
        (Scope(operator, frozenset({Own("y")}), behind), far | {"others"}, {"b", "c"}),
    ):
        part = Part(scope, catalog, whom)
        first = sql.SQL("SELECT rule FROM alert a WHERE {}").format(part.alerts())
        assert {row[0] for row in conn.execute(first)} == alerts
        with conn.transaction(force_rollback=True):
            conn.execute(wall.statement(part.view))
            assert set(_seen(conn, "SELECT rule FROM alert")) == alerts
            assert set(_seen(conn, "SELECT author FROM silence")) == silences


def test_people_change_what_they_see_and_nothing_else(conn: psycopg.Connection, catalog: Catalog) -> None:
    part = Part(Scope(frozenset({Box("bac_giang")})), catalog)
    numbers = dict(conn.execute("SELECT rule, id FROM alert").fetchall())
    conn.execute(wall.statement(part.view))
    assert life.acknowledge(conn, numbers["a"], None, "an").state == "acknowledged"
    assert sensors.save(conn, [Sensor("T2", "bac_giang", "traffic")]) == 1
    with pytest.raises(life.Refused):
        life.acknowledge(conn, numbers["b"], None, "an")
    for mine in (Sensor("T3", "viet_yen", "traffic"), Sensor("T9", "bac_giang", "traffic")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
            sensors.save(conn, [mine])


@pytest.mark.parametrize(
    "table", ["session", "account", "audit", "api_token", "public.reading_traffic", "journal", "public.department"]
)
def test_other_tables_are_closed(conn: psycopg.Connection, table: str) -> None:
    conn.execute(wall.statement(wall.View()))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(f"SELECT * FROM {table}")


def test_who_is_called_at_a_department_is_seen_where_its_channels_are(conn: psycopg.Connection) -> None:
    people = [{"name": "Lan", "duty": "", "phone": "0204 385 4321", "email": ""}]
    for code in ("mine", "other"):
        conn.execute("INSERT INTO department (code, vi, en, contacts) VALUES (%s, 'a', 'b', %s)", [code, Jsonb(people)])
    columns = {c.name for c in conn.execute("SELECT * FROM department").description or ()}
    query = "SELECT {} FROM department WHERE code IN ('mine', 'other') ORDER BY code"
    for near, expected in (({"mine"}, [people, []]), (set(), [[], []]), ({"mine", "other"}, [people, people])):
        with conn.transaction(force_rollback=True):
            conn.execute(wall.statement(wall.View(near=frozenset(near))))
            assert _seen(conn, query.format("contacts")) == expected
            assert _seen(conn, query.format("vi")) == ["a", "a"], "what is no person's is seen by all"
            kept = edit.department(conn, "other")
            assert kept is not None
            assert {c.name for c in kept.body.contacts} == ({"Lan"} if "other" in near else set())
            assert {c.name for c in conn.execute("SELECT * FROM department").description or ()} == columns
            for change in ("UPDATE department SET vi = 'x'", "INSERT INTO department VALUES ('x', 'x', 'x')"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                    conn.execute(change)
    with conn.transaction(force_rollback=True):
        conn.execute("SET LOCAL ROLE ioc_scoped; SET LOCAL search_path = scoped, public")
        assert _seen(conn, query.format("contacts")) == [[], []]


def test_nothing_is_seen_without_the_settings(conn: psycopg.Connection) -> None:
    conn.execute("SET LOCAL ROLE ioc_scoped; SET LOCAL search_path = scoped, public")
    for table in ("sensor", "reading_traffic", "hour_traffic", "group_hour", "alert", "flip", "notification"):
        assert _seen(conn, f"SELECT 1 FROM {table}") == []


def test_a_connection_that_is_kept_sees_a_part_until_something_else_is_said(
    conn: psycopg.Connection, catalog: Catalog
) -> None:
    for area, expected in (("bac_giang", ["T1"]), ("viet_yen", ["T9"])):
        part = Part(Scope(frozenset({Box(area, None, "traffic")})), catalog)
        assert part.wall_kept is not None
        conn.execute(part.wall_kept)
        conn.commit()
        for _ in range(2):
            assert _seen(conn, "SELECT sensor_id FROM sensor") == expected
            conn.rollback()


def test_sensors_are_joined_and_not_looked_up_row_by_row(conn: psycopg.Connection, catalog: Catalog) -> None:
    conn.execute(wall.statement(Part(Scope(frozenset({Box("bac_giang")})), catalog).view))
    plan = "\n".join(map(str, _seen(conn, "EXPLAIN SELECT * FROM reading_traffic WHERE time > now()")))
    assert "Join" in plan or "Nested Loop" in plan, plan


def test_the_audit_is_added_to_from_behind_the_wall_and_by_no_other_user(conn: psycopg.Connection) -> None:
    owners = conn.execute("""SELECT proname, has_function_privilege('ioc_scoped', oid, 'EXECUTE'),
                                    has_function_privilege('public', oid, 'EXECUTE')
                             FROM pg_proc WHERE prosecdef AND proname LIKE 'audit%' ORDER BY 1""").fetchall()
    assert owners == [("audit_add", True, False), ("audit_tail", True, False)]
    conn.execute(wall.statement(wall.View()))
    audit.record(conn, SERVICE, "rule.write", "rule a")
    conn.execute("RESET ROLE; CREATE ROLE plain_two; SET LOCAL ROLE plain_two")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("SELECT * FROM public.audit_tail()")


def test_a_user_who_may_not_make_the_role_is_told_what_to_do(conn: psycopg.Connection) -> None:
    conn.execute("CREATE ROLE plain_one; SET LOCAL ROLE plain_one")
    with pytest.raises(wall.Unavailable, match="GRANT ioc_scoped TO"):
        wall.ensure(conn)


def test_a_database_user_who_is_no_superuser_can_own_all_of_it(postgres: Postgres, catalog: Catalog) -> None:
    name = f"plain_{os.getpid()}"
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'plain' NOSUPERUSER NOCREATEROLE")
        admin.execute(f"CREATE DATABASE {name} OWNER {name}")
        parts = urlsplit(postgres.url_of(name))
        url = parts._replace(netloc=f"{name}:plain@{parts.netloc.rpartition('@')[2]}").geturl()
        try:
            with psycopg.connect(postgres.url_of(name), autocommit=True) as own:
                own.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
            with pytest.raises(wall.Unavailable, match=f'GRANT ioc_scoped TO "{name}"'):
                migrate.migrate(url, catalog.registry)
            admin.execute(f"GRANT ioc_scoped TO {name}")
            migrate.migrate(url, catalog.registry)
            with psycopg.connect(url) as conn:
                sensors.save(conn, SENSORS)
                conn.execute("""INSERT INTO reading_traffic (time, sensor, batch, channel, quality, period_s, speed)
                                SELECT now(), id, 1, 0, 0, 60, 40 FROM sensor WHERE domain = 'traffic'""")
                conn.commit()
                part = Part(Scope(frozenset({Box("bac_giang", None, "traffic")})), catalog)
                assert part.wall is not None
                conn.execute(part.wall)
                assert _seen(conn, "SELECT sensor_id FROM sensor") == ["T1"]
                assert _seen(conn, "SELECT count(*) FROM reading_traffic") == [1]
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute("SELECT * FROM account")
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.execute(f"DROP ROLE {name}")
