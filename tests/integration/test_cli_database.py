"""The commands that work on a database: migrate, maintain, the sensor registry, one-time links."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import psycopg
import pytest

from infra import cli
from infra.access import links
from infra.servers import Postgres

pytestmark = pytest.mark.servers

SENSORS = """sensor_id,area,domain,name,metrics,tags
TR-1,bac_giang,traffic,Ngã tư Hùng Vương,speed flow,trường-học ưu-tiên
EN-1,viet_yen,environment,Trạm quan trắc,pm2_5,
"""


@pytest.fixture
def ioc(database: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ioc:
    monkeypatch.setenv("IOC_DATABASE_URL", database)
    return Ioc(monkeypatch, capfd)


class Ioc:
    """Calls the program in this process; (exit code, stdout, stderr)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capfd = capfd

    def __call__(self, *args: str) -> tuple[object, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["ioc", *args])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (ended.value.code, *self.capfd.readouterr())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"], ids=["plain", "as spreadsheets save it"])
def test_sensors_are_imported_and_exported(ioc: Ioc, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "sensors.csv"
    path.write_text(SENSORS, encoding=encoding)
    assert ioc("sensors", "import", str(path)) == (
        0, "2 cảm biến, 2 mới hoặc thay đổi / 2 sensors, 2 new or changed\n", "",
    )  # fmt: skip
    code, out, _ = ioc("sensors", "export")
    assert code == 0
    assert "Ngã tư Hùng Vương" in out
    assert "trường-học ưu-tiên" in out
    path.write_text(out, encoding="utf-8")
    assert ioc("sensors", "import", str(path))[1].endswith("2 sensors, 0 new or changed\n")


def test_the_planner_knows_of_many_new_sensors_at_once(ioc: Ioc, database: str, tmp_path: Path) -> None:
    path = tmp_path / "sensors.csv"
    path.write_text("sensor_id,area,domain\n" + "".join(f"T{i},bac_giang,traffic\n" for i in range(1200)))
    assert ioc("sensors", "import", str(path))[0] == 0
    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT reltuples FROM pg_class WHERE relname = 'sensor'").fetchone() == (1200,)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("TR 2,bac_giang,traffic,,,", "line 4: sensor_id"),
        ("TR-2,hanoi,traffic,,,", "line 4: area 'hanoi'"),
        ("TR-2,bac_giang,traffic,,,=cmd()", "line 4: tags '=cmd()'"),
    ],
)
def test_one_wrong_line_imports_nothing(ioc: Ioc, database: str, tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "sensors.csv"
    path.write_text(f"{SENSORS}{line}\n", encoding="utf-8")
    code, _, err = ioc("sensors", "import", str(path))
    assert code == 2
    assert says in err
    assert err.count("\n") == 1
    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT count(*) FROM sensor").fetchone() == (0,)


def test_a_file_that_is_no_text_is_one_sentence(ioc: Ioc, tmp_path: Path) -> None:
    path = tmp_path / "sensors.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0" * 100)
    code, _, err = ioc("sensors", "import", str(path))
    assert code == 2
    assert "is not UTF-8 text" in err


def test_migrating_twice_applies_nothing(ioc: Ioc) -> None:
    assert ioc("db", "migrate")[:2] == (0, "không có gì mới / nothing to apply\n")


def test_a_new_database_is_migrated(ioc: Ioc, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_DATABASE_URL", own_postgres.url)
    code, out, _ = ioc("db", "migrate")
    assert code == 0
    assert "0001" in out


def test_a_link_leaves_only_a_hash_and_maintenance_removes_it(ioc: Ioc, database: str) -> None:
    link = links.link("http://127.0.0.1:1", database)
    code = link.partition("#code=")[2]
    with psycopg.connect(database) as conn:
        rows = conn.execute("SELECT code_hash, used_at FROM one_time_code WHERE expires_at > now()").fetchall()
        assert rows == [(hashlib.sha256(code.encode()).digest(), None)]
        assert "expired codes and sessions removed: 0\n" in ioc("db", "maintain")[1]
        conn.execute("UPDATE one_time_code SET expires_at = now() - interval '1 s'")
        conn.commit()
    assert "expired codes and sessions removed: 1\n" in ioc("db", "maintain")[1]
