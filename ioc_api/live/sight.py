"""What the map and the counts are made from: how every sensor is at one moment, be it now or long ago."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from alerts.rules.model import SEVERITIES
from infra.access.scope import Scope
from infra.roster import Roster
from ioc_api.live.alerts import Alerts
from ioc_api.live.latest import LatestTopic
from ioc_api.live.liveness import LivenessTopic

#: Severities as numbers; 0: there is no alert.
GRAVITY: tuple[str | None, ...] = (None, *SEVERITIES)
_NUMBER = {severity: n for n, severity in enumerate(GRAVITY)}


class Newest(NamedTuple):
    """The newest trusted reading of one metric by sensor number, (n,): NaN where there is none."""

    value: NDArray[np.float64]
    time_us: NDArray[np.int64]


class Sight(ABC):
    """The sensors of a city at one moment. Columns are by sensor number, (roster.size,)."""

    @property
    @abstractmethod
    def roster(self) -> Roster:
        """The sensors."""

    @abstractmethod
    def mark(self) -> Hashable:
        """Differs whenever anything here may differ."""

    @abstractmethod
    def liveness(self) -> NDArray[np.uint8]:
        """Places in LIVENESS."""

    @abstractmethod
    def newest(self, domain: str, metric: str) -> Newest:
        """The newest readings of a metric."""

    @abstractmethod
    def gravity(self, scope: Scope) -> NDArray[np.uint8]:
        """Places in GRAVITY of the gravest alert of each sensor that is in the scope and not resolved."""


class Seen(Protocol):
    """Where the sensors and what is known of them are found."""

    @property
    def roster(self) -> Roster: ...
    @property
    def latest(self) -> LatestTopic: ...
    @property
    def sensors(self) -> LivenessTopic: ...


class LiveSight(Sight):
    """What topics show: of the city now, or of the moment that a replay is at."""

    def __init__(self, live: Seen, alerts: Alerts) -> None:
        self._live, self._alerts = live, alerts
        self._mark: Hashable = None
        self._newest: dict[tuple[str, str], Newest] = {}
        self._gravity: dict[Scope, NDArray[np.uint8]] = {}

    @property
    def roster(self) -> Roster:
        return self._live.roster

    def mark(self) -> Hashable:
        live, alerts = self._live, self._alerts
        return live.roster.version, live.latest.seq, live.sensors.seq, alerts.epoch, alerts.seq

    def liveness(self) -> NDArray[np.uint8]:
        return self._live.sensors.told()

    def _forget(self) -> None:
        if (mark := self.mark()) != self._mark:
            self._mark = mark
            self._newest.clear()
            self._gravity.clear()

    def newest(self, domain: str, metric: str) -> Newest:
        self._forget()
        if (domain, metric) not in self._newest:
            self._newest[domain, metric] = Newest(*self._live.latest.newest(domain, metric))
        return self._newest[domain, metric]

    def gravity(self, scope: Scope) -> NDArray[np.uint8]:
        self._forget()
        if scope not in self._gravity:
            numbers = self._live.roster.numbers
            out = np.zeros(self._live.roster.size, np.uint8)
            for sensor, severity in self._alerts.unresolved(scope):
                if (number := numbers.get(sensor)) is not None:
                    out[number] = max(out[number], _NUMBER.get(severity, 0))
            self._gravity[scope] = out
        return self._gravity[scope]
