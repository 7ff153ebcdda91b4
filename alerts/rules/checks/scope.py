"""Where a rule looks: everything it names must be there, and together it must leave something."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from alerts.rules.checks import metric_of, path
from alerts.rules.findings import Finding, error, listed, meant, short, warning
from alerts.rules.known import Known
from alerts.rules.model import Absence, Aggregate, Composite, Indexed, Rate, Rule, Schedule, Stuck, Threshold
from city.air import METRICS

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)\Z")
#: A civil day or night is never shorter here.
_HALF_DAY_S = 10 * 3600.0


def check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    wrong = [*_named(rule, known), *_metric(rule, known), *_index(rule, known), *_of_places(rule)]
    yield from wrong
    if isinstance(rule.condition, Schedule):
        yield from _during(rule, rule.condition)
    if not wrong:
        yield from _fits(rule, known)
        yield from _nobody(rule, known)


def _named(rule: Rule, known: Known) -> Iterator[Finding]:
    catalog, s = known.catalog, rule.scope
    kinds = {k for site in catalog.sites for k in site.kinds}
    words: list[tuple[str, str, str, Collection[str], Collection[str]]] = [
        ("domain", "lĩnh vực", "domain", s.domain, known.registry.domains),
        ("area", "khu vực", "area", s.area, catalog.area_codes),
        ("zone", "phường, xã", "zone", s.zone, {z.code for z in catalog.zones}),
        ("site_kind", "loại địa điểm", "kind of site", s.site_kind, kinds),
    ]
    for field, vi, en, given, there in words:
        for i, one in enumerate(given):
            if one not in there:
                near_vi, near_en = meant(one, there)
                row = listed(sorted(there))
                yield error(
                    f"unknown_{field}",
                    f"scope.{field}.{i}",
                    f"không có {vi} {short(one)}{near_vi} (có: {row})",
                    f"there is no {en} {short(one)}{near_en} (there are: {row})",
                )
    sites = {x.site_id for x in catalog.sites}
    if known.world is not None:
        sensors = [x for x in known.world.roster.sensors if x is not None]
        sites |= {x.site for x in sensors}
        tags = {t for x in sensors for t in x.tags}
        for field, vi, en, given, there in (
            ("sensor", "cảm biến", "sensor", s.sensor, set(known.world.roster.numbers)),
            ("tag", "nhãn", "tag", s.tag, tags),
        ):
            for i, one in enumerate(given):
                if one not in there:
                    near_vi, near_en = meant(one, there)
                    yield warning(
                        f"unknown_{field}",
                        f"scope.{field}.{i}",
                        f"chưa có {vi} {short(one)}{near_vi}: quy tắc chỉ chạy khi nó được đăng ký",
                        f"there is no {en} {short(one)} yet{near_en}: the rule waits for its registration",
                    )
    for i, one in enumerate(s.site):
        if one not in sites:
            near_vi, near_en = meant(one, sites)
            yield error(
                "unknown_site",
                f"scope.site.{i}",
                f"không có địa điểm {short(one)}{near_vi}",
                f"there is no site {short(one)}{near_en}",
            )


def _metric(rule: Rule, known: Known) -> Iterator[Finding]:
    name = metric_of(rule.condition)
    domains = [d for d in rule.scope.domain if d in known.registry.domains]
    if name is None or len(domains) < len(rule.scope.domain):
        return
    found = known.metrics(name, domains)
    if not found:
        elsewhere = sorted(known.metrics(name, ()))
        if elsewhere:
            yield error(
                "unknown_metric",
                path(rule, "metric"),
                f"{listed(domains)} không có đại lượng {name}: nó thuộc {listed(elsewhere)}",
                f"{listed(domains)} has no metric {name}: it belongs to {listed(elsewhere)}",
            )
            return
        there = {m.name for d in known.registry.domains.values() for m in d.metrics if not domains or d.code in domains}
        vi, en = meant(name, there)
        yield error(
            "unknown_metric",
            path(rule, "metric"),
            f"không có đại lượng {short(name)}{vi} (có: {listed(sorted(there), 40)})",
            f"there is no metric {short(name)}{en} (there are: {listed(sorted(there), 40)})",
        )
    elif isinstance(rule.condition, Aggregate) and len(found) > 1:
        row = listed(sorted(found))
        yield error(
            "ambiguous_domain",
            "scope.domain",
            f"{name} có ở {row}: số liệu địa bàn chỉ gộp một lĩnh vực, ghi scope.domain là một trong số đó",
            f"{name} is in {row}: a figure is made of one domain, let scope.domain be one of them",
        )
    elif len({(m.low, m.high) for m in found.values()}) > 1 and not domains:
        yield warning(
            "ambiguous_domain",
            path(rule, "metric"),
            f"{name} có ở {listed(sorted(found))} với phạm vi khác nhau: ghi scope.domain",
            f"{name} is in {listed(sorted(found))} with different ranges: name scope.domain",
        )


def _index(rule: Rule, known: Known) -> Iterator[Finding]:
    c = rule.condition
    if isinstance(c, Indexed) and c.index not in known.indices:
        vi, en = meant(c.index, known.indices)
        row = listed(sorted(known.indices), 40)
        yield error(
            "unknown_index",
            path(rule, "index"),
            f"không có chỉ số {short(c.index)}{vi} (có: {row})",
            f"there is no index {short(c.index)}{en} (there are: {row})",
        )
    elif isinstance(c, Indexed) and c.index == "air_exceedance":
        chosen = (c.only.get("pollutant"), c.only.get("averaging"))
        there = {(x.pollutant, x.averaging) for x in known.catalog.norms.air.limit if x.averaging != "year"}
        if chosen not in there:
            row = listed(sorted(" ".join(x) for x in there if x[0] in METRICS), 20)
            yield error(
                "mixed",
                path(rule, "only"),
                f"chọn một chất và một thời gian trung bình: only: {{pollutant: no2, averaging: 24h}} (có: {row})",
                f"choose one pollutant and one averaging: only: {{pollutant: no2, averaging: 24h}} (there are: {row})",
            )
    elif isinstance(c, Indexed) and c.index == "noise_laeq" and "period" not in c.only:
        yield warning(
            "mixed",
            path(rule),
            "ngày và đêm của một cảm biến sẽ lẫn vào một cảnh báo: thêm only: {period: night}",
            "day and night of a sensor become one alert: add only: {period: night}",
        )


def _of_places(rule: Rule) -> Iterator[Finding]:
    """What is judged of a whole zone or area cannot look at some of its sensors."""
    c = rule.condition
    whole = isinstance(c, Aggregate) or (isinstance(c, Composite | Indexed) and c.of in ("zone", "area"))
    if not whole:
        return
    for field in ("sensor", "site", "site_kind", "tag"):
        if getattr(rule.scope, field):
            yield error(
                "scope_of",
                f"scope.{field}",
                f"điều kiện nói về cả địa bàn, không chọn được theo {field}: bỏ đi",
                f"the condition is about a whole zone or area and cannot choose by {field}: remove it",
            )


def _during(rule: Rule, c: Schedule) -> Iterator[Finding]:
    length = _HALF_DAY_S
    if c.during not in ("day", "night"):
        found = _SPAN.match(c.during)
        if not found:
            yield error(
                "during",
                path(rule, "during"),
                "viết day, night hoặc 22:00-05:00 (giờ Việt Nam)",
                "write day, night or 22:00-05:00 (UTC+7)",
            )
            return
        h1, m1, h2, m2 = map(int, found.groups())
        length = ((h2 * 60 + m2 - h1 * 60 - m1) % 1440) * 60.0
        if not length:
            yield error(
                "never",
                path(rule, "during"),
                "hai giờ trùng nhau: không bao giờ đúng",
                "both times are the same: never true",
            )
            return
    if not 0 <= 2 * c.margin_s < length:
        yield error(
            "never",
            path(rule, "margin"),
            "margin chiếm hết khoảng thời gian: giảm xuống",
            "the margins leave nothing of the time: make them less",
        )


def _fits(rule: Rule, known: Known) -> Iterator[Finding]:
    zones = {z.code: z.area for z in known.catalog.zones}
    out = [z for z in rule.scope.zone if rule.scope.area and zones[z] not in rule.scope.area]
    if out and len(out) == len(rule.scope.zone):
        yield error(
            "empty_scope",
            "scope.zone",
            f"phường, xã {listed(out)} không thuộc khu vực {listed(rule.scope.area)}: quy tắc không áp dụng ở đâu cả",
            f"the zone {listed(out)} is not in {listed(rule.scope.area)}: the rule applies nowhere",
        )


def _nobody(rule: Rule, known: Known) -> Iterator[Finding]:
    of_sensors = isinstance(rule.condition, Threshold | Rate | Stuck | Schedule | Absence)
    if known.world is None or not of_sensors or not known.world.active.any():
        return
    name = metric_of(rule.condition)
    domains = known.metrics(name, rule.scope.domain) if name else known.registry.domains
    if not any(known.world.mask(rule.scope, d).any() for d in domains):
        yield warning(
            "nobody", "scope", "hiện không có cảm biến nào trong phạm vi này", "no sensor is in this scope now"
        )
