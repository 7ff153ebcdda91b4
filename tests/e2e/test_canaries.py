"""Secrets stay where they belong: canaries in all of them, faults on every side, and then everything is searched."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyotp
import pytest
from psycopg import sql
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from city.sensors import Sensor
from infra import sensors
from infra.servers import owner, process
from infra.settings import Settings
from tests.e2e.test_up import START_S, STOP_S, Running
from tests.fix_servers import folder
from tests.service import Service, until

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(600)]
REPOSITORY = Path(__file__).parents[2]
#: Where a secret is to be: columns, and files of the data folder that only their owner reads.
COLUMNS = {("account", "totp_secret"), ("notice_channel", "secret"), ("notice_channel", "address")}
FILES = {"run.json", "secrets.json"}
PASSWORD = "correct-horse-"


class Canaries:
    """Secrets by what they are; each is found wherever it stands."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def new(self, what: str, before: str = "canary") -> str:
        return self.keep(what, before + secrets.token_hex(8))

    def keep(self, what: str, value: str) -> str:
        assert len(value) >= 8, what
        self.kept[what] = value
        return value

    def within(self, text: bytes) -> list[str]:
        """Which of them stand there."""
        return sorted(what for what, value in self.kept.items() if value.encode() in text)


class Asking:
    """Asks the API, and keeps all answers but those that show a secret on purpose."""

    def __init__(self, running: Running, token: str) -> None:
        self._running, self._token = running, token
        self.answers = b""

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        cookie: str = "",
        token: str | None = None,
        shows: bool = False,
    ) -> tuple[int, dict[str, Any], str]:
        at = urlsplit(self._running.run["http"])
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=60)
        headers = {"Content-Type": "application/json", "Origin": f"{at.scheme}://{at.netloc}"}
        headers |= (
            {"Cookie": f"ioc_session={cookie}"} if cookie else {"Authorization": f"Bearer {token or self._token}"}
        )
        try:
            sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
            connection.request(method, path, sent, headers)
            answer = connection.getresponse()
            data, set_cookie = answer.read(), answer.headers.get("Set-Cookie", "")
        finally:
            connection.close()
        if not shows:
            self.answers += b"\n" + str(answer.headers).encode() + data
        said = json.loads(data) if data and "json" in answer.headers["Content-Type"] else {}
        return answer.status, said, set_cookie.partition("=")[2].partition(";")[0]


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def running(canaries: Canaries) -> Iterator[Running]:
    """An `ioc up` whose every secret is a canary."""
    with folder() as place:
        data = place / "data"
        data.mkdir()
        kept = {"database": canaries.new("database password"), "mqtt": canaries.new("broker password")}
        (data / "secrets.json").write_text(json.dumps(kept), encoding="utf-8")
        (data / "secrets.json").chmod(0o600)
        given = place / "token"
        given.write_text(canaries.new("API token of the settings"), encoding="utf-8")
        env = {
            "IOC_API_TOKEN_FILE": str(given),
            "IOC_SMTP_URL": f"smtp://ioc:{canaries.new('mail password')}@127.0.0.1:1",
            "IOC_MAIL_FROM": "ioc@example.vn",
            "IOC_OIDC_ISSUER": "https://127.0.0.1:1/idp",
            "IOC_OIDC_CLIENT_ID": "ioc",
            "IOC_OIDC_CLIENT_SECRET": canaries.new("OIDC secret"),
            "IOC_INDICES_S": "1",
            "IOC_LOG_LEVEL": "debug",
            "IOC_WEBHOOK_ALLOW": "127.0.0.1",
        }
        ports = ["--http-port", "0", "--mqtt-port", "0", "--db-port", "0", "--devices-port", "0"]
        started = Running(data, "--no-simulators", *ports, env=env)
        try:
            yield started.ready()
        finally:
            process.end(started.service.child, signal.SIGTERM, STOP_S)
            owner.forget(data)


def people(asking: Asking, canaries: Canaries) -> str:
    """Somebody with all that a person can have; returns the cookie."""
    grant = [{"role": "administrator"}]
    status, made, _ = asking.ask(
        "POST", "/api/v1/people", {"name": "lan", "full_name": "Lan", "grants": grant}, shows=True
    )
    assert status == 201, made
    code = canaries.keep("code of a link", made["link"].rpartition("=")[2])
    password = canaries.new("password", PASSWORD)
    new = {"code": code, "password": password}
    status, said, cookie = asking.ask("POST", "/api/v1/session", new, shows=True)
    assert (status, bool(cookie)) == (200, True), said
    canaries.keep("cookie", cookie)
    status, said, _ = asking.ask("POST", "/api/v1/me/factor", {"password": password}, cookie=cookie, shows=True)
    assert status == 200, said
    secret = canaries.keep("second factor", said["secret"])
    factor = pyotp.TOTP(secret).now()
    status, said, _ = asking.ask("POST", "/api/v1/me/factor/confirm", {"factor": factor}, cookie=cookie, shows=True)
    assert status == 200, said
    for n, one in enumerate(said["recovery_codes"]):
        canaries.keep(f"recovery code {n}", one)
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
    new = {"name": "kịch bản", "expires_at": ends, "grants": grant}
    status, said, _ = asking.ask("POST", "/api/v1/me/tokens", new, cookie=cookie, shows=True)
    assert status == 201, said
    canaries.keep("API token", said["token"])
    status, said, _ = asking.ask("POST", "/api/v1/wallboards", {"name": "Sảnh"}, cookie=cookie, shows=True)
    assert status == 201, said
    canaries.keep("wallboard's token", said["token"])
    for body in (
        {"name": "lan", "password": canaries.new("wrong password")},
        {"name": canaries.new("password typed as a name"), "password": "x"},
        {"name": ["lan"], "password": {"a": canaries.new("password of the wrong type")}},
        f'{{"password": "{canaries.new("password in broken JSON")}"'.encode(),
        {"name": "lan", "password": password, "factor": canaries.new("wrong factor")},
        {"code": canaries.new("wrong code")},
    ):
        assert asking.ask("POST", "/api/v1/session", body)[0] in (401, 422)
    old = {"old": canaries.new("wrong old password"), "new": canaries.new("new password", PASSWORD)}
    assert asking.ask("POST", "/api/v1/me/password", old, cookie=cookie)[0] in (401, 403, 422)
    for path in ("/api/v1/me", "/api/v1/me/sessions", "/api/v1/me/tokens", "/api/v1/session"):
        assert asking.ask("GET", path, cookie=cookie)[0] == 200
    return cookie


def channels(asking: Asking, canaries: Canaries, url: str) -> None:
    """Channels with secrets, tried, and refused by the database."""

    def channel(kind: str, name: str, address: str, **more: Any) -> tuple[int, dict[str, Any]]:
        body = {"department": "so-khcn", "kind": kind, "name": name, "address": address, **more}
        return asking.ask("POST", "/api/v1/channels", body)[:2]

    token = canaries.new("token of a chat", "AAE")
    made = [
        channel("webhook", "hook", "https://127.0.0.1:1/hook", secret=canaries.new("secret of a webhook")),
        channel("apprise", "chat", f"tgram://123456789:{token}{'x' * 16}/42"),
        channel("email", "mail", "truc@example.vn"),
    ]
    assert [status for status, _ in made] == [201] * 3, made
    for _, said in made:
        asking.ask("POST", f"/api/v1/channels/{said['id']}/test", {})
    with psycopg.connect(url, autocommit=True) as conn:
        # The database shows the row that it refuses; a fault of ours shows where it was.
        for change, back in (
            ("ALTER TABLE notice_channel ADD CONSTRAINT boom CHECK (name <> 'boom')",
             "ALTER TABLE notice_channel DROP CONSTRAINT boom"),
            ("ALTER TABLE notice_channel RENAME secret TO gone", "ALTER TABLE notice_channel RENAME gone TO secret"),
        ):  # fmt: skip
            conn.execute(change)
            status, _ = channel(
                "webhook", "boom", "https://127.0.0.1:1/x", secret=canaries.new(f"secret before {change[-12:]}")
            )
            assert status == 500
            conn.execute(back)
        conn.execute("ALTER TABLE account RENAME password_hash TO gone")
        body = {"name": "lan", "password": canaries.new("password before a fault")}
        assert asking.ask("POST", "/api/v1/session", body)[0] == 500
        conn.execute("ALTER TABLE account RENAME gone TO password_hash")


def commands(running: Running, canaries: Canaries) -> tuple[list[Service], str]:
    """Programs of ours with wrong secrets, and one that shows a secret on purpose."""
    database, broker = urlsplit(running.run["database"]), urlsplit(running.run["mqtt"])
    wrong = canaries.new("wrong database password")
    refused = canaries.new("wrong broker password")
    good = {"IOC_DATABASE_URL": running.run["database"], "IOC_MQTT_URL": running.run["mqtt"]}
    started = [
        Service(args, {**good, **env}, running.data.parent / f"command-{n}.log")
        for n, (args, env) in enumerate(
            [
                (
                    ("ingest", "run"),
                    {"IOC_DATABASE_URL": f"postgresql://ioc:{wrong}@{database.netloc.rpartition('@')[2]}/ioc"},
                ),
                (("doctor",), {"IOC_MQTT_URL": f"mqtt://ioc:{refused}@{broker.netloc.rpartition('@')[2]}"}),
            ]
        )
    ]
    shows = Service(("sensors", "credentials", "add", "E1"), good, running.data.parent / "shown.log")
    for one in (*started, shows):
        one.child.wait(START_S)
    assert shows.child.returncode == 0, shows.text
    *_, line = shows.text.strip().splitlines()
    canaries.keep("password of a device", line.rpartition(",")[2])
    return started, " ".join(" ".join(one.args) for one in started)


def dump(url: str, canaries: Canaries) -> dict[str, list[str]]:
    """What stands in the database where it should not, by table."""
    found = {}
    with psycopg.connect(url) as conn:
        rows = conn.execute(
            """SELECT c.table_name, array_agg(c.column_name::text) FROM information_schema.columns c
               JOIN information_schema.tables t USING (table_schema, table_name)
               WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' GROUP BY 1"""
        )
        for table, columns in rows.fetchall():
            names = [sql.Identifier(c) for c in columns if (table, c) not in COLUMNS]
            query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
                sql.SQL(", ").join(names), sql.Identifier(table)
            )
            with conn.cursor().copy(query) as copy:
                if seen := canaries.within(b"".join(copy)):
                    found[table] = seen
    return found


def test_secrets_stay_where_they_belong(running: Running, canaries: Canaries) -> None:
    began = time.time()
    url = running.run["database"]
    asking = Asking(running, canaries.kept["API token of the settings"])
    with psycopg.connect(url, autocommit=True) as conn:
        sensors.save(conn, [Sensor("E1", "bac_giang", "environment", zone="07210")])
    cookie = people(asking, canaries)
    channels(asking, canaries, url)
    started, shown = commands(running, canaries)

    # Whoever comes with a secret that is wrong, or in the wrong place.
    assert asking.ask("GET", "/api/v1/sensors", token=canaries.new("wrong token"))[0] == 401
    assert asking.ask("GET", "/api/v1/sensors", cookie=canaries.new("wrong cookie"))[0] == 401
    for name in ("token", "access_token", "password"):
        path = f"/api/v1/sensors?{name}={canaries.new(f'{name} in an address')}"
        assert asking.ask("GET", path, shows=True)[0] in (400, 422)
    asking.ask("GET", f"/a/{canaries.new('token of a link that is none')}")

    with connect(running.run["http"].replace("http", "ws", 1) + "/api/v1/live", open_timeout=60) as socket:
        socket.send(json.dumps({"id": 1, "type": "auth", "token": canaries.new("wrong token of a socket")}))
        with contextlib.suppress(ConnectionClosed):
            for frame in socket:
                asking.answers += str(frame).encode()

    # The database dies while somebody asks.
    before = running.run["pids"]["postgres"]
    os.kill(before, signal.SIGKILL)
    asking.ask("POST", "/api/v1/session", {"name": "lan", "password": canaries.new("password without a database")})
    until(lambda: running.run["pids"]["postgres"] not in ([], before), "the database is started again", START_S)
    until(running.is_ready, "the system is ready again", START_S)

    # Everything that can be read by anybody is read.
    paths = json.loads(running.get("/openapi.json")[1])["paths"]
    for path, operations in paths.items():
        if "get" in operations and "{" not in path:
            asking.ask("GET", path, cookie=cookie if path.startswith("/api/v1/") else "")
    for path in ("/metrics", "/healthz", "/readyz", "/openapi.json", "/"):
        asking.ask("GET", path)

    found: dict[str, list[str]] = {f"table {t}": seen for t, seen in dump(url, canaries).items()}
    found["answers"] = canaries.within(asking.answers)
    found["terminal"] = canaries.within(running.service.text.encode())
    for one in started:
        found[" ".join(one.args)] = canaries.within(one.text.encode())
    processes = [running.service.pid, *running.pids.values()]
    for pid in {*processes, *(c for p in processes for c in process.children(p))}:
        with contextlib.suppress(OSError):  # one that has just ended
            found[f"process {pid}"] = canaries.within(Path(f"/proc/{pid}/cmdline").read_bytes())
    modes = {}
    for path in running.data.rglob("*"):
        name = str(path.relative_to(running.data))
        if path.is_symlink() or not path.is_file() or "postgres" in path.parts:
            continue
        try:
            seen = canaries.within(path.read_bytes())
        except FileNotFoundError:  # replaced, or put away, by whoever runs
            continue
        if seen and name in FILES:
            modes[name] = stat.S_IMODE(path.stat().st_mode)
        else:
            found[name] = seen
    for path in written(began):
        with contextlib.suppress(FileNotFoundError):  # another test's, that has put it away
            found[str(path)] = canaries.within(path.read_bytes())
    assert {where: what for where, what in found.items() if what} == {}
    assert modes == dict.fromkeys(FILES, 0o600)
    assert stat.S_IMODE((running.data / "logs").stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (running.data / "logs").iterdir()} == {0o600}
    assert not any(value in shown for value in canaries.kept.values())
    # The canaries that must be somewhere are there: what was searched is what is used.
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT totp_secret FROM account WHERE name = 'lan'").fetchone()
        assert row == (canaries.kept["second factor"],)
    said = (running.data / "logs" / "api.log").read_text()
    assert "api.fault" in said
    assert "password_hash" in said


def written(since: float) -> list[Path]:
    """Files of the repository that were written since then."""
    found = []
    for place, folders, files in os.walk(REPOSITORY):
        folders[:] = [f for f in folders if f not in (".git", ".venv", "node_modules", "__pycache__")]
        for name in files:
            path = Path(place, name)
            with contextlib.suppress(FileNotFoundError):  # as above
                if path.is_file() and path.stat().st_mtime >= since:
                    found.append(path)
    return found


def test_every_secret_of_the_settings_is_one_and_may_come_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = {
        name
        for name in Settings.model_fields
        if any(w in name for w in ("password", "secret", "token")) or name in ("database_url", "mqtt_url", "smtp_url")
    }
    assert Settings.secret() == looks
    for name in looks:
        path = tmp_path / name
        path.write_text(f"https://x:seeded-{name}@host/\n", encoding="utf-8")
        monkeypatch.delenv(f"IOC_{name.upper()}", raising=False)
        monkeypatch.setenv(f"IOC_{name.upper()}_FILE", str(path))
    made = Settings()
    assert {getattr(made, name) for name in looks} == {f"https://x:seeded-{name}@host/" for name in looks}
    assert "seeded" not in repr(made)
    assert "seeded" not in str(made)
