"""What a replay shows at one moment: the topics of the live socket, as of then.

They are the same topics that show the present, with another clock. Where the replay jumps there is a new stage, whose
topics have another epoch: subscriptions start again with a snapshot.
"""

from __future__ import annotations

from infra.roster import Roster
from ioc_api.live.aggregates import Aggregates
from ioc_api.live.alerts import Alerts, Change, Standing
from ioc_api.live.counts import Counts
from ioc_api.live.indices import Indices
from ioc_api.live.latest import LatestTopic
from ioc_api.live.liveness import LivenessTopic
from ioc_api.live.map import MapTopic
from ioc_api.live.sight import LiveSight
from ioc_api.live.topic import Topic
from ioc_api.past.tape import Step

#: Why subscriptions start again.
_RESET = "another moment is shown"


class Stage:
    """The topics of one replay. Used by the event loop's thread only. ``epoch`` is nobody else's."""

    def __init__(self, roster: Roster, at_us: int, epoch: str) -> None:
        self.roster = roster
        self.at_us = at_us
        self.aggregates = Aggregates(roster.domains, roster.groups)
        self.latest = LatestTopic(roster)
        self.sensors = LivenessTopic(roster)
        self.indices = Indices()
        self.indices_of = -1  # the minute whose indices are shown
        self.alerts = Alerts()
        self.alerts.begin(epoch, 0, 0, {}, [])
        sight = LiveSight(self, self.alerts)
        self.map, self.counts = MapTopic(sight), Counts(sight)
        for topic in self.topics:
            topic.epoch = epoch
            topic.clock = self._clock
            topic.reset = _RESET

    def _clock(self) -> int:
        return self.at_us

    @property
    def topics(self) -> list[Topic]:
        return [self.aggregates, self.latest, self.sensors, self.indices, self.alerts, self.map, self.counts]

    def begin(self, standing: dict[int, Standing], place: int) -> None:
        """The alerts that stand at the beginning, after so many flips."""
        self.alerts.begin(self.alerts.epoch, place, place, standing, [])

    def take(self, step: Step, flips: list[Change]) -> None:
        """Move on by a step, and what happened to alerts in it."""
        self.at_us = step.at_us
        for rows in (*step.recalled, *step.rows):
            self.latest.fold(rows)
            self.sensors.fold(rows, step.at_us)
        self.sensors.update(step.at_us)
        if step.figures is not None:
            self.aggregates.update(step.figures)
        if flips:
            self.alerts.flipped(flips, flips[-1].seq)
        self.map.tick()
        self.counts.tick()
