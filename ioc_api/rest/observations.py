"""History of one metric of one sensor: readings as they came, or summed up by steps of time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from psycopg import sql
from pydantic import BaseModel, Field

from city.columns import QUALITIES
from city.registry import Domain, Metric
from city.sensors import Sensor
from infra import schema
from ioc_api.problems import Problem, Stop
from ioc_api.rest.parts import Cursor, Page, Served, Text, from_cursor, to_cursor
from ioc_api.rest.sensors import find
from ioc_api.rest.spans import From, To, span, step_s
from ioc_api.times import SECOND, now_us, rfc3339

router = APIRouter(tags=["history"])

#: Steps that one question may span, and seconds of readings, before it has to be made smaller.
STEPS = 20_000
RAW_S = 92 * 86_400
STEPPED_S = 3 * 366 * 86_400
#: Steps of whole days begin at the city's midnight, 17:00 UTC.
_DAY_S, _CITY_S = 86_400, 7 * 3600


class Observation(BaseModel):
    """One reading."""

    time: str
    sensor_id: str
    metric: str
    channel: str
    unit: str
    value: float
    quality: str = Field(description="measuring, calibrating or fault")


class Step(BaseModel):
    """The readings of quality `measuring` in one step of time, which begins at `time`.

    `mean` is the mean that is right for the metric; `value` is its own aggregate (a sum for amounts, the increase
    for counters, else the mean).
    """

    time: str
    sensor_id: str
    metric: str
    channel: str
    unit: str
    count: int
    mean: float | None
    min: float
    max: float
    value: float | None


class Observations(Page):
    """Readings, or steps where a step was asked for; by time, then by channel."""

    items: list[Observation | Step]
    step_s: int | None = Field(None, description="The step in seconds; null for readings as they came.")


_MEANS = {
    "circular": "CASE WHEN sqrt(sum(sin(radians(v))) ^ 2 + sum(cos(radians(v))) ^ 2) > 1e-9 * count(*) THEN"
    " mod((degrees(atan2(sum(sin(radians(v))), sum(cos(radians(v))))) + 360)::numeric, 360) END",
    "energy": "10 * log(avg(10 ^ (v / 10)))",
}
_VALUES = {
    "sum": "sum(v)",
    "increase": "coalesce(sum(CASE WHEN v >= before THEN v - before ELSE v END ) FILTER (WHERE before IS NOT NULL), 0)",
}


def _column(metric: Metric) -> sql.Composed:
    # Single precision becomes double by way of its shortest decimal: 41.3 stays 41.3.
    return sql.SQL("{}" if metric.double else "{}::text::float8").format(sql.Identifier(metric.name))


def _raw(domain: Domain, metric: Metric, after: tuple[Any, ...] | None) -> sql.Composed:
    return sql.SQL(
        "SELECT (extract(epoch FROM time) * 1000000)::bigint, channel, quality, {value} FROM {table}"
        " WHERE sensor = %(sensor)s AND time >= %(from)s AND time < %(to)s AND {metric} IS NOT NULL {more}"
        " ORDER BY time, channel LIMIT %(limit)s"
    ).format(
        value=_column(metric),
        table=sql.Identifier(schema.table(domain.code)),
        metric=sql.Identifier(metric.name),
        more=sql.SQL("AND (time, channel) > (%(after)s, %(channel)s)" if after else ""),
    )


def _stepped(domain: Domain, metric: Metric, after: tuple[Any, ...] | None) -> sql.Composed:
    mean = _MEANS.get(metric.aggregate, "avg(v)")
    # An increase is over the reading before, also where that is in the step before, as in the live windows.
    climbs = metric.aggregate == "increase"
    before = "lag(v) OVER series" if climbs else "NULL::float8"
    recent = "time - lag(time) OVER series <= interval '1 hour'" if climbs else "true"
    return sql.SQL(
        "SELECT (extract(epoch FROM step) * 1000000)::bigint, channel, count(*), ({mean})::float8, min(v), max(v),"
        " ({value})::float8 FROM (SELECT time_bucket(%(step)s::interval, time, %(shift)s::interval) AS step, channel,"
        " v, CASE WHEN recent THEN before END AS before FROM (SELECT time, channel, v, {before} AS before,"
        " {recent} AS recent FROM (SELECT time, channel, {column} AS v FROM {table} WHERE sensor = %(sensor)s"
        " AND time >= %(from)s::timestamptz - {early}::interval AND time < %(to)s AND quality = 0"
        " AND {metric} IS NOT NULL) AS reading WINDOW series AS (PARTITION BY channel ORDER BY time)) AS climb"
        " WHERE time >= %(from)s) AS stepped {more} GROUP BY step, channel ORDER BY step, channel LIMIT %(limit)s"
    ).format(
        mean=sql.SQL(mean),
        value=sql.SQL(_VALUES.get(metric.aggregate, mean)),
        before=sql.SQL(before),
        recent=sql.SQL(recent),
        early=sql.Literal("1 hour" if climbs else "0"),
        column=_column(metric),
        table=sql.Identifier(schema.table(domain.code)),
        metric=sql.Identifier(metric.name),
        more=sql.SQL("WHERE (step, channel) > (%(after)s, %(channel)s)" if after else ""),
    )


def _csv(items: Iterable[BaseModel], model: type[BaseModel]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(model.model_fields)
    for item in items:
        writer.writerow(["" if v is None else v for v in item.model_dump().values()])
    return text.getvalue()


def _what(service: Served, sensor_id: str, name: str) -> tuple[Sensor, Domain, Metric]:
    sensor = find(service, sensor_id)
    domain = service.catalog.registry.domains.get(sensor.domain)
    metric = domain.metric(name) if domain else None
    if domain is None or metric is None:
        raise Stop(422, f"query.metric: no metric of the domain {sensor.domain}")
    return sensor, domain, metric


@router.get(
    "/observations",
    operation_id="list_observations",
    summary="History of a sensor's metric",
    response_model=Observations,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        404: {"model": Problem},
    },
)
async def list_observations(
    request: Request,
    service: Served,
    sensor: Annotated[Text, Query(description="Id of the sensor.")],
    metric: Annotated[Text, Query(description="Name of the metric.")],
    start: From = None,
    end: To = None,
    step: Annotated[Text | None, Query(description="Seconds, or 1m, 1h, 1d: sum up by steps.")] = None,
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    cursor: Cursor = None,
) -> Observations | Response:
    """The last hour where no time is given. Steps begin at whole multiples in UTC, whole days at the city's midnight
    (UTC+7). The next page of a CSV is in the header `Link`."""
    who, domain, what = _what(service, sensor, metric)
    from_us, to_us = span(start, end, now_us(), 3600)
    seconds = step_s(step) if step is not None else None
    longest = RAW_S if seconds is None else min(STEPPED_S, STEPS * seconds)
    if to_us - from_us > longest * SECOND:
        raise Stop(422, f"query.from: at most {longest} s can be asked for at once with this step")
    after = from_cursor(cursor, int, int)
    values: dict[str, Any] = {
        "sensor": who.id, "limit": limit + 1, "step": f"{seconds} seconds",
        "shift": f"{-_CITY_S if seconds and seconds % _DAY_S == 0 else 0} seconds",
        "from": _time(from_us), "to": _time(to_us),
    }  # fmt: skip
    if after:
        values |= {"after": _time(after[0]), "channel": after[1]}
    query = (_raw if seconds is None else _stepped)(domain, what, after)
    async with service.database.connection() as conn:
        rows = await (await conn.execute(query, values)).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    channels = service.live.roster.channels
    items = [_item(row, who, what, channels.get(row[1], str(row[1])), seconds) for row in rows]
    following = to_cursor(rows[-1][0], rows[-1][1]) if more else None
    if form == "json":
        return Observations(items=items, next=following, step_s=seconds)
    headers = {"Content-Disposition": 'attachment; filename="observations.csv"'}
    if following:
        headers["Link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
    model = Observation if seconds is None else Step
    return StreamingResponse(iter([_csv(items, model)]), media_type="text/csv; charset=utf-8", headers=headers)


def _time(us: int) -> str:
    return rfc3339(us)


def _item(row: Sequence[Any], sensor: Sensor, metric: Metric, channel: str, step: int | None) -> Observation | Step:
    shared = {
        "time": rfc3339(row[0]), "sensor_id": sensor.sensor_id, "metric": metric.name, "channel": channel,
        "unit": metric.unit,
    }  # fmt: skip
    if step is None:
        return Observation(**shared, quality=QUALITIES[row[2]], value=row[3])
    count, mean, low, high, value = row[2:]
    return Step(**shared, count=count, mean=mean, min=low, max=high, value=value)
