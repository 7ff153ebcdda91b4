"""Signs of attacks: how often within the last ten minutes something happened that should not.

An item's subject is a sensor where one of the city's is meant; else it has no area, and `infra.security.words` says
what it is called. Each kind says all that there is: whom it does not name has 0. That it was asked for at all is said
by an item without a value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import psycopg

from infra.access.throttle import network
from infra.indices import City, Index, Item
from infra.security.chain import Patrol
from infra.security.words import NOWHERE, say
from infra.times import SECOND, text

T = TypeVar("T")

DOMAIN = ""
WINDOW = timedelta(minutes=10)
#: A wallboard hangs where it hangs; it may get another address of its network.
PLACES = timedelta(hours=1)
#: A sensor that is not registered is news when it was not heard of for so long.
NEW = timedelta(days=1)
#: Subjects of one kind that are named, those with most first; unknown sensors that are remembered.
MOST, MOST_UNKNOWN = 50, 20_000

_METHOD_VI, _METHOD_EN = "số lần trong 10 phút gần nhất", "how often within the last 10 minutes"


def _index(code: str, vi: str, en: str, unit: str = "1", method: tuple[str, str] = (_METHOD_VI, _METHOD_EN)) -> Index:
    return Index(
        code=code, vi=vi, en=en, unit=unit, path="", method="count", method_vi=method[0], method_en=method[1]
    )  # fmt: skip


ADDRESS = _index("security_refusals_address", "yêu cầu bị từ chối từ một địa chỉ", "refusals of one address")
ACCOUNT = _index("security_refusals_account", "đăng nhập sai vào một tài khoản", "failed sign-ins of one account")
TOTAL = _index("security_refusals_total", "yêu cầu bị từ chối", "refusals in all")
LOGINS = _index("security_device_logins", "thiết bị bị từ chối từ một địa chỉ", "devices refused at one address")
ELSEWHERE = _index("security_device_elsewhere", "thiết bị ở hai địa chỉ", "a device on two addresses")
TAKEN_OVER = _index("security_device_taken_over", "phiên thiết bị bị chiếm", "a device's session taken over")
TOPICS = _index("security_device_topics", "chủ đề không thuộc thiết bị", "topics that are not the device's")
UNKNOWN = _index("security_unknown_sensors", "cảm biến lạ mới xuất hiện", "unknown sensors that are new")
AUDIT = _index("security_audit_faults", "chỗ sai trong nhật ký kiểm toán", "faults of the audit", method=(
    "số chỗ không khớp với chuỗi băm", "places that do not agree with the hash chain"))  # fmt: skip
WALLBOARD = _index("security_wallboard_places", "nơi dùng một mã màn hình", "places of one wallboard's token", method=(
    "số mạng trong một giờ gần nhất", "networks within the last hour"))  # fmt: skip

INDICES = (ADDRESS, ACCOUNT, TOTAL, LOGINS, ELSEWHERE, TAKEN_OVER, TOPICS, UNKNOWN, AUDIT, WALLBOARD)
CODES = frozenset(i.code for i in INDICES)

_Counts = dict[str, float]
_OF_DEVICES = {
    "two_addresses": ELSEWHERE, "taken_over": TAKEN_OVER, "denied_topic": TOPICS, "denied_subscription": TOPICS,
}  # fmt: skip


def current(conn: psycopg.Connection[Any], city: City, now_us: int) -> list[Item]:
    """What has happened up to now."""
    now = datetime.fromtimestamp(now_us / SECOND, UTC)
    found: dict[str, _Counts] = {
        **_refusals(conn, now),
        **_devices(conn, now),
        UNKNOWN.code: _unknown(conn, city, now),
        AUDIT.code: {"system/audit": _kept(city, Patrol).look(conn, now)},
        WALLBOARD.code: _wallboards(conn, now),
    }
    return [item for index in INDICES for item in _items(index, found.get(index.code, {}), city, now)]


def _kept(city: City, make: type[T]) -> T:
    """What is remembered from round to round."""
    found = city.memory.setdefault(f"security/{make.__name__}", (None, make()))[1]
    assert isinstance(found, make)  # noqa: S101 -- nobody else uses its name
    return found


def _items(index: Index, counts: _Counts, city: City, now: datetime) -> Iterator[Item]:
    at = text(now)
    yield index.item("asked", area=NOWHERE, zone=None, value=None, vi="", en="", at=at)
    most = sorted(counts, key=lambda s: (-counts[s], s))[:MOST]
    for subject in (s for s in most if counts[s]):
        number = city.roster.numbers.get(subject.removeprefix("device/")) if subject.startswith("device/") else None
        sensor = None if number is None else city.roster.sensors[number]
        if sensor is not None and sensor.status == "active":
            yield index.item(
                sensor.sensor_id, area=sensor.area, zone=sensor.zone, sensor_id=sensor.sensor_id,
                value=counts[subject], vi=sensor.name, en=sensor.name, at=at,
            )  # fmt: skip
        else:
            vi, en = say(subject) or (subject, subject)
            yield index.item(subject, area=NOWHERE, zone=None, value=counts[subject], vi=vi, en=en, at=at)


def _refusals(conn: psycopg.Connection[Any], now: datetime) -> dict[str, _Counts]:
    """Refused requests, sockets and sign-ins. What devices are refused is counted by their events."""
    addresses: Counter[str] = Counter()
    accounts: Counter[str] = Counter()
    total = 0
    # One row may stand for many: those of an address and a minute are counted together, and in a flood those of many
    # addresses (infra/audit/refusals.py).
    span = {"since": now - WINDOW, "now": now}
    rows = conn.execute(
        """SELECT r.address, a.name, sum(r.times)::bigint FROM (
               SELECT address, actor, subject, action, CASE WHEN json_typeof(after -> 'times') = 'number'
                      THEN (after ->> 'times')::numeric ELSE 1 END AS times
               FROM audit WHERE at > %(since)s AND at <= %(now)s AND outcome = 'refused'
                   AND action NOT LIKE 'device.%%') r
           LEFT JOIN account a ON r.action LIKE 'session.%%' AND (r.subject = 'account ' || a.name OR r.actor = a.name)
           GROUP BY 1, 2""",
        span,
    )
    for address, account, times in rows:
        total += times
        if address:
            addresses[network(address)] += times
        if account is not None:
            accounts[account] += times
    many = conn.execute(
        """SELECT m.key, sum(m.value::numeric)::bigint FROM audit, json_each_text(after -> 'most') m
           WHERE at > %(since)s AND at <= %(now)s AND outcome = 'refused' AND action = 'request.refused'
             AND address = '' AND json_typeof(after -> 'most') = 'object' GROUP BY 1""",
        span,
    )
    for address, times in many:
        if address not in ("", "…"):
            addresses[network(address)] += times
    return {
        ADDRESS.code: {f"address/{a}": float(n) for a, n in addresses.items()},
        ACCOUNT.code: {f"account/{a}": float(n) for a, n in accounts.items()},
        TOTAL.code: {"system/requests": float(total)},
    }


def _devices(conn: psycopg.Connection[Any], now: datetime) -> dict[str, _Counts]:
    """What the broker's log has told of devices (infra/devices/events.py)."""
    found: dict[str, _Counts] = defaultdict(dict)

    def add(index: Index, subject: str, times: int) -> None:
        found[index.code][subject] = found[index.code].get(subject, 0.0) + times

    # Rows are of a minute each.
    rows = conn.execute(
        """SELECT kind, sensor_id, address, sum(count)::bigint FROM device_event
           WHERE first_at > %(since)s::timestamptz - interval '1 minute' AND last_at > %(since)s AND last_at <= %(now)s
           GROUP BY 1, 2, 3""",
        {"since": now - WINDOW, "now": now},
    )
    for kind, sensor, address, times in rows:
        where = f"address/{network(address)}" if address else "system/devices"
        if kind in _OF_DEVICES:
            add(_OF_DEVICES[kind], f"device/{sensor}" if sensor else where, times)
        else:
            add(LOGINS, where, times)
    return found


class _Unknown:
    """Sensors in quarantine that nobody has registered: when each was heard of first and last."""

    def __init__(self) -> None:
        self.asked: datetime | None = None
        self.first: dict[str, datetime] = {}
        self.last: dict[str, datetime] = {}

    def take(self, rows: Iterable[tuple[str, datetime, datetime]], now: datetime) -> None:
        for sensor, first, last in rows:
            if sensor in self.first or len(self.first) < MOST_UNKNOWN:
                self.first[sensor] = min(first, self.first.get(sensor, first))
                self.last[sensor] = max(last, self.last.get(sensor, last))
        for sensor in [s for s, at in self.last.items() if at < now - NEW]:
            del self.first[sensor], self.last[sensor]
        self.asked = now


def _unknown(conn: psycopg.Connection[Any], city: City, now: datetime) -> _Counts:
    known = _kept(city, _Unknown)
    # What was received a while ago may be stored only now.
    since = now - NEW if known.asked is None else known.asked - WINDOW
    rows = conn.execute(
        """SELECT sensor_id, min(received_at), max(received_at) FROM quarantine_item
           WHERE reason = 'unknown_sensor' AND sensor_id IS NOT NULL AND received_at > %s AND received_at <= %s
           GROUP BY 1 LIMIT %s""",
        [max(since, now - NEW), now, MOST_UNKNOWN],
    ).fetchall()
    known.take(rows, now)
    return {"system/sensors": float(sum(at > now - WINDOW for at in known.first.values()))}


def _wallboards(conn: psycopg.Connection[Any], now: datetime) -> _Counts:
    """From how many networks each wallboard's token was used."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = conn.execute(
        """SELECT p.token, p.address FROM token_place p JOIN api_token t ON t.id = p.token
           WHERE p.last_at > %s AND t.revoked_at IS NULL""",
        [now - PLACES],
    )
    for token, address in rows:
        found[token].add(network(address))
    return {f"wallboard/{token}": float(len(places)) for token, places in found.items()}
