"""The rows of a file, as SQL: hourly and daily figures of sensors, and of zones and areas, one metric a row.

Columns, in this order:

    time, local_time   start of the hour or city day, in UTC and at UTC+7
    area, zone         zone is empty for the figure of a whole area
    sensor, channel    files of sensors only
    metric, unit
    n                  readings of quality `measuring`
    mean, min, max     the mean that is right for the metric: arithmetic, of sound energy, or of directions
    value              the metric's own aggregate: the sum of amounts, the increase of counters, else the mean
    completeness       readings in % of those that were due
    trusted            files of sensors: the latest judgement of the sensor
    sensors, sensors_expected   files of zones: how many report, and how many should

What devices say of themselves (battery, signal) is no open data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg import sql

from city.registry import Domain, Metric
from infra import schema
from infra.copyout import FORMULA, safe_text

#: Metrics of `city/data/domains/common.toml`: the state of the device, not of the city.
DEVICE = frozenset({"battery", "signal"})

#: Columns by the kind of file.
SENSOR_COLUMNS = (
    "time", "local_time", "area", "zone", "sensor", "channel", "metric", "unit",
    "n", "mean", "min", "max", "value", "completeness", "trusted",
)  # fmt: skip
ZONE_COLUMNS = (
    "time", "local_time", "area", "zone", "metric", "unit",
    "n", "mean", "min", "max", "value", "completeness", "sensors", "sensors_expected",
)  # fmt: skip

_HOUR_S, _DAY_S = 3600, 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Choice:
    """What goes into a file. ``from_us`` to ``to_us`` are microseconds; ``text``: it is for a CSV."""

    domain: Domain
    from_us: int
    to_us: int
    text: bool
    leave_out: bool


def published(domain: Domain) -> tuple[Metric, ...]:
    """The metrics of a domain that are open data."""
    return tuple(m for m in domain.metrics if m.name not in DEVICE)


def _moment(us: int) -> sql.Literal:
    return sql.Literal(_EPOCH + timedelta(microseconds=us))


def _times(text: bool) -> tuple[sql.Composable, sql.Composable]:
    """The columns time and local_time."""
    # PostgreSQL's own form has a blank and an offset without minutes, which RFC 3339 does not.
    utc = "to_char(r.time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')" if text else "r.time"
    local = "to_char(r.time AT TIME ZONE 'UTC' + interval '7 hours', 'YYYY-MM-DD\"T\"HH24:MI:SS') || '+07:00'"
    return sql.SQL(utc), sql.SQL(local)


def _text(column: str, choice: Choice) -> sql.Composable:
    return safe_text(sql.SQL(column)) if choice.text else sql.SQL(column)


def _unit(metric: Metric, choice: Choice) -> sql.Literal:
    return sql.Literal(f"'{metric.unit}" if choice.text and metric.unit[:1] in tuple(FORMULA) else metric.unit)


def _stat(metric: Metric, stat: str) -> sql.Identifier:
    return sql.Identifier("r", f"{metric.name}${stat}")


def _plain(metric: Metric, stat: str) -> sql.Composable:
    # Single precision becomes double by way of its shortest decimal: 41.3 stays 41.3.
    return sql.SQL("{}" if metric.double else "{}::text::float8").format(_stat(metric, stat))


def _hourly(metric: Metric, choice: Choice) -> sql.Composable:
    own = metric.aggregate in ("sum", "increase")
    return sql.SQL("({name}, {unit}, {n}::bigint, {mean}, {low}, {high}, {value})").format(
        name=sql.Literal(metric.name), unit=_unit(metric, choice), n=_stat(metric, "n"),
        mean=_plain(metric, "mean"), low=_plain(metric, "min"), high=_plain(metric, "max"),
        value=_stat(metric, "value") if own else _plain(metric, "mean"),
    )  # fmt: skip


_FOLDS = {
    "energy": "10 * log(sum(power(10::float8, {mean}::float8 / 10) * {n}) / nullif(sum({n}), 0))",
    "circular": "CASE WHEN sqrt(sum({x}::float8 * {n}) ^ 2 + sum({y}::float8 * {n}) ^ 2) > 1e-6 * sum({n})"
    " THEN atan2d(sum({x}::float8 * {n}), sum({y}::float8 * {n})) END",
}
_MEAN = "sum(nullif({mean}, 'NaN')::float8 * {n}) / nullif(sum({n}) FILTER (WHERE {mean} <> 'NaN'), 0)"


def _fold(metric: Metric) -> sql.Composable:
    """Hours to one day: columns d$n, d$mean, d$min, d$max and d$value of a metric."""
    named = {s: _stat(metric, s) for s in ("n", "mean", "min", "max", "value", "x", "y")}
    mean = sql.SQL(_FOLDS.get(metric.aggregate, _MEAN)).format(**named)
    if metric.aggregate == "circular":
        mean = sql.SQL("mod(({} + 360)::numeric, 360)").format(mean)
    own = metric.aggregate in ("sum", "increase")
    value = sql.SQL("sum({})").format(named["value"]) if own else mean
    # A mean of means has no more decimals to say than the readings had.
    parts = [
        sql.SQL("sum({})::bigint").format(named["n"]),
        sql.SQL("round(({})::numeric, 4)::float8").format(mean),
        sql.SQL("min({})").format(named["min"]),
        sql.SQL("max({})").format(named["max"]),
        sql.SQL("round(({})::numeric, 4)::float8").format(value),
    ]
    names = [sql.Identifier(f"{metric.name}${s}") for s in ("n", "mean", "min", "max", "value")]
    return sql.SQL(", ").join(sql.SQL("{} AS {}").format(part, name) for part, name in zip(parts, names, strict=True))


def _daily(metric: Metric, choice: Choice) -> sql.Composable:
    return sql.SQL("({name}, {unit}, {n}, {mean}, {low}, {high}, {value})").format(
        name=sql.Literal(metric.name), unit=_unit(metric, choice), n=_stat(metric, "n"),
        mean=_stat(metric, "mean"), low=_plain(metric, "min"), high=_plain(metric, "max"),
        value=_stat(metric, "value"),
    )  # fmt: skip


def _sensors(choice: Choice, rows: sql.Composable, values: Sequence[sql.Composable], span_s: int) -> sql.Composable:
    """``rows`` have time, sensor, channel and the columns that ``values`` name; one by one they become long."""
    # Sorted, and texts made, before they are made long: a loop over sorted rows keeps their order.
    time, local = _times(choice.text)
    return sql.SQL("""
        SELECT r.time_said AS time, r.local_time, r.area_said AS area, r.zone_said AS zone, r.sensor_said AS sensor,
               r.channel_said AS channel, m.metric, m.unit, m.n,
               nullif(m.mean, 'NaN') AS mean, m.min, m.max, nullif(m.value, 'NaN') AS value,
               round(least(100, 100 * m.n * r.interval_s / {span})::numeric, 1)::float8 AS completeness, r.trusted
        FROM (
            SELECT r.*, {time} AS time_said, {local} AS local_time, {area} AS area_said, {zone} AS zone_said,
                   {sensor} AS sensor_said, {channel} AS channel_said,
                   coalesce(nullif(s.interval_s, 0), {usual})::float8 AS interval_s,
                   coalesce(q.trusted, true) AS trusted
            FROM ({rows}) r
            JOIN sensor s ON s.id = r.sensor
            JOIN channel c ON c.id = r.channel
            LEFT JOIN sensor_quality q ON q.sensor = r.sensor
            {kept}
            ORDER BY r.time, s.sensor_id, c.name
        ) r
        CROSS JOIN LATERAL (VALUES {values}) AS m (metric, unit, n, mean, min, max, value)
        WHERE m.n > 0""").format(
        time=time, local=local, area=_text("s.area", choice), zone=_text("coalesce(s.zone, '')", choice),
        sensor=_text("s.sensor_id", choice), channel=_text("c.name", choice), span=sql.Literal(span_s),
        usual=sql.Literal(choice.domain.interval_s), rows=rows, values=sql.SQL(", ").join(values),
        kept=sql.SQL("WHERE coalesce(q.trusted, true)" if choice.leave_out else ""),
    )  # fmt: skip


def _hours(choice: Choice) -> tuple[sql.Composable, sql.Composable]:
    """The table of hours, and the condition on their time."""
    return (
        sql.Identifier(schema.hour_table(choice.domain.code)),
        sql.SQL("r.time >= {} AND r.time < {}").format(_moment(choice.from_us), _moment(choice.to_us)),
    )


def sensors_hourly(choice: Choice) -> sql.Composable:
    """Hours of sensors; columns as in SENSOR_COLUMNS."""
    metrics = published(choice.domain)
    table, when = _hours(choice)
    rows = sql.SQL("SELECT r.* FROM {} r WHERE {}").format(table, when)
    return _sensors(choice, rows, [_hourly(m, choice) for m in metrics], _HOUR_S)


def sensors_daily(choice: Choice) -> sql.Composable:
    """City days of sensors, folded from their hours; columns as in SENSOR_COLUMNS."""
    metrics = published(choice.domain)
    table, when = _hours(choice)
    rows = sql.SQL("""
        SELECT date_bin('1 day', r.time, '1970-01-01 17:00+00') AS time, r.sensor, r.channel, {folds}
        FROM {table} r WHERE {when} GROUP BY 1, 2, 3""").format(
        folds=sql.SQL(", ").join(_fold(m) for m in metrics), table=table, when=when
    )
    return _sensors(choice, rows, [_daily(m, choice) for m in metrics], _DAY_S)


def zones(choice: Choice, *, daily: bool, groups: Sequence[str]) -> sql.Composable:
    """Hours or city days of the zones in ``groups`` and of whole areas; columns as in ZONE_COLUMNS."""
    metrics = published(choice.domain)
    units = sql.SQL(", ").join(
        sql.SQL("({}, {}, {})").format(sql.Literal(i), sql.Literal(m.name), _unit(m, choice))
        for i, m in enumerate(metrics)
    )
    stats = sql.SQL(", ").join(
        sql.SQL("round(nullif(r.{0}, 'NaN')::numeric, 4)::float8 AS {0}").format(sql.Identifier(name))
        for name in ("mean", "min", "max", "value")
    )
    time, local = _times(choice.text)
    # Zones and metrics are named one by one, because the table's key begins with them.
    return sql.SQL("""
        SELECT {time} AS time, {local} AS local_time, {area} AS area, {zone} AS zone, r.metric, m.unit, r.n, {stats},
               round(least(100, 100 * r.n / nullif(r.due_n, 0))::numeric, 1)::float8 AS completeness,
               r.sensors, r.expected AS sensors_expected
        FROM {table} r JOIN (VALUES {units}) AS m (place, metric, unit) ON m.metric = r.metric
        WHERE r.domain = {domain} AND r.zone = ANY ({groups}) AND r.metric = ANY ({metrics})
          AND r.time >= {start} AND r.time < {end} AND r.n > 0
        ORDER BY r.time, r.area, r.zone, m.place""").format(
        time=time, local=local, area=_text("r.area", choice), zone=_text("r.zone", choice), stats=stats, units=units,
        table=sql.Identifier("group_day" if daily else "group_hour"), domain=sql.Literal(choice.domain.code),
        groups=sql.Literal(["", *groups]), metrics=sql.Literal([m.name for m in metrics]),
        start=_moment(choice.from_us), end=_moment(choice.to_us),
    )  # fmt: skip
