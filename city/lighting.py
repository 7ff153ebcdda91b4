"""Street lighting: when lamps should burn, which are faulty, minutes against the timetable, whose meter counts.

The timetable is civil twilight: on at civil dusk, off at civil dawn, each day's own. A city day is local (UTC+7); its
lamps burn from its midnight to its dawn, and from its dusk to the next midnight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from city import sun
from city.sun import DAY_US, HOUR_US, LOCAL_US

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MINUTE_US = 60_000_000
#: Around dusk and dawn nobody is faulty: controllers follow a clock or an eye of their own.
SETTLE_US = 10 * MINUTE_US
#: Minutes of an hour with dusk or dawn in it that say nothing: twilight is computed to within two minutes.
TOLERANCE_MIN = 2.0
#: Such an hour is judged where so much of it was reported: what is missing may be either.
SEEN_SHARE = 0.9
#: Power below or above so much of the lamp's usual power at its dimming is a fault; below 1 W it draws nothing.
LOW, HIGH, NOTHING_W = 0.70, 1.20, 1.0

#: Codes of `faults`.
UNKNOWN, GOOD, DARK, NO_POWER, LOW_POWER, HIGH_POWER = range(-1, 5)
FAULTS = {DARK: "dark", NO_POWER: "no_power", LOW_POWER: "low_power", HIGH_POWER: "high_power"}


def lit_share(hour_us: Ints) -> Floats:
    """Which share of each hour (its start) lamps should burn in, 0 to 1."""
    day = sun.local_day(hour_us)
    dawn, dusk, end = sun.civil_dawn(day), sun.civil_dusk(day), hour_us + HOUR_US
    morning = np.clip(np.minimum(end, dawn) - hour_us, 0, HOUR_US)
    evening = np.clip(end - np.maximum(hour_us, dusk), 0, HOUR_US)
    return np.asarray((morning + evening) / HOUR_US)


def last_lit(t_us: int) -> int:
    """The newest moment not after ``t_us`` at which every lamp should surely burn."""
    day = sun.local_day(np.array([t_us]))
    dawn, dusk = int(sun.civil_dawn(day)[0]), int(sun.civil_dusk(day)[0])
    if t_us >= dusk + SETTLE_US:
        return t_us
    return min(t_us, dawn - SETTLE_US)


def day_start(t_us: int) -> int:
    """The beginning of the city day that a moment lies in, µs UTC."""
    return (t_us + LOCAL_US) // DAY_US * DAY_US - LOCAL_US


def faults(lamp_on: Floats, dim: Floats, power: Floats, usual_w: Floats) -> Ints:
    """What is wrong with lamps that should burn, a code each; the arrays have one shape, NaN is not known.

    DARK it is off. NO_POWER it says that it is on but draws nothing. LOW_POWER, HIGH_POWER it draws less than 70 % or
    more than 120 % of its usual power (W at full light) times its dimming (%). UNKNOWN nobody says whether it is on.
    """
    due = usual_w * dim / 100
    burning = (lamp_on >= 0.5) & ~(dim <= 0)
    with np.errstate(invalid="ignore"):
        out = np.select(
            [np.isnan(lamp_on), lamp_on < 0.5, burning & (power < NOTHING_W), burning & (power < LOW * due),
             burning & (power > HIGH * due)],
            [UNKNOWN, DARK, NO_POWER, LOW_POWER, HIGH_POWER],
            GOOD,
        )  # fmt: skip
    return np.asarray(out, np.int64)


def against_timetable(hour_us: Ints, on_share: Floats, seen_share: Floats) -> tuple[Floats, Floats]:
    """Minutes that lamps burnt outside the timetable, and minutes they were off inside it, per hour.

    ``hour_us`` int64[h, 1] or [h]; ``on_share`` the share of the hour's readings with the lamp on (NaN: none), and
    ``seen_share`` how much of the hour was reported, both broadcast against it. NaN where nothing can be said. In an
    hour of only day or only night all that is on, or off, counts; in one with dusk or dawn the difference to the due
    share does, which is exact unless a lamp errs both ways within the hour.
    """
    due = lit_share(hour_us)
    mixed = (due > 0) & (due < 1)
    excess = 60 * (on_share - due)
    excess = np.where(mixed & (np.abs(excess) <= TOLERANCE_MIN), 0.0, excess)
    excess = np.where(mixed & (seen_share < SEEN_SHARE), np.nan, excess)
    return np.maximum(excess, 0), np.maximum(-excess, 0)


def counting(sensor: Ints, rank: Ints) -> Bools:
    """Which rows of meters count, so that nothing counts twice; a row has its sensor and its channel's rank.

    A sensor counts by its best channels: 0 the total, 1 the one without a name, 2 the phases together.
    """
    if not len(sensor):
        return np.empty(0, bool)
    who, row = np.unique(sensor, return_inverse=True)
    best = np.full(len(who), np.iinfo(np.int64).max)
    np.minimum.at(best, row, rank)
    return np.asarray(rank == best[row])


def channel_rank(name: str) -> int:
    """The rank of a meter's channel by its name."""
    return {"total": 0, "": 1}.get(name, 2)
