"""Files into history, on a real database."""

from __future__ import annotations

import csv
import io
import itertools
import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from pyarrow import parquet

from infra.catalog import Catalog
from tests.files import Files, history

pytestmark = pytest.mark.servers

LONG = "time,sensor,metric,value\n"


BROKEN = (
    LONG.encode()
    + b"2025-01-01T00:00:00Z,S1,speed,41.3\n"
    + b"2025-01-01T00:00:01Z,S1,speed,NaN\n"
    + b"2025-01-01T00:00:02Z,S1,speeed,1\n"
    + b'2025-01-01T00:00:03Z,"S1\n",speed,1\n'
    + b"2025-01-01T00:00:04Z,S1,speed,1\0\n"
    + b"2025-01-01T00:00:05Z,S1,speed,\xe9\n"
    + b"2025-01-01T00:00:06Z,S9,speed,1\n"
    + b"2025-01-01T00:00:07Z,S1,speed\n"
    + b"2025-01-01T00:00:08Z,S1,speed,300\n"
    + b"2025-01-01,S1,speed,1\n"
    + b"2099-01-01T00:00:08Z,S1,speed,1\n"
    + b"1999-01-01T00:00:08Z,S1,speed,1\n"
    + b'2025-01-01T00:00:09Z,"S1,speed,1\n'
    + b"2025-01-01T00:00:10Z,S1,speed,\n"
    + b"2025-01-01T00:00:11Z,L1,lamp_on,true\n"
)


def test_bad_lines_are_told_by_their_numbers_and_good_ones_are_in(files: Files) -> None:
    file = files.folder / "report.csv"
    out, err = files.backfill(BROKEN, "--report", str(file), code=1)
    told = [line.split(":")[:2] for line in err.splitlines() if line.startswith("line ")]
    wanted = [
        ("line 3", "bad_value"), ("line 4", "unknown_metric"), ("line 7", "bad_value"), ("line 8", "malformed"),
        ("line 9", "unknown_sensor"), ("line 10", "malformed"), ("line 11", "out_of_range"), ("line 12", "malformed"),
        ("line 13", "future"), ("line 14", "too_old"), ("line 15", "malformed"),
    ]  # fmt: skip
    assert [(a, b.strip()) for a, b in told] == wanted
    assert [(f"line {r['line']}", r["reason"]) for r in csv.DictReader(io.StringIO(file.read_text()))] == wanted
    assert [q[:2] for q in files.quarantine()] == wanted
    by_line = {q[0]: q[2:] for q in files.quarantine()}
    assert by_line["line 8"] == (b"2025-01-01T00:00:05Z,S1,speed,\xe9", "backfill/f.csv", None)
    assert by_line["line 11"] == (b"2025-01-01T00:00:08Z,S1,speed,300", "backfill/f.csv", "S1")
    # A name with a line break around it is a good one; so it was line 5 to 6.
    assert [(o[0].second, o[8]) for o in files.observations()] == [(0, 41.3), (3, 1.0), (11, 1.0)]
    assert "bad lines" in out
    assert files.balance() == (14, 3, 0, 11)


def test_twice_stores_nothing_twice_and_quarantines_nothing_twice(files: Files, catalog: Catalog) -> None:
    data = history(catalog, 500) + "x\n"
    files.backfill(data, code=1)
    before, items = files.observations(), files.quarantine()
    decoded, stored, duplicate, quarantined = files.balance()
    out, _ = files.backfill(data, code=1)
    assert "stored 0;" in out
    assert files.observations() == before
    assert files.quarantine() == items
    assert files.balance() == (2 * decoded, stored, 2 * duplicate + stored + 1, quarantined)


def test_a_wrong_mapping_stores_nothing_before_somebody_says_so(files: Files) -> None:
    data = LONG + "".join(f"2025-01-01T00:00:00.{i:06}Z,Trạm 1,speed,1\n" for i in range(300))
    report = files.folder / "report.csv"
    out, err = files.backfill(data, "--report", str(report), code=2)
    assert "ioc: chưa ghi gì: 300 trong 300 dòng đầu đều hỏng" in err
    assert "[sensors] of --mapping" in err
    assert "280 more bad lines: see" in err
    assert "line 2: unknown_sensor" in err
    assert len(report.read_text().splitlines()) == 301
    assert (out, files.quarantine(), files.balance()) == ("", [], (0, 0, 0, 0))
    assert files.db.execute("SELECT count(*) FROM collector").fetchone() == (0,)
    # A dry run judges all of it all the same, and says what would be.
    out, _ = files.backfill(data, "--dry-run", code=1)
    assert "would quarantine 300" in out
    assert "without --dry-run it would stop: chưa ghi gì" in out
    # Whoever means it gets what a file got before: every line in quarantine, and counted.
    out, err = files.backfill(data, "--keep-going", code=1)
    assert "chưa ghi gì" not in out + err
    assert len(files.quarantine()) == 300
    assert files.balance() == (300, 0, 0, 300)


def test_a_dry_run_says_what_would_be_and_stores_nothing(files: Files) -> None:
    files.backfill(LONG + "2025-01-01T00:00:00Z,S1,speed,41.3\n")
    state = files.observations(), files.quarantine(), files.balance()
    out, err = files.backfill(
        BROKEN + b"2025-01-01T00:00:12Z,N1,speed,1\n", "--dry-run", code=1, IOC_UNKNOWN_SENSORS="register"
    )
    assert "would store 2; " in out
    assert "there already 1;" in out
    assert "line 4: unknown_metric" in err
    assert (files.observations(), files.quarantine(), files.balance()) == state


def test_nothing_is_announced_and_rollups_learn_of_it(files: Files) -> None:
    files.db.execute("UPDATE rollup_state SET closed_until = '2026-01-01Z'")
    files.backfill(
        LONG + "2025-01-01T00:10:00Z,S1,speed,1\n2025-01-01T00:20:00Z,S1,speed,1\n2025-01-01T05:00:00Z,S1,speed,1\n"
    )
    due = files.db.execute("SELECT domain, hour, sensors FROM rollup_due ORDER BY hour").fetchall()
    (number,) = files.db.execute("SELECT id FROM sensor WHERE sensor_id = 'S1'").fetchone() or (0,)
    day = datetime(2025, 1, 1, tzinfo=UTC)
    assert due == [("traffic", day, [number]), ("traffic", day + timedelta(hours=5), [number])]
    assert files.db.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    # No broker was named: there is nobody to announce it to; and no collector is left to be waited for.
    assert files.db.execute("SELECT count(*) FROM collector").fetchone() == (0,)
    assert files.db.execute("SELECT count(*) FROM batch").fetchone() == (1,)


def test_a_foreign_file_by_its_mapping(files: Files) -> None:
    data = (
        "\ufeffTrạm;Ngày giờ;PM2,5;Tốc độ gió;Ghi chú\r\n"
        'Trạm 1;23/11/2025 00:00;12,5;3,6;"một; hai"\r\n'
        "Trạm 1;23/11/2025 01:00;;-;\r\n"
    )
    toml = files.folder / "map.toml"
    toml.write_text(
        'utc_offset = "+07:00"\ndecimal_comma = true\ntime_format = "%d/%m/%Y %H:%M"\nignore = ["Ghi chú"]\n'
        '[columns]\nsensor = "Trạm"\ntime = "Ngày giờ"\n"metric.pm2_5" = "PM2,5"\n"metric.wind_speed" = "Tốc độ gió"\n'
        '[sensors]\n"Trạm 1" = "-E1"\n[scale]\nwind_speed = 0.5\n',
        encoding="utf-8",
    )
    _, err = files.backfill(data, "--mapping", str(toml), code=1)
    assert "line 3: bad_value: wind_speed: '-' is no number" in err
    at = datetime(2025, 11, 22, 17, tzinfo=UTC)
    assert [(o[0], o[5], o[8]) for o in files.observations()] == [(at, "pm2_5", 12.5), (at, "wind_speed", 1.8)]
    # The same by options, for one station.
    options = [
        "--sensor", "-E1", "--map", "time=t", "--map", "metric.pm10=PM 10", "--utc-offset=+07:00", "--decimal-comma",
        "--delimiter", "tab", "--scale", "pm10=2", "--ignore", "note",
    ]  # fmt: skip
    files.backfill("t\tPM 10\tnote\n2025-11-23 00:00:00\t7,5\tx\n", *options)
    assert (at, "pm10", 15.0) in [(o[0], o[5], o[8]) for o in files.observations()]


def test_parquet_as_others_write_it(files: Files) -> None:
    path = files.folder / "p.parquet"
    at = datetime(2025, 1, 1, tzinfo=UTC)
    table = pa.table(
        {
            "sensor_id": pa.array(["S1", "S1", "S1", None, "S9"]).dictionary_encode(),
            "time": pa.array([at.replace(tzinfo=None) + timedelta(hours=i) for i in range(5)], pa.timestamp("ns")),
            "speed": pa.array([41.3, None, float("nan"), 1.0, 2.0], pa.float32()),
            "count": pa.array([1, 2, 3, None, None], pa.int32()),
        }
    )
    parquet.write_table(table, path, row_group_size=2)
    _, err = files.ioc("ingest", "backfill", path, "--utc-offset", "+07:00", code=1)
    assert [line.split(": ")[:2] for line in err.splitlines() if line.startswith("line ")] == [
        ["line 3", "bad_value"], ["line 4", "unknown_sensor"], ["line 5", "unknown_sensor"],
    ]  # fmt: skip
    assert [(o[0], o[5], o[8]) for o in files.observations()] == [
        (at - timedelta(hours=7), "count", 1.0), (at - timedelta(hours=7), "speed", 41.3),
        (at - timedelta(hours=6), "count", 2.0), (at - timedelta(hours=5), "count", 3.0),
    ]  # fmt: skip


def test_files_that_are_none(files: Files) -> None:
    good = io.BytesIO()
    parquet.write_table(pa.table({"time": ["2025-01-01T00:00:00Z"], "sensor": ["S1"], "speed": [1.0]}), good)
    for name, data in {
        "empty.csv": b"",
        "blank.csv": b"\n\n\n",
        "half.parquet": good.getvalue()[:-20],
        "none.parquet": b"time,sensor\n",
        "magic.parquet": b"PAR1",
        "noise.csv": bytes(range(256)) * 50,
        "columns.csv": b"a,b\n1,2\n",
        "utf16.csv": LONG.encode("utf-16"),
    }.items():
        _, err = files.backfill(data, name=name, code=2)
        assert err.startswith("ioc: "), name
        assert err.count("\n") == 1, err
    files.ioc("ingest", "backfill", files.folder, code=2)
    files.ioc("ingest", "backfill", files.folder / "absent.csv", code=2)
    files.ioc("ingest", "backfill", files.folder / "empty.csv", "--utc-offset", "7", code=2)
    assert "0 dòng" in files.backfill(LONG, name="header.csv")[0]
    assert files.balance() == (0, 0, 0, 0)


def test_days_far_apart_and_sensors_one_after_the_other(files: Files) -> None:
    days = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=29 * i) for i in range(60)]
    lines = [f"{d.isoformat()},{s},battery,{i}\n" for s in ("S1", "L1") for i, d in enumerate(days)]
    files.backfill(LONG + "".join(lines))
    assert len(files.observations()) == 120


@pytest.mark.slow
def test_killed_in_the_midst_and_begun_again(files: Files) -> None:
    path, n = files.folder / "big.csv", 400_000
    start = datetime(2025, 1, 1, tzinfo=UTC)
    with path.open("w") as f:
        f.write("time,sensor,speed,battery\n")
        for i in range(n):
            bad = i % 50_000 == 7
            f.write(f"{(start + timedelta(seconds=i)).isoformat()},S1,{300 if bad else i % 100},{i % 90}\n")

    def stored() -> int:
        row = files.db.execute("SELECT coalesce(sum(stored), 0) FROM balance_minute").fetchone()
        return int(row[0]) if row else 0

    kills = 0
    for wanted in itertools.count(1):
        with files.start("ingest", "backfill", path) as child:
            while child.poll() is None and stored() < wanted * 2 * n // 4:
                time.sleep(0.01)
            if child.poll() is None and wanted < 4:
                os.kill(child.pid, signal.SIGKILL)
                kills += 1
            child.communicate()
            if child.returncode != -signal.SIGKILL:
                assert child.returncode == 1
                break
    assert kills >= 1
    expected = sum(1 if i % 50_000 == 7 else 2 for i in range(n))
    assert files.db.execute("SELECT count(speed) + count(battery) FROM reading_traffic").fetchone() == (expected,)
    assert stored() == expected
    assert len(files.quarantine()) == n // 50_000
    files.balance()


def test_two_at_a_time(files: Files, catalog: Catalog) -> None:
    children = []
    for name in ("one.csv", "two.csv"):
        path = files.folder / name
        path.write_text(history(catalog, 20_000))
        children.append(files.start("ingest", "backfill", path))
    for child in children:
        out, _ = child.communicate(timeout=100)
        assert child.returncode == 0, out.decode()
    assert files.balance()[1] == len(files.observations())


@pytest.mark.slow
def test_the_connection_is_cut_again_and_again(files: Files) -> None:
    path, n = files.folder / "cut.csv", 200_000
    start = datetime(2025, 1, 1, tzinfo=UTC)
    with path.open("w") as f:
        f.write("time,sensor,speed\n")
        f.writelines(f"{(start + timedelta(seconds=i)).isoformat()},S1,{i % 100}\n" for i in range(n))
        f.write("x,S1,1\n")
    cuts = 0
    with files.start("ingest", "backfill", path) as child:
        while child.poll() is None:
            row = files.db.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name LIKE 'ioc ingest backfill%' AND datname = current_database()"
                " AND state = 'active'"
            ).fetchone()
            cuts += int(row[0]) if row else 0
            time.sleep(0.1 + 0.05 * cuts)
        out, _ = child.communicate()
    assert child.returncode == 1, out.decode()
    assert cuts > 0
    assert files.db.execute("SELECT count(*) FROM observation").fetchone() == (n,)
    assert files.balance() == (n + 1, n, 0, 1)
    assert f"stored {n:,}; " in out.decode()
