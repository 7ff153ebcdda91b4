"""How far sensors can be trusted, and why; per zone; and the technicians' list of what to do."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import BaseModel, Field

from city.hours import CITY_US, DAY_US
from city.quality import VERDICTS, Verdict
from city.quality_words import WORDS, say
from infra.copyout import CSV, safe_cell
from infra.times import now_us, text
from ioc_api import asking, exports
from ioc_api.problems import Problem
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Many, Page, Served, Text, from_cursor, to_cursor
from ioc_api.rest.spans import From, To, span
from ioc_api.service import Service

router = APIRouter(prefix="/quality", tags=["quality"])

_JSON, _TABLE = 100, 10_000
#: Days of zones that are told of where no `from` is given.
_DAYS = 30
_EPOCH = date(1970, 1, 1).toordinal()


class ReasonOut(BaseModel):
    """Why points were lost, and what to do about it."""

    code: str
    vi: str
    en: str
    points: int = Field(description="Points of 100 that it costs.")
    advice_vi: str
    advice_en: str
    facts: dict[str, Any]


class FiguresOut(BaseModel):
    """The last 24 hours: reports of any quality, those that were due, and how old they were when received."""

    reports: int | None = None
    due: int | None = None
    completeness: float | None = Field(None, description="0 to 1; null: nothing was due.")
    lag_s: float | None = Field(
        None, description="Least delay of an hour, median over the hours; below 0 the clock is ahead."
    )


class QualityOut(BaseModel):
    """A sensor's trust. 100 less the points of all reasons is its score."""

    sensor_id: str
    name: str
    area: str
    zone: str | None
    domain: str
    place: str
    verdict: Verdict = Field(description="unknown: too little came to judge by, and `score` is null.")
    score: int | None
    trusted: bool = Field(description="false: left out of figures where IOC_UNTRUSTED says so.")
    at: str = Field(description="When it was judged.")
    figures: FiguresOut
    reasons: list[ReasonOut] = Field(description="The dearest first.")


class Qualities(Page):
    """Sensors; untrusted and unknown ones first."""

    items: list[QualityOut]


class ZoneQualityOut(BaseModel):
    """The sensors of a zone, or of a whole area (`zone` null), in one domain or (`domain` null) in all."""

    area: str
    zone: str | None
    domain: str | None
    sensors: int
    trusted: int
    untrusted: int
    unknown: int
    share_trusted: float | None = Field(description="Of those that could be judged.")
    completeness: float | None = Field(description="Mean over the sensors, 0 to 1.")
    score: float | None = Field(description="Mean over those that could be judged; null of days.")
    reasons: dict[str, int] | None = Field(description="How many sensors lose points for it; null of days.")
    at: str | None = Field(description="When the oldest of them was judged.")
    day: date | None = Field(None, description="The city day that it is the last judgement of; null: now.")


class ZoneQualities(Page):
    items: list[ZoneQualityOut]


_VERDICT = "CASE WHEN q.score IS NULL THEN 1 WHEN q.trusted THEN 2 ELSE 0 END"
_FROM = "FROM sensor_quality q JOIN sensor s ON s.id = q.sensor"
_ORDERS = {
    # Who is to be looked after first: then the list begins with it.
    "score": f"{_VERDICT}, coalesce(q.score, -1), s.sensor_id",
    "sensor": "s.sensor_id",
}


def _where(area: Many, zone: Many, domain: Many, sensor: Many = None) -> tuple[list[sql.Composable], dict[str, Any]]:
    mine = asking.part().where("s.area", "s.zone", "s.domain")
    parts: list[sql.Composable] = [sql.SQL("s.status <> 'retired'"), mine]
    values: dict[str, Any] = {}
    for column, wanted in (("area", area), ("zone", zone), ("domain", domain), ("sensor_id", sensor)):
        if wanted:
            parts.append(sql.SQL(f"s.{column} = ANY(%({column})s)"))
            values[column] = wanted
    return parts, values


def _item(service: Served, row: dict[str, Any]) -> QualityOut:
    facts = row["facts"]
    domain = service.catalog.registry.domains.get(row["domain"])
    reasons = []
    for code in row["reasons"]:
        about = dict(facts.get("reasons", {}).get(code, {}))
        points = about.pop("points", 0)
        words = say(code, about, domain)
        reasons.append(ReasonOut(code=code, points=points, facts=about, **words._asdict()))
    named = {k: row[k] for k in ("sensor_id", "name", "area", "zone", "domain", "place", "score", "trusted")}
    return QualityOut(
        **named,
        verdict=VERDICTS[row["verdict"]],
        at=text(row["at"]) or "",
        figures=FiguresOut(**facts.get("figures", {})),
        reasons=reasons,
    )


_HEADER = (
    "sensor_id", "name", "area", "zone", "domain", "place", "verdict", "score", "trusted", "completeness", "at",
    "reasons_vi", "advice_vi", "reasons_en", "advice_en",
)  # fmt: skip


def _csv(items: Iterable[QualityOut]) -> str:
    """The technicians' list; with a byte order mark, or spreadsheets spoil the Vietnamese."""
    out = io.StringIO("\ufeff", newline="")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for i in items:
        words = ("; ".join(getattr(r, f) for r in i.reasons) for f in ("vi", "advice_vi", "en", "advice_en"))
        cells = (
            i.sensor_id, i.name, i.area, i.zone or "", i.domain, i.place, i.verdict, "" if i.score is None else i.score,
            str(i.trusted).lower(), "" if i.figures.completeness is None else i.figures.completeness, i.at, *words,
        )  # fmt: skip
        writer.writerow([safe_cell(c) if isinstance(c, str) else c for c in cells])
    return out.getvalue()


@router.get(
    "",
    operation_id="list_quality",
    dependencies=[may("read")],
    summary="Trust in sensors, and why",
    response_model=Qualities,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, 404: {"model": Problem}},
)
async def list_quality(
    request: Request,
    service: Served,
    area: Many = None,
    zone: Many = None,
    domain: Many = None,
    sensor: Annotated[list[Text] | None, Query(max_length=1000, description="Ids of sensors.")] = None,
    verdict: Annotated[list[Verdict] | None, Query(max_length=3)] = None,
    trusted: Annotated[bool | None, Query(description="Of those that could be judged: trusted or not.")] = None,
    below: Annotated[int | None, Query(ge=0, le=101, description="Only scores below this.")] = None,
    reason: Annotated[list[Text] | None, Query(max_length=20, description="Codes of reasons.")] = None,
    sort: Annotated[
        Literal["score", "sensor"],
        Query(description="score: untrusted, then unknown, then trusted, each by score; or by id."),
    ] = "score",
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    limit: Annotated[
        int | None, Query(ge=1, le=_TABLE, description="Items on a page; 100, and 10,000 of a CSV.")
    ] = None,
    cursor: Cursor = None,
) -> Qualities | Response:
    """Judged once an hour over the last 24 whole hours. As CSV it is the technicians' list: what is wrong, and what to
    do; the next page of it is in the header `Link`."""
    known.check(service, area=area, zone=zone, domain=domain, sensor=sensor)
    known.among("reason", reason, WORDS)
    parts, values = _where(area, zone, domain, sensor)
    if verdict:
        parts.append(sql.SQL(f"{_VERDICT} = ANY(%(verdict)s)"))
        values["verdict"] = [VERDICTS.index(v) for v in verdict]
    if trusted is not None:
        parts.append(sql.SQL("q.score IS NOT NULL AND q.trusted = %(trusted)s"))
        values["trusted"] = trusted
    if below is not None:
        parts.append(sql.SQL("q.score < %(below)s"))
        values["below"] = below
    if reason:
        parts.append(sql.SQL("q.reasons && %(reason)s::text[]"))
        values["reason"] = reason
    kinds: Sequence[type] = (int, int, str) if sort == "score" else (str,)
    after = from_cursor(cursor, *kinds)
    if after:
        places = [sql.Placeholder(f"after{i}") for i in range(len(after))]
        parts.append(sql.SQL("({}) > ({})").format(sql.SQL(_ORDERS[sort]), sql.SQL(", ").join(places)))
        values |= {f"after{i}": key for i, key in enumerate(after)}
    size = limit or (_JSON if form == "json" else _TABLE)
    query = sql.SQL(
        "SELECT s.sensor_id, s.name, s.area, s.zone, s.domain, s.place, q.at, q.score, q.trusted, q.reasons, q.facts,"
        " {verdict} AS verdict {tables} WHERE {where} ORDER BY {order} LIMIT %(limit)s"
    ).format(
        verdict=sql.SQL(_VERDICT),
        tables=sql.SQL(_FROM),
        where=sql.SQL(" AND ").join(parts),
        order=sql.SQL(_ORDERS[sort]),
    )
    async with service.database.connection() as conn, conn.cursor(row_factory=dict_row) as cur:
        rows = await (await cur.execute(query, {**values, "limit": size + 1})).fetchall()
    more, rows = len(rows) > size, rows[:size]
    following = None
    if more:
        last = rows[-1]
        key = (last["verdict"], -1 if last["score"] is None else last["score"]) if sort == "score" else ()
        following = to_cursor(*key, last["sensor_id"])
    if form == "json":
        return Qualities(items=[_item(service, row) for row in rows], next=following)
    body = await asyncio.to_thread(lambda: _csv(_item(service, row) for row in rows))
    await exports.tell(service, "quality.csv", exports.asked(request))
    headers = {"Content-Disposition": 'attachment; filename="quality.csv"'}
    if following:
        headers["Link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
    return Response(body, media_type=CSV, headers=headers)


@router.get(
    "/zones",
    operation_id="list_quality_zones",
    dependencies=[may("read")],
    summary="Quality of data per zone and area, now or day by day",
)
async def list_quality_zones(
    service: Served,
    area: Many = None,
    zone: Many = None,
    domain: Many = None,
    start: From = None,
    end: To = None,
    limit: Annotated[int, Query(ge=1, le=_TABLE, description="Items on a page, of days.")] = 1000,
    cursor: Cursor = None,
) -> ZoneQualities:
    """Each zone and each area (with those of its sensors that stand in no zone): all domains together, and each.

    With `from` or `to`: the city days that begin in that time, as they were last judged; the 30 days before `to` where
    there is no `from`.
    """
    known.check(service, area=area, zone=zone, domain=domain)
    if start is not None or end is not None:
        from_us, to_us = span(start, end, now_us(), _DAYS * 86_400)
        items, following = await _days(service, (from_us, to_us), (area, zone, domain), limit, cursor)
        return ZoneQualities(items=items, next=following)
    parts, values = _where(area, zone, domain)
    query = sql.SQL(
        """WITH one AS MATERIALIZED (
               SELECT s.area, s.zone, s.domain, q.at, q.score, q.trusted, q.reasons,
                      (q.facts #>> '{{figures,completeness}}')::float8 AS completeness {tables} WHERE {where}
           ), groups AS (
               SELECT area, zone, GROUPING(zone) = 0 AS narrow, domain, count(*) AS sensors,
                      count(*) FILTER (WHERE score IS NOT NULL AND trusted) AS trusted,
                      count(*) FILTER (WHERE score IS NOT NULL AND NOT trusted) AS untrusted,
                      count(*) FILTER (WHERE score IS NULL) AS unknown,
                      avg(completeness) AS completeness, avg(score)::float8 AS score, min(at) AS at
               FROM one GROUP BY area, GROUPING SETS ((zone), ()), GROUPING SETS ((domain), ())
           ), why AS (
               SELECT area, zone, GROUPING(zone) = 0 AS narrow, domain, reason, count(*) AS number
               FROM one, unnest(reasons) AS reason
               GROUP BY area, reason, GROUPING SETS ((zone), ()), GROUPING SETS ((domain), ())
           )
           SELECT g.*, coalesce((SELECT jsonb_object_agg(w.reason, w.number) FROM why w
                                 WHERE w.area = g.area AND w.narrow = g.narrow AND w.zone IS NOT DISTINCT FROM g.zone
                                   AND w.domain IS NOT DISTINCT FROM g.domain), '{{}}') AS reasons
           FROM groups g WHERE zone IS NOT NULL OR NOT narrow
           ORDER BY area, zone NULLS FIRST, domain NULLS FIRST"""
    ).format(tables=sql.SQL(_FROM), where=sql.SQL(" AND ").join(parts))
    async with service.database.connection() as conn, conn.cursor(row_factory=dict_row) as cur:
        rows = await (await cur.execute(query, values)).fetchall()
    items = []
    for row in rows:
        del row["narrow"]
        row["score"] = None if row["score"] is None else round(row["score"], 1)
        # An area's figure, or that of all domains, tells of what may not be theirs.
        if asking.part().holds(row["area"], row["zone"], row["domain"]):
            items.append(_zone(row))
    return ZoneQualities(items=items)


def _zone(row: dict[str, Any]) -> ZoneQualityOut:
    judged = row["trusted"] + row["untrusted"]
    row |= {
        "at": text(row["at"]),
        "share_trusted": round(row["trusted"] / judged, 4) if judged else None,
        "completeness": None if row["completeness"] is None else round(row["completeness"], 4),
    }
    return ZoneQualityOut(**row)


async def _days(
    service: Service, asked: tuple[int, int], filters: tuple[Many, Many, Many], limit: int, cursor: str | None
) -> tuple[list[ZoneQualityOut], str | None]:
    """The city days that begin in a span, by day, area, zone and domain: a page of them, and its `next`."""
    mine = asking.part().where("area", "zone", "domain")
    parts: list[sql.Composable] = [sql.SQL("day >= %(first)s AND day < %(end)s"), mine]
    # Days are counted in UTC+7: the first one that begins at the moment or after it.
    first, end = (date.fromordinal(_EPOCH - (-(us + CITY_US) // DAY_US)) for us in asked)
    values: dict[str, Any] = {"first": first, "end": end, "limit": limit + 1}
    for column, wanted in zip(("area", "zone", "domain"), filters, strict=True):
        if wanted:
            parts.append(sql.SQL("{} = ANY({})").format(sql.Identifier(column), sql.Placeholder(column)))
            values[column] = wanted
    after = from_cursor(cursor, str, str, str, str)
    values |= {f"after{i}": key for i, key in enumerate(after or ())}
    order = "day::text, area, coalesce(zone, ''), coalesce(domain, '')"
    behind = f"AND ({order}) > (%(after0)s, %(after1)s, %(after2)s, %(after3)s)" if after else ""
    query = sql.SQL(
        """SELECT * FROM (
               SELECT day, area, zone, GROUPING(zone) = 0 AS narrow, domain, sum(sensors)::int AS sensors,
                      sum(trusted)::int AS trusted, sum(untrusted)::int AS untrusted, sum(unknown)::int AS unknown,
                      sum(completeness * sensors) / nullif(sum(sensors) FILTER (WHERE completeness IS NOT NULL), 0)
                          AS completeness, min(at) AS at
               FROM quality_day WHERE {where}
               GROUP BY day, area, GROUPING SETS ((zone), ()), GROUPING SETS ((domain), ())
           ) AS found
           WHERE (zone <> '' OR NOT narrow) {behind}
           ORDER BY {order} LIMIT %(limit)s"""
    ).format(where=sql.SQL(" AND ").join(parts), behind=sql.SQL(behind), order=sql.SQL(order))
    async with service.database.connection() as conn, conn.cursor(row_factory=dict_row) as cur:
        rows = await (await cur.execute(query, values)).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    for row in rows:
        del row["narrow"]
    items = [_zone({**row, "score": None, "reasons": None}) for row in rows]
    last = items[-1] if more else None
    part = asking.part()
    items = [i for i in items if part.holds(i.area, i.zone, i.domain)]
    return items, to_cursor(str(last.day), last.area, last.zone or "", last.domain or "") if last else None
