"""A city for tests of access: three places with the same things in each, and who may see which of them.

Whatever is of a place says so: its sensors, notes, reasons and names begin with the place's mark, its readings are
the place's own value, and its zone is nobody else's. An answer that holds a mark of a place that its reader may not see
is a leak, wherever it stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import NamedTuple

import psycopg
import structlog
from psycopg.types.json import Jsonb

from alerts import life
from alerts.judge.events import Event, Subject
from alerts.rules.model import Levels, Threshold
from city.sensors import Sensor
from infra import schema, sensors, settings
from infra.access import accounts, granting, sessions, tokens
from infra.access.roles import Permission
from infra.access.who import Grant
from infra.catalog import Catalog
from infra.rollup.run import roll
from infra.times import micros
from tests.notices import Office, rule

METRIC = {"traffic": "speed", "environment": "pm2_5", "lighting": "power"}


class Place(NamedTuple):
    """Its mark, where it is, and the value of all its readings: exact in four bytes, and in no other figure."""

    mark: str
    area: str
    zone: str
    value: float
    department: str

    def sensor(self, domain: str) -> str:
        return f"{self.mark}-{domain[:2]}"


#: What is another department's says so, where the first place's department sees the sensor; and its alert's value.
OTHERS, OTHERS_VALUE = "OTHERS", 33.03125

#: A place's mark, and a domain.
Thing = tuple[str, str]


class Person(NamedTuple):
    """Somebody with a token (or the cookie of a session), what it lets them do, and what of the town they see."""

    name: str
    headers: dict[str, str]
    limits: tuple[tuple[Grant, ...], ...]
    sees: frozenset[Thing]

    def may(self, permission: Permission) -> bool:
        if permission == "people.write" and "Authorization" in self.headers:
            return False  # whoever finds a program's token in a file must not become anybody by it
        return all(any(g.gives(permission) for g in grants) for grants in self.limits)

    @property
    def department(self) -> bool:
        """Whether they see no alerts but a department's."""
        return any(all(g.role == "department" for g in grants) for grants in self.limits)

    @property
    def whole(self) -> bool:
        """Whether all of the city is theirs, so that nothing is foreign."""
        return all(any(g.undivided for g in grants) for grants in self.limits)


@dataclass
class Town:
    """What was put into a database."""

    url: str
    catalog: Catalog

    @cached_property
    def places(self) -> tuple[Place, ...]:
        one, two = [z.code for z in self.catalog.zones if z.area == "bac_giang"][:2]
        far = next(z.code for z in self.catalog.zones if z.area == "viet_yen")
        return (
            Place("AAA", "bac_giang", one, 11.0625, "dept-aaa"),
            Place("BBB", "bac_giang", two, 22.09375, "dept-bbb"),
            Place("CCC", "viet_yen", far, 44.15625, "dept-ccc"),
        )

    @cached_property
    def everything(self) -> frozenset[Thing]:
        return frozenset(product((p.mark for p in self.places), METRIC))

    def foreign(self, person: Person) -> list[str]:
        """Words that nothing holds which is in somebody's part of the city: they tell of what is not."""
        sees = person.sees
        words = [w for mark, d in self.everything - sees for w in (f"{mark}-{d[:2]}", f"{mark}:{d}")]
        for place in self.places:
            if not any(mark == place.mark for mark, _ in sees):
                words += [place.zone, str(place.value), f"{place.mark}:"]
        areas = {p.area for p in self.places for mark, _ in sees if mark == p.mark}
        others = [OTHERS, str(OTHERS_VALUE)] if person.department else []
        return [*words, *others, *({p.area for p in self.places} - areas)]

    def seed(self, now: datetime) -> None:
        """Put everything in."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            self._readings(conn, now)
            self._alerts(conn, now)
            self._quality(conn, now)
            self._others(conn, now)

    def _readings(self, conn: psycopg.Connection, now: datetime) -> None:
        every = list(product(self.places, METRIC))
        with conn.transaction():
            sensors.save(conn, [Sensor(p.sensor(d), p.area, d, zone=p.zone, name=f"{p.mark}:{d}", interval_s=600,
                                       lat=21.3, lon=106.2)
                                for p, d in every])  # fmt: skip
        values = {p.sensor(d): p.value for p, d in every}
        for domain, metric in METRIC.items():
            # Once in ten minutes of the hours before, and just now.
            at = [now - timedelta(minutes=m) for m in (*range(10, 310, 10), 0)]
            cur = conn.cursor()
            cur.executemany(
                f"""INSERT INTO {schema.table(domain)} (time, sensor, batch, channel, quality, period_s, {metric})
                    SELECT %s, id, 1, 0, 0, 60, (%s::jsonb ->> sensor_id)::float4 FROM sensor WHERE domain = %s""",
                [(t, Jsonb(values), domain) for t in at],
            )
        known = settings.load()
        roll(conn, self.catalog, known, micros(now), structlog.get_logger())

    def _alerts(self, conn: psycopg.Connection, now: datetime) -> None:
        office = Office(conn, self.catalog, now)
        level = Levels(above=100.0)
        office.know(*(rule(f"rule-{d}", condition=Threshold(metric=m, levels=level)) for d, m in METRIC.items()))
        for place in self.places:
            conn.execute("INSERT INTO department (code, vi, en) VALUES (%(c)s, %(c)s, %(c)s)", {"c": place.department})
            office.channel(place.department, f"{place.mark}:channel", "cap", address="feed")
            office.route(place.department, zone=place.zone, kind="air_quality")
        office.know(rule("rule-others", kind="congestion", condition=Threshold(metric="speed", levels=level)))
        conn.execute("INSERT INTO department (code, vi, en) VALUES ('dept-others', 'o', 'o')")
        office.channel("dept-others", f"{OTHERS}:channel", "cap", address="feed")
        office.route("dept-others", zone=self.places[0].zone, kind="congestion")
        for place, domain in (*product(self.places, METRIC), (self.places[0], "others")):
            code, domain = f"rule-{domain}", domain if domain in METRIC else "traffic"
            value = OTHERS_VALUE if code == "rule-others" else place.value
            about = Subject(f"sensor/{place.sensor(domain)}", place.area, place.zone, domain, None,
                            place.sensor(domain), None, None)  # fmt: skip
            one = office.rules[code]
            at = micros(now)
            office.all_happen([Event(one.code, one.version, about, "fired", at, at, value, 100.0, "", until_us=at,
                                     peak=value)])  # fmt: skip
        office.goes_on(120, 40)
        for number, sensor, code in conn.execute("SELECT id, sensor_id, rule FROM alert ORDER BY id").fetchall():
            life.comment(conn, number, None, "an", f"{OTHERS if code == 'rule-others' else sensor} note")

    def _quality(self, conn: psycopg.Connection, now: datetime) -> None:
        conn.execute("INSERT INTO sensor_quality (sensor, at, score, trusted) SELECT id, now(), 90, true FROM sensor")
        conn.execute(
            """INSERT INTO quality_day (day, area, zone, domain, at, sensors, trusted, untrusted, unknown, completeness)
               SELECT %s, area, zone, domain, now(), count(*), count(*), 0, 0, 1 FROM sensor GROUP BY 2, 3, 4""",
            [now.date() - timedelta(days=1)],
        )
        conn.execute(
            """INSERT INTO group_day SELECT date_trunc('day', time) - interval '31 hours', area, zone, domain, metric,
                      n, mean, min, max, value, x, y, p, sensors, expected, due_n, left_out FROM group_hour
               ON CONFLICT DO NOTHING"""
        )

    def _others(self, conn: psycopg.Connection, now: datetime) -> None:
        for place, domain in product(self.places, METRIC):
            conn.execute(
                """INSERT INTO silence (kind, matcher, reason, author, starts_at, ends_at)
                   VALUES ('silence', %s, %s, 'an', now(), now() + interval '1 day')""",
                [Jsonb({"zone": [place.zone], "domain": [domain]}), f"{place.mark}:{domain} reason"],
            )
        conn.execute(
            """INSERT INTO silence (kind, matcher, reason, author, starts_at, ends_at)
               VALUES ('silence', %s, %s, 'an', now(), now() + interval '1 day')""",
            [Jsonb({"zone": [self.places[0].zone], "department": ["dept-others"]}), f"{OTHERS} reason"],
        )
        conn.execute("UPDATE notification SET state = 'sent', sent_at = now()")
        conn.execute("""INSERT INTO muting (at, alert, flip, department, why)
                        SELECT at, alert, id, department, 'no_channel' FROM flip, department WHERE what = 'fired'""")
        conn.execute("""INSERT INTO attempt (notification, at, took_ms, outcome, status, detail)
                        SELECT id, now(), 1, 'sent', 200, '' FROM notification""")
        conn.execute("""INSERT INTO drill (week, department, channel, at)
                        SELECT date_trunc('week', now()), department, id, now() FROM notice_channel""")
        conn.execute(
            """INSERT INTO quarantine_item (received_at, topic, payload, reason, detail, sensor_id, readings, collector)
               SELECT now(), 'ioc/v1/' || area || '/' || domain || '/' || sensor_id || '/telemetry', '{}', 'malformed',
                      name, sensor_id, 1, 'c' FROM sensor"""
        )

    def people(self) -> dict[str, Person]:
        """One of each kind: every role for the whole city, parts of every sort, tokens that take less than their owner
        has, a wallboard."""
        one, far = self.places[0], self.places[2]
        a, c = [{(p.mark, d) for d in METRIC} for p in (one, far)]
        bac_giang = {(m, d) for m, d in self.everything if m != far.mark}
        traffic = {(m, d) for m, d in self.everything if d == "traffic"}
        accounts_of: list[tuple[str, tuple[Grant, ...], set[Thing] | frozenset[Thing]]] = [
            *((role, (Grant(role),), self.everything) for role in ("viewer", "operator", "technician")),
            ("administrator", (Grant("administrator"),), self.everything),
            ("dept", (Grant("department", department=one.department),), a),
            ("dept-domain", (Grant("department", domains=("traffic",), department=one.department),), a & traffic),
            ("area-operator", (Grant("operator", areas=(one.area,)),), bac_giang),
            ("area-administrator", (Grant("administrator", areas=(one.area,)),), bac_giang),
            ("zone-viewer", (Grant("viewer", zones=(one.zone,)),), a),
            ("domain-technician", (Grant("technician", domains=("traffic",)),), traffic),
            ("two", (Grant("operator", zones=(one.zone,)), Grant("operator", zones=(far.zone,))), a | c),
        ]
        with psycopg.connect(self.url) as conn:
            found = [self._person(conn, n, given, given, frozenset(sees)) for n, given, sees in accounts_of]
            less = (Grant("operator", domains=("traffic",)),)
            owner = (Grant("operator", areas=(one.area,)),)
            found.append(self._person(conn, "token", owner, less, frozenset(bac_giang & traffic)))
            hung = Grant("wallboard", zones=(one.zone,))
            text, _ = tokens.wallboard(conn, "wall", hung, self.catalog, expires_at=None, by="test")
            found.append(Person("wallboard", _bearer(text), ((hung,),), frozenset(a)))
            # Of their own: who signs out everywhere leaves others where they are.
            found.append(self._person(conn, "session", owner, owner, frozenset(bac_giang)))
            account = accounts.named(conn, "session")
            cookie, _ = sessions.start(conn, account.id, "password", address="", agent="", hours=1)
            at = {"Cookie": f"ioc_session={cookie}", "Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
            found[-1] = found[-1]._replace(headers=at, limits=(owner,))
        return {p.name: p for p in found}

    def _person(
        self, conn: psycopg.Connection, name: str, own: tuple[Grant, ...], given: tuple[Grant, ...],
        sees: frozenset[Thing],
    ) -> Person:  # fmt: skip
        account = accounts.create(conn, name, name, by=accounts.OURS)
        for grant in own:
            granting.give(conn, account.id, grant, self.catalog, by="test")
        ends = datetime.now(UTC) + timedelta(days=1)
        text, _ = tokens.create(conn, account.id, name, given, self.catalog, expires_at=ends, by="test")
        return Person(name, _bearer(text), (own, given), sees)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
