"""Sensors: who reports, where it stands, and whether it is alive."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

SENSOR_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")
#: A word by which the city groups its sensors; letters of any script.
TAG = re.compile(r"[^\W_][\w.:-]{0,39}\Z")
#: A sensor has at most so many.
TAGS = 32

Status = Literal["active", "maintenance", "retired"]
Liveness = Literal["online", "late", "offline", "never_seen"]

LIVENESS: tuple[Liveness, ...] = ("online", "late", "offline", "never_seen")
#: Missed reports before a sensor is late, and before it is offline: one may be lost, and one be on its way.
LATE_AFTER = 2.0
OFFLINE_AFTER = 5.0
#: Below this many seconds a delay says nothing about the sensor: it is the way's own jitter.
GRACE_S = 5.0


class Sensor(msgspec.Struct, frozen=True):
    """One device that reports under one domain.

    ``interval_s`` 0 means the domain's own; ``parent`` is the cabinet, gateway or feeder it hangs on; ``metrics``
    are those it is expected to report, empty where nobody has said; ``tags`` are words of the city's own, by which
    rules and silences choose it; ``id`` is the database's number, 0 before it is stored.
    """

    sensor_id: str
    area: str
    domain: str
    zone: str | None = None
    name: str = ""
    site: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    interval_s: float = 0.0
    parent: str = ""
    metrics: tuple[str, ...] = ()
    status: Status = "active"
    tags: tuple[str, ...] = ()
    id: int = 0


def liveness(age_s: float | None, interval_s: float) -> Liveness:
    """How alive a sensor is whose newest reading is ``age_s`` seconds old (None: there is none)."""
    if age_s is None:
        return "never_seen"
    if age_s <= LATE_AFTER * interval_s + GRACE_S:
        return "online"
    return "late" if age_s <= OFFLINE_AFTER * interval_s + GRACE_S else "offline"


def liveness_codes(age_s: NDArray[np.float64], interval_s: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The same for many at once: indices into LIVENESS; an age of NaN is a sensor never seen. Shape (n,)."""
    codes = (age_s > LATE_AFTER * interval_s + GRACE_S).astype(np.uint8)
    codes += age_s > OFFLINE_AFTER * interval_s + GRACE_S
    codes[np.isnan(age_s)] = 3
    return codes
