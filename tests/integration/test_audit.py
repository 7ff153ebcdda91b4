"""The audit in the database: only added to, in one chain, verified before and after retention."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from infra import audit, cli
from infra.access.who import SERVICE
from infra.audit import chain, read, retention, verify

pytestmark = pytest.mark.servers

LAN = SERVICE._replace(name="lan", account=7, way="password", address="::1")
NASTY = {"a": 1e22, "b": 1e-7, "c": "\x00\ud800'; DROP TABLE audit --", "d": float("nan"), "e": [10**30], "ẽ": "Việt"}


def fill(url: str, rows: int) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        for n in range(rows):
            with conn.transaction():
                audit.record(conn, LAN, "rule.write", f"rule r{n}", before=NASTY, after={"n": n})


def tampered(url: str, statement: str) -> None:
    """As the database's owner could."""
    with psycopg.connect(url) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute(statement)


def verified(url: str, *noted: verify.Mark) -> verify.Found:
    with psycopg.connect(url) as conn:
        return verify.verify(conn, noted)


def test_rows_of_many_writers_are_one_chain(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fill(database, 10), range(4)))
    found = verified(database)
    assert (found.rows, found.faults) == (40, [])


def test_what_is_rolled_back_was_never_there(database: str) -> None:
    with psycopg.connect(database) as conn:
        audit.record(conn, LAN, "rule.write", "rule a")
        conn.rollback()
    fill(database, 2)
    assert verified(database).last is not None
    assert (verified(database).rows, verified(database).faults) == (2, [])


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit", "DELETE FROM audit_anchor"]
)
def test_the_database_only_adds(database: str, statement: str) -> None:
    fill(database, 2)
    with psycopg.connect(database) as conn:
        if "anchor" in statement:
            conn.execute("INSERT INTO audit_anchor VALUES (0, decode(repeat('00', 32), 'hex'), now(), now(), 0)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only added to"):
            conn.execute(statement)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit SET actor = 'minh' WHERE id = 3", "row 3 is not what was written"),
        ("UPDATE audit SET after = '{\"n\": 2}' WHERE id = 3", "row 3 is not what was written"),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE id = 3", "row 3 is not what was written"),
        ("DELETE FROM audit WHERE id = 3", "row 3 is gone"),
        ("DELETE FROM audit WHERE id < 3", "rows 1 to 2 are gone"),
    ],
)
def test_tampering_is_found(database: str, statement: str, says: str) -> None:
    fill(database, 5)
    tampered(database, statement)
    assert any(says in fault for fault in verified(database).faults), verified(database).faults


def test_an_end_that_was_cut_off_is_found_by_what_was_noted(database: str) -> None:
    fill(database, 5)
    end = verified(database).last
    assert end is not None
    tampered(database, "DELETE FROM audit WHERE id = 5")
    assert verified(database).faults == []
    assert "row 5 was noted and is gone" in verified(database, end).faults[0]


def test_the_chain_verifies_after_retention(database: str) -> None:
    fill(database, 6)
    first = verified(database).last
    later = datetime.now(UTC) + timedelta(days=400)
    with psycopg.connect(database, autocommit=True) as conn:
        assert retention.drop(conn, 0, later) is None
        assert retention.drop(conn, 365, datetime.now(UTC)) is None
        assert retention.drop(conn, 365, later) == retention.Removed(1, 6, 6)
        assert [r.entry.action for r in read.listed(conn, read.Wanted(), 9)] == [retention.ACTION]
    found = verified(database, *([first] if first else []))
    assert (found.rows, found.removed) == (1, 6)
    # The clock of this test has not moved on: too early is a fault, whatever the setting was.
    assert [f for f in found.faults if "younger than 90 days" not in f] == []
    assert len(found.faults) == 1


def test_an_anchor_that_nothing_signs_off_is_found(database: str) -> None:
    fill(database, 4)
    with psycopg.connect(database) as conn:
        conn.execute("INSERT INTO audit_anchor SELECT id, hash, now(), at, 2 FROM audit WHERE id = 2")
        conn.execute("DELETE FROM audit WHERE id <= 2")
    assert verified(database).faults == ["rows up to 2 were removed, and no row of the chain signs that off"]


def test_searching(database: str) -> None:
    fill(database, 3)
    with psycopg.connect(database) as conn:
        audit.record(conn, SERVICE, "rules_x", "100% rule", "refused")
        conn.commit()

        def ids(**wanted: object) -> list[int]:
            return [r.entry.id for r in read.listed(conn, read.Wanted(**wanted), 10)]

        assert ids() == [4, 3, 2, 1]
        assert ids(actors=("lan",)) == ids(actions=("rule",)) == ids(subjects=("rule",)) == [3, 2, 1]
        assert ids(actions=("rule.write",), subjects=("rule r1",)) == [2]
        assert ids(subjects=("%",)) == ids(subjects=("rule_",)) == ids(accounts=(8,)) == []
        assert ids(outcomes=("refused",)) == [4]
        assert [r.entry.id for r in read.listed(conn, read.Wanted(), 2, before=3)] == [2, 1]


@pytest.fixture
def ioc(
    database: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str]]:
    monkeypatch.setenv("IOC_DATABASE_URL", database)

    def run(*args: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["ioc", *args])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, "".join(capfd.readouterr())

    return run


def test_the_commands(ioc: Callable[..., tuple[object, str]], database: str) -> None:
    assert ioc("audit", "verify")[0] == 0
    fill(database, 3)
    code, said = ioc("audit", "verify")
    assert code == 0
    mark = said.split("end of the chain: ")[1].split()[0]
    assert ioc("audit", "verify", "--noted", mark)[0] == 0
    assert ioc("audit", "verify", "--noted", "nonsense")[0] == 2
    assert "rule r2" in ioc("audit", "list", "--action", "rule", "--limit", "1")[1]
    assert '"after":{"n":2}' in ioc("audit", "list", "--json", "--limit", "1")[1]
    assert ioc("audit", "list", "--outcome", "x")[0] == 2
    tampered(database, "UPDATE audit SET actor = 'minh' WHERE id = 2")
    code, said = ioc("audit", "verify")
    assert code == 1
    assert "row 2" in said


def test_an_export_has_every_row_and_says_that_it_was_made(
    ioc: Callable[..., tuple[object, str]], database: str, tmp_path: Path
) -> None:
    fill(database, 3)
    file = tmp_path / "audit.jsonl"
    assert ioc("audit", "export", str(file))[0] == 0
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["action"] for row in rows] == ["rule.write"] * 3 + ["audit.export"]
    assert rows[3]["way"] == "command"
    assert rows[3]["actor"].endswith("(ioc)")
    # Whoever has the file can compute the chain anew.
    previous = chain.BEGIN
    for row in rows:
        sides = {s: row[s] and chain.side(row[s]) for s in ("before", "after")}
        entry = {**row, **sides, "at": datetime.fromisoformat(row["at"])}
        previous = chain.follow(previous, chain.Entry(**{f: entry[f] for f in chain.Entry._fields}))
        assert previous.hex() == row["hash"]
    code, said = ioc("audit", "export", "--after", "3", "--to", "2020-01-01")
    assert (code, said.strip()) == (0, "0 dòng / rows")


SENSORS = "sensor_id,area,domain,name\nA1,bac_giang,traffic,{}\nA2,bac_giang,traffic,Hai\n"
RULES = """rules:
  - code: nong
    vi: Nóng
    en: Hot
    kind: air_quality
    severity: warning
    condition: {threshold: {metric: temperature, above: 41, clear: 39}}
"""


def test_commands_that_change_or_take_something_are_recorded(
    ioc: Callable[..., tuple[object, str]], database: str, tmp_path: Path
) -> None:
    sensors, readings, rules = tmp_path / "sensors.csv", tmp_path / "readings.csv", tmp_path / "rules.yaml"
    readings.write_text("time,sensor_id,metric,value\n2026-11-01T00:00:00Z,A1,speed,40\n")
    rules.write_text(RULES)
    seen = 0

    def told(*args: str) -> tuple[str, str, str | None, str | None]:
        nonlocal seen
        code, said = ioc(*args)
        assert code == 0, said
        with psycopg.connect(database) as conn:
            (row,) = read.following(conn, seen, 10)
        seen = row.entry.id
        assert (row.entry.way, row.entry.outcome) == ("command", "done")
        return row.entry.action, row.entry.subject, row.entry.before, row.entry.after

    def nothing(*args: str) -> None:
        assert ioc(*args)[0] == 0
        with psycopg.connect(database) as conn:
            assert read.following(conn, seen, 10) == []

    sensors.write_text(SENSORS.format("Một"))
    action, subject, before, after = told("sensors", "import", str(sensors))
    assert (action, subject, before) == ("sensor.import", f"file {sensors}", "{}")
    sensors.write_text(SENSORS.format("Nhất"))
    _, _, before, after = told("sensors", "import", str(sensors))
    assert (json.loads(before or "")["A1"]["name"], json.loads(after or "")["A1"]["name"]) == ("Một", "Nhất")
    assert list(json.loads(after or "")) == ["A1"], "only what has changed"
    nothing("sensors", "import", str(sensors))
    assert told("sensors", "export")[:2] == ("export.write", "sensors")

    action, _, before, after = told("alerts", "import", str(rules))
    assert (action, before) == ("rule.import", "{}")
    assert json.loads(after or "")["rule nong"]["severity"] == "warning"
    nothing("alerts", "import", str(rules))
    assert told("alerts", "export", "nong")[:2] == ("export.write", "rules")

    action, subject, _, after = told("ingest", "backfill", str(readings))
    assert (action, subject, json.loads(after or "")["stored"]) == ("readings.import", "file readings.csv", 1)
    nothing("ingest", "backfill", str(readings), "--dry-run")
    action, subject, _, after = told("export", str(tmp_path / "out.csv"), "--sensor", "A1")
    assert (action, subject, json.loads(after or "")["sensors"]) == ("export.write", "readings csv", ["A1"])
