"""The noise ledger: how much was asked of people by alerts, and how much of it for nothing.

Counted are alerts that fired in a span of time, as rows of `alert`: one that was raised again within its `reopen` is
the same alert. Records of the past (`retroactive`) and breaches that never fired are counted apart: nobody was told.
Who handles an alert is said by its rule, or by the routes as they are now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple

import numpy as np
import psycopg
from psycopg import sql
from pydantic import Field

from alerts.notice import book
from alerts.notice.route import concerned
from alerts.rules.model import SEVERITIES
from infra.shown import Shown
from infra.times import SECOND, moment, rfc3339

#: Rules that are named as the noisiest, where nothing else is said.
RULES = 10


class Noise(Shown, frozen=True, kw_only=True):
    """Alerts of one kind. Shares are 0 to 1, null where there were none.

    Acknowledged are those that a person has answered in any way: acknowledged, assigned, or resolved by hand. Alerts
    for which another one spoke (`incident`) were told to nobody: they are in `alerts`, but not among those that had to
    be acknowledged. Seconds to the acknowledgement count from when it fired.
    """

    shown_as = "AlertNoise"
    alerts: int
    raised: Annotated[int, Field(description="Alerts, and how often they were raised again.")]
    spoken_for: Annotated[int, Field(description="Part of another alert, which spoke for them.")]
    flapping_share: float | None
    acknowledged: int
    unacknowledged_share: float | None
    acknowledge_s: Annotated[float | None, Field(description="Median seconds until somebody acknowledged.")]
    lasted_s: Annotated[float | None, Field(description="Median seconds from firing to clear, of those that are.")]
    per_1000_sensor_days: float | None


class RuleNoise(Shown, frozen=True, kw_only=True):
    """A rule's part of the noise; `share` of all alerts, 0 to 1. The names are those of its newest version."""

    shown_as = "RuleNoise"
    rule: str
    vi: str
    en: str
    severity: str
    share: float
    noise: Noise


class DepartmentNoise(Shown, frozen=True, kw_only=True):
    """What a department had to handle; `department` null: nobody."""

    shown_as = "DepartmentNoise"
    department: str | None
    vi: str
    en: str
    noise: Noise


class Ledger(Shown, frozen=True, kw_only=True):
    """The noise of a span. `sensors` are those that are active now; `retroactive` and `never_fired` told nobody."""

    shown_as = "AlertLedger"
    since: str
    until: str
    days: float
    sensors: int
    retroactive: int
    never_fired: int
    all: Noise
    severities: dict[str, Noise]
    departments: tuple[DepartmentNoise, ...]
    rules: Annotated[tuple[RuleNoise, ...], Field(description="The noisiest first.")]


class _Group(NamedTuple):
    """Alerts of one rule and sort. The lists are seconds."""

    rule: str
    zone: str | None
    area: str
    domain: str | None
    kind: str
    severity: str
    department: str | None
    alerts: int
    raised: int
    spoken_for: int
    flapping: int
    acknowledge_s: list[float]
    unanswered: int
    lasted_s: list[float]


_FIRED = """
    SELECT a.rule, a.zone, a.area, a.domain, a.kind, a.severity, a.department, count(*), sum(greatest(a.raises, 1)),
           count(*) FILTER (WHERE a.incident IS NOT NULL), count(*) FILTER (WHERE f.flapping OR a.flapping),
           coalesce(array_agg(extract(epoch FROM greatest(f.answered - a.fired_at, interval '0'))::float8)
               FILTER (WHERE f.answered IS NOT NULL AND a.incident IS NULL), '{{}}'),
           count(*) FILTER (WHERE f.answered IS NULL AND a.incident IS NULL),
           coalesce(array_agg(extract(epoch FROM a.cleared_at - a.fired_at)::float8)
               FILTER (WHERE a.cleared_at >= a.fired_at), '{{}}')
    FROM alert a
    LEFT JOIN LATERAL (
        SELECT min(at) FILTER (WHERE what IN ('acknowledged', 'assigned')
                               OR (what = 'resolved' AND actor <> 'engine')) AS answered,
               bool_or(what = 'flapping') AS flapping
        FROM flip WHERE flip.alert = a.id
    ) f ON true
    WHERE a.fired_at >= %(since)s AND a.fired_at < %(until)s AND a.started_at < %(until)s AND NOT a.retroactive
      AND {within}
    GROUP BY 1, 2, 3, 4, 5, 6, 7"""


_UNTOLD = """SELECT count(*) FROM alert a WHERE {} AND a.started_at >= %(since)s AND a.started_at < %(until)s
             AND {}"""
_ALL = sql.SQL("true")


def ledger(
    conn: psycopg.Connection,
    from_us: int,
    to_us: int,
    *,
    rules: int = RULES,
    alerts: sql.Composable = _ALL,
    sensors: sql.Composable = _ALL,
) -> Ledger:
    """The noise of [from, to), with the ``rules`` noisiest rules. ``alerts`` and ``sensors``: conditions on rows `a`
    and `s` of these tables, for a part of the city."""
    span = {"since": moment(from_us), "until": moment(to_us)}
    groups = [_Group(*row) for row in conn.execute(sql.SQL(_FIRED).format(within=alerts), span)]
    days = (to_us - from_us) / SECOND / 86_400
    active = _count(conn, sql.SQL("SELECT count(*) FROM sensor s WHERE s.status = 'active' AND {}").format(sensors), {})
    sensor_days = active * days
    by_severity, by_rule = defaultdict(list), defaultdict(list)
    for g in groups:
        by_severity[g.severity].append(g)
        by_rule[g.rule].append(g)
    total = sum(g.alerts for g in groups)
    noisiest = sorted(by_rule, key=lambda c: (-sum(g.alerts for g in by_rule[c]), c))[:rules]
    names = _names(conn, noisiest)
    return Ledger(
        since=rfc3339(from_us), until=rfc3339(to_us), days=round(days, 3), sensors=active,
        retroactive=_count(conn, sql.SQL(_UNTOLD).format(sql.SQL("a.retroactive"), alerts), span),
        never_fired=_count(conn, sql.SQL(_UNTOLD).format(sql.SQL("a.fired_at IS NULL"), alerts), span),
        all=_noise(groups, sensor_days),
        severities={s: _noise(by_severity[s], sensor_days) for s in reversed(SEVERITIES) if s in by_severity},
        departments=_departments(conn, groups, sensor_days),
        rules=tuple(
            RuleNoise(
                rule=c, vi=names.get(c, (c, c))[0], en=names.get(c, (c, c))[1],
                severity=max((g.severity for g in by_rule[c]), key=SEVERITIES.index),
                share=round(sum(g.alerts for g in by_rule[c]) / total, 4), noise=_noise(by_rule[c], sensor_days),
            )
            for c in noisiest
        ),
    )  # fmt: skip


def _noise(groups: Iterable[_Group], sensor_days: float) -> Noise:
    n: Counter[str] = Counter()
    acknowledge: list[float] = []
    lasted: list[float] = []
    for g in groups:
        for name in ("alerts", "raised", "spoken_for", "flapping", "unanswered"):
            n[name] += int(getattr(g, name))
        acknowledge += g.acknowledge_s
        lasted += g.lasted_s
    asked = len(acknowledge) + n["unanswered"]
    return Noise(
        alerts=n["alerts"], raised=n["raised"], spoken_for=n["spoken_for"],
        flapping_share=_share(n["flapping"], n["alerts"]), acknowledged=len(acknowledge),
        unacknowledged_share=_share(n["unanswered"], asked), acknowledge_s=_median(acknowledge),
        lasted_s=_median(lasted),
        per_1000_sensor_days=round(1000 * n["alerts"] / sensor_days, 3) if sensor_days else None,
    )  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _median(seconds: list[float]) -> float | None:
    return round(float(np.median(seconds)), 1) if seconds else None


def _departments(conn: psycopg.Connection, groups: Iterable[_Group], sensor_days: float) -> tuple[DepartmentNoise, ...]:
    """Who had to handle what: an alert that several handle counts for each of them."""
    found = book.load(conn, datetime.now(UTC))
    mine: dict[str | None, list[_Group]] = defaultdict(list)
    for g in groups:
        named = g.department if g.department in found.departments else None
        handlers = [c.department for c in concerned(found.routes, g, named) if c.role == "handles"]
        for code in handlers:
            mine[code].append(g)
        if not handlers:
            mine[None].append(g)
    order = sorted(mine, key=lambda c: (-sum(g.alerts for g in mine[c]), c or ""))
    return tuple(
        DepartmentNoise(
            department=code,
            vi="không đơn vị nào" if code is None else found.departments[code].vi,
            en="nobody" if code is None else found.departments[code].en,
            noise=_noise(mine[code], sensor_days),
        )
        for code in order
    )


def _names(conn: psycopg.Connection, codes: list[str]) -> dict[str, tuple[str, str]]:
    rows = conn.execute(
        "SELECT DISTINCT ON (code) code, body->>'vi', body->>'en' FROM rule_version WHERE code = ANY(%s)"
        " ORDER BY code, version DESC",
        [codes],
    )
    return {code: (vi or code, en or code) for code, vi, en in rows}


def _count(conn: psycopg.Connection, query: sql.Composed, values: dict[str, datetime]) -> int:
    row = conn.execute(query, values).fetchone()
    return int(row[0]) if row else 0


def shown(found: Ledger) -> str:
    """The ledger as a page of text."""

    def line(name: str, n: Noise) -> tuple[str, ...]:
        median = "–" if n.acknowledge_s is None else str(timedelta(seconds=round(n.acknowledge_s)))
        shares = (n.flapping_share, n.unacknowledged_share)
        rate = "–" if n.per_1000_sensor_days is None else f"{n.per_1000_sensor_days:,.2f}"
        return (name, f"{n.alerts:,}", rate, *("–" if s is None else f"{s:.0%}" for s in shares), median)

    head = ("", "cảnh báo / alerts", "/1.000 cảm biến-ngày / sensor-days", "chập chờn / flapping",
            "chưa xác nhận / not acknowledged", "xác nhận sau / after (median)")  # fmt: skip
    rows = [head, line("tất cả / all", found.all)]
    rows += [line(code, n) for code, n in found.severities.items()]
    rows += [line(f"{d.vi} / {d.en}", d.noise) for d in found.departments]
    rows += [line(f"{r.rule} ({r.share:.0%})", r.noise) for r in found.rules]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    text = ["  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
            for row in rows]  # fmt: skip
    return "\n".join(
        [
            f"{found.since} – {found.until}  ({found.days:g} ngày / days, {found.sensors:,} cảm biến / sensors;"
            f" {found.retroactive:,} ghi nhận quá khứ / records of the past, {found.never_fired:,} vượt chưa đủ lâu /"
            " breaches that did not last)",
            *text,
        ]
    )
