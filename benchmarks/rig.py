"""Servers and services of a benchmark's own, in a folder that goes away with it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from infra import catalog, migrate, settings
from infra.servers import Mosquitto, Postgres, find, process

ROOT = Path(__file__).parent.parent
T = TypeVar("T")


@dataclass
class Rig:
    """A broker, a migrated database, and the services started on them."""

    folder: Path
    postgres: Postgres
    mosquitto: Mosquitto
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        """Ours without any IOC_ setting, with the URLs of the servers."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("IOC_")}
        urls = {"IOC_DATABASE_URL": self.postgres.url, "IOC_MQTT_URL": self.mosquitto.url}
        return {**clean, "PYTHONUNBUFFERED": "1", **urls, **more}

    def start(self, *argv: str, log: str, **env: str) -> Service:
        """Start `python ARGV…`; what it prints is in the folder's file ``log``."""
        path = self.folder / log
        offset = path.stat().st_size if path.exists() else 0
        child = process.spawn([sys.executable, *argv], log=path, env=self.environment(**env), cwd=ROOT)
        self.children.append(child)
        return Service(child, path, offset)

    def load(self, sensors: int, rate: float, seconds: float) -> Service:
        """Start publishing live messages at a steady rate."""
        return self.start("-m", "benchmarks.messages", str(sensors), str(rate), str(seconds), log="load.log")

    def ioc(self, *args: str, **env: str) -> Service:
        """Start `ioc ARGS…`."""
        return self.start("-m", "infra.cli", *args, log=f"{args[0]}.log", **env)


@dataclass
class Service:
    """A process that was started, and what it has printed since then."""

    child: subprocess.Popen[bytes]
    log: Path
    offset: int

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def text(self) -> str:
        return self.log.read_bytes()[self.offset :].decode("utf-8", "replace")

    def wait_for(self, words: str, within_s: float = 60) -> None:
        """Wait until it has printed ``words``; RuntimeError when it ends before, or does not in time."""

        def printed() -> bool:
            if words in self.text:
                return True
            if self.child.poll() is not None:
                raise RuntimeError(f"ended with {self.child.returncode}: {self.text[-2000:]}")
            return False

        until(printed, words, within_s, every_s=0.005)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that does not help."""
        process.end(self.child, signal.SIGTERM, 20)


@contextlib.contextmanager
def rig() -> Iterator[Rig]:
    """Servers with an empty migrated database; everything is ended and removed at the end."""
    # Passable: as root the servers run as another user.
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-"))
    folder.chmod(0o755)
    installed = find()
    postgres = Postgres(installed, folder / "postgres", password=secrets.token_hex(16), log=folder / "postgres.log")
    mosquitto = Mosquitto(installed, folder / "mosquitto", password=secrets.token_hex(16), log=folder / "mosquitto.log")
    made = Rig(folder, postgres, mosquitto)
    try:
        postgres.start()
        mosquitto.start()
        migrate.migrate(postgres.url, catalog.load(settings.load()).registry)
        yield made
    finally:
        for child in reversed(made.children):
            process.end(child, signal.SIGTERM, 10)
        mosquitto.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def until(check: Callable[[], T], what: str, within_s: float = 60, every_s: float = 0.02) -> T:
    """Call ``check`` until it returns something true, and return that; RuntimeError names what did not happen."""
    deadline = time.monotonic() + within_s
    while not (result := check()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"did not happen within {within_s:g} s: {what}")
        time.sleep(every_s)
    return result


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A small table in Markdown: the first column to the left, the others to the right."""
    cells = [[str(c) for c in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = [
        "| "
        + " | ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
