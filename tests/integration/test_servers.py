"""The servers start, keep what they hold over a crash, and say clearly what is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infra import mqtt
from infra.errors import Unavailable
from infra.servers import Installation, Mosquitto, Postgres
from tests.fix_servers import freeze, thaw
from tests.proxy import Proxy
from tests.service import until

pytestmark = pytest.mark.servers


def _value(url: str, query: str) -> object:
    with psycopg.connect(url, connect_timeout=30) as conn:
        row = conn.execute(query).fetchone()
        return row[0] if row else None


def test_the_database_is_durable_and_in_utc(database: str) -> None:
    assert _value(database, "SHOW synchronous_commit") == "on"
    assert _value(database, "SHOW fsync") == "on"
    assert _value(database, "SHOW timezone") == "UTC"
    version = str(_value(database, "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"))
    assert tuple(int(n) for n in version.split(".")[:2]) >= (2, 19)


def test_databases_of_tests_are_fresh_and_migrated(database: str) -> None:
    assert _value(database, "SELECT count(*) FROM migration") != 0
    with psycopg.connect(database) as conn:
        conn.execute("CREATE TABLE mine ()")


test_databases_of_tests_are_fresh_again = test_databases_of_tests_are_fresh_and_migrated


def test_a_killed_database_keeps_what_was_committed(own_postgres: Postgres) -> None:
    with psycopg.connect(own_postgres.url) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    port = own_postgres.port
    own_postgres.kill()
    assert not own_postgres.alive()
    assert own_postgres.pid is None
    own_postgres.start()
    assert own_postgres.port == port
    assert _value(own_postgres.url, "SELECT answer FROM kept") == 42


def test_a_frozen_database_answers_after_it_thaws(own_postgres: Postgres) -> None:
    answers: list[object] = []
    with psycopg.connect(own_postgres.url) as conn:
        freeze(own_postgres)

        def ask() -> None:
            row = conn.execute("SELECT 1").fetchone()
            answers.append(row and row[0])

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(0.3)
        assert answers == []
        thaw(own_postgres)
        thread.join(60)
    assert answers == [1]


def test_the_broker_takes_its_user_and_nobody_else(mosquitto: Mosquitto) -> None:
    mqtt.probe(mosquitto.url)
    with pytest.raises(Unavailable):
        mqtt.probe(mosquitto.url.replace(mosquitto.password, "guess"))
    with pytest.raises(Unavailable):
        mqtt.probe(f"mqtt://127.0.0.1:{mosquitto.port}")


def test_the_broker_comes_back_on_its_port(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    mosquitto.kill()
    mosquitto.start()
    assert mosquitto.port == port
    mqtt.probe(mosquitto.url)


def test_a_busy_port_is_said_in_a_sentence(installed: Installation, mosquitto: Mosquitto, tmp_path: Path) -> None:
    second = Mosquitto(installed, tmp_path / "m", password="x", port=mosquitto.port, log=tmp_path / "log")
    with pytest.raises(Unavailable, match=r"port \d+ for the broker is in use.*--mqtt-port"):
        second.start()
    database = Postgres(installed, tmp_path / "p", password="x", port=mosquitto.port, log=tmp_path / "log")
    (tmp_path / "p").mkdir()
    (tmp_path / "p/PG_VERSION").write_text("17\n")
    with pytest.raises(Unavailable, match=r"port \d+ for the database is in use.*--db-port"):
        database.start()


def test_a_folder_of_another_version_is_said_in_a_sentence(installed: Installation, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/PG_VERSION").write_text("15\n")
    server = Postgres(installed, tmp_path / "p", password="x", log=tmp_path / "log")
    with pytest.raises(Unavailable, match=r"made by PostgreSQL 15 and this is 17.*--data"):
        server.start()
    assert not server.alive()


def test_a_folder_with_other_things_is_left_alone(installed: Installation, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/thesis.odt").touch()
    server = Postgres(installed, tmp_path / "p", password="x", log=tmp_path / "log")
    with pytest.raises(Unavailable, match="is not empty and holds no database"):
        server.start()
    assert [f.name for f in (tmp_path / "p").iterdir()] == ["thesis.odt"]


def test_a_proxy_cuts_refuses_and_stalls(database: str, proxy: Callable[[str], Proxy]) -> None:
    between = proxy(database)
    with psycopg.connect(between.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
        between.cut()
        with pytest.raises(psycopg.OperationalError):
            conn.execute("SELECT 1")
    between.refuse()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(between.url, connect_timeout=5)
    between.accept()
    between.stall()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(between.url, connect_timeout=2)
    between.resume()
    assert _value(between.url, "SELECT 1") == 1


def test_a_proxy_cuts_between_commit_and_reply(database: str, proxy: Callable[[str], Proxy]) -> None:
    between = proxy(database)
    between.cut_at(b"COMMIT")
    with psycopg.connect(between.url) as conn:
        conn.execute("CREATE TABLE happened ()")
        with pytest.raises(psycopg.OperationalError):
            conn.commit()
    assert between.cuts_at_needle == 1
    assert _value(database, "SELECT count(*) FROM pg_class WHERE relname = 'happened'") == 1
    between.cut_at(b"COMMIT", forward=False)
    with psycopg.connect(between.url) as conn:
        conn.execute("CREATE TABLE never ()")
        with pytest.raises(psycopg.OperationalError):
            conn.commit()
    until(
        lambda: _value(database, "SELECT count(*) FROM pg_class WHERE relname = 'never'") == 0,
        "the server rolls back what it never got",
    )
