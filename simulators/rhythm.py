"""How a day in the city goes: how much of a road's peak demand is on the road at each moment.

Peaks 06:30-08:00 and 16:30-18:30, factory shifts 07-08 and 19-20 at the industrial parks (UTC+7), quieter week-ends.
Values are shares of the peak, about 0.03 in the dead of night to 1.
"""

from __future__ import annotations

import numpy as np

from city.sun import Floats, Ints, local_day, local_hour


def _between(hour: Floats, start: float, end: float, edge: float) -> Floats:
    """Smooth plateau: 1 between start and end hours, falling to 0 over about ``edge`` hours outside."""
    out: Floats = 1 / ((1 + np.exp((start - hour) / (edge / 3))) * (1 + np.exp((hour - end) / (edge / 3))))
    return out


def weekday(t_us: Ints) -> Ints:
    """Day of the local week, Monday 0."""
    return (local_day(t_us) + 3) % 7


def commuting(t_us: Ints, inbound: Floats | float = 0.5) -> Floats:
    """Ordinary streets. ``inbound`` 1: lanes into the centre (heavier mornings), 0: out of it."""
    hour, day = local_hour(t_us), weekday(t_us)
    base = 0.03 + 0.44 * _between(hour, 6.0, 20.5, 1.2) + 0.10 * _between(hour, 10.8, 12.2, 0.6)
    morning = _between(hour, 6.5, 8.0, 0.5) * (0.40 + 0.16 * np.asarray(inbound))
    evening = _between(hour, 16.5, 18.5, 0.6) * (0.56 - 0.16 * np.asarray(inbound))
    work = base + morning + evening
    rest = 0.04 + 0.40 * _between(hour, 7.5, 21.5, 1.5) + 0.16 * _between(hour, 16.5, 20.0, 1.0)
    out: Floats = np.where(day == 6, rest, np.where(day == 5, 0.45 * work + 0.55 * rest, work))
    return out


def shifts(t_us: Ints) -> Floats:
    """Roads at the industrial parks: the shifts change 07-08 and 19-20; half of the parks work on Sunday."""
    hour, day = local_hour(t_us), weekday(t_us)
    lorries = 0.05 + 0.26 * _between(hour, 7.0, 19.0, 1.5)
    change = _between(hour, 7.05, 7.95, 0.35) + 0.92 * _between(hour, 19.05, 19.95, 0.35)
    out: Floats = (lorries + 0.69 * change) * np.where(day == 6, 0.5, np.where(day == 5, 0.85, 1.0))
    return out


def mixed(t_us: Ints, industry: Floats | float, inbound: Floats | float = 0.5) -> Floats:
    """Demand where a share ``industry`` of the traffic belongs to the factories."""
    out: Floats = shifts(t_us) * industry + commuting(t_us, inbound) * (1 - np.asarray(industry))
    return out
