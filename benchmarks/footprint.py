"""Memory at rest, and how long starting takes.

    python -m benchmarks.footprint [--cold]

Memory of one process is what is resident (RSS); of the whole `ioc up` it is the proportional set size (PSS), in which
memory that processes share counts once. ``--cold`` times `make up` in a fresh clone with empty caches as well: it
downloads everything once more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.proc import family, pss_mb, rss_mb
from benchmarks.rig import ROOT, Rig, rig, table, until
from infra.servers import find, process

REST_S = 10.0
#: A process that has loaded what any collector in Python needs, and does nothing.
BARE = "import time, numpy, paho.mqtt.client, psycopg; time.sleep(60)"


def collector_mb(made: Rig) -> tuple[float, float]:
    """Resident MB of a bare process with the same libraries, and of a collector that has nothing to do."""
    bare = made.start("-c", BARE, log="bare.log")
    ours = made.ioc("ingest", "run")
    ours.wait_for("connected to the broker")
    time.sleep(REST_S)
    return rss_mb(bare.pid), rss_mb(ours.pid)


def ready(url: str) -> bool:
    """Whether /readyz answers 200."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # nosec B310
            return bool(answer.status == 200)
    except OSError:
        return False


def start(argv: list[str], data: Path, env: dict[str, str], cwd: Path, within_s: float) -> tuple[Any, float]:
    """Start `ioc up` or `make up`; returns the child and the seconds until it is ready."""
    run = data / "run.json"
    begun = time.monotonic()
    child = process.spawn(argv, log=data.parent / "up.log", env=env, cwd=cwd, dies_by=signal.SIGTERM)

    def up() -> bool:
        if child.poll() is not None:
            raise RuntimeError(f"ended: {process.tail(data.parent / 'up.log', 20)}")
        return run.exists() and ready(msgspec.json.decode(run.read_bytes())["http"])

    until(up, "the system is ready", within_s)
    return child, time.monotonic() - begun


def _options(data: Path, sensors: int) -> list[str]:
    free = [f"--{name}-port=0" for name in ("http", "mqtt", "db")]
    return ["up", f"--data={data}", f"--sensors={sensors}", *free]


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="ioc-bench-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _environment(**more: str) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("IOC_")}, **more}


def whole(sensors: int, for_s: float) -> tuple[float, float, dict[str, float]]:
    """Seconds of the first and the second start of one data folder, and MB by service after a while."""
    with _folder() as folder:
        argv = [sys.executable, "-m", "infra.cli", *_options(folder / "data", sensors)]
        child, first = start(argv, folder / "data", _environment(), ROOT, 60)
        process.end(child, signal.SIGTERM, 30)
        child, second = start(argv, folder / "data", _environment(), ROOT, 60)
        try:
            time.sleep(for_s)
            pids = msgspec.json.decode((folder / "data" / "run.json").read_bytes())["pids"]
            by_name = {name: pss_mb(_all(pid)) for name, pid in pids.items() if pid}
            by_name["ioc up"] = pss_mb([child.pid])
            by_name["together"] = pss_mb(family(child.pid))
        finally:
            process.end(child, signal.SIGTERM, 30)
    return first, second, by_name


def _all(pids: int | list[int]) -> list[int]:
    return [one for pid in ([pids] if isinstance(pids, int) else pids) for one in family(pid)]


def cold() -> float:
    """Seconds from a fresh clone with empty caches until `make up` is ready."""
    with _folder() as folder:
        clone, cache = folder / "clone", folder / "cache"
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(clone)], check=True)
        env = _environment(XDG_CACHE_HOME=str(cache), npm_config_cache=str(cache / "npm"))
        args = " ".join(_options(folder / "data", 500)[1:])
        child, took = start(["make", "up", f"ARGS={args}"], folder / "data", env, clone, 900)
        process.end(child, signal.SIGTERM, 30)
        return took


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.footprint", description=__doc__.partition("\n")[0])
    ask.add_argument("--sensors", type=int, default=500, help="simulated by `ioc up` (%(default)s)")
    ask.add_argument("--seconds", type=float, default=60, help="before memory is read (%(default)s)")
    ask.add_argument("--cold", action="store_true", help="time `make up` in a fresh clone with empty caches, too")
    given = ask.parse_args()
    find()  # so that no start has to fetch the servers
    with rig() as made:
        bare, ours = collector_mb(made)
    first, second, by_name = whole(given.sensors, given.seconds)
    rows: list[tuple[str, str, str]] = [
        ("a process that only loads numpy, paho, psycopg", f"{bare:.0f} MB", ""),
        ("collector at rest (RSS)", f"{ours:.0f} MB", "80 MB"),
        (
            f"`ioc up`, {given.sensors} sensors, after {given.seconds:.0f} s (PSS)",
            f"{by_name['together']:.0f} MB",
            "700 MB",
        ),
        *((f"  of it {name}", f"{mb:.0f} MB", "") for name, mb in by_name.items() if name != "together"),
        ("ready, empty data folder", f"{first:.1f} s", "10 s"),
        ("ready, data folder of before", f"{second:.1f} s", "10 s"),
    ]
    if given.cold:
        rows.append(("`make up` in a fresh clone, empty caches", f"{cold():.0f} s", "180 s"))
    print(table(["memory and start", "measured", "promised: at most"], rows))


if __name__ == "__main__":
    main()
