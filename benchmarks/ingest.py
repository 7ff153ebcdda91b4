"""Draining a session that the broker has kept: the collector beside bare paho and a tutorial's script.

    python -m benchmarks.ingest [--messages 200000] [--sensors 1000] [--rounds 3] [--keep-going]

The same messages wait in two sessions: bare paho receives, acknowledges and drops them, the collector sees them
through to the last committed row. They take turns in going first. Time runs from the first message received.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg

from benchmarks import messages
from benchmarks.proc import cpu_s, servers_cpu_s
from benchmarks.rig import Rig, Service, rig, table, until

FILTER = "ioc/v1/#"


class Drained(NamedTuple):
    """One drain: messages, seconds, and processor seconds of the process, PostgreSQL and mosquitto."""

    messages: int
    seconds: float
    cpu: tuple[float, float, float]

    @property
    def rate(self) -> float:
        return self.messages / self.seconds

    @property
    def micros(self) -> list[float]:
        """Processor µs a message."""
        return [1e6 * c / self.messages for c in self.cpu]


def drain(
    made: Rig, start: Callable[[], Service], end: Callable[[Service], tuple[float, float]], count: int
) -> Drained:
    """Start a process; ``end`` waits for its last message and says when the first and the last one came."""
    servers = servers_cpu_s(made)
    service = start()
    service.wait_for("collecting")
    own = cpu_s(service.pid)  # without what its start took
    first, last = end(service)
    own = cpu_s(service.pid) - own
    postgres, mosquitto = (now - before for now, before in zip(servers_cpu_s(made), servers, strict=True))
    service.stop()
    return Drained(count, last - first, (own, postgres, mosquitto))


def by_collector(made: Rig, count: int) -> Drained:
    """The product: until ``count`` more messages are committed."""
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

        return drain(made, lambda: made.ioc("ingest", "run"), end, count)


def by_anchor(made: Rig, kind: str, topic_filter: str, count: int) -> Drained:
    """Bare paho, or the tutorial's script."""

    def end(service: Service) -> tuple[float, float]:
        service.wait_for("done", 600)
        first, last = service.text.partition("done ")[2].split()[:2]
        return float(first), float(last)

    return drain(made, lambda: _anchor(made, kind, topic_filter, count), end, count)


def _anchor(made: Rig, kind: str, topic_filter: str, count: int) -> Service:
    return made.start("-m", "benchmarks.anchors", kind, f"bench-{kind}", topic_filter, str(count), log=f"{kind}.log")


def sessions(made: Rig) -> None:
    """Make every session once, empty."""
    for kind, topic_filter in (("paho", FILTER), ("tutorial", "tutorial/#")):
        _anchor(made, kind, topic_filter, 0).child.wait(60)
    service = made.ioc("ingest", "run")
    service.wait_for("connected to the broker")
    time.sleep(1)
    service.stop()


def check(made: Rig, count: int) -> None:
    """Nothing was lost, refused or stored twice."""
    with psycopg.connect(made.postgres.url) as conn:
        stored = conn.execute(f"SELECT count(*) FROM reading_{messages.DOMAIN}").fetchone()  # nosec B608
        refused = conn.execute("SELECT count(*) FROM quarantine").fetchone()
    if (stored, refused) != ((count,), (0,)):
        raise RuntimeError(f"{count:,} messages published, {stored} stored, {refused} in quarantine")


def measure(count: int, sensors: int, rounds: int, tutorial: int) -> tuple[list[Drained], list[Drained], Drained]:
    """Drains of bare paho, of the collector, and one of the tutorial's script."""
    paho: list[Drained] = []
    product: list[Drained] = []
    with rig() as made:
        messages.register(made.postgres.url, sensors)
        sessions(made)
        now = time.time_ns() // 1_000_000
        span = -(-count // sensors) * messages.STEP_MS
        for n in range(rounds):
            last = now - (rounds - 1 - n) * span
            messages.publish(made.mosquitto.url, messages.history(count, sensors, last, seed=n))
            for anchor in (True, False) if n % 2 else (False, True):
                if anchor:
                    paho.append(by_anchor(made, "paho", FILTER, count))
                else:
                    product.append(by_collector(made, count))
            print(f"round {n + 1}: bare paho {paho[-1].rate:,.0f}/s, collector {product[-1].rate:,.0f}/s", flush=True)
        check(made, rounds * count)
        few = ((t.replace("ioc/v1", "tutorial"), p) for t, p in messages.history(tutorial, sensors, now))
        messages.publish(made.mosquitto.url, few)
        slow = by_anchor(made, "tutorial", "tutorial/#", tutorial)
    return paho, product, slow


def _row(what: str, drains: list[Drained], anchor: float) -> list[str]:
    rate = statistics.median(d.rate for d in drains)
    cpu = [statistics.median(d.micros[i] for d in drains) for i in range(3)]
    return [what, f"{drains[0].messages:,}", f"{rate:,.0f}", f"{rate / anchor:.2f}", *(f"{c:.1f}" for c in cpu)]


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__.partition("\n")[0])
    ask.add_argument("--messages", type=int, default=200_000, help="in the session (%(default)s)")
    ask.add_argument("--sensors", type=int, default=1_000, help="that take turns (%(default)s)")
    ask.add_argument("--rounds", type=int, default=3, help="the medians of so many are printed (%(default)s)")
    ask.add_argument("--tutorial", type=int, default=5_000, help="messages for the tutorial's script (%(default)s)")
    given = ask.parse_args()
    paho, product, tutorial = measure(given.messages, given.sensors, given.rounds, given.tutorial)
    anchor = statistics.median(d.rate for d in paho)
    print()
    print(
        table(
            ["drain, 8 metrics a message", "messages", "messages/s", "× paho", "CPU µs/msg", "PostgreSQL", "mosquitto"],
            [
                _row("bare paho: receive, acknowledge, drop", paho, anchor),
                _row("collector: … to the last committed row", product, anchor),
                _row("tutorial: INSERT and COMMIT in on_message", [tutorial], anchor),
            ],
        )
    )
    ours = statistics.median(d.rate for d in product)
    print(
        f"\ncollector: {ours / anchor:.2f} × bare paho (promised: 2.0), {ours / tutorial.rate:.0f} × the tutorial's"
        f" script (promised: 25; its rate is that of {tutorial.messages:,} messages)"
    )


if __name__ == "__main__":
    main()
