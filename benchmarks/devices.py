"""What TLS, access lists and the watch over devices cost the collector.

    python -m benchmarks.devices [--messages 100000] [--sensors 1000] [--rounds 3]

The same kind of messages wait in sessions of three brokers, and the product's collector drains them in turns: one
broker without TLS and access list, one with both, and one whose keeper (`ioc devices run`) watches what it refuses
besides. In all of them there are the credentials of as many devices as there are sensors. Time runs from the first
message received to the last committed row.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import secrets
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg

from benchmarks import messages
from benchmarks.ingest import Drained, drain
from benchmarks.rig import Rig, Service, rig, table, until
from infra.access.who import SERVICE
from infra.devices import credentials
from infra.devices.authority import Authority
from infra.devices.broker import Broker
from infra.servers import Devices, Mosquitto, ports

#: Of the rate without: with TLS and access lists at least so much stays.
PROMISED = 0.8
BARE, SAFE, WATCHED = "neither TLS nor access list", "TLS and access list", "… and the watch over devices"


class Variant(Mosquitto):
    """A broker whose services come by TLS, or that has no access list."""

    safe = True
    tls_port = 0

    @property
    def services(self) -> str:
        """Where the collector connects."""
        if not self.safe:
            return self.url
        return f"mqtts://{self.url.partition('://')[2].rpartition(':')[0]}:{self.tls_port}?ca={self.folder}/ca.crt"

    def _configure(self) -> Path:
        conf = super()._configure()
        text = conf.read_text(encoding="utf-8")
        if self.safe:
            self.tls_port = self.tls_port or ports.choose(0, what="the benchmark", option="")
            files = "".join(
                f"{option} {self.folder}/{name}\n"
                for option, name in (("cafile", "ca.crt"), ("certfile", "server.crt"), ("keyfile", "server.key"))
            )
            text = text.replace("persistence true", f"listener {self.tls_port} 127.0.0.1\n{files}\npersistence true")
        else:
            text = text.replace(f"acl_file {self.folder}/acl\n", "")
        conf.write_text(text, encoding="utf-8")
        return conf


@contextlib.contextmanager
def brokers(made: Rig, sensors: int) -> Iterator[dict[str, Variant]]:
    """The three of them."""
    found: dict[str, Variant] = {}
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:
        credentials.add(conn, [messages.name(i) for i in range(sensors)], SERVICE)
        lines = credentials.lines(conn)
    try:
        for n, name in enumerate((BARE, SAFE, WATCHED)):
            broker = Variant(
                made.mosquitto.installed, made.folder / f"mosquitto-{n}", password=secrets.token_hex(16),
                log=made.folder / f"mosquitto-{n}.log", devices=Devices(Authority(made.folder / f"authority-{n}")),
            )  # fmt: skip
            broker.safe = name != BARE
            broker.start()
            found[name] = broker
            kept = Broker(broker.folder, broker.url)
            kept.write(lines, None, ())
            until(kept.reload, "the broker takes its files")
        yield found
    finally:
        for broker in found.values():
            broker.stop()


def by_collector(made: Rig, broker: Variant, count: int) -> Drained:
    """Until ``count`` more messages are committed."""
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:

        def committed() -> tuple[int, float]:
            row = conn.execute(
                "SELECT coalesce(sum(messages), 0), coalesce(extract(epoch FROM min(received_at)), 0) FROM batch"
                " WHERE messages > 0 AND id > %s",
                [before],
            ).fetchone()
            assert row
            return int(row[0]), float(row[1])

        row = conn.execute("SELECT coalesce(max(id), 0) FROM batch").fetchone()
        assert row
        before = row[0]

        def end(_: Service) -> tuple[float, float]:
            until(lambda: committed()[0] >= count, f"{count:,} messages committed", 600)
            return committed()[1], time.time()

        here = dataclasses.replace(made, mosquitto=broker)
        return drain(here, _collector(here, broker), end, count)


@contextlib.contextmanager
def watched(made: Rig, broker: Variant) -> Iterator[None]:
    """With a keeper at work, which has begun to watch."""
    keeper = made.ioc(
        "devices", "run", IOC_MQTT_URL=broker.url, IOC_BROKER_DIR=str(broker.folder), IOC_BROKER_LOG=str(broker.log)
    )
    try:
        until(lambda: any((broker.folder / "added").iterdir()), "the keeper watches")
        time.sleep(1)
        yield
    finally:
        keeper.stop()


def _collector(made: Rig, broker: Variant) -> Callable[[], Service]:
    return lambda: made.ioc("ingest", "run", IOC_MQTT_URL=broker.services)


def measure(count: int, sensors: int, rounds: int) -> Mapping[str, list[Drained]]:
    """Drains of each broker."""
    drains: dict[str, list[Drained]] = {name: [] for name in (BARE, SAFE, WATCHED)}
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(rig())
        made.mosquitto.stop()
        messages.register(made.postgres.url, sensors)
        found = stack.enter_context(brokers(made, sensors))
        for broker in found.values():  # each session is made once, empty
            service = _collector(made, broker)()
            service.wait_for("connected to the broker")
            time.sleep(1)
            service.stop()
        now, turn = time.time_ns() // 1_000_000, 0
        span = -(-count // sensors) * messages.STEP_MS
        for n in range(rounds):
            names = [(BARE, SAFE, WATCHED)[(n + i) % 3] for i in range(3)]
            for name in names:
                last = now - (3 * rounds - 1 - turn) * span
                turn += 1
                messages.publish(found[name].url, messages.history(count, sensors, last, seed=turn))
            for name in names:
                with watched(made, found[name]) if name == WATCHED else contextlib.nullcontext():
                    drains[name].append(by_collector(made, found[name], count))
            said = ", ".join(f"{name}: {d[-1].rate:,.0f}/s" for name, d in drains.items())
            print(f"round {n + 1}: {said}", flush=True)
        with psycopg.connect(made.postgres.url) as conn:
            stored = conn.execute(f"SELECT count(*) FROM reading_{messages.DOMAIN}").fetchone()  # nosec B608
        if stored != (3 * rounds * count,):
            raise RuntimeError(f"{3 * rounds * count:,} messages published, {stored} stored")
    return drains


def main() -> int:
    """Measure and print; 1 where less stays than promised."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.devices", description=__doc__.partition("\n")[0])
    ask.add_argument("--messages", type=int, default=100_000, help="in each session (%(default)s)")
    ask.add_argument("--sensors", type=int, default=1_000, help="that take turns, with credentials (%(default)s)")
    ask.add_argument("--rounds", type=int, default=3, help="the medians of so many are printed (%(default)s)")
    given = ask.parse_args()
    drains = measure(given.messages, given.sensors, given.rounds)
    rates = {name: statistics.median(d.rate for d in found) for name, found in drains.items()}
    # A round's drains lie close together, so their ratios hold where the machine's speed does not.
    kept = {
        name: statistics.median(d.rate / bare.rate for d, bare in zip(found, drains[BARE], strict=True))
        for name, found in drains.items()
    }
    rows = []
    for name, found in drains.items():
        cpu = [statistics.median(d.micros[i] for d in found) for i in range(3)]
        rows.append([name, f"{rates[name]:,.0f}", f"{kept[name]:.2f}", *(f"{c:.1f}" for c in cpu)])
    head = ["collector draining, the broker with", "messages/s", "× bare", "CPU µs/msg", "PostgreSQL", "mosquitto"]
    print()
    print(table(head, rows))
    least = min(kept.values())
    print(f"\nwith everything on {least:.2f} of the rate stays (promised: {PROMISED})")
    return 0 if least >= PROMISED else 1


if __name__ == "__main__":
    raise SystemExit(main())
