"""Start a service of ours as users do, in a process of its own, and stop it in every way there is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from infra.servers import process

T = TypeVar("T")


def until(check: Callable[[], T], what: str, within_s: float = 40, every_s: float = 0.05) -> T:
    """Call ``check`` until it returns something true, and return that; AssertionError names what did not happen."""
    deadline = time.monotonic() + within_s
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {within_s:g} s: {what} (last: {result!r})")
        time.sleep(every_s)


def clean_environment() -> dict[str, str]:
    """Our environment without any IOC_ setting."""
    return {k: v for k, v in os.environ.items() if not k.startswith("IOC_")}


class Service:
    """`ioc ARGS…` with its own environment; its output is in ``log``."""

    def __init__(self, args: tuple[str, ...], env: dict[str, str], log: Path) -> None:
        self.args = args
        self.env = env
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it (again)."""
        self._child = process.spawn(
            [sys.executable, "-m", "infra.cli", *self.args],
            log=self.log,
            env={**clean_environment(), "PYTHONUNBUFFERED": "1", **self.env},
            cwd=Path(__file__).parent.parent,
        )

    @property
    def child(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        assert self._child is not None
        return self._child

    @property
    def pid(self) -> int:
        """Its process number."""
        return self.child.pid

    @property
    def text(self) -> str:
        """All that it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def alive(self) -> bool:
        """Whether it runs."""
        return self.child.poll() is None

    def stop(self, patience_s: float = 15) -> int:
        """SIGTERM, and its exit code; a service that has to be killed after ``patience_s`` fails the test."""
        ended = process.end(self.child, signal.SIGTERM, patience_s)
        assert ended, f"{' '.join(self.args)} did not stop by SIGTERM:\n{self.text[-2000:]}"
        return self.child.returncode

    def kill(self) -> None:
        """SIGKILL."""
        process.kill(self.child)

    def freeze(self) -> None:
        """SIGSTOP."""
        self.child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.child.send_signal(signal.SIGCONT)

    def memory_mb(self) -> float:
        """Resident memory now, in megabytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("the service does not run")
