"""Silences and maintenance windows: who wants what not to be told, why, and until when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from alerts.life import rows
from alerts.life.actions import NAME, Refused, written
from alerts.life.rows import Alert
from alerts.notice.stale import Changed
from alerts.rules.model import Kind, Severity

#: A silence has an end: at most so long after its beginning.
LONGEST = timedelta(days=30)
#: Maintenance is planned ahead, at most so far.
AHEAD = timedelta(days=180)
#: Silences that a list shows at most.
SHOWN = 1000


class Matcher(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which alerts: every list that is not empty must have the alert's own value. ``tag`` takes alerts of sensors that
    have one of these tags now; ``parent`` takes the cabinet, gateway or feeder itself and what hangs on it;
    ``department`` mutes for that department only."""

    rule: tuple[str, ...] = ()
    kind: tuple[Kind, ...] = ()
    severity: tuple[Severity, ...] = ()
    area: tuple[str, ...] = ()
    zone: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    sensor: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    parent: tuple[str, ...] = ()
    department: tuple[str, ...] = ()

    def matches(self, alert: Alert, department: str, tagged: Collection[str] = ()) -> bool:
        """Whether it mutes that alert for that department. ``tagged``: the ids of sensors that have one of its tags."""
        return (
            _has(self.rule, alert.rule)
            and _has(self.kind, alert.kind)
            and _has(self.severity, alert.severity)
            and _has(self.area, alert.area)
            and _has(self.zone, alert.zone)
            and _has(self.domain, alert.domain)
            and _has(self.sensor, alert.sensor_id)
            and (not self.tag or alert.sensor_id in tagged or _itself(alert.subject) in tagged)
            and (not self.parent or bool({alert.parent, alert.sensor_id, _itself(alert.subject)} & set(self.parent)))
            and _has(self.department, department)
        )


def _has(wanted: tuple[str, ...], value: str | None) -> bool:
    return not wanted or value in wanted


def _itself(subject: str) -> str | None:
    return subject.removeprefix("parent/") if subject.startswith("parent/") else None


class Silence(msgspec.Struct, frozen=True):
    """One row of `silence`; ``tagged`` are the ids of sensors that have one of its tags, where that was asked for."""

    id: int
    kind: Literal["silence", "maintenance"]
    matcher: Matcher
    reason: str
    author: str
    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    revision: int
    tagged: frozenset[str] = frozenset()

    def matches(self, alert: Alert, department: str) -> bool:
        """Whether it mutes that alert for that department."""
        return self.matcher.matches(alert, department, self.tagged)

    def state(self, now: datetime) -> Literal["planned", "in_force", "over"]:
        if self.ended_at is not None or now >= self.ends_at:
            return "over"
        return "in_force" if now >= self.starts_at else "planned"


class Reach(msgspec.Struct, frozen=True):
    """What a matcher mutes as things stand: so many sensors and rules, and these alerts that are open now."""

    sensors: int
    rules: int
    alerts: int


_SELECT = """SELECT id, kind, matcher, reason, author, created_at, starts_at, ends_at, ended_at, ended_by, revision
             FROM silence"""


def create(
    conn: psycopg.Connection,
    kind: Literal["silence", "maintenance"],
    matcher: Matcher,
    *,
    author: str,
    reason: str,
    ends_at: datetime,
    now: datetime,
    starts_at: datetime | None = None,
) -> tuple[Silence, Reach]:
    """Store a silence, with what it mutes; Refused says what is wrong with it."""
    written(author, what_vi="tên người tạo", what_en="author", most=NAME, need=True)
    written(reason, what_vi="lý do", what_en="reason", need=True)
    begin = starts_at or now
    for name, at in (("starts_at", begin), ("ends_at", ends_at)):
        if at.tzinfo is None:
            raise Refused(f"{name}: thời gian phải có múi giờ", f"{name}: give it with its offset, as 07:30:00+07:00")
    if ends_at <= now or ends_at <= begin:
        raise Refused("ends_at phải sau lúc này và sau starts_at", "ends_at: it must be later than now and starts_at")
    if ends_at - max(begin, now) > LONGEST:
        raise Refused("tắt báo tối đa 30 ngày", "ends_at: at most 30 days after its beginning; renew it then")
    if begin - now > AHEAD:
        raise Refused("starts_at: trước tối đa 180 ngày", "starts_at: at most 180 days ahead")
    reach = measure(conn, matcher)
    row = conn.execute(
        """INSERT INTO silence (kind, matcher, reason, author, created_at, starts_at, ends_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        [kind, Jsonb(msgspec.to_builtins(matcher)), reason, author, now, begin, ends_at],
    ).fetchone()
    number: int = row[0]  # type: ignore[index]  # an INSERT that returns has a row
    return find(conn, number), reach


def end(conn: psycopg.Connection, number: int, revision: int, *, actor: str, now: datetime) -> Silence:
    """End a silence before its time. What it muted and still fires is told. Conflict where somebody was faster."""
    done = conn.execute(
        """UPDATE silence SET ended_at = %s, ended_by = %s, revision = revision + 1
           WHERE id = %s AND revision = %s AND ended_at IS NULL AND ends_at > %s""",
        [now, written(actor, most=NAME), number, revision, now],
    )
    found = find(conn, number)
    if not done.rowcount:
        if found.revision != revision:
            raise Changed(found)
        raise Refused("đã kết thúc", "it is over already")
    return found


def find(conn: psycopg.Connection, number: int) -> Silence:
    """The silence of that number; Refused where there is none."""
    row = conn.execute(f"{_SELECT} WHERE id = %s", [number]).fetchone()
    if row is None:
        raise Refused(f"không có lần tắt báo số {number}", f"there is no silence {number}")
    return _silence(row)


def listed(
    conn: psycopg.Connection, now: datetime, *, over: bool = False, of: Callable[[Silence], bool] = lambda _: True
) -> list[Silence]:
    """Silences that are planned or in force and of which ``of`` is true, the first to end first; ``over`` adds those
    that are over, and then the newest come first: of very many the old ones are left out."""
    if over:
        query = f"{_SELECT} WHERE id < %s ORDER BY id DESC LIMIT {SHOWN}"
        at: tuple[Any, ...] = (2**62,)
    else:
        query = f"""{_SELECT} WHERE ended_at IS NULL AND ends_at > %s AND (ends_at, id) > (%s, %s)
                    ORDER BY ends_at, id LIMIT {SHOWN}"""
        at = (now, now, 0)
    found: list[Silence] = []
    while len(found) < SHOWN:
        page = [_silence(row) for row in conn.execute(query, at)]
        found += filter(of, page)
        if len(page) < SHOWN:
            break
        last = page[-1]
        at = (last.id,) if over else (now, last.ends_at, last.id)
    return found[:SHOWN]


def in_force(conn: psycopg.Connection, now: datetime) -> list[Silence]:
    """Those that mute at that time."""
    rows = conn.execute(
        f"{_SELECT} WHERE ended_at IS NULL AND starts_at <= %s AND ends_at > %s ORDER BY id", [now, now]
    )
    found = [silence for row in rows if (silence := _understood(row)) is not None]
    return [msgspec.structs.replace(s, tagged=_tagged(conn, s.matcher)) if s.matcher.tag else s for s in found]


def _tagged(conn: psycopg.Connection, matcher: Matcher) -> frozenset[str]:
    rows = conn.execute("SELECT sensor_id FROM sensor WHERE tags && %s::text[]", [list(matcher.tag)])
    return frozenset(sensor_id for (sensor_id,) in rows)


def muting(silences: Iterable[Silence], alert: Alert, department: str) -> Silence | None:
    """The first silence that mutes an alert for a department."""
    return next((s for s in silences if s.matches(alert, department)), None)


def _understood(row: tuple[Any, ...]) -> Silence | None:
    """What this program does not understand mutes nobody, and keeps nobody from being told."""
    try:
        return _silence(row)
    except msgspec.ValidationError:
        return None


def _silence(row: tuple[Any, ...]) -> Silence:
    number, kind, matcher, *rest = row
    return Silence(number, kind, msgspec.convert(matcher, Matcher), *rest)


def measure(conn: psycopg.Connection, matcher: Matcher) -> Reach:
    """How much a matcher mutes; Refused where it names what is not there, everything, or nothing."""
    if matcher == Matcher():
        fields = ", ".join(Matcher.__struct_fields__)
        raise Refused(f"phải nêu ít nhất một trong: {fields}", f"matcher: name at least one of {fields}")
    for field, query in _KNOWN.items():
        wanted = getattr(matcher, field)
        known = {code for (code,) in conn.execute(query, [list(wanted)])} if wanted else set()
        unknown = [code for code in wanted if code not in known]
        if unknown:
            names = ", ".join(unknown[:5])
            raise Refused(f"matcher.{field}: không có {names}", f"matcher.{field}: there is no {names}")
    scopes = _scopes(conn, matcher)
    if not scopes:
        raise Refused("không quy tắc nào tạo cảnh báo như vậy", "matcher: no rule makes such alerts")
    where, args = _where(matcher)
    row = conn.execute(
        f"""SELECT count(*) FROM sensor s WHERE s.status <> 'retired' AND {where} AND EXISTS (
                SELECT 1 FROM unnest(%s::jsonb[]) r WHERE {" AND ".join(_IN_SCOPE)})""",  # nosec B608
        [*args, [Jsonb(scope) for scope in scopes]],
    ).fetchone()
    sensors = row[0] if row else 0
    if not sensors:
        raise Refused(
            "không khớp cảm biến nào", "matcher: it matches no sensor; check area, zone, domain, sensor, tag and parent"
        )
    return Reach(sensors, len(scopes), _open(conn, matcher))


_KNOWN = {
    "rule": "SELECT code FROM rule WHERE code = ANY(%s) AND deleted_at IS NULL",
    "department": "SELECT code FROM department WHERE code = ANY(%s)",
    "sensor": "SELECT sensor_id FROM sensor WHERE sensor_id = ANY(%s)",
    "tag": "SELECT unnest(tags) FROM sensor WHERE tags && %s::text[]",
    "parent": "SELECT parent FROM sensor WHERE parent = ANY(%s)",
    "zone": "SELECT zone FROM sensor WHERE zone = ANY(%s)",
}
_IN_SCOPE = [
    "(coalesce(r -> 'tag', '[]') = '[]' OR s.tags && ARRAY(SELECT jsonb_array_elements_text(r -> 'tag')))",
    *(f"(coalesce(r -> '{field}', '[]') = '[]' OR r -> '{field}' ? s.{column})"
    for field, column in (("domain", "domain"), ("area", "area"), ("zone", "zone"), ("sensor", "sensor_id"),
                          ("site", "site"))),
]  # fmt: skip


def _scopes(conn: psycopg.Connection, matcher: Matcher) -> list[dict[str, Any]]:
    """The scopes of the rules that make such alerts."""
    rows = conn.execute(
        """SELECT coalesce(v.body -> 'scope', '{}') FROM rule r JOIN rule_version v USING (code, version)
           WHERE r.deleted_at IS NULL AND (%(rule)s::text[] = '{}' OR r.code = ANY(%(rule)s))
             AND (%(kind)s::text[] = '{}' OR v.body ->> 'kind' = ANY(%(kind)s))
             AND (%(severity)s::text[] = '{}' OR v.body ->> 'severity' = ANY(%(severity)s))""",
        {name: list(getattr(matcher, name)) for name in ("rule", "kind", "severity")},
    )
    return [scope for (scope,) in rows]


def _where(matcher: Matcher) -> tuple[str, list[Any]]:
    parts, args = ["true"], []
    for field, column in (("area", "area"), ("zone", "zone"), ("domain", "domain"), ("sensor", "sensor_id")):
        if getattr(matcher, field):
            parts.append(f"s.{column} = ANY(%s)")
            args.append(list(getattr(matcher, field)))
    if matcher.tag:
        parts.append("s.tags && %s::text[]")
        args.append(list(matcher.tag))
    if matcher.parent:
        parts.append("(s.parent = ANY(%s) OR s.sensor_id = ANY(%s))")
        args += [list(matcher.parent)] * 2
    return " AND ".join(parts), args


def _open(conn: psycopg.Connection, matcher: Matcher) -> int:
    found = conn.execute("SELECT id FROM alert WHERE state IN ('firing', 'acknowledged', 'in_progress')")
    numbers = [n for (n,) in found]
    whom, tagged = matcher.department or ("",), _tagged(conn, matcher) if matcher.tag else frozenset()
    return sum(any(matcher.matches(a, d, tagged) for d in whom) for a in rows.read_many(conn, numbers))
