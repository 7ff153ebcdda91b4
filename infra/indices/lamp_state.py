"""Lamps at a moment or over an hour: how many are on, faulty, unreachable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg

from city.lighting import FAULTS, UNKNOWN, faults
from city.sensors import GRACE_S, LIVENESS, OFFLINE_AFTER, liveness_codes
from infra import schema
from infra.indices import City, Index, Item, rounded
from infra.indices.lamps import DOMAIN, Bools, Floats, Layout
from infra.rollup import read
from infra.times import SECOND, rfc3339

HOUR_US = 3600 * SECOND
#: Whoever reports more seldom is looked for no further back.
FAR_S = 6 * 3600.0
#: Usual power is learned over so many days, from hours at steady light; so few teach nothing.
LEARN_DAYS, LEARN_HOURS = 14, 5
#: Faulty lamps that an item names.
NAMED = 20

ON = Index(
    code="lamps_on", vi="Tỷ lệ đèn bật", en="Share of lamps on", unit="%", path="/indices/lighting",
    method="lamp_on of the lamps whose state is known",
    method_vi="Số đèn có lamp_on = 1 chia cho số đèn biết trạng thái (còn kết nối và có báo lamp_on).",
    method_en="Lamps with lamp_on = 1 of those whose state is known (not offline, and lamp_on reported).",
)  # fmt: skip
FAULTY = Index(
    code="lamps_faulty", vi="Tỷ lệ đèn hỏng", en="Share of faulty lamps", unit="%", path="/indices/lighting",
    method="between civil dusk and dawn: off, drawing nothing, or power below 70 % or above 120 % of usual x dim",
    method_vi="Trong giờ chiếu sáng (sau hoàng hôn dân dụng 10 phút đến trước bình minh dân dụng 10 phút): đèn tắt"
    " (dark), báo bật mà không tiêu thụ điện (no_power), công suất dưới 70 % (low_power) hoặc trên 120 % (high_power)"
    " của công suất thường ngày × mức sáng. Ban ngày: theo lúc cuối đêm.",
    method_en="While lamps should burn (from 10 minutes after civil dusk to 10 before civil dawn): off (dark), on but"
    " drawing nothing (no_power), or power below 70 % (low_power) or above 120 % (high_power) of the lamp's usual power"
    " x dimming, usual being the median of its last 14 days at full light. By day: as at the end of the night.",
)  # fmt: skip
UNREACHABLE = Index(
    code="lamps_unreachable", vi="Tỷ lệ đèn mất kết nối", en="Share of unreachable lamps", unit="%",
    path="/indices/lighting", method="no reading for more than 5 intervals",
    method_vi="Số đèn không gửi số đo quá 5 chu kỳ (mất kết nối hoặc chưa từng gửi) chia cho tổng số đèn; lịch sử:"
    " không có số đo nào trong giờ.",
    method_en="Lamps without a reading for more than 5 intervals (offline or never seen) of all lamps; in history: with"
    " none in the hour.",
)  # fmt: skip
NOT_TOLD = "không đèn nào báo trạng thái / no lamp tells its state"


@dataclass(frozen=True)
class State:
    """What each lamp of a layout says, float64[lamps]; NaN is not known. ``online``: it is reached."""

    on: Floats
    dim: Floats
    power: Floats
    online: Bools


def state_at(conn: psycopg.Connection, city: City, lamps: Layout, at_us: int) -> State:
    """The newest of each lamp at a moment, as far as it was alive then."""
    size = len(lamps.lamps)
    interval_s = np.array([city.interval_s(s) for s in lamps.lamps])
    back_s = min(FAR_S, OFFLINE_AFTER * float(interval_s.max(initial=0)) + GRACE_S)
    newest = ", ".join(
        f"last({m}, time) FILTER (WHERE {m} IS NOT NULL AND quality = 0)" for m in ("lamp_on", "dim", "power")
    )
    rows = conn.execute(
        f"""SELECT sensor, extract(epoch FROM max(time))::float8, {newest} FROM {schema.table(DOMAIN)}
            WHERE time > to_timestamp(%s) AND time <= to_timestamp(%s) AND channel = 0 GROUP BY sensor""",  # nosec B608
        [at_us / SECOND - back_s, at_us / SECOND],
    ).fetchall()
    found = np.full((size, 4), np.nan)
    table = np.array(rows, np.float64).reshape(-1, 5)
    place = lamps.rows(table[:, 0].astype(np.int64), lamps.lamps)
    found[place[place >= 0]] = table[place >= 0, 1:]
    codes = liveness_codes(at_us / SECOND - found[:, 0], interval_s)
    online = codes < LIVENESS.index("offline")
    found[~online] = np.nan
    return State(found[:, 1], found[:, 2], found[:, 3], online)


def hour_states(
    conn: psycopg.Connection, city: City, lamps: Layout, from_us: int, to_us: int
) -> tuple[list[int], list[State]]:
    """The starts of the hours, and what each lamp said in each: means, and whether there was any reading."""
    domain = city.domain(DOMAIN)
    times = list(range(from_us, to_us, HOUR_US))
    cube = np.full((len(times), 3, len(lamps.lamps)), np.nan)
    if domain is not None and lamps.lamps:
        names = ("lamp_on", "dim", "power")
        numbers = [s.id for s in lamps.lamps]
        found = read.hours(conn, domain, names, from_us=from_us, to_us=to_us, sensors=numbers)
        use = np.flatnonzero(found.channel == 0)
        row, hour = lamps.rows(found.sensor[use], lamps.lamps), (found.time_us[use] - from_us) // HOUR_US
        for i, name in enumerate(names):
            cube[hour, i, row] = found.mean[name][use]
    return times, [State(c[0], c[1], c[2], ~np.isnan(c).all(axis=0)) for c in cube]


def usual_w(conn: psycopg.Connection, lamps: Layout, until_us: int) -> Floats:
    """The power that each lamp usually draws at full light, W; NaN where too little is known.

    The registry has no rated power, so a lamp's own past stands for it: what was always wrong is not found.
    """
    out = np.full(len(lamps.lamps), np.nan)
    rows = conn.execute(
        f"""SELECT sensor, percentile_cont(0.5) WITHIN GROUP (ORDER BY power$mean * 100 / dim$mean)
            FROM {schema.hour_table(DOMAIN)}
            WHERE time >= to_timestamp(%(from)s) AND time < to_timestamp(%(to)s) AND channel = 0
              AND sensor = ANY(%(sensors)s)
              AND lamp_on$min >= 1 AND dim$min >= 20 AND dim$min = dim$max AND power$mean > 0
            GROUP BY sensor HAVING count(*) >= %(hours)s""",  # nosec B608
        {
            "from": until_us / SECOND - LEARN_DAYS * 86_400, "to": until_us / SECOND, "hours": LEARN_HOURS,
            "sensors": [s.id for s in lamps.lamps],
        },
    ).fetchall()  # fmt: skip
    for number, watts in rows:
        out[lamps.rows(np.array([number]), lamps.lamps)] = watts
    return out


def state_items(lamps: Layout, state: State, since_us: int, at_us: int) -> list[Item]:
    """Lamps on and unreachable, of every group with lamps."""
    known = ~np.isnan(state.on)
    masks = np.stack([np.ones(len(known)), known, known & (state.on >= 0.5), ~state.online]).astype(np.float64)
    since = None if since_us == at_us else rfc3339(since_us)
    out = []
    for g, (all_, told, on, lost) in zip(lamps.groups, lamps.add_up(lamps.lamp_groups, masks).T.tolist(), strict=True):
        if not all_:
            continue
        facts = {"lamps": int(all_), "known": int(told), "on": int(on), "unreachable": int(lost)}
        out.append(ON.item(
            g.subject, area=g.area, zone=g.zone, sensor_id=g.sensor_id, since=since, at=rfc3339(at_us),
            value=rounded(100 * on / told, 1) if told else None, vi="đèn bật", en="lamps on",
            completeness=rounded(100 * told / all_, 1), reason=None if told else NOT_TOLD, details=facts,
        ))  # fmt: skip
        out.append(UNREACHABLE.item(
            g.subject, area=g.area, zone=g.zone, sensor_id=g.sensor_id, since=since, at=rfc3339(at_us),
            value=rounded(100 * lost / all_, 1), vi="đèn mất kết nối", en="lamps unreachable", completeness=100.0,
            details=facts,
        ))  # fmt: skip
    return out


def fault_items(lamps: Layout, state: State, usual: Floats, since_us: int, at_us: int) -> list[Item]:
    """Faulty lamps of every group with lamps, at a time when all should burn."""
    code = faults(state.on, state.dim, state.power, usual)
    masks = np.stack([code >= UNKNOWN, code != UNKNOWN, *(code == c for c in FAULTS)]).astype(np.float64)
    sums = lamps.add_up(lamps.lamp_groups, masks).T
    named: dict[int, list[dict[str, str]]] = {}
    for i in np.flatnonzero(np.isin(code, list(FAULTS))).tolist():
        for g in lamps.lamp_groups[i].tolist():
            if g >= 0 and len(named.setdefault(g, [])) < NAMED:
                named[g].append({"sensor_id": lamps.lamps[i].sensor_id, "fault": FAULTS[int(code[i])]})
    since = None if since_us == at_us else rfc3339(since_us)
    out = []
    for n, (g, (all_, judged, *kinds)) in enumerate(zip(lamps.groups, sums.tolist(), strict=True)):
        if all_:
            out.append(FAULTY.item(
                g.subject, area=g.area, zone=g.zone, sensor_id=g.sensor_id, since=since, at=rfc3339(at_us),
                value=rounded(100 * sum(kinds) / judged, 1) if judged else None, vi="đèn hỏng", en="lamps faulty",
                completeness=rounded(100 * judged / all_, 1), reason=None if judged else NOT_TOLD,
                lamps=int(all_), judged=int(judged), faulty=int(sum(kinds)),
                kinds=dict(zip(FAULTS.values(), map(int, kinds), strict=True)), named=named.get(n, []),
            ))  # fmt: skip
    return out
