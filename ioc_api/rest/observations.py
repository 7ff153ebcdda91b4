"""History: readings as they came, or summed up by steps of time, of sensors or of a whole zone or area."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
import psycopg
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from infra.copyout import safe_cell
from infra.times import now_us
from ioc_api import exports, streams
from ioc_api.history import about, export, items, kept, reply, whole
from ioc_api.history import marks as marked
from ioc_api.history.question import Asked, Of, Question, ask
from ioc_api.history.shapes import Observations
from ioc_api.history.table import Table
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Served, Text, from_cursor, to_cursor
from ioc_api.rest.spans import From, To
from ioc_api.service import Service

router = APIRouter(tags=["history"])

Form = Literal["json", "csv", "parquet"]
Layout = Literal["items", "series"]
Gaps = Literal["leave_out", "null"]
Stat = Literal["count", "mean", "min", "max", "value", "completeness", "percentiles"]
#: Sensors in a query: more are given to POST observations/query.
IN_QUERY = 500
PAGE = 1000

FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Observations,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        },
        "headers": about.described(),
    },
    404: {"model": Problem},
}


class Wanted(BaseModel):
    """A question about history; the fields are those of `GET observations`."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    sensor: list[Text] = Field([], max_length=5000)
    area: Text | None = None
    zone: Text | None = None
    domain: list[Text] = Field([], max_length=50)
    metric: list[Text] = Field(min_length=1, max_length=100)
    of: Of = "sensors"
    start: Annotated[str, Field(max_length=64)] | None = Field(None, alias="from")
    to: Annotated[str, Field(max_length=64)] | None = None
    step: Text | None = None
    points: int | None = Field(None, ge=2, le=20_000)
    gaps: Gaps = "leave_out"
    layout: Layout = "items"
    stat: list[Stat] = Field([], max_length=10)
    form: Form = Field("json", alias="format")
    limit: int | None = Field(None, ge=1, le=10_000)
    cursor: Text | None = None


@router.get(
    "/observations",
    operation_id="list_observations",
    dependencies=[may("read")],
    summary="History of sensors, zones and areas",
    responses=FILES,
)
async def list_observations(
    request: Request,
    service: Served,
    metric: Annotated[list[Text], Query(min_length=1, max_length=100, description="Names of metrics.")],
    sensor: Annotated[list[Text] | None, Query(max_length=IN_QUERY, description="Ids of sensors.")] = None,
    zone: Annotated[Text | None, Query(description="All sensors of a zone; with `of=whole` the zone itself.")] = None,
    area: Annotated[Text | None, Query(description="All sensors of an area; with `of=whole` the area itself.")] = None,
    domain: Annotated[list[Text] | None, Query(max_length=50, description="Only sensors of these domains.")] = None,
    of: Annotated[Of, Query(description="`whole`: one figure of the zone or area, from all its sensors.")] = "sensors",
    start: From = None,
    end: To = None,
    step: Annotated[Text | None, Query(description="Seconds, or 1m, 1h, 1d: sum up by steps.")] = None,
    points: Annotated[
        int | None, Query(ge=2, le=20_000, description="Choose the step that gives about so many points a series.")
    ] = None,
    gaps: Annotated[Gaps, Query(description="`null`: steps without readings are items, too.")] = "leave_out",
    layout: Annotated[Layout, Query(description="`series`: one entry a series, with arrays over all steps.")] = "items",
    stat: Annotated[
        list[Stat] | None, Query(max_length=10, description="With `layout=series`: only these figures.")
    ] = None,
    form: Annotated[Form, Query(alias="format")] = "json",
    limit: Annotated[int | None, Query(ge=1, le=10_000, description="Items on a page: 1000 where not said.")] = None,
    cursor: Cursor = None,
) -> Response:
    """The last hour where no time is given. Steps begin at whole multiples in UTC, whole days at the city's midnight
    (UTC+7). A CSV or Parquet file holds everything of the span; a CSV with `limit` is a page, whose next one is in
    the header `Link`. What files were made from is in the headers `IOC-…`, and in the metadata `ioc` of a Parquet
    file."""
    wanted = Wanted.model_construct(
        sensor=sensor or [], area=area, zone=zone, domain=domain or [], metric=metric, of=of, start=start, to=end,
        step=step, points=points, gaps=gaps, layout=layout, stat=stat or [], form=form, limit=limit, cursor=cursor,
    )  # fmt: skip
    return await _answer(request, service, wanted)


@router.post(
    "/observations/query",
    operation_id="query_observations",
    dependencies=[may("read")],
    summary="The same for many sensors",
    responses=FILES,
)
async def query_observations(request: Request, service: Served, wanted: Wanted) -> Response:
    """For questions that are too long for an address: up to 5,000 sensors."""
    try:
        return await _answer(request, service, wanted)
    except Stop as e:
        raise Stop(e.status, e.detail.replace("query.", "body.", 1), e.headers) from None


async def _answer(request: Request, service: Service, wanted: Wanted) -> Response:
    file = wanted.form != "json" and wanted.limit is None and wanted.cursor is None
    asked = Asked(
        tuple(wanted.sensor), wanted.area, wanted.zone, tuple(wanted.domain), tuple(wanted.metric), wanted.of,
        wanted.start, wanted.to, wanted.step, wanted.points,
    )  # fmt: skip
    q = ask(service, asked, now_us(), export=file)
    if file:
        return await _file(request, service, q, wanted)
    if wanted.form == "parquet":
        raise Stop(422, "query.limit: tệp Parquet không chia trang: hãy bỏ `limit` và `cursor`"
                        " / a Parquet file has no pages: leave `limit` and `cursor` out")  # fmt: skip
    if wanted.layout == "series":
        return await _series(service, q, wanted)
    return await _page(request, service, q, wanted)


async def _page(request: Request, service: Service, q: Question, w: Wanted) -> Response:
    limit = w.limit or PAGE
    after = from_cursor(w.cursor, int, int, int, int)

    def read(conn: psycopg.Connection) -> tuple[Question, reply.Reply]:
        asked, since = kept.settle(conn, q)
        if asked.step_s is None:
            return asked, reply.readings(conn, asked, after, limit, dict(service.live.roster.channels), since)
        made = reply.Reply(since=since)
        # A page needs no more sensors at once than fill it.
        tables = _tables(conn, service, asked, made, after[0] if after else 0, min(reply.CELLS, limit * 2))
        return asked, reply.steps_page(conn, asked, tables, made, after, limit, gaps=w.gaps == "null")

    q, found = await service.database.question(read)
    following = to_cursor(*found.keys[limit - 1]) if len(found.items) > limit else None
    page = found.items[:limit]
    if w.form == "csv":
        await exports.tell(service, "observations.csv", _told(w))
        return _csv(request, page, [*itertools.chain(*_columns(q))], following, about.headers(q, found))
    body = {"items": page, "next": following, **found.head(q), "series": found.series}
    return Response(msgspec.json.encode(body), media_type="application/json")


def _tables(
    conn: psycopg.Connection,
    service: Service,
    q: Question,
    made: reply.Reply,
    first: int = 0,
    cells: int = reply.CELLS,
    *,
    extremes: bool = True,
    ranks: bool = True,
) -> Iterator[Table]:
    if q.group is not None:
        return whole.tables(conn, q, service.settings, made, first=first)
    known = service.live.roster.channels
    return reply.tables(conn, q, known, made, first=first, cells=cells, extremes=extremes, ranks=ranks)


def _columns(q: Question) -> tuple[list[str], list[str]]:
    """The columns of a table that name a row, and those of its figures."""
    if q.step_s is None:
        return list(export.HEAD), ["value", "quality"]
    stats = [*items.STATS, *reply.percentiles(q)]
    if q.group is None:
        return list(export.HEAD), stats
    return list(export.WHOLE_HEAD), [*stats, *items.SENSORS]


def _csv(
    request: Request,
    page: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    following: str | None,
    said: Mapping[str, str],
) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for item in page:
        values = (item.get(c) for c in columns)
        writer.writerow(["" if v is None else safe_cell(v) if isinstance(v, str) else v for v in values])
    headers = {"Content-Disposition": 'attachment; filename="observations.csv"', **said}
    if following:
        headers["Link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


async def _series(service: Service, q: Question, w: Wanted) -> Response:
    def read(conn: psycopg.Connection) -> list[bytes]:
        asked, since = kept.settle(conn, q)
        reply.bound_series(asked)
        stats: list[str] = list(w.stat) or _columns(asked)[1]
        if "percentiles" in stats:
            stats += reply.percentiles(asked)
        made = reply.Reply(since=since)
        marks = None if asked.group is not None else marked.load(conn, asked, since.raw_us)
        out = [b'{"items":[],"next":null,"series":[']
        extremes, ranks = (bool(set(names) & set(stats)) for names in (("min", "max"), reply.percentiles(asked)))
        for t in _tables(conn, service, asked, made, extremes=extremes, ranks=ranks):
            text = msgspec.json.encode(items.series(t, stats, marks))[1:-1]
            out += [b"," if len(out) > 1 else b"", text] if text else []
        return [*out, b"],", msgspec.json.encode(made.head(asked))[1:]]

    return Response(b"".join(await service.database.question(read)), media_type="application/json")


async def _file(request: Request, service: Service, q: Question, w: Wanted) -> Response:
    form: export.Form = "csv" if w.form == "csv" else "parquet"

    said: dict[str, str] = {}

    def blocks(conn: psycopg.Connection) -> Any:
        asked, since = kept.settle(conn, q)
        foreseen = about.foresee(conn, asked, since)
        said.update(about.headers(asked, foreseen))
        marks = None
        if form == "parquet" and asked.group is None:
            # The quality of readings is counted in the file itself.
            marks = marked.load(conn, asked, since.raw_us, count=asked.step_s is not None)
        if asked.step_s is None:
            return export.readings(conn, asked, form, about.Ending(asked, foreseen, marks))
        made = reply.Reply(since=since)
        tables = _tables(conn, service, asked, made)
        ending = about.Ending(asked, made, marks)
        return export.steps(tables, form, *_columns(asked), ending, gaps=w.gaps == "null")

    return await streams.respond(
        service, blocks, export.MEDIA[form], f"observations.{form}", headers=said, request=request,
        about=_told(w),
    )  # fmt: skip


def _told(w: Wanted) -> dict[str, Any]:
    """What the audit says of a file."""
    return {name: value for name, value in w.model_dump(by_alias=True, mode="json").items() if value not in (None, [])}
