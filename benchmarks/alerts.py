"""From the publication of a critical reading to its row in the outbox, with 1,000 rules and 2,000 messages a second.

    python -m benchmarks.alerts [--rate 2000] [--rules 1000] [--sensors 50000] [--probes 100]

A sensor of its own for each probe crosses a critical threshold once; a connection that looks every five milliseconds
notes when the alert's row and its notification can first be seen by others. Beside it run the collector, the engine
with its dispatcher and sender, and a load of messages of 8 metrics that now and then fires an `info`.
"""

from __future__ import annotations

import argparse
import json
import time

import psycopg

from alerts.rules import store
from alerts.rules.model import Levels, Rule, Scope, Threshold
from benchmarks import messages
from benchmarks.live import percentile
from benchmarks.proc import cpu_s, rss_mb, servers_cpu_s
from benchmarks.rig import Rig, rig, table
from city.sensors import Sensor
from infra import sensors

DEPARTMENT = "bench"
#: Metric and the most that the load publishes of it.
MOST = {"flow": 2400, "count": 40, "speed": 70, "occupancy": 100, "queue": 300, "headway": 30}
SETTLE_S = 8.0
EVERY_S = 0.2


def prepare(made: Rig, count: int, rules: int, probes: int) -> None:
    """Sensors, rules, and a department that takes as many messages as it is sent."""
    messages.register(made.postgres.url, count)
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:
        sensors.save(
            conn,
            [
                Sensor(f"P{n}", messages.AREA, "environment", zone=messages.ZONES[0], name=f"P{n}")
                for n in range(probes)
            ],
        )
        conn.execute(
            "INSERT INTO department (code, vi, en, settings) VALUES (%s, 'Đo thử', 'Benchmark', %s)",
            [DEPARTMENT, json.dumps({"storm": 1_000_000})],
        )
        conn.execute(
            "INSERT INTO notice_channel (department, kind, name, address, severity)"
            " VALUES (%s, 'webhook', 'none', 'https://127.0.0.1:9/refused', 'critical')",
            [DEPARTMENT],
        )
        levels = Levels(above=900.0, clear_above=800.0)
        hot = Threshold(metric="pm10", levels=levels)
        store.save(
            conn,
            Rule(code="probe", vi="Đo thử", en="Probe", kind="air_quality", severity="critical", condition=hot,
                 department=DEPARTMENT),
            "bench",
        )  # fmt: skip
        names = list(MOST)
        for n in range(rules - 1):
            metric = names[n % len(names)]
            # One in fifty breaches now and then; the others would have to see more than is ever published.
            level = MOST[metric] * (0.9999 if n % 50 == 0 else 1.05 + n / 1e4)
            store.save(
                conn,
                Rule(
                    code=f"quiet-{n}", vi="Nền", en="Background", kind="congestion", severity="info",
                    condition=Threshold(metric=metric, levels=Levels(above=level)),
                    scope=Scope(zone=() if n % 4 == 0 else (messages.ZONES[n % 4],)),
                    for_s=(0.0, 60.0)[n % 2], late_s=(0.0, 0.0, 30.0)[n % 3],
                ),
                "bench",
            )  # fmt: skip


def probe(made: Rig, probes: int) -> tuple[list[float], list[float]]:
    """Seconds from each probe's publication until its alert, and its notification, can be seen."""
    sent: dict[str, float] = {}
    fired: dict[str, float] = {}
    told: dict[str, float] = {}
    publisher = messages.Publisher(made.mosquitto.url)
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:
        due = time.time()
        while len(told) < probes:
            now = time.time()
            if now >= due and len(sent) < probes:
                due = now + EVERY_S
                name = f"P{len(sent)}"
                body = json.dumps({"ts": int(now * 1000), "values": {"pm10": 950.0}}).encode()
                publisher.send([(f"ioc/v1/{messages.AREA}/environment/{name}/telemetry", body)])
                sent[name] = now
            if now - due > 30:
                raise RuntimeError(f"{probes - len(told)} of {probes} probes are not in the outbox")
            rows = conn.execute(
                "SELECT a.sensor_id, n.notification FROM alert a LEFT JOIN notification_alert n ON n.alert = a.id"
                " WHERE a.rule = 'probe'"
            ).fetchall()
            seen = time.time()
            for name, notification in rows:
                fired.setdefault(name, seen - sent[name])
                if notification is not None:
                    told.setdefault(name, seen - sent[name])
            time.sleep(0.005)
    publisher.close()
    return list(fired.values()), list(told.values())


def _row(what: str, found: list[float]) -> list[str]:
    return [what, f"{len(found):,}", *(f"{1000 * percentile(found, q):.0f}" for q in (0.5, 0.95, 0.99, 1.0))]


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.alerts", description=__doc__.partition("\n")[0])
    ask.add_argument("--rate", type=float, default=2_000, help="messages/s (%(default)s)")
    ask.add_argument("--rules", type=int, default=1_000, help="that are judged (%(default)s)")
    ask.add_argument("--sensors", type=int, default=50_000, help="that take turns (%(default)s)")
    ask.add_argument("--probes", type=int, default=100, help="that cross (%(default)s)")
    given = ask.parse_args()
    with rig() as made:
        prepare(made, given.sensors, given.rules, given.probes)
        ingest = made.ioc("ingest", "run")
        ingest.wait_for("connected to the broker")
        engine = made.ioc("alerts", "run")
        engine.wait_for("judging ")
        seconds = EVERY_S * given.probes
        load = made.load(given.sensors, given.rate, 2 * seconds + 3 * SETTLE_S)
        time.sleep(SETTLE_S)
        begun, before = time.monotonic(), (cpu_s(engine.pid), cpu_s(ingest.pid), *servers_cpu_s(made))
        fired, told = probe(made, given.probes)
        took, after = time.monotonic() - begun, (cpu_s(engine.pid), cpu_s(ingest.pid), *servers_cpu_s(made))
        if load.child.poll() is not None:
            raise RuntimeError(f"the load ended early: {load.text[-500:]}")
        memory = rss_mb(engine.pid)
        with psycopg.connect(made.postgres.url) as conn:
            row = conn.execute("SELECT count(*), (SELECT count(*) FROM alert) FROM flip").fetchone() or (0, 0)
    print(
        table(
            [f"ms from publication, {given.rate:,.0f} messages/s, {given.rules:,} rules", "probes", "p50", "p95", "p99",
             "max"],
            [_row("the alert is a row", fired), _row("its notification is in the outbox", told)],
        )
    )  # fmt: skip
    shares = ", ".join(
        f"{w} {100 * (b - a) / took:.0f} %"
        for w, a, b in zip(("engine", "collector", "PostgreSQL", "mosquitto"), before, after, strict=True)
    )
    print(f"\npromised: at most 1,000 ms. Of a core: {shares}.")
    print(f"Engine: {memory:.0f} MB. {row[0]:,} flips of {row[1]:,} alerts.")


if __name__ == "__main__":
    main()
