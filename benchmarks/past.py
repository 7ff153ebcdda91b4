"""What a replay costs, and how fast it gets: `python -m benchmarks.past [--sensors 500 5000] [--hours 2]`.

Vehicle detectors report 8 metrics every 10 s for some hours, and a client follows what the screen does (map, counts,
figures of all zones over a minute, alerts) at 60 and at 600 times the speed. Processor time of the API while it plays;
the anchor is a bare COPY of the same readings out of the same database, read and thrown away by psycopg.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

import psycopg
from websockets.asyncio.client import connect

from benchmarks.live import TOKEN, start_api
from benchmarks.proc import cpu_s, rss_mb
from benchmarks.rig import Rig, rig, table
from city.sensors import Sensor
from infra import catalog, sensors, settings
from infra.times import SECOND, micros, rfc3339

EVERY_S, METRICS = 10, ("flow", "count", "speed", "occupancy", "queue", "headway", "battery", "signal")
SPEEDS = (60, 600)
#: Seconds of the present that a speed is looked at for.
LOOK_S = 12.0
VIEW = {"west": 105.9, "south": 21.1, "east": 106.5, "north": 21.5, "zoom": 11, "metric": "traffic/speed"}
SUBSCRIPTIONS: tuple[dict[str, Any], ...] = (
    {"topic": "map", "view": VIEW}, {"topic": "counts"}, {"topic": "alerts"},
    {"topic": "aggregates", "filter": {"window": ["1m"], "metric": ["speed", "flow"]}, "max_hz": 2},
)  # fmt: skip


def fill(made: Rig, count: int, begin: datetime, hours: int) -> None:
    """Readings of so many detectors, in the database."""
    zones = [z for z in catalog.load(settings.load()).zones if z.code.isdigit()]
    known = [
        Sensor(f"BG-{n:05}", zone.area, "traffic", zone=zone.code, lat=zone.lat, lon=zone.lon, interval_s=EVERY_S)
        for n, zone in ((n, zones[n % len(zones)]) for n in range(count))
    ]
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:
        sensors.save(conn, known)
        for hour in range(hours):
            conn.execute(
                f"""INSERT INTO reading_traffic (time, sensor, batch, channel, quality, period_s, {", ".join(METRICS)})
                    SELECT %s::timestamptz + (s + id %% {EVERY_S}) * interval '1 second', id, 1, 0, 0, 0,
                           600 + id %% 90, 5, 30 + (id + s) %% 25, 12, 3, 4, 90, -60
                    FROM sensor CROSS JOIN generate_series({hour * 3600}, {hour * 3600 + 3599}, {EVERY_S}) s""",  # nosec B608
                [begin],
            )
        conn.execute("ANALYZE")


def copied(made: Rig, begin: datetime, hours: int) -> tuple[int, float]:
    """Rows of a bare COPY of it all, and its processor seconds here."""
    names = ", ".join(METRICS)
    with psycopg.connect(made.postgres.url) as conn, conn.cursor() as cur:
        row = conn.execute("SELECT count(*) FROM reading_traffic WHERE time >= %s", [begin]).fetchone()
        before = time.process_time()
        with cur.copy(
            f"COPY (SELECT time, sensor, channel, quality, {names} FROM reading_traffic"
            f" WHERE time >= '{begin.isoformat()}') TO STDOUT (FORMAT binary)"  # nosec B608
        ) as copy:
            for _ in copy:
                pass
        return (row[0] if row else 0), time.process_time() - before


async def played(url: str, pid: int, begin: datetime, hours: int, speed: int) -> tuple[float, float, float]:
    """Seconds of the past that went by in one of the present, processor seconds of the API for each hour of the past,
    and its share of a processor."""
    async with connect(url.replace("/live", "/replay"), compression=None, max_size=None, open_timeout=60) as ws:
        await ws.send(json.dumps({"id": 1, "type": "auth", "token": TOKEN}))
        await ws.recv()
        span = {"from": rfc3339(micros(begin)), "to": rfc3339(micros(begin) + hours * 3600 * SECOND)}
        await ws.send(json.dumps({"id": 2, "type": "play", **span, "speed": speed}))
        for number, one in enumerate(SUBSCRIPTIONS, 3):
            await ws.send(json.dumps({"id": number, "type": "subscribe", **one}))
        began_s, began_at, cpu = 0.0, 0.0, 0.0
        while True:
            text = await ws.recv()
            if '"time"' not in str(text)[:40] and '"type":"time"' not in str(text)[:60]:
                continue
            frame = json.loads(text)
            at = datetime.fromisoformat(frame["at"]).timestamp()
            if frame["loading"] or at - begin.timestamp() < speed:
                continue
            if not began_s:
                began_s, began_at, cpu = time.monotonic(), at, cpu_s(pid)
            elif frame["ended"] or time.monotonic() - began_s > LOOK_S:
                real, past, used = time.monotonic() - began_s, at - began_at, cpu_s(pid) - cpu
                return past / real, used * 3600 / past, used / real


def main() -> int:
    """Fill, play, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--hours", type=int, default=2)
    asked = parser.parse_args()
    rows = []
    for count in asked.sensors:
        with rig() as made:
            begin = datetime.fromtimestamp(int(time.time()) // 3600 * 3600 - (asked.hours + 1) * 3600, UTC)
            fill(made, count, begin, asked.hours)
            found, anchor = copied(made, begin, asked.hours)
            each = anchor / asked.hours
            for speed in SPEEDS:
                api, url = start_api(made)
                before = rss_mb(api.pid)
                reached, used, share = asyncio.run(played(url, api.pid, begin, asked.hours, speed))
                rows.append([
                    f"{count:,}", f"{speed}×", f"{reached:.0f}×", f"{100 * share:.0f} %", f"{used:.1f}",
                    f"{used / max(each, 0.01):.0f}", f"{rss_mb(api.pid) - before:.0f}",
                ])  # fmt: skip
                api.stop()
            print(f"{count:,} sensors: {found:,} rows of 8 metrics; COPY alone {each:.2f} s for each hour of them")
    print()
    print(table(
        ("sensors", "asked", "reached", "API, of a processor", "API, s per hour of the past", "times COPY", "MB more"),
        rows,
    ))  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
