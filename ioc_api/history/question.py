"""A question about history: what was asked, checked against what there is, and what it may cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from city.registry import Domain, Metric
from city.sensors import Sensor
from infra.roster import Group
from infra.times import SECOND
from ioc_api import asking
from ioc_api.faults import vi
from ioc_api.history import steps
from ioc_api.problems import Stop
from ioc_api.rest import known
from ioc_api.rest.spans import span
from ioc_api.service import Service

Of = Literal["sensors", "whole"]

#: Sensors in one question.
SENSORS = 5_000
#: Days of readings as they came, and of steps.
RAW_DAYS, STEP_DAYS = 92, 3 * 366
#: Steps of one series, and of all series together.
STEPS, ALL_STEPS = 20_000, 5_000_000
#: Readings that steps may be made from where no rollup has them.
READ = 4_000_000
#: Readings that one download may hold.
EXPORT = 250_000_000


@dataclass(frozen=True)
class Asked:
    """A question as it came. Names are not checked yet."""

    sensor: tuple[str, ...] = ()
    area: str | None = None
    zone: str | None = None
    domain: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    of: Of = "sensors"
    start: str | None = None
    end: str | None = None
    step: str | None = None
    points: int | None = None


@dataclass(frozen=True)
class Part:
    """The part of a question that is of one domain: its sensors (none for a whole zone or area) and metrics."""

    domain: Domain
    metrics: tuple[Metric, ...]
    sensors: tuple[Sensor, ...] = ()

    def interval_s(self, sensor: Sensor) -> float:
        return sensor.interval_s or self.domain.interval_s


@dataclass(frozen=True)
class Question:
    """A question that can be answered: [from, to) in microseconds, ``step_s`` None for readings as they came."""

    parts: tuple[Part, ...]
    group: Group | None
    from_us: int
    to_us: int
    step_s: int | None
    now_us: int
    sensors: tuple[Sensor, ...] = field(default=())
    #: Where the step was to be chosen: about so many points a series.
    points: int | None = None

    @property
    def usual_s(self) -> float:
        """The longest interval at which any of the sensors reports."""
        return max((p.interval_s(s) for p in self.parts for s in p.sensors), default=steps.MINUTE_S)

    @property
    def steps(self) -> int:
        return 0 if self.step_s is None else steps.count(self.from_us, self.to_us, self.step_s)

    @property
    def every_s(self) -> int:
        """The step, where there is one."""
        return self.step_s or 1

    @property
    def readings(self) -> float:
        """How many readings there are if every sensor sends what is expected of it, all metrics together."""
        until = min(self.to_us, self.now_us)
        each = sum(len(p.metrics) / p.interval_s(s) for p in self.parts for s in p.sensors)
        return max(0, until - self.from_us) / SECOND * each


def ask(service: Service, asked: Asked, now_us: int, *, export: bool = False) -> Question:
    """Check a question: 404 for a sensor or place that does not exist, 422 with what to change for the rest."""
    from_us, to_us = span(asked.start, asked.end, now_us, 3600)
    if not asked.metric:
        raise Stop(422, "query.metric: hãy nêu ít nhất một đại lượng / name at least one metric")
    _places(service, asked)
    sensors = () if asked.of == "whole" else _sensors(service, asked)
    group = _group(service, asked) if asked.of == "whole" else None
    parts = _parts(service, asked, sensors, group)
    step = _step(asked, parts, from_us, to_us)
    made = Question(parts, group, from_us, to_us, step, now_us, tuple(s for p in parts for s in p.sensors),
                    asked.points)  # fmt: skip
    bound(made, export=export)
    return made


def _places(service: Service, asked: Asked) -> None:
    if service.live.roster.version < 0:
        raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
    part = asking.part()
    areas = part.areas(service.catalog.area_codes)
    if asked.area is not None and asked.area not in areas:
        raise Stop(404, f"query.area: không có khu vực này; có {known.listed(areas, known.MORE)}"
                        f" / there is no such area; there are {known.listed(areas)}")  # fmt: skip
    zones = {z.code: z for z in service.catalog.zones if part.zones([z.code])}
    if asked.zone is not None:
        zone = zones.get(asked.zone)
        if zone is None or (asked.area is not None and zone.area != asked.area):
            there = [c for c, z in zones.items() if asked.area is None or z.area == asked.area]
            raise Stop(404, f"query.zone: không có phường, xã này; có {known.listed(there, known.MORE)}"
                            f" / there is no such zone; there are {known.listed(there)}")  # fmt: skip
    domains = part.domains(service.catalog.registry.domains)
    for name in asked.domain:
        if name not in domains:
            raise Stop(422, f"query.domain: không có lĩnh vực này; có {known.listed(domains, known.MORE)}"
                            f" / there is no such domain; there are {known.listed(domains)}")  # fmt: skip


def _group(service: Service, asked: Asked) -> Group:
    if asked.sensor or (asked.zone is None and asked.area is None):
        raise Stop(422, "query.of: `whole` chỉ dùng cho một `zone` hoặc `area`, không kèm `sensor`"
                        " / `whole` is asked of one `zone` or `area`, without `sensor`")  # fmt: skip
    for group in service.live.roster.groups:
        if group.zone == asked.zone and (asked.area is None or group.area == asked.area):
            return group
    raise Stop(
        404, "query.zone: phường hoặc khu vực này hiện không có hiệu lực / this zone or area is not in force now"
    )


def _sensors(service: Service, asked: Asked) -> tuple[Sensor, ...]:
    roster = service.live.roster
    if not asked.sensor and asked.zone is None and asked.area is None:
        raise Stop(422, "query.sensor: hãy nêu cảm biến, hoặc một `zone` hay `area`"
                        " / name sensors, or a `zone` or an `area`")  # fmt: skip
    found: dict[str, Sensor] = {}
    known.sensors(service, asked.sensor)
    for sensor_id in asked.sensor:
        sensor = roster.sensors[roster.numbers[sensor_id]]
        if sensor is not None:
            found[sensor_id] = sensor
    if not asked.sensor:
        mine = asking.part().sensors(roster)
        everyone = (roster.sensors[n] for i in roster.ordered if mine[n := roster.numbers[i]])
        found = {s.sensor_id: s for s in everyone if s is not None and s.status != "retired"}
    return tuple(
        s for s in found.values()
        if (asked.zone is None or s.zone == asked.zone) and (asked.area is None or s.area == asked.area)
        and (not asked.domain or s.domain in asked.domain)
    )  # fmt: skip


def _whole(asked: Asked, group: Group, registry: Iterable[str]) -> list[str]:
    """The domains of which the figure of a zone or area is asked, and may be."""
    part = asking.part()
    found = [c for c in asked.domain or registry if part.holds(group.area, group.zone, c)]
    if not found:
        raise Stop(404, "query.zone: không có phường hoặc khu vực này / there is no such zone or area")
    return found


def _parts(service: Service, asked: Asked, sensors: Sequence[Sensor], group: Group | None) -> tuple[Part, ...]:
    """By domain, in the order of the sensors; 422 for a metric that none of these domains has."""
    registry = service.catalog.registry.domains
    whole = asked.of == "whole"
    codes = _whole(asked, group, registry) if group is not None else list(dict.fromkeys(s.domain for s in sensors))
    domains = [registry[c] for c in codes if c in registry]
    there = {m.name for d in domains for m in d.metrics}
    for name in asked.metric:
        if there and name not in there:
            one = domains[0].code if len(domains) == 1 else ""
            vi_of, en_of = (f"lĩnh vực {one}", f"the domain {one}") if one else ("các lĩnh vực này", "these domains")
            raise Stop(422, f"query.metric: {vi_of} không có đại lượng {name!r}; có {known.listed(there, known.MORE)}"
                            f" / {name!r} is no metric of {en_of}; there are {known.listed(there)}")  # fmt: skip
    if not there:
        every = {m.name for c in asking.part().domains(registry) for m in registry[c].metrics}
        wrong = [n for n in asked.metric if n not in every]
        if wrong:
            raise Stop(422, f"query.metric: không lĩnh vực nào có đại lượng {wrong[0]!r}; có"
                            f" {known.listed(every, known.MORE)} / {wrong[0]!r} is no metric of any domain;"
                            f" there are {known.listed(every)}")  # fmt: skip
    parts = []
    for d in domains:
        metrics = tuple(m for n in dict.fromkeys(asked.metric) if (m := d.metric(n)) is not None)
        mine = tuple(s for s in sensors if s.domain == d.code)
        if metrics and (whole or mine):
            parts.append(Part(d, metrics, mine))
    count = sum(len(p.sensors) for p in parts)
    if count > SENSORS:
        raise Stop(
            422, f"query.sensor: {vi(count)} cảm biến, mỗi lần được tối đa {vi(SENSORS)}: hãy nêu phường hoặc lĩnh vực,"
            " hoặc dùng `of=whole` để lấy số của cả phường, khu vực"
            f" / {count:,} sensors, and {SENSORS:,} are possible at once: name a zone or a domain,"
            " or ask for `of=whole`, the figure of the zone or area itself",
        )  # fmt: skip
    return tuple(parts)


def _step(asked: Asked, parts: Sequence[Part], from_us: int, to_us: int) -> int | None:
    whole = asked.of == "whole"
    if asked.step is not None and asked.points is not None:
        raise Stop(422, "query.points: chỉ dùng `step` hoặc `points` / give `step` or `points`, not both")
    if asked.points is not None:
        if whole:
            return steps.choose(from_us, to_us, asked.points, steps.MINUTE_S) or steps.MINUTE_S
        usual = [p.interval_s(s) for p in parts for s in p.sensors]
        return steps.choose(from_us, to_us, asked.points, max(usual, default=steps.MINUTE_S))
    step = steps.parse(asked.step)
    if whole and (step is None or step % steps.MINUTE_S):
        raise Stop(422, "query.step: số của cả phường, khu vực được lưu theo phút: hãy dùng `step` chẵn phút, như 1m,"
                   " 1h, 1d, hoặc `points` / figures of a whole zone or area are kept by the minute: ask for a `step`"
                   " of whole minutes, such as 1m, 1h or 1d, or for `points`")  # fmt: skip
    return step


def bound(q: Question, *, export: bool) -> None:
    """422 with the limit and what to narrow, before anything is read."""
    days = RAW_DAYS if q.step_s is None and not export else STEP_DAYS
    if q.to_us - q.from_us > days * steps.DAY_S * SECOND:
        vi_of, en_of = ("số đo gốc", "readings as they came") if q.step_s is None else ("bước", "steps")
        raise Stop(422, f"query.from: mỗi lần hỏi được tối đa {vi(days)} ngày {vi_of}: hãy để `from` và `to` gần nhau"
                   f" hơn / at most {days} days of {en_of} can be asked for at once: bring `from` and `to` closer"
                   " together")  # fmt: skip
    if q.step_s is None:
        if export and q.readings > EXPORT:
            raise steps.stop_too_many(
                int(q.readings), EXPORT, ("số đo", "readings"),
                ("hãy hỏi khoảng ngắn hơn, ít cảm biến hoặc đại lượng hơn, hoặc dùng `step`",
                 "ask for less time, fewer sensors or metrics, or a `step`"),
            )  # fmt: skip
        return
    if q.steps > STEPS:
        size = steps.shown(q.step_s)
        raise Stop(422, f"query.step: {vi(q.steps)} bước {size} cho mỗi chuỗi, mỗi lần được tối đa {vi(STEPS)}: hãy"
                   f" dùng bước dài hơn hoặc khoảng ngắn hơn / {q.steps:,} steps of {size} for each series, and"
                   f" {STEPS:,} are possible at once: ask for a longer step or less time")  # fmt: skip
    series = len(q.parts) if q.group else sum(len(p.sensors) * len(p.metrics) for p in q.parts)
    if q.steps * series > ALL_STEPS:
        raise steps.stop_too_many(
            q.steps * series, ALL_STEPS, ("bước của mọi chuỗi", "steps of all series"),
            ("hãy dùng bước dài hơn, khoảng ngắn hơn hoặc ít cảm biến hơn",
             "ask for a longer step, less time or fewer sensors"),
        )  # fmt: skip
    if steps.unit(q.step_s) == "raw" and q.readings > READ:
        raise steps.stop_too_many(
            int(q.readings), READ, ("số đo phải tổng hợp", "readings to be summed up"),
            ("hãy dùng bước chẵn phút, đã có sẵn, hoặc khoảng ngắn hơn, ít cảm biến hơn",
             "ask for a step of whole minutes, which is kept, or for less time or fewer sensors"),
        )  # fmt: skip
