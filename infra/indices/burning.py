"""Energy of the lighting by meters that count once, and burning hours against the timetable of civil twilight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from city import sun
from city.lighting import against_timetable, channel_rank, counting
from city.sensors import Sensor
from infra.indices import City, Index, Item, rounded
from infra.indices.lamps import DOMAIN, Bools, Floats, Layout
from infra.rollup import read
from infra.rollup.read import Hours
from infra.times import SECOND, rfc3339

HOUR_US = 3600 * SECOND
DAY_US = 24 * HOUR_US
#: A lamp that errs by more than so many minutes in a step is counted as one that does.
NOTED_MIN = 10.0

ENERGY = Index(
    code="lighting_energy", vi="Điện năng chiếu sáng", en="Energy of lighting", unit="kWh", path="/indices/lighting",
    method="increase of the cabinets' meters; lamps' meters only where no cabinet's counts",
    method_vi="Mức tăng công tơ của tủ (kênh total; nếu không có thì kênh không tên, hoặc tổng các pha); công tơ của"
    " đèn chỉ tính nơi tủ không có công tơ, nên không tính hai lần. Hiện tại: từ 0 giờ hôm nay đến giờ tròn gần nhất.",
    method_en="Increase of the cabinet's meter (channel total, else the one without a name, else the sum of the"
    " phases); lamps' meters count only where their cabinet has none, so that nothing counts twice. Current: from the"
    " city's midnight to the last whole hour.",
)  # fmt: skip
HOURS = Index(
    code="lighting_hours", vi="Chiếu sáng ngoài giờ", en="Burning outside the timetable", unit="min",
    path="/indices/lighting",
    method="minutes a lamp burnt before civil dusk or after civil dawn, mean of the lamps",
    method_vi="Số phút trung bình mỗi đèn sáng ngoài giờ (lịch: bật lúc hoàng hôn dân dụng, tắt lúc bình minh dân dụng"
    " của từng ngày, ±2 phút), và số phút tắt trong giờ chiếu sáng. Hiện tại: ngày hôm qua.",
    method_en="Mean minutes that a lamp burnt outside the timetable (on at civil dusk, off at civil dawn of each day,"
    " ±2 min), and minutes it was off inside it. Current: yesterday.",
)  # fmt: skip
NO_METER = "không có số đo công tơ / no reading of a meter"
NOT_SEEN = "không đèn nào báo đủ dữ liệu / no lamp has told enough"


@dataclass(frozen=True)
class Used:
    """Energy by hour and group: kWh [hours, groups], meters that told [hours, groups], meters there are [groups]."""

    kwh: Floats
    told: Floats
    meters: Floats


def used(conn: psycopg.Connection, city: City, lamps: Layout, from_us: int, to_us: int) -> Used:
    """What the meters counted in each hour. A cabinet counts when it has told of its meter at all in that time."""

    def told(values: Floats) -> Floats:
        return np.asarray(~np.isnan(values), np.float64)

    size = (to_us - from_us) // HOUR_US
    by_cabinet, has = _metered(conn, city, lamps, lamps.cabinets, from_us, size)
    bare = [i for i, f in enumerate(lamps.feeder.tolist()) if f < 0 or not has[f]]
    by_lamp, lamp_has = _metered(conn, city, lamps, [lamps.lamps[i] for i in bare], from_us, size)
    out = [lamps.add_up(lamps.cabinet_groups, x) for x in (by_cabinet, told(by_cabinet), has.astype(np.float64))]
    rest = [lamps.add_up(lamps.lamp_groups[bare], x) for x in (by_lamp, told(by_lamp), lamp_has.astype(np.float64))]
    return Used(*(a + b for a, b in zip(out, rest, strict=True)))


def _metered(
    conn: psycopg.Connection, city: City, lamps: Layout, who: Sequence[Sensor], from_us: int, size: int
) -> tuple[Floats, Bools]:
    """kWh [hours, sensor], NaN where the meter told nothing; and which sensors have a meter that told anything."""
    out = np.full((size, len(who)), np.nan)
    found = _hours(conn, city, "energy", who, from_us, from_us + size * HOUR_US)
    if found is None:
        return out, np.zeros(len(who), bool)
    there = np.flatnonzero(found.n["energy"] > 0)
    names = city.roster.channels
    rank = np.array([channel_rank(names.get(c, "?")) for c in found.channel[there].tolist()], np.int64)
    there = there[counting(found.sensor[there], rank)]
    row, hour = lamps.rows(found.sensor[there], who), (found.time_us[there] - from_us) // HOUR_US
    total, seen = np.zeros(out.shape), np.zeros(out.shape, bool)
    np.add.at(total, (hour, row), np.nan_to_num(found.value["energy"][there]))
    seen[hour, row] = True
    return np.where(seen, total, np.nan), np.asarray(seen.any(axis=0))


def _hours(
    conn: psycopg.Connection, city: City, metric: str, who: Sequence[Sensor], from_us: int, to_us: int
) -> Hours | None:
    domain = city.domain(DOMAIN)
    if domain is None or not who or from_us >= to_us:
        return None
    return read.hours(conn, domain, [metric], from_us=from_us, to_us=to_us, sensors=[s.id for s in who])


def energy_now(conn: psycopg.Connection, city: City, lamps: Layout, midnight_us: int, whole_us: int) -> list[Item]:
    """Energy since the city's midnight; the last whole hour, the day before and its same hours are in the details."""
    found = used(conn, city, lamps, midnight_us - DAY_US, whole_us)
    today, before = found.kwh[24:].sum(axis=0), found.kwh[:24].sum(axis=0)
    same = found.kwh[: (whole_us - midnight_us) // HOUR_US].sum(axis=0)
    hour = found.kwh[-1]
    return [
        _energy(lamps, g, today[g], found.told[24:, g], found.meters[g], midnight_us, whole_us,
                last_hour_kwh=rounded(hour[g], 3), day_before_kwh=rounded(before[g], 3),
                day_before_same_kwh=rounded(same[g], 3))
        for g in range(len(lamps.groups))
    ]  # fmt: skip


def energy_items(
    conn: psycopg.Connection, city: City, lamps: Layout, from_us: int, to_us: int, step_us: int
) -> list[Item]:
    """Energy of every step and group; [from, to) is whole steps."""
    found = used(conn, city, lamps, from_us, to_us)
    width = step_us // HOUR_US
    return [
        _energy(lamps, g, found.kwh[i : i + width, g].sum(), found.told[i : i + width, g], found.meters[g],
                from_us + i * HOUR_US, from_us + i * HOUR_US + step_us)
        for i in range(0, len(found.kwh), width)
        for g in range(len(lamps.groups))
    ]  # fmt: skip


def _energy(
    lamps: Layout, g: int, kwh: float, told: Floats, meters: float, since_us: int, at_us: int, **details: object
) -> Item:
    group = lamps.groups[g]
    seen, due = float(told.sum()), float(meters) * len(told)
    return ENERGY.item(
        group.subject, area=group.area, zone=group.zone, sensor_id=group.sensor_id,
        value=rounded(float(kwh), 3) if seen else None, vi="điện năng tiêu thụ", en="energy used",
        since=rfc3339(since_us), at=rfc3339(at_us), completeness=rounded(100 * seen / due, 1) if due else 0.0,
        reason=None if seen else NO_METER, meters=int(meters), details=details,
    )  # fmt: skip


def burning_items(
    conn: psycopg.Connection, city: City, lamps: Layout, from_us: int, to_us: int, step_us: int
) -> list[Item]:
    """Burning against the timetable of every step and every group with lamps; [from, to) is whole steps."""
    hours = np.arange(from_us, to_us, HOUR_US, dtype=np.int64)
    share, seen = np.full((2, len(hours), len(lamps.lamps)), np.nan)
    found = _hours(conn, city, "lamp_on", lamps.lamps, from_us, to_us)
    if found is None:
        return []
    use = np.flatnonzero((found.channel == 0) & (found.n["lamp_on"] > 0))
    row, hour = lamps.rows(found.sensor[use], lamps.lamps), (found.time_us[use] - from_us) // HOUR_US
    interval_s = np.array([city.interval_s(s) for s in lamps.lamps])
    share[hour, row] = found.mean["lamp_on"][use]
    seen[hour, row] = found.n["lamp_on"][use] * interval_s[row] / 3600
    burnt, dark = against_timetable(hours[:, None], share, seen)
    width = step_us // HOUR_US
    out: list[Item] = []
    for i in range(0, len(hours), width):
        b, d = burnt[i : i + width], dark[i : i + width]
        judged = (~np.isnan(b)).sum(axis=0)
        minutes, missing = np.nansum(b, axis=0), np.nansum(d, axis=0)
        columns = [np.ones(len(judged)), judged > 0, judged, minutes, missing, minutes > NOTED_MIN, missing > NOTED_MIN]
        sums = lamps.add_up(lamps.lamp_groups, np.stack([np.asarray(c, np.float64) for c in columns])).T
        out += _burning(lamps, sums, int(hours[i]), step_us)
    return out


def _burning(lamps: Layout, sums: Floats, since_us: int, step_us: int) -> list[Item]:
    since, at = rfc3339(since_us), rfc3339(since_us + step_us)
    day = sun.local_day(np.array([since_us]))
    times = {"off_at": rfc3339(int(sun.civil_dawn(day)[0]) // SECOND * SECOND),
             "on_at": rfc3339(int(sun.civil_dusk(day)[0]) // SECOND * SECOND)}  # fmt: skip
    out = []
    for g, (all_, told, judged, minutes, missing, burners, dark) in zip(lamps.groups, sums.tolist(), strict=True):
        if not all_:
            continue
        facts = {
            "off_inside_min": rounded(missing / told, 1), "lamps": int(all_), "judged": int(told),
            "lamps_burning_outside": int(burners), "lamps_off_inside": int(dark), "timetable": times,
        } if told else {"lamps": int(all_), "judged": 0, "timetable": times}  # fmt: skip
        out.append(HOURS.item(
            g.subject, area=g.area, zone=g.zone, sensor_id=g.sensor_id, since=since, at=at,
            value=rounded(minutes / told, 1) if told else None, vi="phút sáng ngoài giờ mỗi đèn",
            en="minutes a lamp burnt outside the timetable", reason=None if told else NOT_SEEN,
            completeness=rounded(100 * judged / (all_ * step_us / HOUR_US), 1), details=facts,
        ))  # fmt: skip
    return out
