"""Lighting: lamps on, faulty and unreachable; energy; burning hours against the timetable."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from city.lighting import day_start, last_lit
from city.sensors import Sensor
from infra.indices import City, Item
from infra.indices.burning import ENERGY, HOURS, burning_items, energy_items, energy_now
from infra.indices.lamp_state import FAULTY, ON, UNREACHABLE, fault_items, hour_states, state_at, state_items, usual_w
from infra.indices.lamps import DOMAIN as DOMAIN
from infra.indices.lamps import layout
from infra.times import SECOND

INDICES = (ON, FAULTY, UNREACHABLE, ENERGY, HOURS)

HOUR_US = 3600 * SECOND
DAY_US = 24 * HOUR_US
#: An hour is taken as whole when it has been over for so long: it is then rolled up.
WAIT_US = 180 * SECOND


def current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    """The lamps as they are; faults as of when they last should have burnt; energy of today; yesterday's burning."""
    sensors = city.sensors(DOMAIN)
    if not sensors:
        return []
    lamps = city.remember("lighting/layout", 0, lambda: layout(city, sensors))
    whole_us = (now_us - WAIT_US) // HOUR_US * HOUR_US
    today_us = day_start(whole_us)
    usual = city.remember("lighting/usual", now_us // (6 * HOUR_US), lambda: usual_w(conn, lamps, now_us))
    items = state_items(lamps, state_at(conn, city, lamps, now_us), now_us, now_us)

    def faults(at_us: int) -> list[Item]:
        return fault_items(lamps, state_at(conn, city, lamps, at_us), usual, at_us, at_us)

    lit_us = last_lit(now_us)
    # By day it is always the end of the night that is looked at.
    items += faults(now_us) if lit_us == now_us else city.remember("lighting/night", lit_us, lambda: faults(lit_us))
    items += city.remember("lighting/energy", whole_us, lambda: energy_now(conn, city, lamps, today_us, whole_us))
    items += city.remember(
        "lighting/burning",
        (today_us, now_us // (6 * HOUR_US)),
        lambda: burning_items(conn, city, lamps, today_us - DAY_US, today_us, DAY_US),
    )
    return items


def history(
    conn: psycopg.Connection, city: City, sensors: Sequence[Sensor], from_us: int, to_us: int, step_us: int, each: bool
) -> list[Item]:
    """Figures of whole hours or city days, by time. ``each``: of every lamp as well."""
    lamps = layout(city, sensors, each=each)
    out: list[Item] = []
    if step_us == HOUR_US:
        usual = usual_w(conn, lamps, to_us)
        times, states = hour_states(conn, city, lamps, from_us, to_us)
        for i, t in enumerate(times):
            out += state_items(lamps, states[i], t, t + HOUR_US)
            if last_lit(t) == t and last_lit(t + HOUR_US) == t + HOUR_US:
                out += fault_items(lamps, states[i], usual, t, t + HOUR_US)
    out += energy_items(conn, city, lamps, from_us, to_us, step_us)
    out += burning_items(conn, city, lamps, from_us, to_us, step_us)
    return sorted(out, key=lambda item: (item.at or "", item.key))
