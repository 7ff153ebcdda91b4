"""Files into history and out again, on a real database."""

from __future__ import annotations

import csv
import io
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from pyarrow import parquet

from city.columns import QUALITIES
from city.sensors import Sensor
from infra import cli, sensors
from infra.catalog import Catalog
from infra.servers import Postgres
from tests.fix_servers import _create
from tests.service import clean_environment, until

pytestmark = pytest.mark.servers

SENSORS = [
    Sensor("S1", "bac_giang", "traffic", zone="07210"),
    Sensor("-E1", "viet_yen", "environment"),
    Sensor("L1", "bac_giang", "lighting", status="retired"),
]
LONG = "time,sensor,metric,value\n"


class City:
    """A database, and our program on it."""

    def __init__(
        self, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.url = url
        self.folder = folder
        self.db = psycopg.connect(url, autocommit=True)
        self._monkeypatch = monkeypatch
        self._capfd = capfd

    def beside(self, url: str) -> City:
        """Another city's database, for the same program."""
        return City(url, self.folder, self._monkeypatch, self._capfd)

    def ioc(self, *args: str | Path, code: int = 0, **env: str) -> tuple[str, str]:
        """(stdout, stderr) of a command, called in this process, that must end with that exit code."""
        with self._monkeypatch.context() as now:
            now.setattr(sys, "argv", ["ioc", *map(str, args)])
            for name, value in {"IOC_DATABASE_URL": self.url, **env}.items():
                now.setenv(name, value)
            self._capfd.readouterr()
            with pytest.raises(SystemExit) as ended:
                cli.main()
        out, err = self._capfd.readouterr()
        assert ended.value.code == code, f"{ended.value.code}\n{out}\n{err}"
        assert "Traceback" not in err
        return out, err

    def start(self, *args: str | Path, **env: str) -> subprocess.Popen[bytes]:
        """The same as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "infra.cli", *map(str, args)],
            env={**clean_environment(), "IOC_DATABASE_URL": self.url, **env},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def backfill(
        self, data: str | bytes, *args: str, code: int = 0, name: str = "f.csv", **env: str
    ) -> tuple[str, str]:
        """Backfill these bytes."""
        path = self.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return self.ioc("ingest", "backfill", path, *args, code=code, **env)

    def observations(self) -> list[tuple[object, ...]]:
        """All readings, but for when they were received."""
        return self.db.execute(
            "SELECT time, area, zone, domain, sensor_id, metric, channel, unit, value, quality FROM observation"
            " ORDER BY time, sensor_id, metric, channel"
        ).fetchall()

    def balance(self) -> tuple[int, ...]:
        """(decoded, stored, duplicate, quarantined) of all; it must add up."""
        row = self.db.execute(
            "SELECT coalesce(sum(decoded), 0), coalesce(sum(stored), 0), coalesce(sum(duplicate), 0),"
            " coalesce(sum(quarantined), 0) FROM balance_minute"
        ).fetchone()
        assert row is not None
        found = tuple(int(n) for n in row)
        assert found[0] == sum(found[1:])
        return found

    def quarantine(self) -> list[tuple[object, ...]]:
        """(detail up to the second colon, reason, payload) of all items."""
        rows = self.db.execute(
            "SELECT detail, reason, payload, topic, sensor_id FROM quarantine ORDER BY id"
        ).fetchall()
        return [(d.split(":")[0], reason, bytes(payload), topic, who) for d, reason, payload, topic, who in rows]


@pytest.fixture
def city(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[City]:
    made = City(database, tmp_path, monkeypatch, capfd)
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
    yield made
    made.db.close()


@pytest.fixture
def other(postgres: Postgres, city: City) -> Iterator[City]:
    """An empty database beside the city's, with the same sensors."""
    name = "other_" + city.url.rsplit("/", 1)[-1].split("?")[0]
    _create(postgres, f"CREATE DATABASE {name} TEMPLATE template_ioc")
    made = city.beside(postgres.url_of(name))
    sensors.save(made.db, SENSORS)
    yield made
    made.db.close()
    _create(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def history(catalog: Catalog, n: int) -> str:
    """n lines of all domains: every metric, quality, channels, periods, microseconds, counters of many digits."""
    rng = random.Random(7)
    at = datetime(2025, 3, 1, tzinfo=UTC)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("time", "sensor", "metric", "channel", "value", "quality", "period_s"))
    for i in range(n):
        sensor = SENSORS[i % 3]
        domain = catalog.registry.domains[sensor.domain]
        m = rng.choice(domain.metrics)
        value = rng.choice([m.low, m.high, rng.uniform(m.low, m.high), round(rng.uniform(m.low, m.high), 1)])
        when = at + timedelta(microseconds=rng.choice([0, 1, 250_000, 999_999]), minutes=rng.randrange(60 * 24 * 90))
        period = rng.choice(["", "60", "0.1"]) if m.kind == "delta" else ""
        writer.writerow(
            (when.isoformat(), sensor.sensor_id, m.name, rng.choice(["", "", "-1", "L1"]), repr(value),
             rng.choice(["", *QUALITIES]), period)
        )  # fmt: skip
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_exported_and_imported_again_is_equal(city: City, other: City, catalog: Catalog, form: str) -> None:
    city.backfill(history(catalog, 3000))
    assert len(city.observations()) > 2900
    file, again = city.folder / f"out.{form}", city.folder / f"again.{form}"
    _, said = city.ioc("export", file)
    assert "written" in said
    other.ioc("ingest", "backfill", file)
    assert other.observations() == city.observations()
    for table in ("traffic", "environment", "lighting"):  # to the bit, with the periods that the view does not show
        query = f"SELECT s.sensor_id, c.name, to_jsonb(r) - '{{sensor,batch,channel}}'::text[] FROM reading_{table} r"
        query += " JOIN sensor s ON s.id = r.sensor JOIN channel c ON c.id = r.channel ORDER BY r.time, 1, 2"
        assert other.db.execute(query).fetchall() == city.db.execute(query).fetchall()
    other.ioc("export", again)
    if form == "csv":
        assert again.read_bytes() == file.read_bytes()
    else:
        assert parquet.read_table(again).equals(parquet.read_table(file))
    assert city.balance()[1] == other.balance()[1] == len(city.observations())


def test_an_export_takes_what_is_asked_for(city: City, catalog: Catalog) -> None:
    city.backfill(history(catalog, 600))

    def lines(*args: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(city.ioc("export", *args)[0])))

    everything = lines()
    assert len(everything) == len(city.observations())
    assert {r["domain"] for r in lines("--domain", "lighting")} == {"lighting"}
    assert {r["metric"] for r in lines("--metric", "battery", "--metric", "signal")} == {"battery", "signal"}
    assert {r["sensor"] for r in lines("--sensor", "S1")} == {"S1"} == {r["sensor"] for r in lines("--zone", "07210")}
    some = lines("--from", "2025-04-01", "--to", "2025-04-02T12:00:00Z")
    wanted = [r for r in everything if "2025-03-31T17:00" <= r["time"] < "2025-04-02T12:00"]
    assert some == wanted
    assert some
    # A sensor whose name looks like a formula is harmless in a spreadsheet.
    assert {r["sensor"] for r in everything} == {"S1", "'-E1", "L1"}
    assert {r["channel"] for r in everything} == {"", "'-1", "L1"}
    for wrong in (["--from", "2025"], ["--domain", "x"], ["--sensor", "é"], ["--zone", "0"], ["--metric", "x"],
                  ["--from", "2025-01-02", "--to", "2025-01-01"], ["--format", "doc"], ["a.doc"]):  # fmt: skip
        assert city.ioc("export", *wrong, code=2)[1].startswith("ioc: ")


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


def test_bad_lines_are_told_by_their_numbers_and_good_ones_are_in(city: City) -> None:
    file = city.folder / "report.csv"
    out, err = city.backfill(BROKEN, "--report", str(file), code=1)
    told = [line.split(":")[:2] for line in err.splitlines() if line.startswith("line ")]
    wanted = [
        ("line 3", "bad_value"), ("line 4", "unknown_metric"), ("line 7", "bad_value"), ("line 8", "malformed"),
        ("line 9", "unknown_sensor"), ("line 10", "malformed"), ("line 11", "out_of_range"), ("line 12", "malformed"),
        ("line 13", "future"), ("line 14", "too_old"), ("line 15", "malformed"),
    ]  # fmt: skip
    assert [(a, b.strip()) for a, b in told] == wanted
    assert [(f"line {r['line']}", r["reason"]) for r in csv.DictReader(io.StringIO(file.read_text()))] == wanted
    assert [q[:2] for q in city.quarantine()] == wanted
    by_line = {q[0]: q[2:] for q in city.quarantine()}
    assert by_line["line 8"] == (b"2025-01-01T00:00:05Z,S1,speed,\xe9", "backfill/f.csv", None)
    assert by_line["line 11"] == (b"2025-01-01T00:00:08Z,S1,speed,300", "backfill/f.csv", "S1")
    # A name with a line break around it is a good one; so it was line 5 to 6.
    assert [(o[0].second, o[8]) for o in city.observations()] == [(0, 41.3), (3, 1.0), (11, 1.0)]  # type: ignore[attr-defined]
    assert "bad lines" in out
    assert city.balance() == (14, 3, 0, 11)


def test_twice_stores_nothing_twice_and_quarantines_nothing_twice(city: City, catalog: Catalog) -> None:
    data = history(catalog, 500) + "x\n"
    city.backfill(data, code=1)
    before, items = city.observations(), city.quarantine()
    decoded, stored, duplicate, quarantined = city.balance()
    out, _ = city.backfill(data, code=1)
    assert "stored 0;" in out
    assert city.observations() == before
    assert city.quarantine() == items
    assert city.balance() == (2 * decoded, stored, 2 * duplicate + stored + 1, quarantined)


def test_a_dry_run_says_what_would_be_and_stores_nothing(city: City) -> None:
    city.backfill(LONG + "2025-01-01T00:00:00Z,S1,speed,41.3\n")
    state = city.observations(), city.quarantine(), city.balance()
    out, err = city.backfill(
        BROKEN + b"2025-01-01T00:00:12Z,N1,speed,1\n", "--dry-run", code=1, IOC_UNKNOWN_SENSORS="register"
    )
    assert "would store 2; " in out
    assert "there already 1;" in out
    assert "line 4: unknown_metric" in err
    assert (city.observations(), city.quarantine(), city.balance()) == state


def test_nothing_is_announced_and_rollups_learn_of_it(city: City) -> None:
    city.db.execute("UPDATE rollup_state SET closed_until = '2026-01-01Z'")
    city.backfill(
        LONG + "2025-01-01T00:10:00Z,S1,speed,1\n2025-01-01T00:20:00Z,S1,speed,1\n2025-01-01T05:00:00Z,S1,speed,1\n"
    )
    due = city.db.execute("SELECT domain, hour, sensors FROM rollup_due ORDER BY hour").fetchall()
    (number,) = city.db.execute("SELECT id FROM sensor WHERE sensor_id = 'S1'").fetchone() or (0,)
    day = datetime(2025, 1, 1, tzinfo=UTC)
    assert due == [("traffic", day, [number]), ("traffic", day + timedelta(hours=5), [number])]
    assert city.db.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    # No broker was named: there is nobody to announce it to; and no collector is left to be waited for.
    assert city.db.execute("SELECT count(*) FROM collector").fetchone() == (0,)
    assert city.db.execute("SELECT count(*) FROM batch").fetchone() == (1,)


def test_a_foreign_file_by_its_mapping(city: City) -> None:
    data = (
        "\ufeffTrạm;Ngày giờ;PM2,5;Tốc độ gió;Ghi chú\r\n"
        'Trạm 1;23/11/2025 00:00;12,5;3,6;"một; hai"\r\n'
        "Trạm 1;23/11/2025 01:00;;-;\r\n"
    )
    toml = city.folder / "map.toml"
    toml.write_text(
        'utc_offset = "+07:00"\ndecimal_comma = true\ntime_format = "%d/%m/%Y %H:%M"\nignore = ["Ghi chú"]\n'
        '[columns]\nsensor = "Trạm"\ntime = "Ngày giờ"\n"metric.pm2_5" = "PM2,5"\n"metric.wind_speed" = "Tốc độ gió"\n'
        '[sensors]\n"Trạm 1" = "-E1"\n[scale]\nwind_speed = 0.5\n',
        encoding="utf-8",
    )
    _, err = city.backfill(data, "--mapping", str(toml), code=1)
    assert "line 3: bad_value: wind_speed: '-' is no number" in err
    at = datetime(2025, 11, 22, 17, tzinfo=UTC)
    assert [(o[0], o[5], o[8]) for o in city.observations()] == [(at, "pm2_5", 12.5), (at, "wind_speed", 1.8)]
    # The same by options, for one station.
    options = [
        "--sensor", "-E1", "--map", "time=t", "--map", "metric.pm10=PM 10", "--utc-offset=+07:00", "--decimal-comma",
        "--delimiter", "tab", "--scale", "pm10=2", "--ignore", "note",
    ]  # fmt: skip
    city.backfill("t\tPM 10\tnote\n2025-11-23 00:00:00\t7,5\tx\n", *options)
    assert (at, "pm10", 15.0) in [(o[0], o[5], o[8]) for o in city.observations()]


def test_parquet_as_others_write_it(city: City) -> None:
    path = city.folder / "p.parquet"
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
    _, err = city.ioc("ingest", "backfill", path, "--utc-offset", "+07:00", code=1)
    assert [line.split(": ")[:2] for line in err.splitlines() if line.startswith("line ")] == [
        ["line 3", "bad_value"], ["line 4", "unknown_sensor"], ["line 5", "unknown_sensor"],
    ]  # fmt: skip
    assert [(o[0], o[5], o[8]) for o in city.observations()] == [
        (at - timedelta(hours=7), "count", 1.0), (at - timedelta(hours=7), "speed", 41.3),
        (at - timedelta(hours=6), "count", 2.0), (at - timedelta(hours=5), "count", 3.0),
    ]  # fmt: skip


def test_files_that_are_none(city: City) -> None:
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
        _, err = city.backfill(data, name=name, code=2)
        assert err.startswith("ioc: "), name
        assert err.count("\n") == 1, err
    city.ioc("ingest", "backfill", city.folder, code=2)
    city.ioc("ingest", "backfill", city.folder / "absent.csv", code=2)
    city.ioc("ingest", "backfill", city.folder / "empty.csv", "--utc-offset", "7", code=2)
    assert "0 dòng" in city.backfill(LONG, name="header.csv")[0]
    assert city.balance() == (0, 0, 0, 0)


def test_from_one_program_to_the_other(city: City, other: City, catalog: Catalog) -> None:
    city.backfill(history(catalog, 200))
    out, _ = city.ioc("export")
    other.db.execute("TRUNCATE sensor CASCADE")
    with other.start("ingest", "backfill", "-", IOC_UNKNOWN_SENSORS="register") as child:
        said, _ = child.communicate(out.encode(), timeout=100)
    assert child.returncode == 0, said.decode()
    assert [o[3:] for o in other.observations()] == [o[3:] for o in city.observations()]


def test_days_far_apart_and_sensors_one_after_the_other(city: City) -> None:
    days = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=29 * i) for i in range(60)]
    lines = [f"{d.isoformat()},{s},battery,{i}\n" for s in ("S1", "L1") for i, d in enumerate(days)]
    city.backfill(LONG + "".join(lines))
    assert len(city.observations()) == 120


@pytest.mark.slow
def test_killed_in_the_midst_and_begun_again(city: City) -> None:
    path, n = city.folder / "big.csv", 400_000
    start = datetime(2025, 1, 1, tzinfo=UTC)
    with path.open("w") as f:
        f.write("time,sensor,speed,battery\n")
        for i in range(n):
            bad = i % 50_000 == 7
            f.write(f"{(start + timedelta(seconds=i)).isoformat()},S1,{300 if bad else i % 100},{i % 90}\n")

    def stored() -> int:
        row = city.db.execute("SELECT coalesce(sum(stored), 0) FROM balance_minute").fetchone()
        return int(row[0]) if row else 0

    kills = 0
    for wanted in itertools.count(1):
        with city.start("ingest", "backfill", path) as child:
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
    until(lambda: stored() > 0, "something is stored")
    expected = sum(1 if i % 50_000 == 7 else 2 for i in range(n))
    assert city.db.execute("SELECT count(speed) + count(battery) FROM reading_traffic").fetchone() == (expected,)
    assert stored() == expected
    assert len(city.quarantine()) == n // 50_000
    city.balance()


def test_two_at_a_time(city: City, catalog: Catalog) -> None:
    children = []
    for name in ("one.csv", "two.csv"):
        path = city.folder / name
        path.write_text(history(catalog, 20_000))
        children.append(city.start("ingest", "backfill", path))
    for child in children:
        out, _ = child.communicate(timeout=100)
        assert child.returncode == 0, out.decode()
    assert city.balance()[1] == len(city.observations())
