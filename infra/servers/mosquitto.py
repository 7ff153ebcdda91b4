"""Mosquitto: one broker in one folder, that keeps what its clients have not fetched yet."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path

from infra.errors import Unavailable
from infra.servers import ports, process
from infra.servers.install import Installation
from infra.servers.owner import give, other_user

USER = "ioc"
PREDECESSOR_S = 10.0
_ITERATIONS = 1_000  # The password is 128 random bits: hashing need not be slow.

# The values and why: docs of mosquitto.conf, and what was measured (defaults keep 1,000 messages for an absent
# client and drop the rest in silence; persistence is saved every 30 minutes).
_CONF = """\
# Written by `ioc` at every start.
per_listener_settings false
allow_anonymous false
password_file {folder}/passwords
{listeners}
persistence true
persistence_location {folder}/
autosave_interval 5
autosave_on_changes false
persistent_client_expiration 30d
max_queued_messages 5000000
max_queued_bytes 0
max_inflight_messages 1000
queue_qos0_messages false
# Above the 64 KiB of a telemetry message: what is too large shall reach quarantine, not vanish here.
max_packet_size 262144
max_keepalive 120
set_tcp_nodelay true
sys_interval 5
connection_messages false
log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%SZ
"""


class Mosquitto:
    """A broker whose state lies in ``folder`` (made at the first start), on ``port`` (0: a free one)."""

    name = "mosquitto"

    def __init__(self, installed: Installation, folder: Path, *, password: str, port: int = 0, log: Path) -> None:
        self.installed = installed
        self.folder = folder
        self.password = password
        self.port = port
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """mqtt:// with user and password."""
        return f"mqtt://{USER}:{self.password}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's process number while it runs."""
        return self._child.pid if self._child and self.alive() else None

    def alive(self) -> bool:
        """Whether the broker has been started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self, timeout_s: float = 30) -> None:
        """Start it and wait until it accepts connections; the port stays the same over restarts.

        Raises Unavailable: a busy port, a folder that cannot be written, a broker that does not come up.
        """
        others = process.left(self.folder, PREDECESSOR_S)
        if others:
            raise Unavailable(f"another Mosquitto (process {others[0]}) serves {self.folder}: stop it first")
        self.port = ports.choose(self.port, what="the broker", option="--mqtt-port")
        conf = self._configure()
        self._child = process.spawn(
            [self.installed.mosquitto, "-c", conf],
            log=self.log,
            env={**self.installed.environment(), "TZ": "UTC"},
            owner=other_user(),
            cwd=self.folder,
            dies_by=signal.SIGTERM,  # it saves its queues
        )
        deadline = time.monotonic() + timeout_s
        # Listeners open after the saved queues are loaded.
        while self.alive():
            if ports.accepts(self.port):
                return
            if time.monotonic() > deadline:
                self.kill()
                raise Unavailable(f"the broker did not come up within {timeout_s:.0f} s: see {self.log}")
            time.sleep(0.01)
        raise Unavailable(f"the broker ended at its start ({process.tail(self.log)}): see {self.log}")

    def stop(self, patience_s: float = 8) -> None:
        """Stop it; it saves sessions and queues first."""
        if self._child:
            process.end(self._child, signal.SIGTERM, patience_s)

    def kill(self) -> None:
        """SIGKILL it, as a crash would: what is newer than its last save (5 s) is lost to it."""
        if self._child:
            process.kill(self._child)

    def _configure(self) -> Path:
        owner = other_user()
        listeners = "\n".join(f"listener {self.port} {address}" for address in ports.loopback())
        conf = self.folder / "mosquitto.conf"
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            give(self.folder, owner)
            for path, text in (
                (conf, _CONF.format(folder=self.folder, listeners=listeners)),
                (self.folder / "passwords", f"{USER}:{hashed(self.password)}\n"),
            ):
                path.write_text(text, encoding="utf-8")
                path.chmod(0o600)
                give(path, owner)
        except OSError as e:
            raise Unavailable(f"{self.folder} cannot be written ({e.strerror}): give another folder with --data") from e
        return conf


def hashed(password: str) -> str:
    """The password as mosquitto_passwd writes it: ``$7$iterations$salt$hash``, PBKDF2-HMAC-SHA512."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
