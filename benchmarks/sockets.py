"""A thousand screens on the aggregates, once a second each, and one more that stops reading.

    python -m benchmarks.sockets [--clients 1000] [--seconds 15]

A delta says when its text was made (`at`); what is measured is how long after that it arrives. Memory is that of the
API's process before and after. The anchor is a bare uvicorn that sends a text of the same size.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from benchmarks import messages
from benchmarks.live import answer, percentile, seconds, start_api, subscribe
from benchmarks.proc import cpu_s, rss_mb
from benchmarks.rig import rig, table

#: As the screen has it: the headline figures of all zones, for one window.
FILTER = {"window": ["1m"], "metric": ["flow", "speed", "occupancy"]}
SETTLE_S = 3.0
GONE_WITHIN_S = 40.0


class Watched(NamedTuple):
    """What so many clients saw: delays in seconds, bytes of a frame in the median, KB of memory and CPU µs."""

    delays: list[float]
    frame_bytes: float
    kb_a_connection: float
    cpu_us: float


@dataclass
class Crowd:
    """Clients that note when each delta was made, when it came, and how large it was."""

    seen: list[tuple[float, float, int]] = field(default_factory=list)
    lost: int = 0

    async def follow(self, ws: ClientConnection) -> None:
        """Read to the end of the connection."""
        try:
            async for text in ws:
                now = time.time()
                kind, _, rest = str(text).partition('"type":"')[2].partition('"')
                if kind == "delta":
                    self.seen.append((seconds(rest.partition('"at":"')[2].partition('"')[0]), now, len(text)))
                elif kind == "ping":
                    await ws.send(answer(json.loads(text)) or "")
        except ConnectionClosed:
            pass
        self.lost += 1

    def since(self, begun: float) -> list[tuple[float, float, int]]:
        """What has come since then."""
        return [s for s in self.seen if s[1] >= begun]


@contextlib.asynccontextmanager
async def crowd(url: str, count: int, wanted: Mapping[str, Sequence[str]]) -> AsyncIterator[Crowd]:
    """So many clients, connected over a few seconds."""
    made = Crowd()
    tasks = []
    for n in range(0, count, 25):
        new = await asyncio.gather(*(subscribe(url, "aggregates", wanted, 1) for _ in range(min(25, count - n))))
        tasks += [asyncio.create_task(made.follow(ws)) for ws in new]
        await asyncio.sleep(0.05)
    await asyncio.sleep(SETTLE_S)
    try:
        yield made
        if made.lost:
            raise RuntimeError(f"{made.lost} of {count} clients lost their connection")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def watch(seen: Crowd, pid: int, before_mb: float, count: int, for_s: float) -> Watched:
    """Look on for a while."""
    begun, cpu = time.time(), cpu_s(pid)
    await asyncio.sleep(for_s)
    cpu = cpu_s(pid) - cpu
    found = seen.since(begun)
    if len(found) < 0.8 * count * for_s:
        raise RuntimeError(f"{len(found)} frames came, of about {count * for_s:.0f}")
    delays = [came - made for made, came, _ in found]
    memory = (rss_mb(pid) - before_mb) * 1024 / count
    return Watched(delays, percentile([s[2] for s in found], 0.5), memory, 1e6 * cpu / len(found))


async def with_api(url: str, pid: int, count: int, for_s: float) -> tuple[Watched, Watched, float | None]:
    """The API by itself, beside a client that has stopped reading, and after how many seconds that one was freed."""
    before = rss_mb(pid)
    async with crowd(url, count, FILTER) as seen:
        calm = await watch(seen, pid, before, count, for_s)
        stalled = await subscribe(url, "latest", {}, 20)
        await stalled.recv()
        stalled.transport.pause_reading()
        begun = time.time()
        freed = asyncio.create_task(_freed(url, count, begun))
        beside = await watch(seen, pid, before, count, for_s)
        return calm, beside, await freed


async def with_anchor(url: str, pid: int, count: int, for_s: float) -> Watched:
    """The same crowd at a bare uvicorn."""
    before = rss_mb(pid)
    async with crowd(url, count, {}) as seen:
        return await watch(seen, pid, before, count, for_s)


def _open(url: str) -> int:
    address = url.replace("ws://", "http://").replace("/api/v1/live", "/metrics")
    with urllib.request.urlopen(address, timeout=10) as answer:  # nosec B310
        lines = answer.read().decode().splitlines()
    return int(float(next(x for x in lines if x.startswith("ioc_api_live_clients ")).split()[1]))


async def _freed(url: str, count: int, begun: float) -> float | None:
    """Seconds until the API counts ``count`` connections again; None: it never did."""
    await asyncio.sleep(2)  # it is counted once a second
    while time.time() - begun < GONE_WITHIN_S:
        if await asyncio.to_thread(_open, url) <= count:
            return time.time() - begun
        await asyncio.sleep(0.25)
    return None


def _row(what: str, found: Watched) -> list[str]:
    delays = [1000 * percentile(found.delays, q) for q in (0.5, 0.99, 1.0)]
    return [
        what, f"{len(found.delays):,}", f"{found.frame_bytes:,.0f}", *(f"{d:.0f}" for d in delays),
        f"{found.kb_a_connection:.0f}", f"{found.cpu_us:.0f}",
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.sockets", description=__doc__.partition("\n")[0])
    ask.add_argument("--clients", type=int, default=1_000, help="(%(default)s)")
    ask.add_argument("--seconds", type=float, default=20, help="of each measurement (%(default)s)")
    ask.add_argument("--sensors", type=int, default=500, help="(%(default)s)")
    ask.add_argument("--rate", type=float, default=200, help="messages/s of the sensors (%(default)s)")
    given = ask.parse_args()
    with rig() as made:
        messages.register(made.postgres.url, given.sensors)
        made.ioc("ingest", "run").wait_for("connected to the broker")
        api, url = start_api(made)
        made.load(given.sensors, given.rate, 4 * given.seconds + 120)
        time.sleep(2 * SETTLE_S)
        calm, beside, freed = asyncio.run(with_api(url, api.pid, given.clients, given.seconds))
        api.stop()
        bare = made.start("-m", "benchmarks.bare_socket", str(int(calm.frame_bytes)), log="bare.log")
        bare.wait_for("listening")
        time.sleep(1)
        port = bare.text.split()[1]
        anchor = asyncio.run(with_anchor(f"ws://127.0.0.1:{port}", bare.pid, given.clients, given.seconds))
    print(
        table(
            [
                f"{given.clients:,} clients, 1 Hz", "frames", "bytes", "ms p50", "p99", "max", "KB/connection",
                "CPU µs/frame",
            ],
            [
                _row("bare uvicorn, a text of the same size", anchor),
                _row("API, aggregates", calm),
                _row("API, aggregates, beside a stalled client", beside),
            ],
        )
    )  # fmt: skip
    print(
        "\npromised: p99 at most 500 ms, at most 50 KB a connection, a stalled client freed within 20 s: "
        + ("it was not freed" if freed is None else f"it was freed after {freed:.0f} s")
    )


if __name__ == "__main__":
    main()
