"""Rules in a real database: versions, conflicts, seeding, and the commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from alerts.rules import shipped, store
from alerts.rules.model import Levels, Rule, Threshold
from infra import cli, migrate
from infra.catalog import Catalog

pytestmark = pytest.mark.servers

RULE = Rule(
    code="pm25", vi="PM2.5 cao", en="PM2.5 high", kind="air_quality", severity="warning", for_s=300,
    condition=Threshold(metric="pm2_5", levels=Levels(above=150, clear_above=120)),
)  # fmt: skip
FILE = """\
departments:
  - {code: doi-moi-truong, vi: Đội môi trường, en: Air team}
routes:
  - {kind: air_quality, area: viet_yen, department: doi-moi-truong, role: handles}
rules:
  - code: pm25
    vi: PM2.5 cao
    en: PM2.5 high
    kind: air_quality
    severity: warning
    condition: {threshold: {metric: pm2_5, above: 150, clear: 120}}
    for: 5m
"""


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as found:
        yield found


def changed(**fields: object) -> Rule:
    return msgspec.structs.replace(RULE, **fields)


def test_every_change_is_a_version_and_none_is_lost(conn: psycopg.Connection) -> None:
    before = store.version(conn)
    first = store.save(conn, RULE, "an", "đầu tiên")
    assert (first.version, store.load(conn)) == (1, [first])
    assert store.version(conn) > before
    # What says the same makes no version.
    assert store.save(conn, RULE, "bình").version == 1
    second = store.save(conn, changed(severity="major"), "bình", "nặng hơn")
    assert [(s.rule.version, s.rule.severity, s.changed_by, s.note) for s in store.history(conn, "pm25")] == [
        (2, "major", "bình", "nặng hơn"), (1, "warning", "an", "đầu tiên"),
    ]  # fmt: skip
    assert store.load(conn) == [second]


def test_who_has_seen_an_older_version_is_told_the_newer_one(conn: psycopg.Connection) -> None:
    store.save(conn, RULE, "an")
    store.save(conn, changed(severity="major"), "bình", seen=1)
    with pytest.raises(store.Conflict) as refused:
        store.save(conn, changed(severity="info"), "an", seen=1)
    assert refused.value.current is not None
    assert (refused.value.current.version, refused.value.current.severity) == (2, "major")
    with pytest.raises(store.Conflict):
        store.save(conn, RULE, "an", seen=0)
    assert store.load(conn)[0].severity == "major"


def test_a_deleted_rule_keeps_its_versions_and_can_come_back(conn: psycopg.Connection) -> None:
    store.save(conn, RULE, "an")
    with pytest.raises(store.Conflict):
        store.delete(conn, "pm25", "an", seen=7)
    assert store.delete(conn, "pm25", "an", seen=1)
    assert not store.delete(conn, "pm25", "an")
    assert (store.load(conn), len(store.history(conn, "pm25"))) == ([], 1)
    with pytest.raises(store.Conflict) as refused:
        store.save(conn, RULE, "bình", seen=1)
    assert refused.value.current is None
    assert store.save(conn, RULE, "bình", seen=0).version == 2


def test_a_rule_that_is_set_aside_is_not_judged_until_it_changes(conn: psycopg.Connection) -> None:
    store.save(conn, RULE, "an")
    store.set_aside(conn, [("pm25", 2, "another version"), ("nobody", 1, "x")])
    assert len(store.load(conn)) == 1
    store.set_aside(conn, [("pm25", 1, "ZeroDivisionError")])
    (stored,) = store.stored(conn)
    assert (store.load(conn), stored.set_aside) == ([], "ZeroDivisionError")
    assert store.save(conn, RULE, "an").version == 2
    assert [r.version for r in store.load(conn)] == [2]
    store.set_aside(conn, [("pm25", 2, "again")])
    assert store.resume(conn, "pm25")
    assert len(store.load(conn)) == 1


def test_a_rule_of_another_program_is_shown_and_not_judged(conn: psycopg.Connection) -> None:
    store.save(conn, RULE, "an")
    store.save(conn, changed(code="good"), "an")
    conn.execute("UPDATE rule_version SET body = body || '{\"horoscope\": true}' WHERE code = 'pm25'")
    assert [r.code for r in store.load(conn)] == ["good"]
    found = store.find(conn, "pm25")
    assert found is not None
    assert "horoscope" in (found.set_aside or "")


def test_what_ships_is_put_in_once_and_never_over_the_citys_own(conn: psycopg.Connection) -> None:
    total = len(shipped.contents().rules) + len(shipped.contents().departments) + len(shipped.contents().routes)
    assert shipped.seed(conn) == total
    assert shipped.seed(conn) == 0
    conn.execute("UPDATE department SET vi = 'Sở của tôi', changed_by = 'an' WHERE code = 'so-xd'")
    conn.execute("UPDATE department SET vi = 'cũ' WHERE code = 'so-yte'")
    conn.execute("DELETE FROM route WHERE department = 'so-xd'")
    mine = next(r for r in store.load(conn) if r.code == "los-f")
    store.save(conn, msgspec.structs.replace(mine, for_s=1200), "an")
    store.delete(conn, "los-e", "an")
    # A release earlier this rule said something else; nobody has touched it.
    old = next(r for r in store.load(conn) if r.code == "queue-long")
    store.save(conn, msgspec.structs.replace(old, for_s=1), store.SHIPPED)
    assert shipped.seed(conn) == 2
    now = {r.code: r for r in store.load(conn)}
    assert (now["los-f"].for_s, now["queue-long"].for_s, "los-e" in now) == (1200, old.for_s, False)
    names = dict(conn.execute("SELECT code, vi FROM department").fetchall())
    assert (names["so-xd"], names["so-yte"]) == ("Sở của tôi", "Sở Y tế")
    assert conn.execute("SELECT count(*) FROM route WHERE department = 'so-xd'").fetchone() == (0,)


class Ioc:
    """Calls the program in this process; (exit code, stdout, stderr)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capfd = monkeypatch, capfd

    def __call__(self, *args: str) -> tuple[object, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["ioc", "alerts", *args])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (ended.value.code, *self.capfd.readouterr())


@pytest.fixture
def ioc(database: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ioc:
    monkeypatch.setenv("IOC_DATABASE_URL", database)
    return Ioc(monkeypatch, capfd)


def test_what_is_exported_and_imported_again_is_equal(ioc: Ioc, conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FILE, encoding="utf-8")
    code, out, err = ioc("import", str(path), "--by", "Nguyễn An", "--note", "thử")
    assert (code, err) == (0, ""), err
    assert "1 rule, 1 new or changed; departments and routes: 2 new or changed" in out
    assert store.history(conn, "pm25")[0].changed_by == "Nguyễn An"
    code, text, _ = ioc("export")
    assert code == 0
    path.write_text(text, encoding="utf-8")
    code, out, err = ioc("import", str(path))
    assert (code, "0 new or changed; departments and routes: 0 new" in out) == (0, True), err
    assert ioc("export")[1] == text
    assert ioc("export", "pm25")[1].startswith("rules:\n- code: pm25\n")
    assert "there is no rule pm26" in ioc("export", "pm26")[2]
    listed = ioc("list")[1]
    assert "Nguyễn An" in listed
    assert "river-plt-3" in listed


def test_a_wrong_file_changes_nothing_and_says_where(ioc: Ioc, conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FILE.replace("clear: 120", "clear: 180"), encoding="utf-8")
    code, _, err = ioc("import", str(path))
    assert code == 2
    assert f"{path}:11:63: error [clear_side] pm25" in err
    assert "nothing was imported" in err.splitlines()[-1]
    assert store.find(conn, "pm25") is None
    assert conn.execute("SELECT count(*) FROM department WHERE code = 'doi-moi-truong'").fetchone() == (0,)
    code, out, _ = ioc("check", str(path))
    assert (code, "1 rule, 1 error" in out) == (2, True)
    path.write_text(FILE, encoding="utf-8")
    assert ioc("check", "--strict", str(path))[0] == 0
    assert ioc("import", "--dry-run", str(path))[0] == 0
    assert store.find(conn, "pm25") is None


def test_a_rule_that_would_fire_for_the_whole_city_now_needs_a_second_word(
    ioc: Ioc, conn: psycopg.Connection, tmp_path: Path
) -> None:
    for i in range(6):
        conn.execute(
            "INSERT INTO sensor (sensor_id, area, domain, tags) VALUES (%s, 'viet_yen', 'environment', '{kcn}')",
            [f"S{i}"],
        )
    conn.execute("INSERT INTO reading_environment (time, sensor, channel, quality, batch, period_s, pm2_5) "
                 "SELECT now() - interval '1 minute', id, 0, 0, 1, 0, 400 FROM sensor")  # fmt: skip
    path = tmp_path / "rules.yaml"
    path.write_text(FILE.replace("    for: 5m", "    for: 5m\n    scope: {tag: kcn}"), encoding="utf-8")
    code, _, err = ioc("import", str(path))
    assert code == 2
    assert "[storm]" in err
    assert "--anyway" in err.splitlines()[-1]
    assert ioc("import", "--anyway", str(path))[0] == 0
    assert [r.version for r in store.load(conn) if r.code == "pm25"] == [1]


def test_without_a_database_it_is_checked_against_what_ships(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("IOC_DATABASE_URL", raising=False)
    ioc = Ioc(monkeypatch, capfd)
    path = tmp_path / "rules.yaml"
    path.write_text(FILE, encoding="utf-8")
    assert ioc("check", str(path))[0] == 0
    monkeypatch.setenv("IOC_DATABASE_URL", "postgresql://ioc:x@127.0.0.1:1/ioc")
    code, _, err = ioc("check", str(path))
    assert (code, "without the database" in err) == (0, True)
    text = ioc("export", "--defaults")[1]
    path.write_text(text, encoding="utf-8")
    assert ioc("check", "--offline", str(path))[0] == 0
    path.write_bytes(b"\xff\xfe" * 9)
    assert "is not UTF-8 text" in ioc("check", str(path))[2]


def test_a_database_that_is_not_migrated_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], database: str, tmp_path: Path, catalog: Catalog
) -> None:
    assert migrate.migrate(database, catalog.registry) == []
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("ALTER TABLE rule RENAME TO rule_gone")
    monkeypatch.setenv("IOC_DATABASE_URL", database)
    path = tmp_path / "rules.yaml"
    path.write_text(FILE, encoding="utf-8")
    code, _, err = Ioc(monkeypatch, capfd)("import", str(path))
    assert code == 1
    assert "ioc db migrate" in err
