"""A city whose readings come from files and go into files."""

from __future__ import annotations

import csv
import io
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from city.columns import QUALITIES
from city.sensors import Sensor
from infra import cli
from infra.catalog import Catalog
from tests.service import clean_environment

SENSORS = [
    Sensor("S1", "bac_giang", "traffic", zone="07210"),
    Sensor("-E1", "viet_yen", "environment"),
    Sensor("L1", "bac_giang", "lighting", status="retired"),
]


class Files:
    """A database, and our program on it."""

    def __init__(
        self, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.url = url
        self.folder = folder
        self.db = psycopg.connect(url, autocommit=True)
        self._monkeypatch = monkeypatch
        self._capfd = capfd

    def beside(self, url: str) -> Files:
        """Another database, for the same program."""
        return Files(url, self.folder, self._monkeypatch, self._capfd)

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
