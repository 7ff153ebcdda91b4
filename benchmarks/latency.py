"""From publication to the websocket, commit included, at a steady 2,000 messages a second.

    python -m benchmarks.latency [--rate 2000] [--sensors 1000] [--seconds 20]

`latest`: each reading carries the time of its publication, and is compared with the moment its frame arrives.
`aggregates`: the newest reading that a figure of ten seconds contains, compared likewise. The anchor is a bare paho
subscriber, which gets the same messages straight from the broker.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTMessage

from benchmarks import messages
from benchmarks.live import answer, percentile, seconds, start_api, subscribe
from benchmarks.proc import cpu_s, servers_cpu_s
from benchmarks.rig import Rig, rig, table
from infra import mqtt

SETTLE_S = 4.0


def straight(made: Rig, for_s: float) -> list[float]:
    """Seconds from publication to a bare paho subscriber."""
    found: list[float] = []

    def on_message(_: Client, __: Any, message: MQTTMessage) -> None:
        found.append(time.time() - json.loads(message.payload)["ts"] / 1000)

    client, broker = mqtt.client(made.mosquitto.url, "bench-straight")
    client.on_message = on_message
    client.connect(broker.host, broker.port)
    client.subscribe("ioc/v1/#", qos=1)
    client.loop_start()
    time.sleep(for_s)
    client.disconnect()
    client.loop_stop()
    return found


async def _follow(url: str, topic: str, wanted: dict[str, list[str]], field: str, until: float) -> list[float]:
    """Seconds from the time in ``field`` of each item to its arrival in a delta."""
    found: list[float] = []
    ws = await subscribe(url, topic, wanted, 20)
    while time.time() < until:
        frame = msgspec.json.decode(await ws.recv())
        now = time.time()
        if frame.get("type") == "delta":
            found += [now - seconds(item[field]) for item in frame["items"] if item[field]]
        elif back := answer(frame):
            await ws.send(back)
    await ws.close()
    return found


async def follow(url: str, for_s: float) -> tuple[list[float], list[float]]:
    """What `latest` and `aggregates` say, at the same time."""
    until = time.time() + for_s
    latest, figures = await asyncio.gather(
        _follow(url, "latest", {"metric": ["speed"]}, "time", until),
        _follow(url, "aggregates", {"metric": ["speed"], "window": ["10s"]}, "newest", until),
    )
    return latest, figures


def _row(what: str, found: list[float]) -> list[str]:
    return [what, f"{len(found):,}", *(f"{1000 * percentile(found, q):.0f}" for q in (0.5, 0.95, 0.99, 1.0))]


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__.partition("\n")[0])
    ask.add_argument("--rate", type=float, default=2_000, help="messages/s (%(default)s)")
    ask.add_argument("--sensors", type=int, default=1_000, help="that take turns (%(default)s)")
    ask.add_argument("--seconds", type=float, default=20, help="that are measured (%(default)s)")
    given = ask.parse_args()
    with rig() as made:
        messages.register(made.postgres.url, given.sensors)
        ingest = made.ioc("ingest", "run")
        ingest.wait_for("connected to the broker")
        api, url = start_api(made)
        load = made.load(given.sensors, given.rate, 1.5 * given.seconds + 2 * SETTLE_S)
        time.sleep(SETTLE_S)
        before = (cpu_s(ingest.pid), cpu_s(api.pid), *servers_cpu_s(made))
        latest, figures = asyncio.run(follow(url, given.seconds))
        after = (cpu_s(ingest.pid), cpu_s(api.pid), *servers_cpu_s(made))
        anchor = straight(made, given.seconds / 4)
        if load.child.poll() is not None:
            raise RuntimeError(f"the load ended early: {load.text[-500:]}")
    count = given.rate * given.seconds
    cpu = [1e6 * (b - a) / count for a, b in zip(before, after, strict=True)]
    print(
        table(
            [f"ms from publication, {given.rate:,.0f} messages/s", "readings", "p50", "p95", "p99", "max"],
            [
                _row("broker to a bare paho subscriber", anchor),
                _row("websocket, latest (max_hz 20)", latest),
                _row("websocket, aggregates (newest reading in 10 s)", figures),
            ],
        )
    )
    print(
        "\npromised: p50 at most 150 ms, p99 at most 400 ms, commit included. CPU µs a message: "
        + ", ".join(f"{w} {c:.0f}" for w, c in zip(("collector", "API", "PostgreSQL", "mosquitto"), cpu, strict=True))
    )


if __name__ == "__main__":
    main()
