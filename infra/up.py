"""`ioc up`: the whole system on this machine, with one command, stopped by Ctrl-C.

    lock the data folder ▸ database, broker ▸ migrate ▸ collector, API, alerts ▸ /readyz ▸ maintenance, simulators
    ▸ run.json ▸ keep running

Services whose URL is given are used where they are. A service that dies is started again. Everything stops in
the reverse order; if this process is killed, the kernel ends its children (infra.servers.process).
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from infra import catalog, db, migrate, mqtt, servers
from infra.access import links
from infra.devices import authority
from infra.devices.authority import Authority
from infra.errors import IocError, Unavailable
from infra.remote import unchecked
from infra.servers import owner, ports
from infra.settings import Settings
from infra.up_data import DataFolder
from infra.up_services import Kept, Program, Service

READY_S = 60.0
LOOK_S = 0.2
TRIM_S = 60.0
#: What a service gets to end by itself, in seconds, in the order of run.json's names.
PATIENCE_S = {"postgres": 4.0, "mosquitto": 2.0, "ingest": 4.0, "api": 3.0, "alerts": 4.0,
              "maintain": 3.0, "simulators": 3.0, "devices": 2.0}  # fmt: skip
#: run.json names these always; a service that is not ours has no pid.
PIDS = ("postgres", "mosquitto", "ingest", "alerts", "api", "maintain", "simulators", "devices")
#: Time between two rounds of maintenance.
MAINTAIN_S = 60


class Stop(BaseException):
    """A signal asked us to stop; it passes through whatever is under way."""


@dataclass(frozen=True)
class Options:
    """The options of `ioc up`; a port None means: the usual one if it is free, else any."""

    data: Path
    http_port: int | None = None
    mqtt_port: int | None = None
    db_port: int | None = None
    sensors: int = 500
    simulators: bool = True
    devices_port: int | None = None


class Up:
    """One run of `ioc up`."""

    def __init__(self, options: Options, settings: Settings) -> None:
        self.options = options
        self.settings = settings
        self.folder = DataFolder(options.data)
        self.kept: list[Kept] = []
        self.urls: dict[str, str] = {}
        self.broker: servers.Mosquitto | None = None

    def run(self) -> None:
        """Start all, keep it running until a signal, stop all."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup means it; an ignored SIGINT is only what shells give to whatever they start with `&`.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, _raise_stop)
        self.folder.take()
        try:
            self._start()
            self._banner()
            self._write_run()  # Whoever waits for it finds everything there.
            self._keep()
        except Stop:
            _say("đang dừng / stopping")
        finally:
            self._stop()

    # Starting

    def _start(self) -> None:
        began = time.monotonic()
        self._start_servers()
        database, broker = self.urls["database"], self.urls["mqtt"]
        known = catalog.load(self.settings)
        migrate.migrate(database, known.registry)
        host, port = self._http()
        # An address that means all of them is one to listen on, not one to go to.
        screen = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # nosec B104
        scheme = "https" if self.settings.tls_cert else "http"
        self.urls["http"] = f"{scheme}://[{screen}]:{port}" if ":" in screen else f"{scheme}://{screen}:{port}"
        env = {
            "PYTHONUNBUFFERED": "1",
            "IOC_UNKNOWN_SENSORS": "register",
            **os.environ,
            "IOC_DATABASE_URL": database,
            "IOC_MQTT_URL": broker,
            "IOC_HTTP_HOST": host,
            "IOC_HTTP_PORT": str(port),
            "IOC_API_TOKEN": self._token(),
        }
        if self.broker:
            env |= {
                "IOC_BROKER_DIR": str(self.broker.folder),
                "IOC_BROKER_LOG": str(self.broker.log),
                "IOC_AUTHORITY_DIR": str(self.folder.path / "authority"),
            }
        for name, args in (("ingest", ["ingest", "run"]), ("api", ["api", "run"]), ("alerts", ["alerts", "run"])):
            self._add(Program(name, args, env, self.folder.log(name)))
        ready = self._wait_ready(screen, port)
        rounds = ["db", "maintain", "--every", str(MAINTAIN_S)]  # not before: nobody waits for it
        self._add(Program("maintain", rounds, env, self.folder.log("maintain")))
        if self.broker:
            self._add(Program("devices", ["devices", "run"], env, self.folder.log("devices")))
        if self.options.simulators:
            # After the collector: the broker keeps nothing for a session that does not exist yet.
            # A few of every domain that there is: each has a board of its own.
            everything = ",".join(known.registry.domains)
            args = ["sim", "run", "--register", "--sensors", str(self.options.sensors), "--domain", everything]
            self._add(Program("simulators", args, env, self.folder.log("simulators")))
        if ready:
            _say(f"sẵn sàng sau {time.monotonic() - began:.1f} giây / ready in {time.monotonic() - began:.1f} s")

    def _start_servers(self) -> None:
        given = self.settings
        self.urls = {"database": given.database_url, "mqtt": given.mqtt_url}
        if given.database_url:
            db.connect(given.database_url, application="up").close()
        if given.mqtt_url:
            mqtt.probe(given.mqtt_url)
        if given.database_url and given.mqtt_url:
            return
        installed = servers.find(_say)
        try:
            home = owner.home_of(self.folder.path, owner.other_user())
        except OSError as e:
            raise Unavailable(f"{e.filename} cannot be written ({e.strerror}): give another folder with --data") from e
        if not given.database_url:
            postgres = servers.Postgres(
                installed,
                home / "postgres",
                password=self.folder.secret("database"),
                port=_usual(self.options.db_port, 0),
                log=self.folder.log("postgres"),
            )
            self._add(postgres)
            self.urls["database"] = postgres.url
        if not given.mqtt_url:
            mosquitto = servers.Mosquitto(
                installed,
                home / "mosquitto",
                password=self.folder.secret("mqtt"),
                port=_usual(self.options.mqtt_port, 1883),
                log=self.folder.log("mosquitto"),
                devices=servers.Devices(
                    Authority(self.folder.path / "authority"),
                    names=authority.names(given.broker_names),
                    port=_usual(self.options.devices_port, 8883),
                ),
            )
            self._add(mosquitto)
            self.urls["mqtt"] = mosquitto.url
            self.broker = mosquitto

    def _add(self, service: Service) -> None:
        kept = Kept(service, _say)
        self.kept.append(kept)  # Before its start, so that a signal meanwhile stops it too.
        kept.start()

    def _http(self) -> tuple[str, int]:
        """Host and port for the API. A port that was asked for and is busy is an error; the usual one is a wish."""
        host, asked = self.settings.http_host, self.options.http_port
        if asked is None and "http_port" in self.settings.model_fields_set:
            asked = self.settings.http_port
        wanted = _usual(asked, self.settings.http_port, host)
        return host, ports.choose(wanted, what="the screen", option="--http-port", host=host)

    def _token(self) -> str:
        return self.settings.api_token or self.folder.secret("token")

    def _wait_ready(self, host: str, port: int) -> bool:
        deadline = time.monotonic() + READY_S
        said = "no answer"
        while time.monotonic() < deadline:
            self._tend()
            status, said = _get(host, port, "/readyz", tls=self.settings.tls_cert is not None)
            if status == 200:
                return True
            time.sleep(0.1)
        _say(f"chưa sẵn sàng / not ready after {READY_S:.0f} s ({said}); see {self.folder.path / 'logs'}")
        return False

    # Running

    def _keep(self) -> None:
        trimmed = time.monotonic()
        while True:
            time.sleep(LOOK_S)
            if self._tend():
                self._write_run()
            if time.monotonic() - trimmed > TRIM_S:
                trimmed = time.monotonic()
                self.folder.trim_logs()

    def _tend(self) -> bool:
        changes = [kept.tend() for kept in self.kept]  # Each one, also after a change was seen.
        return any(changes)

    def _write_run(self) -> None:
        running: dict[str, Any] = {name: [] for name in PIDS}
        for kept in self.kept:
            running[kept.service.name] = kept.service.pid or []
        self.folder.say({**self.urls, "token": self._token(), "pids": running})

    def _banner(self) -> None:
        link = links.link(self.urls["http"], self.urls["database"])
        broker = mqtt.parse_url(self.urls["mqtt"])
        lines = [
            "",
            "  Trung tâm điều hành Bắc Giang – Việt Yên đang chạy / The operations centre is running",
            "",
            f"  Màn hình / Screen    {link}",
            "                       (dùng một lần trong 60 phút / once, within 60 minutes; another: ioc link)",
            f"  Cảm biến / Sensors   mqtt://{broker.where}  (mật khẩu / password: {self.folder.run_file})",
            *self._devices(),
            f"  Nhật ký / Logs       {self.folder.path / 'logs'}",
            "  Dừng / Stop          Ctrl-C",
            "",
        ]
        with contextlib.suppress(OSError):  # As in _say.
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()

    def _devices(self) -> list[str]:
        """The banner's lines about the devices' listeners."""
        if not self.broker or not self.broker.devices:
            return []
        doors = self.broker.devices
        return [
            f"  Thiết bị / Devices   mqtts://127.0.0.1:{doors.port}, certificates: {doors.certificate_port}",
            f"                       CA: {doors.authority.certificate_file}  (ioc sensors credentials add)",
        ]

    # Stopping

    def _stop(self) -> None:
        hurried: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda n, _: hurried.append(n))
        for kept in reversed(self.kept):
            service = kept.service
            service.stop(0.1 if hurried else PATIENCE_S[service.name])
        self.folder.release()


def up(options: Options, settings: Settings) -> None:
    """Run everything until Ctrl-C or SIGTERM; IocError when it cannot be started."""
    Up(options, settings).run()


def another_link(data: Path) -> str:
    """A fresh link to the screen of the `ioc up` that serves this folder."""
    folder = DataFolder(data)
    run = folder.run()
    if not run or not folder.is_taken():
        raise Unavailable(f"no `ioc up` serves {folder.path}: start it, or give its folder with --data")
    try:
        return links.link(run["http"], run["database"])
    except KeyError as e:
        raise IocError(f"{folder.run_file} lacks {e}: restart `ioc up`") from None


def _usual(asked: int | None, usual: int, host: str | None = None) -> int:
    """The port that was asked for; else the usual one, or 0 (any) where that is busy."""
    if asked is not None:
        return asked
    return usual if usual and ports.is_free(usual, host) else 0


def _get(host: str, port: int, path: str, *, tls: bool = False) -> tuple[int, str]:
    """Status and the beginning of the body; 0 and the reason when there is no answer."""
    if tls:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=2, context=unchecked())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(300).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as e:
        return 0, str(e)
    finally:
        connection.close()


def _raise_stop(_: int, __: FrameType | None) -> None:
    raise Stop


def _say(line: str) -> None:
    # Whoever listened may be gone (`ioc up 2>&1 | tee`, tee killed): no reason to stop the city.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"ioc: {line}\n")
        sys.stderr.flush()
