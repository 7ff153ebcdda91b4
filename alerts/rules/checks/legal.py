"""What a rule says of the law must be true: a limit holds for its averaging period and its station, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from alerts.rules.checks import levels_of, metric_of, number, path
from alerts.rules.findings import Finding, error, warning
from alerts.rules.known import Known
from alerts.rules.model import Indexed, Rule, Threshold

#: Words that claim a legal limit.
CLAIMS = re.compile(
    r"vượt (quá )?(quy|tiêu) chuẩn|vượt QCVN|(giới hạn|mức|ngưỡng) (tối đa )?cho phép|vi phạm (quy|tiêu) chuẩn"
    r"|legal (limit|threshold)|limit value|statutory|(exceed\w*|above|over|violat\w*) (the |a )?(QCVN|standard|limit)"
    r"|permitted (limit|level)|QCVN|TCVN",
    re.IGNORECASE,
)
#: Indices whose figures are means over the periods that the law names, or its own levels.
_LEGAL = {"air_exceedance", "noise_laeq", "river_alarm", "vn_aqi_hourly", "vn_aqi_daily"}


def check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    if not rule.legal_basis:
        for field in ("vi", "en", "advice_vi", "advice_en"):
            found = CLAIMS.search(getattr(rule, field))
            if found:
                yield error(
                    "legal_claim",
                    field,
                    f"“{found[0]}” nói về giới hạn pháp luật mà không có legal_basis: nêu "
                    "căn cứ, hoặc gọi là ngưỡng vận hành",
                    f'"{found[0]}" speaks of a legal limit without a '
                    "legal_basis: name it, or call it an operating threshold",
                )
        return
    yield from _averaging(rule, known)
    yield from _river(rule, known)


def _averaging(rule: Rule, known: Known) -> Iterator[Finding]:
    basis = (rule.legal_basis or "").replace(" ", "")
    name = metric_of(rule.condition)
    polluted = {x.pollutant for x in known.catalog.norms.air.limit}
    if "QCVN05" in basis or "QCVN26" in basis:
        if name is not None:
            air = name in polluted
            vi = "trung bình 1, 8, 24 giờ hoặc năm" if air else "L_Aeq của ngày hoặc đêm"
            en = "means of 1, 8, 24 hours or a year" if air else "the L_Aeq of a day or a night"
            use = "air_exceedance (only: pollutant, averaging)" if air else "noise_laeq"
            yield error(
                "legal_averaging",
                "legal_basis",
                f"quy chuẩn áp dụng cho {vi}, không cho số đo tức thời: dùng index {use}, hoặc bỏ legal_basis",
                f"the limit is one of {en}, not of single readings: use an index ({use}), or leave legal_basis out",
            )
        elif isinstance(rule.condition, Indexed):
            yield from _limit(rule, rule.condition, known)


def _limit(rule: Rule, c: Indexed, known: Known) -> Iterator[Finding]:
    """A concentration of VN_AQI against the limit of its averaging period."""
    head, _, pollutant = c.detail.partition(".")
    if c.index not in _LEGAL:
        yield error(
            "legal_averaging",
            "legal_basis",
            f"{c.index} không có giới hạn pháp luật: bỏ legal_basis",
            f"{c.index} has no legal limit: leave legal_basis out",
        )
        return
    if c.index.startswith("vn_aqi") and head != "concentrations":
        yield error(
            "legal_averaging",
            "legal_basis",
            "VN_AQI là thang chỉ số, không phải giới hạn của quy chuẩn: nêu văn bản về VN_AQI, hoặc bỏ legal_basis",
            "VN_AQI is a scale, not a limit of the regulation: name the text on VN_AQI, or leave legal_basis out",
        )
        return
    if c.index == "air_exceedance" and not c.detail:
        yield from _level(rule, c.only.get("pollutant", ""), c.only.get("averaging", ""), "only", known)
        return
    if head != "concentrations":
        return
    metric, _, tail = pollutant.partition("_") if pollutant.startswith("o3") else (pollutant, "", "")
    particles = metric in ("pm2_5", "pm10")
    if particles and c.index == "vn_aqi_hourly":
        yield error(
            "legal_averaging",
            path(rule, "index"),
            "bụi không có giới hạn 1 giờ, và giá trị này là Nowcast: dùng air_exceedance",
            "particles have no limit of an hour, and this is a Nowcast: use air_exceedance",
        )
        return
    yield from _level(rule, metric, tail or ("24h" if particles else "1h"), "detail", known)


def _level(rule: Rule, metric: str, hours: str, field: str, known: Known) -> Iterator[Finding]:
    """The level of a mean over so many hours, which ``field`` of the condition chooses."""
    levels, day = levels_of(rule.condition), rule.valid_from or known.today
    limits = [
        x.limit
        for x in known.catalog.norms.air.limit
        if x.pollutant == metric and x.averaging == hours and x.holds(max(day, known.today))
    ]
    if not limits:
        yield error(
            "legal_averaging",
            path(rule, field),
            f"không có giới hạn {hours} cho {metric}",
            f"there is no limit of {hours} for {metric}",
        )
    elif levels is not None and levels.above not in limits:
        yield warning(
            "legal_level",
            path(rule, "above"),
            f"giới hạn {hours} của {metric} là {number(limits[0])}",
            f"the limit of {hours} for {metric} is {number(limits[0])}",
        )


def _river(rule: Rule, known: Known) -> Iterator[Finding]:
    """The levels of the Decision, where a rule names it."""
    if "05/2020" not in (rule.legal_basis or ""):
        return
    levels, rivers = levels_of(rule.condition), known.catalog.rivers
    stations = [s for s in rivers.station if s.site in rule.scope.site]
    if not isinstance(rule.condition, Threshold | Indexed) or levels is None or levels.above is None:
        return
    if not stations:
        yield warning(
            "legal_station",
            "scope",
            "báo động chỉ có ở các trạm của Quyết định: ghi scope.site là " + ", ".join(s.site for s in rivers.station),
            "alarm levels are those of the Decision's stations: "
            "let scope.site be one of " + ", ".join(s.site for s in rivers.station),
        )
    for station in stations:
        if levels.above not in station.alarms:
            row = ", ".join(map(number, station.alarms))
            yield warning(
                "legal_level",
                path(rule, "above"),
                f"báo động tại {station.vi} là {row} m",
                f"the alarm levels at {station.en} are {row} m",
            )
