"""A group that is due: what each channel does not know yet becomes messages; for the rest it is noted why not.

What is told is how alerts stand now, not each step on the way: of an alert that fired, cleared and fired again while
its group waited, it is told once that it fires. One exception: something critical is told to have fired even if it is
over by then, and then to be over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from alerts.life import others, rows
from alerts.life.rows import Alert
from alerts.messages.content import Telling
from alerts.notice import incident, outbox, stages, storm
from alerts.notice.book import RANK, Channel
from alerts.notice.group import HOURS, STORM, SWINGS, Group
from alerts.notice.news import Said, Told, news, status
from alerts.notice.outbox import Outbox
from alerts.notice.round import Item, Round
from alerts.notice.stages import Case, Verdict

Batches = dict[tuple[Channel, str], list[Item]]
RAISING = ("fired", "reopened")


class Step(NamedTuple):
    """A flip that waits."""

    id: int
    what: str


def flush(round_: Round, group: Group) -> int:
    """Tell what waits in a group; returns how many messages that makes."""
    return _Flush(round_, group).run()


class _Flush:
    def __init__(self, round_: Round, group: Group) -> None:
        self.round, self.group, self.out = round_, group, Outbox(round_.now)
        self.department = round_.book.departments.get(group.department)
        self.channels = round_.book.channels.get(group.department, ())
        self.batches: Batches = defaultdict(list)

    def run(self) -> int:
        conn, group = self.round.conn, self.group
        steps: dict[int, list[Step]] = defaultdict(list)
        found = conn.execute("SELECT id, alert, what FROM flip WHERE id = ANY(%s) ORDER BY id", [group.waiting])
        for flip, alert, what in found:
            steps[alert].append(Step(flip, what))
        group.waiting, group.next_at, group.changed = [], None, True
        alerts = rows.read_many(conn, steps)
        told = outbox.told(conn, steps)
        speakers = incident.speakers(
            conn, self.round.book, [a for a in alerts if status(a) != "resolved"], self.round.now
        )
        for alert in alerts:
            self._look(alert, steps[alert.id], told, speakers.get(alert.id))
        self._guard(told)
        self._write()
        return len(self.out.write(conn))

    # Whom to tell of one alert

    def _look(
        self, alert: Alert, steps: list[Step], told: Mapping[tuple[int, int], Told], speaker: Alert | None
    ) -> None:
        stands = status(alert)
        if stands == "resolved":
            stands, steps = self._critical(alert, steps, told)
        last = steps[-1].id
        for step in steps[:-1]:
            self.out.mute(alert.id, step.id, self.group.department, Verdict("superseded", f"flip/{last}"))
        if self.department is None:
            self.out.mute(alert.id, last, self.group.department, Verdict("no_route"))
            return
        concerns = self.round.concerns(alert)
        role = next((c.role for c in concerns if c.department == self.department.code), None)
        case = Case(self.round.book, self.round.now, alert, self.department, role, speaker)
        verdict = stages.for_department(case) if stands != "resolved" else None
        if verdict is None and not self.channels:
            verdict = Verdict("no_channel")
        if verdict:
            self.out.mute(alert.id, last, self.department.code, verdict)
            if verdict.why == "incident" and speaker and alert.incident is None and not _known(alert, told):
                others.put_under(self.round.conn, alert.id, speaker.incident or speaker.id, self.round.now)
            return
        if stands != "resolved" and alert.incident is not None:
            others.put_under(self.round.conn, alert.id, None, self.round.now)
        for channel in self.channels:
            self._channel(case, channel, Item(alert, stands, last, concerns), told.get((alert.id, channel.id)))

    def _critical(
        self, alert: Alert, steps: list[Step], told: Mapping[tuple[int, int], Told]
    ) -> tuple[Said, list[Step]]:
        """Of what is critical and over already, the raise is told first; the rest waits for the next message. Of what
        swings only the end is told."""
        raised = next((i for i, s in enumerate(steps) if s.what in RAISING), None)
        known = {told[alert.id, c.id].said if (alert.id, c.id) in told else "resolved" for c in self.channels}
        if alert.severity != "critical" or alert.raises > SWINGS or raised is None or known != {"resolved"}:
            return "resolved", steps
        rest = steps[raised + 1 :]
        if rest:
            self.group.waiting += [s.id for s in rest]
            self.group.next_at = self.round.now + timedelta(seconds=self.round.pace(self.group.department).wait_s)
        return "firing", steps[: raised + 1]

    def _channel(self, case: Case, channel: Channel, item: Item, told: Told | None) -> None:
        alert, flip = item.alert, item.flip
        if flip is None or (told and told.flip == flip):
            return
        says = news(item.said, told.said if told else None)
        verdict = stages.for_channel(case, channel, over=item.said == "resolved")
        if says is None and not (verdict and told is None and not verdict.held):
            verdict = Verdict("no_change") if told else _never(alert)
        if verdict:
            self.out.mute(alert.id, flip, case.department.code, verdict, channel.id)
            return
        thread = told.thread if told else self.group.thread
        if channel.kind == "cap":
            thread = f"alert/{alert.id}"
        self.batches[channel, thread].append(item)

    # Messages

    def _guard(self, told: Mapping[tuple[int, int], Told]) -> None:
        """In a storm, alerts that nobody has been told of wait for its summary."""
        if self.group.key == STORM or not self.batches:
            return
        coming: dict[int, int] = defaultdict(int)
        for channel, _ in self.batches:
            coming[channel.id] += channel.kind != "cap"
        if not any(coming.values()) or not storm.blows(self.round, self.group.department, max(coming.values())):
            return
        summed = self.round.group(self.group.department, STORM).thread
        for (channel, thread), items in list(self.batches.items()):
            if channel.kind == "cap":
                continue
            fresh = [i for i in items if (i.alert.id, channel.id) not in told or thread == summed]
            for item in fresh:
                waiting = self.round.group(self.group.department, STORM).waiting
                if item.flip is not None and item.flip not in waiting:
                    storm.add(self.round, self.group.department, item.flip, item.alert)
            kept = [i for i in items if i not in fresh]
            del self.batches[channel, thread]
            if kept:
                self.batches[channel, thread] = kept

    def _write(self) -> None:
        department = self.group.department
        known: set[int] = set()
        for (channel, thread), items in self.batches.items():
            for part in [[i] for i in items] if channel.kind == "cap" else [items]:
                kind = self._kind(part, channel)
                reason = _REASONS.get(self.group.key, ("", "")) if kind == "summary" else ("", "")
                content = self.round.content(kind, department, part, channel, reason)
                self.out.tell(f"{thread}/{kind}", channel, thread, content, [i.about for i in part])
            known |= {i.alert.id for i in items}
        if not known:
            return
        group, pace = self.group, self.round.pace(department)
        firing = {i.alert.id for items in self.batches.values() for i in items if i.said != "resolved"}
        group.members = sorted((set(group.members) - known) | firing)
        group.sent_at, group.round = self.round.now, group.round + 1
        severities = {i.alert.severity for items in self.batches.values() for i in items}
        group.facts["gravest"] = max(severities, key=RANK.__getitem__)
        group.repeat_at = self.round.now + timedelta(seconds=pace.repeat_s) if group.members else None
        if group.key == STORM:
            storm.told(self.round, group, len(known))

    def _kind(self, items: Sequence[Item], channel: Channel) -> Telling:
        if channel.kind != "cap" and (self.group.key == STORM or (self.group.key == HOURS and len(items) > 1)):
            return "summary"
        said = {i.said for i in items}
        return next(kind for kind in _FIRST if kind in said)


_FIRST: tuple[Said, ...] = ("firing", "lost", "flapping", "resolved")
_REASONS = {
    STORM: ("quá nhiều cảnh báo trong 10 phút: gộp thành một tin", "too many alerts in 10 minutes: one summary"),
    HOURS: ("phát sinh ngoài giờ trực", "came outside working hours"),
}


def _known(alert: Alert, told: Mapping[tuple[int, int], Told]) -> bool:
    return any(number == alert.id for number, _ in told)


def _never(alert: Alert) -> Verdict:
    if alert.incident is not None:
        return Verdict("incident", f"alert/{alert.incident}")
    return Verdict("cleared_before_told")
