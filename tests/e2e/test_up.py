"""`ioc up` as a person has it: one command, one address, restarts, a clean end."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import stat
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from infra.servers import Mosquitto, owner, process
from tests.fix_servers import folder
from tests.service import Service, until

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(600)]
Up = Callable[..., "Running"]
#: `ioc up` itself waits a minute for all to be ready, once its servers have begun.
START_S = 150
#: All of them have some seconds to end, one after another.
STOP_S = 60


class Running:
    """An `ioc up` with its data folder."""

    def __init__(self, data: Path, *args: str, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.service = Service(
            ("up", "--data", str(data), *args), env or {}, data.parent / f"up-{secrets.token_hex(4)}.log"
        )

    @property
    def run(self) -> dict[str, Any]:
        try:
            said: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        except FileNotFoundError:
            return {}
        return said

    def ready(self) -> Running:
        """Wait for its address, and for the run.json that follows (an old one may still be there before)."""
        until(lambda: "/#code=" in self.service.text or not self.service.alive(), "it says where it is", START_S)
        assert self.service.alive(), self.service.text
        until(lambda: f"{self.run.get('http')}/#code=" in self.service.text, "its run.json is written")
        return self

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        return self.service.stop(STOP_S)

    @property
    def pids(self) -> dict[str, int]:
        """The services that run, by name."""
        return {name: pid for name, pid in self.run["pids"].items() if pid}

    def get(self, path: str) -> tuple[int, bytes]:
        """GET with the administrator's token."""
        request = urllib.request.Request(
            self.run["http"] + path, headers={"Authorization": f"Bearer {self.run['token']}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as e:
            with e:
                return e.code, e.read()
        except OSError:
            return 0, b""

    def is_ready(self) -> bool:
        return self.get("/readyz")[0] == 200


@pytest.fixture
def up() -> Iterator[Up]:
    """Start an `ioc up` on free ports: ``up("--sensors", "50")``, again in the same folder by ``data=…``."""
    started: list[Running] = []
    with folder() as place:

        def start(*args: str, data: Path | None = None, env: dict[str, str] | None = None) -> Running:
            ports = ["--http-port", "0", "--mqtt-port", "0", "--db-port", "0"]
            started.append(Running(data or place / "data", *ports, *args, env=env))
            return started[-1]

        try:
            yield start
        finally:
            for one in started:
                process.end(one.service.child, signal.SIGTERM, STOP_S)
                owner.forget(one.data)


def _count(up: Running, query: LiteralString) -> int:
    try:
        with psycopg.connect(up.run["database"], connect_timeout=30) as conn:
            row = conn.execute(query).fetchone()
    except psycopg.OperationalError:
        return 0
    return int(row[0]) if row else 0


def _stored(up: Running) -> int:
    return _count(up, "SELECT count(*) FROM observation WHERE area IS NOT NULL")


def _domains(up: Running) -> int:
    return _count(up, "SELECT count(DISTINCT domain) FROM observation")


def test_a_city_lives_dies_piecewise_and_recovers(up: Up) -> None:
    running = up("--sensors", "60").ready()
    assert stat.S_IMODE((running.data / "run.json").stat().st_mode) == 0o600
    assert set(running.run) == {"http", "mqtt", "database", "token", "pids"}
    assert set(running.run["pids"]) == {
        "postgres", "mosquitto", "ingest", "alerts", "api", "maintain", "simulators", "devices",
    }  # fmt: skip
    assert set(running.pids) == set(running.run["pids"]), "all of it runs"
    until(running.is_ready, "it is ready", START_S)
    assert "/#code=" in running.service.text
    assert running.run["database"] not in running.service.text, "no secrets on the terminal"
    until(lambda: _stored(running) > 0, "readings of the simulated city are stored", START_S)
    until(lambda: _domains(running) == 5, "every domain has readings", START_S)
    until(lambda: b"\nioc_maintain_age_seconds -1" not in running.get("/metrics")[1], "a round of maintenance", START_S)

    for name in running.pids:
        pid = until(lambda name=name: running.pids.get(name, 0), f"{name} runs", START_S)
        assert running.run["mqtt"].encode() not in Path(f"/proc/{pid}/cmdline").read_bytes(), "no secrets in argv"
        os.kill(pid, signal.SIGKILL)
        until(
            lambda name=name, pid=pid: running.run["pids"][name] not in ([], pid),
            f"{name} is started again",
            START_S,
        )
    until(running.is_ready, "the system is ready again", START_S)
    before = until(lambda: _stored(running), "what is stored can be read", START_S)
    until(lambda: _stored(running) > before, "readings are stored again", START_S)

    pids = running.pids
    assert running.stop() == 0
    assert all(process.gone(pid, 10) for pid in pids.values()), "nothing is left running"
    assert not (running.data / "run.json").exists()

    again = up("--sensors", "60", data=running.data).ready()
    assert until(lambda: _stored(again), "it can be read", START_S) >= before, "what was stored is still there"


def test_a_second_one_is_refused_and_a_killed_one_leaves_nothing(up: Up) -> None:
    first = up("--no-simulators").ready()
    assert first.run["pids"]["simulators"] == []
    second = up("--no-simulators")
    until(lambda: not second.service.alive(), "the second ends", START_S)
    assert second.service.child.returncode == 1
    assert second.service.text.count("\n") == 1
    assert first.run["http"] in second.service.text

    pids = first.pids
    first.service.child.kill()
    first.service.child.wait()
    assert all(process.gone(pid, 10) for pid in pids.values()), "the kernel ended its children"
    until(up("--no-simulators").ready().is_ready, "another one is ready", START_S)


def test_servers_elsewhere_are_used_where_they_are(up: Up, database: str, mosquitto: Mosquitto) -> None:
    running = up("--sensors", "20", env={"IOC_DATABASE_URL": database, "IOC_MQTT_URL": mosquitto.url}).ready()
    assert running.run["database"] == database
    assert running.run["mqtt"] == mosquitto.url
    assert running.run["pids"]["postgres"] == running.run["pids"]["mosquitto"] == []
    until(lambda: _stored(running) > 0, "readings arrive in the database that was given", START_S)
    running.stop()
    assert mosquitto.alive()


def test_another_link_works_once(up: Up) -> None:
    running = up("--no-simulators").ready()
    args = ["link", "--data", str(running.data)]
    link = Service(tuple(args), {}, running.data.parent / "link.log")
    link.child.wait(START_S)
    http, _, code = link.text.strip().partition("/#code=")
    assert http == running.run["http"]
    assert len(code) > 16
    assert code not in running.service.text
    running.stop()
    late = Service(tuple(args), {}, running.data.parent / "late.log")
    late.child.wait(START_S)
    assert late.child.returncode == 1
    assert "no `ioc up` serves" in late.text


@pytest.mark.parametrize(
    ("option", "server"), [("--http-port", "the screen"), ("--mqtt-port", "the broker"), ("--db-port", "the database")]
)
def test_a_busy_port_is_one_sentence(up: Up, mosquitto: Mosquitto, option: str, server: str) -> None:
    refused = up("--no-simulators", option, str(mosquitto.port))
    until(lambda: not refused.service.alive(), "it ends", START_S)
    assert refused.service.child.returncode == 1
    assert refused.service.text.strip() == (
        f"ioc: port {mosquitto.port} for {server} is in use: choose another with {option}, or 0 for a free one"
    )


def test_wrong_urls_are_one_sentence(up: Up) -> None:
    for env, code, says in (
        ({"IOC_DATABASE_URL": "mysql://x"}, 2, "must begin with postgresql://"),
        ({"IOC_DATABASE_URL": "postgresql://ioc:pw@127.0.0.1:1/ioc"}, 1, "127.0.0.1:1/ioc cannot be reached"),
        ({"IOC_MQTT_URL": "http://127.0.0.1:1"}, 2, "must begin with mqtt://"),
        ({"IOC_MQTT_URL": "mqtt://127.0.0.1:1"}, 1, "127.0.0.1:1 cannot be reached"),
    ):
        refused = up(env=env)
        until(lambda refused=refused: not refused.service.alive(), "it ends", START_S)
        assert refused.service.child.returncode == code, refused.service.text
        assert says in refused.service.text
        assert refused.service.text.count("\n") == 1
        assert "pw" not in refused.service.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_a_folder_that_the_servers_cannot_enter(up: Up, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    running = up("--no-simulators", data=tmp_path / "data").ready()
    home = running.data / "servers"
    assert home.is_symlink()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700, "modes that are not ours are left alone"
    real = home.resolve()
    running.stop()
    owner.forget(running.data)
    assert not real.exists()


def test_it_dies_with_the_terminal(up: Up) -> None:
    running = up("--no-simulators")
    until(lambda: "postgres" in _children(running.service.pid), "the database is being started", START_S)
    running.service.child.send_signal(signal.SIGHUP)
    until(lambda: not running.service.alive(), "it ends, though it was just starting", STOP_S)
    assert running.service.child.returncode == 0


def _children(pid: int) -> str:
    names = []
    for child in process.children(pid):
        with contextlib.suppress(OSError):
            names.append(Path(f"/proc/{child}/comm").read_text())
    return subprocess.list2cmdline(names)
