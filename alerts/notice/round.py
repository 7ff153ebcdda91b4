"""What one round of the dispatcher works with: the clock it was given, the book, and the groups as they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from alerts.life.rows import Alert
from alerts.messages import links
from alerts.messages.content import Content, Telling, Told
from alerts.notice import group as groups
from alerts.notice import telling
from alerts.notice.book import RANK, Book, Channel, Pace
from alerts.notice.group import Group
from alerts.notice.news import Said
from alerts.notice.outbox import About
from alerts.notice.route import Concern, concerned
from alerts.notice.telling import City
from alerts.rules.directory import Role

#: Alerts that a message names; the others are a number.
NAMED = 20


@dataclass(frozen=True)
class Item:
    """One alert in a message: what is said of it, by which flip."""

    alert: Alert
    said: Said
    flip: int | None
    concerns: Sequence[Concern]

    @property
    def about(self) -> About:
        return About(self.alert.id, self.flip, self.said)


@dataclass
class Round:
    """One round. Everything it reads and writes is in the transaction of ``conn``."""

    conn: psycopg.Connection
    now: datetime
    book: Book
    city: City
    _groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    _links: dict[tuple[int, str], str] = field(default_factory=dict)
    _concerns: dict[tuple[str | None, ...], list[Concern]] = field(default_factory=dict)

    def group(self, department: str, key: str) -> Group:
        """The group of that key; a new one where there is none."""
        place = (department, key)
        if place not in self._groups:
            found = groups.load(self.conn, "department = %s AND key = %s", place)
            self._groups[place] = found[0] if found else Group(department=department, key=key, opened_at=self.now)
        return self._groups[place]

    def due(self) -> list[Group]:
        """The groups whose message is due, the first due first; what is critical before all others."""
        self.save()
        found = groups.load(self.conn, "next_at <= %s", [self.now])
        return [self.group(g.department, g.key) for g in sorted(found, key=lambda g: not g.key.startswith("alert/"))]

    def save(self) -> None:
        """Write the groups that have changed, and read them anew when they are asked for again."""
        groups.save(self.conn, self._groups.values())
        self._groups.clear()

    def forget(self) -> None:
        """Drop what was not saved."""
        self._groups.clear()

    def pace(self, department: str) -> Pace:
        found = self.book.departments.get(department)
        return found.pace if found else Pace()

    def concerns(self, alert: Alert) -> list[Concern]:
        """Whom an alert concerns; worked out once for alerts that are alike."""
        rule = self.book.rule(self.conn, alert.rule, alert.rule_version)
        handler = rule.department if rule and rule.department in self.book.departments else None
        sort = (alert.zone, alert.area, alert.domain, alert.kind, alert.severity, handler)
        if sort not in self._concerns:
            self._concerns[sort] = concerned(self.book.routes, alert, handler)
        return self._concerns[sort]

    def content(
        self,
        kind: Telling,
        department: str,
        items: Sequence[Item],
        channel: Channel,
        reason: tuple[str, str] = ("", ""),
    ) -> Content:
        """A message about alerts, the gravest first; those beyond the first twenty are only counted."""
        ordered = sorted(items, key=lambda i: (i.said == "resolved", -RANK[i.alert.severity], i.alert.id))
        named = ordered[:NAMED]
        sensors = telling.sensors(self.conn, [i.alert for i in named])
        children = self._children([i.alert for i in named])
        mine = self.book.departments[department]
        roles: list[Role] = [c.role for i in ordered for c in i.concerns if c.department == department]

        def one(item: Item) -> Told:
            return telling.told(
                self.conn, self.book, self.city, item.alert, item.said,
                concerns=item.concerns, sensor=sensors.get(item.alert.sensor or -1), flip=item.flip, kind=kind,
                ack_url=self._ack(item, department, channel), children=children.get(item.alert.id, 0),
            )  # fmt: skip

        worst = max((i.alert.severity for i in items), key=RANK.__getitem__, default="info")
        return Content(
            kind=kind, severity=worst,  # type: ignore[arg-type]
            department=department, at=self.now, department_vi=mine.vi, department_en=mine.en,
            role=roles[0] if roles else "informed",
            alerts=tuple(one(i) for i in named), more=len(items) - len(named), reason_vi=reason[0],
            reason_en=reason[1],
        )  # fmt: skip

    def _ack(self, item: Item, department: str, channel: Channel) -> str | None:
        """The link that acknowledges: of this department, and never in what the public may read."""
        if item.said == "resolved" or item.alert.state != "firing" or channel.kind == "cap":
            return None
        place = (item.alert.id, department)
        if place not in self._links:
            self._links[place] = links.acknowledging(self.conn, self.city.base_url, department, item.alert.id, self.now)
        return self._links[place]

    def _children(self, alerts: Sequence[Alert]) -> dict[int, int]:
        """For how many open alerts those of parents speak."""
        parents = {a.subject.removeprefix("parent/"): a.id for a in alerts if a.subject.startswith("parent/")}
        if not parents:
            return {}
        rows = self.conn.execute(
            """SELECT parent, count(*) FROM alert
               WHERE parent = ANY(%s) AND state IN ('firing', 'acknowledged', 'in_progress')
                 AND subject NOT LIKE 'parent/%%'
               GROUP BY parent""",
            [list(parents)],
        )
        return {parents[parent]: count for parent, count in rows}
