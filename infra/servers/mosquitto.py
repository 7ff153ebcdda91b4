"""Mosquitto: one broker in one folder, that keeps what its clients have not fetched yet.

Services have a listener of their own on the loopback. Devices, where there are any, have two, with TLS: one for user
names and passwords, one for certificates. `infra.devices.keeper` keeps the files of devices true to the database.
"""

from __future__ import annotations

import base64
import hashlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from infra.devices import authority
from infra.devices.authority import Authority
from infra.errors import Unavailable
from infra.servers import ports, process
from infra.servers.install import Installation
from infra.servers.owner import give, other_user

USER = "ioc"
PREDECESSOR_S = 10.0
#: The passwords are 128 random bits and more, which nobody can guess: hashing them slowly would protect nothing, and
#: stop the broker for half a millisecond a connected device whenever its files are read again (decision 11).
_ITERATIONS = 1
#: Options that the keeper adds while the broker runs.
ADDED = "added"

# The values and why: docs of mosquitto.conf, and what was measured (defaults keep 1,000 messages for an absent
# client and drop the rest in silence; persistence is saved every 30 minutes).
_CONF = """\
# Written by `ioc` at every start.
per_listener_settings false
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
pid_file {folder}/pid
{listeners}
persistence true
persistence_location {folder}/
autosave_interval 5
autosave_on_changes false
max_queued_messages 5000000
max_queued_bytes 0
max_inflight_messages 1000
queue_qos0_messages false
# Above the 64 KiB of a telemetry message: what is too large shall reach quarantine, not vanish here.
max_packet_size 262144
max_keepalive 120
set_tcp_nodelay true
sys_interval 5
connection_messages true
log_dest stderr
log_type error
log_type warning
log_type notice
log_type subscribe
log_timestamp_format %Y-%m-%dT%H:%M:%SZ
include_dir {folder}/added
"""

# A device's user name is its client id: nobody can take the collector's session, and a credential is in use once.
_DEVICES = """\
listener {port} {address}
cafile {folder}/ca.crt
certfile {folder}/server.crt
keyfile {folder}/server.key
tls_version tlsv1.2
ciphers ECDHE+AESGCM:ECDHE+CHACHA20
use_username_as_clientid true
"""
_CERTIFICATES = """\
require_certificate true
use_identity_as_username true
crlfile {folder}/revoked.pem
"""


@dataclass
class Devices:
    """The devices' listeners: ``port`` for passwords, ``certificate_port``, on ``addresses``; 0: a free one.

    ``names``: what the broker is called by those who connect, beside its addresses.
    """

    authority: Authority
    names: Sequence[str] = ()
    addresses: Sequence[str] = ()
    port: int = 0
    certificate_port: int = 0

    def all_names(self) -> list[str]:
        """Every name that the broker's certificate is for."""
        own = [a for a in self.addresses if a not in ("0.0.0.0", "::")]  # noqa: S104 -- no address to go to  # nosec B104
        return ["localhost", *ports.loopback(), *own, *self.names]


class Mosquitto:
    """A broker whose state lies in ``folder`` (made at the first start), on ``port`` (0: a free one)."""

    name = "mosquitto"

    def __init__(
        self,
        installed: Installation,
        folder: Path,
        *,
        password: str,
        port: int = 0,
        log: Path,
        devices: Devices | None = None,
    ) -> None:
        self.installed = installed
        self.folder = folder
        self.password = password
        self.port = port
        self.log = log
        self.devices = devices
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
        if self.devices:
            d, option = self.devices, "--devices-port"
            d.port = ports.choose(d.port, what="devices", option=option)
            d.certificate_port = ports.choose(d.certificate_port, what="devices with certificates", option=option)
        conf = self._configure()
        with _many_files():
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
        conf, passwords = self.folder / "mosquitto.conf", self.folder / "passwords"
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            (self.folder / ADDED).mkdir(mode=0o700, exist_ok=True)
            for left in (self.folder / ADDED).iterdir():
                left.unlink()
            files = {
                conf: _CONF.format(folder=self.folder, listeners="\n".join(self._listeners())).encode(),
                self.folder / "acl": resources.files("infra.deploy").joinpath("mosquitto.acl").read_bytes(),
                passwords: with_services(passwords, hashed(self.password)).encode(),
                **(certificates(self.folder, d.authority, d.all_names()) if (d := self.devices) else {}),
            }
            for path, data in files.items():
                authority.write_private(path, data)
            for path in (self.folder, self.folder / ADDED, *files):
                give(path, owner)
        except OSError as e:
            raise Unavailable(f"{self.folder} cannot be written ({e.strerror}): give another folder with --data") from e
        return conf

    def _listeners(self) -> Iterator[str]:
        for address in ports.loopback():
            yield f"listener {self.port} {address}"
        if self.devices:
            for address in self.devices.addresses or ports.loopback():
                yield _DEVICES.format(port=self.devices.port, address=address, folder=self.folder)
                port = self.devices.certificate_port
                yield _DEVICES.format(port=port, address=address, folder=self.folder) + _CERTIFICATES.format(
                    folder=self.folder
                )


def certificates(folder: Path, ours: Authority, names: Sequence[str]) -> dict[Path, bytes]:
    """What listeners with TLS need in the broker's folder, beside what is there and good."""
    ours.make()
    made = {folder / "ca.crt": ours.certificate_file.read_bytes()}
    server = folder / "server.crt"
    if not server.exists() or not authority.serves(server.read_bytes(), names, ours.certificate):
        signed = ours.server(names)
        made |= {server: signed.certificate, folder / "server.key": signed.key}
    if not (folder / "revoked.pem").exists():
        made[folder / "revoked.pem"] = ours.revoked(())
    return made


def with_services(passwords: Path, ours: str) -> str:
    """The password file with the services' hash; the lines of others stay."""
    known = passwords.read_text(encoding="utf-8").splitlines() if passwords.exists() else []
    others = [line for line in known if line and not line.startswith(f"{USER}:")]
    return "\n".join([f"{USER}:{ours}", *others]) + "\n"


@contextmanager
def _many_files() -> Iterator[None]:
    """What is started within may open as many files, and hold as many connections, as the system lets us."""
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))


def hashed(password: str) -> str:
    """The password as mosquitto_passwd writes it: ``$7$iterations$salt$hash``, PBKDF2-HMAC-SHA512."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
