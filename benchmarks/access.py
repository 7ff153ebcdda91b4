"""What access costs: the API with HTTPS, people's tokens and both walls, against plain HTTP and the administrator's.

    python -m benchmarks.access [--sensors 2000] [--seconds 1] [--rounds 5]

The questions of a screen, asked over connections that are kept, of the same API on the same database, in turn.
Whoever asks behind the walls may see both areas by name, so that every answer is the same, but the database is asked
as the role ioc_scoped and each filter has to look. Between the two: the walls without HTTPS.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from threading import Thread
from typing import NamedTuple

import psycopg
import structlog

from benchmarks.history import fill
from benchmarks.live import TOKEN
from benchmarks.proc import cpu_s, servers_cpu_s
from benchmarks.rig import Rig, rig, table, until
from city.sensors import Sensor
from infra import catalog, sensors, settings
from infra.access import accounts, granting, tokens
from infra.access.who import Grant
from infra.catalog import Catalog
from infra.devices.authority import Authority
from infra.rollup.run import roll
from infra.times import rfc3339

#: Connections at a time, each of an account of its own.
TOGETHER = 2
ZONE = "07210"


class Side(NamedTuple):
    """One of the two: where it listens, and what each connection shows."""

    name: str
    host: str
    tls: ssl.SSLContext | None
    pid: int
    shown: list[str]

    def connect(self) -> http.client.HTTPConnection:
        if self.tls is None:
            return http.client.HTTPConnection(self.host, timeout=60)
        return http.client.HTTPSConnection(self.host, timeout=60, context=self.tls)


def seed(conn: psycopg.Connection, city: Catalog, count: int) -> dict[str, str]:
    """Sensors of both areas, an hour of readings, alerts; returns the questions by name."""
    zones = city.zones
    sensors.save(conn, [Sensor(f"S{i}", zones[i % len(zones)].area, "traffic", zone=zones[i % len(zones)].code)
                        for i in range(count)])  # fmt: skip
    now_us = time.time_ns() // 1000
    fill(conn, city.registry.domains["traffic"], now_us - 7_200_000_000, now_us, 60)
    roll(conn, city, settings.load(), now_us, structlog.get_logger())
    conn.execute("INSERT INTO sensor_quality (sensor, at, score, trusted) SELECT id, now(), 90, true FROM sensor")
    conn.execute(
        """INSERT INTO alert (rule, rule_version, subject, kind, severity, area, zone, domain, sensor_id, state,
                              condition, started_at, fired_at)
           SELECT 'r', 1, 'sensor/' || sensor_id, 'congestion', 'warning', area, zone, domain, sensor_id, 'firing',
                  'breach', now(), now() FROM sensor ORDER BY id LIMIT 300"""
    )
    conn.execute("""INSERT INTO flip (alert, at, what, to_state, rule_version, actor)
                    SELECT id, now(), 'fired', 'firing', 1, 'engine' FROM alert""")
    since = rfc3339(now_us - 3_600_000_000)
    return {
        "sensors": "sensors?limit=100",
        "aggregates": "aggregates?area=bac_giang&limit=200",
        "latest of a zone": f"latest?zone={ZONE}",
        "alerts": "alerts?limit=50",
        "one alert": "alerts/17",
        "history, a sensor": f"observations?sensor=S0&metric=speed&from={since}",
        "history, a zone": f"observations?zone={ZONE}&of=whole&metric=speed&step=1m&layout=series&from={since}",
        "quality": "quality?limit=100",
        "silences": "silences",
        "zones": "zones",
    }


def people(conn: psycopg.Connection, city: Catalog) -> list[str]:
    """Tokens of accounts that may see both areas, by name."""
    grant = Grant("operator", areas=tuple(sorted(city.area_codes)))
    found = []
    for number in range(TOGETHER):
        account = accounts.create(conn, f"operator{number}", "Operator", by="benchmark")
        granting.give(conn, account.id, grant, city, by="benchmark")
        ends = datetime.now(UTC) + timedelta(days=1)
        text, _ = tokens.create(conn, account.id, "benchmark", [grant], city, expires_at=ends, by="benchmark")
        found.append(text)
    return found


def start(made: Rig, name: str, *, tls: bool) -> tuple[str, ssl.SSLContext | None, int]:
    """Start an API of its own; where it listens, and its process."""
    env = {"IOC_API_TOKEN": TOKEN, "IOC_HTTP_PORT": "0", "IOC_LOG_FORMAT": "json"}
    context = None
    if tls:
        authority = Authority(made.folder / "ca")
        authority.make()
        signed = authority.server(["localhost", "127.0.0.1"])
        cert, key = made.folder / "api.pem", made.folder / "api.key"
        cert.write_bytes(signed.certificate)
        key.write_bytes(signed.key)
        env |= {"IOC_TLS_CERT": str(cert), "IOC_TLS_KEY": str(key)}
        context = ssl.create_default_context(cafile=str(authority.certificate_file))
    api = made.start("-m", "infra.cli", "api", "run", log=f"{name}.log", **env)
    api.wait_for("api.listening")
    line = next(x for x in api.text.splitlines() if "api.listening" in x)
    host = re.sub(r"^https?://", "", json.loads(line)["url"])
    side = Side(name, host, context, api.pid, [TOKEN])
    until(
        lambda: _ask(side.connect(), TOKEN, f"latest?zone={ZONE}")[0] == 200, "it has read what there is", every_s=0.5
    )
    return host, context, api.pid


def _ask(connection: http.client.HTTPConnection, shown: str, question: str) -> tuple[int, int]:
    connection.request("GET", f"/api/v1/{question}", headers={"Authorization": f"Bearer {shown}"})
    answer = connection.getresponse()
    return answer.status, len(answer.read())


class Measured(NamedTuple):
    """Requests a second over TOGETHER connections; and ms of a processor that each takes in API and database, which
    says the same and does not mind what else the machine does."""

    rate: float
    cpu_ms: float


def measure(made: Rig, side: Side, question: str, seconds: float) -> Measured:
    """Ask for so long."""
    counts = [0] * TOGETHER
    before = _spent_s(made, side)
    end = time.monotonic() + seconds

    def run(number: int) -> None:
        connection = side.connect()
        while time.monotonic() < end:
            status, _ = _ask(connection, side.shown[number], question)
            if status != 200:
                raise RuntimeError(f"{side.name} answers {status} to {question}")
            counts[number] += 1
        connection.close()

    threads = [Thread(target=run, args=(n,)) for n in range(TOGETHER)]
    begun = time.monotonic()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    took_s = time.monotonic() - begun
    spent = _spent_s(made, side) - before
    return Measured(sum(counts) / took_s, 1000 * spent / sum(counts))


def _spent_s(made: Rig, side: Side) -> float:
    return cpu_s(side.pid) + servers_cpu_s(made)[0]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sensors", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each question, side and round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    city = catalog.load(settings.load())
    with rig() as made:
        with psycopg.connect(made.postgres.url, autocommit=True) as conn:
            questions = seed(conn, city, asked.sensors)
            shown = people(conn, city)
            conn.execute("VACUUM ANALYZE")
        plain, tls = start(made, "plain", tls=False), start(made, "tls", tls=True)
        sides = [
            Side("without", *plain, [TOKEN] * TOGETHER),
            Side("walls", *plain, shown),
            Side("walls and HTTPS", *tls, shown),
        ]
        _same(sides, questions.values())
        found: dict[tuple[str, str], list[Measured]] = {}
        for _ in range(asked.rounds):
            for name, question in questions.items():
                for side in sides:
                    found.setdefault((name, side.name), []).append(measure(made, side, question, asked.seconds))
    for head, of in (("requests a second", lambda m: m.rate), ("requests a CPU second", lambda m: 1000 / m.cpu_ms)):
        print(table([head, *(s.name for s in sides), "kept"], _rows(found, list(questions), sides, of)), end="\n\n")


def _same(sides: Sequence[Side], questions: Iterable[str]) -> None:
    """RuntimeError where the sides are not answered alike."""
    for question in questions:
        sizes = {_ask(s.connect(), s.shown[0], question)[1] for s in sides}
        if max(sizes) > 1.05 * min(sizes):
            raise RuntimeError(f"{question}: answers of {sizes} bytes")


def _rows(
    found: Mapping[tuple[str, str], list[Measured]], names: Sequence[str], sides: Sequence[Side],
    of: Callable[[Measured], float],
) -> list[list[str]]:  # fmt: skip
    """By question the medians of a rate, and that of all questions asked equally often."""
    rows, spent = [], [0.0] * len(sides)
    for name in names:
        rates = [median(map(of, found[name, s.name])) for s in sides]
        spent = [s + 1 / r for s, r in zip(spent, rates, strict=True)]
        rows.append([name, *(f"{r:,.0f}" for r in rates), f"{rates[-1] / rates[0]:.0%}"])
    together = [len(names) / s for s in spent]
    return [*rows, ["all, as often", *(f"{r:,.0f}" for r in together), f"{together[-1] / together[0]:.0%}"]]


if __name__ == "__main__":
    main()
