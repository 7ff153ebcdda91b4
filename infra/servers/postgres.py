"""PostgreSQL with TimescaleDB: one cluster in one folder, durable, listening on the loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from infra.errors import Unavailable
from infra.servers import ports, process
from infra.servers.install import POSTGRES_MAJOR, Installation
from infra.servers.owner import give, other_user

USER = "ioc"
DATABASE = "ioc"
PREDECESSOR_S = 10.0

#: Durable first (a commit is on disk before it is acknowledged), then small: everything shares one machine.
SETTINGS = {
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    "max_worker_processes": "16",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "max_connections": "50",
    "superuser_reserved_connections": "3",
    "shared_buffers": "32MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "max_locks_per_transaction": "128",  # A hypertable has many chunks.
    "wal_compression": "lz4",
    "max_wal_size": "1GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "10min",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "wal_level": "minimal",
    "jit": "off",  # Its LLVM is not unpacked, and short queries lose by it.
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "client_connection_check_interval": "5s",
    "log_line_prefix": "%m [%p] %q%a ",
    "log_checkpoints": "off",
    "log_min_duration_statement": "2000",
    "log_parameter_max_length": "0",  # Statements may carry secrets.
    "log_error_verbosity": "terse",  # Without the row that was refused, which may hold some.
    "cluster_name": "ioc",
    "unix_socket_directories": "",
}


class Postgres:
    """A cluster in ``folder`` (made at the first start), on ``port`` of the loopback (0: a free one).

    ``folder``'s parent must exist and be passable for the servers' user (see owner.home_of).
    """

    name = "postgres"

    def __init__(self, installed: Installation, folder: Path, *, password: str, port: int = 0, log: Path) -> None:
        self.installed = installed
        self.folder = folder
        self.password = password
        self.log = log
        self.port = port
        self._free = port == 0
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of the database, with its password."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of another database of this cluster."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process number while it runs."""
        return self._child.pid if self._child and self.alive() else None

    def alive(self) -> bool:
        """Whether the postmaster has been started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self, timeout_s: float = 60) -> None:
        """Make the cluster if there is none, start it and wait until it takes statements.

        The port stays the same over restarts. Raises Unavailable: a busy port, a folder of another version, a
        server that does not come up (with the end of its log).
        """
        if not (self.folder / "PG_VERSION").exists():
            self._make()
        self._check_version()
        self._check_unused()
        self.port = ports.choose(self.port, what="the database", option="--db-port")
        self._configure()
        self._child = process.spawn(
            [self.installed.bin / "postgres", "-D", self.folder],
            log=self.log,
            env=self.installed.environment(),
            owner=other_user(),
            cwd=self.folder,
            dies_by=signal.SIGINT,  # fast shutdown: nothing is left running, and nothing to recover
        )
        self._wait(timeout_s)
        try:
            self._ensure_database()
        except psycopg.OperationalError as e:
            self.stop()
            raise Unavailable(f"the database in {self.folder} does not let us in ({str(e).splitlines()[0]})") from None

    def stop(self, patience_s: float = 8) -> None:
        """Stop it: fast (open transactions are rolled back), at once if that takes too long."""
        if self._child:
            process.end(self._child, signal.SIGINT, patience_s)

    def kill(self) -> None:
        """SIGKILL the postmaster and its workers, as a crash would."""
        if self._child and self.alive():
            # Each worker leads a session of its own; one that is busy would outlive the postmaster for a while
            # and keep a new one from starting.
            workers = process.children(self._child.pid)
            process.kill(self._child)
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            for worker in workers:
                process.gone(worker, 5)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=10) as conn:
            if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                conn.execute(f"CREATE DATABASE {DATABASE}")

    def _make(self) -> None:
        """initdb into a folder beside, then rename: an interrupted one leaves nothing that looks finished."""
        owner = other_user()
        if self.folder.is_dir() and any(self.folder.iterdir()):
            raise Unavailable(f"{self.folder} is not empty and holds no database: give another folder with --data")
        new = self.folder.with_name(self.folder.name + ".new")
        try:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(mode=0o700)
            give(new, owner)
            password_file = self._password_file(owner.uid if owner else os.getuid())
        except OSError as e:
            raise Unavailable(f"{new} cannot be written ({e.strerror}): give another folder with --data") from e
        try:
            made = subprocess.run(
                [
                    self.installed.bin / "initdb", "-D", new, "-L", self.installed.share, "-U", USER,
                    "--pwfile", password_file, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
                    "--data-checksums", "--no-sync", "--no-instructions",
                ],
                capture_output=True, text=True, check=False, cwd="/", env=self.installed.environment(),
                user=owner.uid if owner else None, group=owner.gid if owner else None,
                extra_groups=[] if owner else None,
            )  # fmt: skip
        finally:
            shutil.rmtree(password_file.parent)
        if made.returncode:
            shutil.rmtree(new, ignore_errors=True)
            said = made.stderr.strip().splitlines() or [f"initdb ended with {made.returncode}"]
            raise Unavailable(f"the database cannot be made in {self.folder}: {said[-1]}")
        os.sync()  # Instead of initdb's own, file by file.
        new.rename(self.folder)

    def _password_file(self, uid: int) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="ioc-"))
        path = folder / "password"
        path.write_text(self.password, encoding="utf-8")
        path.chmod(0o600)
        os.chown(path, uid, -1)
        os.chown(folder, uid, -1)
        return path

    def _check_version(self) -> None:
        found = (self.folder / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(POSTGRES_MAJOR):
            raise Unavailable(
                f"{self.folder} was made by PostgreSQL {found} and this is {POSTGRES_MAJOR}:"
                " give another folder with --data, or move the data by pg_dump"
            )

    def _check_unused(self) -> None:
        others = process.left(self.folder, PREDECESSOR_S)
        if others:
            raise Unavailable(f"another PostgreSQL (process {others[0]}) serves {self.folder}: stop it first")
        # Nobody serves it. A lock file whose number now belongs to some other program would stop PostgreSQL for good.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _configure(self) -> None:
        settings = {
            **SETTINGS,
            # The Apache edition has no policies for them to run, and each of them costs memory.
            "timescaledb.max_background_workers": "8" if self.installed.community else "0",
            "listen_addresses": ",".join(ports.loopback()),
            "port": str(self.port),
        }
        text = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        path = self.folder / "postgresql.conf"
        path.write_text(f"# Written by `ioc` at every start.\n{text}", encoding="utf-8")
        path.chmod(0o600)
        give(path, other_user())

    def _wait(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        state = self.folder / "postmaster.pid"
        while self.alive():
            with contextlib.suppress(OSError, IndexError):
                lines = state.read_text(encoding="utf-8").splitlines()
                if lines[7].strip() == "ready" and int(lines[0]) == self.pid:
                    return
            if time.monotonic() > deadline:
                self.kill()
                raise Unavailable(f"the database did not come up within {timeout_s:.0f} s: see {self.log}")
            time.sleep(0.02)
        raise Unavailable(f"the database ended at its start ({process.tail(self.log)}): see {self.log}")
