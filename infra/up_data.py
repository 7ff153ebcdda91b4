"""The data folder of `ioc up`: its lock, its secrets, and run.json, which says what runs and where.

DIR/lock           held while an `ioc up` serves the folder
DIR/secrets.json   passwords and the API token, made once          0600
DIR/run.json       what runs now; there is none when nothing does  0600
DIR/logs/          one file a service                                      0700
DIR/servers/       the database's and the broker's own files (a symlink where they cannot lie here)
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import IO, Any

from infra.errors import AlreadyRunning, Unavailable

LOG_BYTES = 10_000_000
LOGS_KEPT = 3


def default_folder() -> Path:
    """/var/lib/ioc/data for root, else ``$XDG_DATA_HOME/ioc``."""
    if os.geteuid() == 0:
        return Path("/var/lib/ioc/data")
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local/share") / "ioc"


class DataFolder:
    """One data folder; ``take`` before anything is written to it."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.run_file = self.path / "run.json"
        self._lock: IO[str] | None = None

    def take(self) -> None:
        """Make the folder and hold its lock; AlreadyRunning names the address of the one who has it."""
        try:
            # Open to others as root: the servers run as another user, and secrets are files of their own.
            self.path.mkdir(parents=True, exist_ok=True, mode=0o755 if os.geteuid() == 0 else 0o700)
            # Who may read logs sees who was refused what: nobody else's business.
            (self.path / "logs").mkdir(exist_ok=True, mode=0o700)
            (self.path / "logs").chmod(0o700)
            lock = (self.path / "lock").open("a", encoding="utf-8")
        except OSError as e:
            raise Unavailable(
                f"the data folder {self.path} cannot be written ({e.strerror}): give another with --data"
            ) from e
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            at = self.run().get("http")
            where = f"at {at}" if at else "and is just starting or stopping"
            raise AlreadyRunning(
                f"another `ioc up` serves {self.path} {where}: use or stop that one, or give another folder with --data"
            ) from None
        self._lock = lock
        self.run_file.unlink(missing_ok=True)  # Of one that was killed.

    def release(self) -> None:
        """Say that nothing runs here any more."""
        self.run_file.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()
            self._lock = None

    def is_taken(self) -> bool:
        """Whether another process serves the folder."""
        try:
            with (self.path / "lock").open("r", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def secret(self, name: str) -> str:
        """The secret of this name, made at the first call; safe inside a URL."""
        path = self.path / "secrets.json"
        try:
            known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            known = {}
        except ValueError as e:
            raise Unavailable(f"{path} is damaged ({e}): restore it, or give another folder with --data") from None
        if name not in known:
            known[name] = secrets.token_urlsafe(18)
            _write_private(path, known)
        return known[name]

    def run(self) -> dict[str, Any]:
        """What run.json says; empty when nothing runs."""
        try:
            said = json.loads(self.run_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    def say(self, run: dict[str, Any]) -> None:
        """Replace run.json, in one step."""
        _write_private(self.run_file, run)

    def log(self, service: str) -> Path:
        """The service's log file; one that has grown large is put aside first."""
        path = self.path / "logs" / f"{service}.log"
        try:
            if path.stat().st_size > LOG_BYTES:
                self.put_aside(path)
        except FileNotFoundError:
            pass
        return path

    def put_aside(self, path: Path) -> None:
        """Copy the log to ``.1`` (older ones move up) and empty it; its writer appends and goes on undisturbed."""
        for n in range(LOGS_KEPT - 1, 0, -1):
            older = path.with_name(f"{path.name}.{n}")
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{n + 1}"))
        shutil.copy(path, path.with_name(f"{path.name}.1"))
        os.truncate(path, 0)

    def trim_logs(self) -> None:
        """Put aside every log that has grown large while its writer runs."""
        for path in (self.path / "logs").glob("*.log"):
            self.log(path.stem)


def _write_private(path: Path, content: dict[str, Any]) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        json.dump(content, f, indent=2)
        f.write("\n")
    new.replace(path)
