"""What `ioc up` keeps running: each service is started, looked at, and started again when it has died."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from infra.errors import Unavailable
from infra.servers import process

FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 30.0
#: A service that has run so long starts again with the first delay.
STABLE_S = 60.0


class Service(Protocol):
    """Anything that can be kept running."""

    @property
    def name(self) -> str:
        """Its name in run.json."""

    @property
    def pid(self) -> int | None:
        """Its process number while it runs."""

    def start(self) -> None:
        """Start it; Unavailable when it cannot."""

    def alive(self) -> bool:
        """Whether it runs."""

    def stop(self, patience_s: float) -> None:
        """End it; kill it after the patience."""


class Program:
    """`ioc ARGS…` in a process of its own, with secrets in its environment and output in a log file."""

    def __init__(self, name: str, args: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.args = args
        self.env = env
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process number while it runs."""
        return self._child.pid if self._child and self.alive() else None

    def start(self) -> None:
        """Start it; whether it works shows later."""
        self._child = process.spawn([sys.executable, "-m", "infra.cli", *self.args], log=self.log, env=self.env)

    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.poll() is None

    def stop(self, patience_s: float) -> None:
        """SIGTERM, and SIGKILL after the patience."""
        if self._child:
            process.end(self._child, signal.SIGTERM, patience_s)

    def why(self) -> str:
        """How it ended, with the end of its log."""
        code = self._child.returncode if self._child else None
        how = "was not started" if code is None else f"ended with {code}" if code >= 0 else f"was killed by {-code}"
        said = process.tail(self.log, 1)
        return f"{how}: {said}" if said else how


class Kept:
    """A service with its restarts: the first comes at once, each further one waits twice as long."""

    def __init__(
        self, service: Service, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.service = service
        self._say = say
        self._clock = clock
        self._delay = FIRST_DELAY_S
        self._due: float | None = None
        self._started = clock()

    def start(self) -> None:
        """The first start; what goes wrong is the caller's to tell."""
        self.service.start()
        self._started = self._clock()

    def tend(self) -> bool:
        """Look once; start the service again when it is dead and its delay is over. True: its pid has changed."""
        if self.service.alive():
            return False
        now = self._clock()
        if self._due is None:
            if now - self._started > STABLE_S:
                self._delay = FIRST_DELAY_S
            why = self.service.why() if isinstance(self.service, Program) else "ended"
            self._say(f"{self.service.name} {why}; starting it again in {self._delay:.1f} s")
            self._postpone(now)
            return True
        if now < self._due:
            return False
        try:
            self.start()
        except Unavailable as e:
            self._say(f"{self.service.name}: {e}; trying again in {self._delay:.1f} s")
            self._postpone(self._clock())
            return False
        self._due = None
        self._say(f"{self.service.name} runs again, process {self.service.pid}")
        return True

    def _postpone(self, now: float) -> None:
        self._due = now + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY_S)
