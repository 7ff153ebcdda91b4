"""Whether a unit test of rules makes sense: what its fields by themselves do not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from alerts.judge.events import What
from alerts.rules.fields import Fields
from alerts.rules.findings import listed, meant
from alerts.rules.model import Rule
from alerts.trial import series
from alerts.trial.forms import LONGEST_S, Case, Expected, Figures, Readings, event_of, moment

#: Notes an error: where (the field's path), its kind, and the sentence in both languages.
_Wrong = Callable[[str, str, str, str], None]


def look(fields: Fields, case: Case, rules: Mapping[str, Rule]) -> None:
    """What the fields by themselves do not tell."""

    def wrong(where: str, code: str, vi: str, en: str) -> None:
        path = where
        while path not in fields.places and "." in path:
            path = path.rpartition(".")[0]
        fields.wrong(fields.places.get(path, fields.places[""]), where, code, vi, en)

    for i, code in enumerate(case.rules):
        if code not in rules:
            vi, en = meant(code, rules)
            wrong(f"rules.{i}", "unknown_rule", f"không có quy tắc {code}{vi}", f"there is no rule {code}{en}")
    try:
        moment(case.start)
    except ValueError:
        wrong("start", "date", "thời điểm viết là 2026-06-01T08:00", "a time is written 2026-06-01T08:00")
    if not case.expect:
        wrong("", "nothing", "bài thử không chờ đợi điều gì: thêm expect", "the test expects nothing: add expect")
    if not 0 < case.interval_s <= LONGEST_S:
        wrong("interval", "duration", "interval phải lớn hơn 0", "interval must be more than 0")
    ids = {s.id for s in case.sensors}
    spoken: list[tuple[str, Readings | Figures]] = [("readings", r) for r in case.readings]
    spoken += [("figures", f) for f in case.figures]
    for n, (part, one) in enumerate(spoken):
        where = f"{part}.{n if part == 'readings' else n - len(case.readings)}"
        _spoken(one, where, wrong)
        if one.sensor and one.sensor not in ids:
            row = listed(sorted(ids))
            wrong(f"{where}.sensor", "unknown_sensor", f"không có cảm biến {one.sensor} trong sensors ({row})",
                  f"there is no sensor {one.sensor} among sensors ({row})")  # fmt: skip
    for n, expected in enumerate(case.expect):
        _expected(expected, f"expect.{n}", case, rules, wrong)
    last = max([case.until_s, *(o.at_s for _, o in spoken), *(e.at_s or 0 for e in case.expect)])
    if last > LONGEST_S:
        wrong("until", "too_long", "bài thử dài quá 40 ngày", "the test is longer than 40 days")


def _spoken(one: Readings | Figures, where: str, wrong: _Wrong) -> None:
    if (one.value is None) == (not one.series):
        wrong(where, "value", "cần một trong hai: value, hoặc series", "give one of value and series")
    if one.series:
        try:
            series.parse(one.series)
        except ValueError as e:
            wrong(f"{where}.series", "series", f"không hiểu {e}: {series.FORM_VI}",
                  f"cannot read {e}: {series.FORM_EN}")  # fmt: skip
    if one.every_s is not None and one.every_s <= 0:
        wrong(f"{where}.every", "duration", "every phải lớn hơn 0", "every must be more than 0")
    if isinstance(one, Figures) and sum(map(bool, (one.sensor, one.zone, one.area))) != 1:
        wrong(where, "subject", "cần đúng một trong: sensor, zone, area", "give exactly one of sensor, zone, area")


def _expected(one: Expected, where: str, case: Case, rules: Mapping[str, Rule], wrong: _Wrong) -> None:
    says_state = one.state is not None or one.flapping is not None
    if says_state == (one.events is not None):
        wrong(where, "expect", "cần một trong hai: state (với at), hoặc events",
              "give one of state (with at) and events")  # fmt: skip
    elif says_state and one.at_s is None:
        wrong(where, "expect", "state cần at: lúc nào", "state needs at: when")
    for i, text in enumerate(one.events or ()):
        try:
            event_of(text)
        except ValueError:
            row = listed(get_args(What), 20)
            wrong(f"{where}.events.{i}", "event", f"{text!r} không phải sự kiện, như “fired 5m” (các sự kiện: {row})",
                  f'{text!r} is no event, such as "fired 5m" (the events: {row})')  # fmt: skip
    if one.rule and one.rule not in rules:
        vi, en = meant(one.rule, rules)
        wrong(f"{where}.rule", "unknown_rule", f"không có quy tắc {one.rule}{vi}", f"there is no rule {one.rule}{en}")
    if not one.rule and len(case.rules) != 1:
        wrong(where, "rule", "bài thử có nhiều quy tắc: ghi rule", "the test has several rules: name the rule")
    if not (one.sensor or one.zone or one.area or one.parent) and len(case.sensors) != 1:
        wrong(where, "subject", "ghi rõ chủ thể: sensor, zone, area hoặc parent",
              "name the subject: sensor, zone, area or parent")  # fmt: skip
