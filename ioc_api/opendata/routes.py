"""The operations of /open/v1. No login; door.py has looked at every request before."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from psycopg import sql

from city.registry import Domain
from infra.copyout import CSV, PARQUET, csv_blocks, parquet_blocks
from infra.times import now_us, rfc3339
from ioc_api import streams
from ioc_api.opendata import calendar, dcat, figures, geo, model, page, stock
from ioc_api.opendata.answers import (
    OPEN_S,
    RUNNING_S,
    SETTLED_S,
    about,
    base_url,
    choose,
    has_already,
    head_only,
    unchanged,
    whole,
)  # fmt: skip
from ioc_api.opendata.calendar import DAY_US, Span
from ioc_api.opendata.door import visit
from ioc_api.opendata.figures import Choice
from ioc_api.opendata.style import CSS
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import anybody
from ioc_api.rest.parts import Served, Text
from ioc_api.service import Service

router = APIRouter(tags=["open data"], dependencies=[anybody()])

#: Grows when the same rows would be written differently: then no copy is taken for the present file.
EDITION = "1"

_HTML = "text/html"
_STRINGS = {"schema": {"type": "string"}}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_OBJECT = {"schema": {"type": "object"}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    304: {"description": "The caller has it already (If-None-Match)"},
    404: {"model": Problem, "description": "Not there, not published yet, or open data is switched off"},
    422: {"model": Problem, "description": "A value is not right"},
    429: {"model": Problem, "description": "Too many requests from one address"},
    503: {"model": Problem, "description": "Something that is needed is away, or too many are downloading"},
}

Code = Annotated[Text, Path(description="Code of a domain, as traffic.")]
Day = Annotated[Text, Path(description="A city day (UTC+7).", examples=["2026-11-22"])]
Month = Annotated[Text, Path(description="A month.", examples=["2026-11"])]
Form = Annotated[Literal["csv", "parquet"], Path(description="The form of the file.")]


def _get(path: str, operation: str, summary: str, content: dict[str, Any]) -> Callable[[Any], Any]:
    """A GET that is described, and a HEAD that is not."""

    def add(answer: Any) -> Any:
        router.add_api_route(
            path, answer, methods=["GET"], operation_id=operation, summary=summary, response_class=Response,
            responses={200: {"content": content}},
        )  # fmt: skip
        router.add_api_route(path, answer, methods=["HEAD"], include_in_schema=False, response_class=Response)
        return answer

    return add


def _domain(service: Service, code: str) -> Domain:
    domains = stock.domains(service)
    if code not in domains:
        names = ", ".join(sorted(domains))
        raise Stop(404, f"không có lĩnh vực này; có {names} / there is no such domain; there are {names}")
    return domains[code]


async def _offer(request: Request, service: Service) -> model.Offer:
    held, issued_us = await stock.holdings(service)
    return model.offer(
        service.catalog, stock.domains(service), held, service.settings,
        base=base_url(request, service.settings), issued_us=issued_us,
        sensors_us=await stock.sensors_changed(service),
    )  # fmt: skip


@router.get("", include_in_schema=False)
async def lead_on() -> Response:
    """The address without its last slash."""
    return RedirectResponse("/open/v1/", 308)


@_get(
    "/", "open_catalogue", "Catalogue of the open data (DCAT-AP)",
    {dcat.MEDIA: _OBJECT, "application/json": _OBJECT, _HTML: _STRINGS},
)  # fmt: skip
async def catalogue(request: Request, service: Served) -> Response:
    """JSON-LD; a page where the caller prefers text/html."""
    offer = await _offer(request, service)
    media = choose(request.headers.get("accept", ""), (dcat.MEDIA, "application/json", _HTML))
    text = page.catalogue(offer) if media == _HTML else json.dumps(dcat.catalogue(offer), ensure_ascii=False, indent=1)
    return whole(request, text.encode(), media, RUNNING_S, offer.changed_us, "Accept")


@_get("/catalog.jsonld", "open_catalogue_jsonld", "The catalogue, always as JSON-LD", {dcat.MEDIA: _OBJECT})
async def catalogue_jsonld(request: Request, service: Served) -> Response:
    offer = await _offer(request, service)
    body = json.dumps(dcat.catalogue(offer), ensure_ascii=False, indent=1).encode()
    return whole(request, body, dcat.MEDIA, RUNNING_S, offer.changed_us, None)


@router.get("/style.css", include_in_schema=False)
async def style() -> Response:
    """The style sheet of the pages; its name changes with it."""
    return Response(CSS, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})


@_get("/zones.geojson", "open_zones", "Zones (wards) as GeoJSON, schematic outlines", {model.GEOJSON: _OBJECT})
async def zones(request: Request, service: Served) -> Response:
    found = service.catalog.zones
    changed = max(day for z in found for day in (z.valid_from, z.valid_to) if day is not None)
    body = geo.zones(found, service.catalog.areas)
    return whole(request, body, model.GEOJSON, OPEN_S, min(calendar.start_us(changed), now_us()), None)


@_get("/sensors.geojson", "open_sensors", "Sensors with coordinates as GeoJSON", {model.GEOJSON: _OBJECT})
async def sensors(request: Request, service: Served) -> Response:
    roster = service.live.roster
    if roster.version < 0:
        raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
    domains = stock.domains(service)
    known = repr([(d.code, d.interval_s, [m.name for m in figures.published(d)]) for d in domains.values()])
    changed_us = await stock.sensors_changed(service)
    headers = about(stock.tag("sensors", EDITION, str(roster.version), known), RUNNING_S, changed_us)
    if has_already(request, headers["ETag"]):
        return unchanged(headers)
    if request.method == "HEAD":
        return head_only(headers, model.GEOJSON)
    found = [roster.sensors[roster.numbers[i]] for i in roster.ordered]
    return StreamingResponse(geo.sensors(found, domains), media_type=model.GEOJSON, headers=headers)


def _metrics(domain: Domain) -> list[dict[str, str]]:
    return [
        {"name": m.name, "unit": m.unit, "aggregate": m.aggregate, "vi": m.vi, "en": m.en}
        for m in figures.published(domain)
    ]


@_get(
    "/{domain}/", "open_domain", "Which files of a domain there are", {"application/json": _OBJECT, _HTML: _STRINGS}
)  # fmt: skip
async def listing(request: Request, service: Served, domain: Code) -> Response:
    """Days, newest first; put a day or month and csv or parquet into the addresses of `files`."""
    what = _domain(service, domain)
    held, found = await stock.days(service, what.code)
    media = choose(request.headers.get("accept", ""), ("application/json", _HTML))
    if media == _HTML:
        offer = await _offer(request, service)
        dataset = next(d for d in offer.datasets if d.code == what.code)
        return whole(request, page.domain(offer, dataset, found).encode(), media, RUNNING_S, held.changed_us, "Accept")
    base = base_url(request, service.settings)
    months = sorted({d.day.isoformat()[:7] for d in found if d.whole}, reverse=True)
    body = {
        "domain": what.code, "vi": what.vi, "en": what.en, "licence": service.settings.open_licence,
        "published_until": rfc3339(held.until_us) if held.until_us is not None else None,
        "metrics": _metrics(what),
        "columns": {"sensors": figures.SENSOR_COLUMNS, "zones": figures.ZONE_COLUMNS},
        "formats": ["csv", "parquet"],
        "files": {
            s.code: base + s.path.replace("{domain}", what.code) for s in model.SERIES
        },
        "days": [{"day": d.day.isoformat(), "modified": rfc3339(d.changed_us), "complete": d.whole} for d in found],
        "months": months,
    }  # fmt: skip
    text = json.dumps(body, ensure_ascii=False).encode()
    return whole(request, text, media, RUNNING_S, held.changed_us, "Accept")


def _keep_s(service: Service, version: stock.Version, span: Span) -> int:
    if not version.whole:
        return RUNNING_S
    settled = span.to_us + (service.settings.max_late_days + 1) * DAY_US < now_us()
    return SETTLED_S if settled else OPEN_S


async def _file(
    request: Request, service: Service, code: str, span: Span, form: str, *, zones: bool, daily: bool
) -> Response:
    """A file: 304 where the caller has it, else streamed from the database."""
    domain = _domain(service, code)
    version = await stock.version(service, code, span, whole_days=daily, of_sensors=not zones)
    kind = f"{'zones-' if zones else ''}{'daily' if daily else 'hourly'}"
    columns = repr([(m.name, m.unit, m.aggregate) for m in figures.published(domain)])
    etag = stock.tag(kind, form, EDITION, code, str(span), version.text, columns)
    headers = about(etag, _keep_s(service, version, span), version.changed_us)
    if has_already(request, etag):
        return unchanged(headers)
    media = CSV if form == "csv" else PARQUET
    name = f"{code}-{kind}-{span.first if not daily else str(span.first)[:7]}.{form}"
    if request.method == "HEAD":
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return head_only(headers, media)
    choice = Choice(
        domain, span.from_us, version.until_us, text=form == "csv", leave_out=service.settings.untrusted == "leave_out"
    )
    query = _query(service, choice, zones=zones, daily=daily)
    blocks = partial(csv_blocks if form == "csv" else parquet_blocks, query=query)
    visit(request.scope).begin_download()
    return await streams.respond(service, blocks, media, name, headers=headers, request=request, lane="open")


def _query(service: Service, choice: Choice, *, zones: bool, daily: bool) -> sql.Composable:
    if zones:
        return figures.zones(choice, daily=daily, groups=[z.code for z in service.catalog.zones])
    return figures.sensors_daily(choice) if daily else figures.sensors_hourly(choice)


_FILES = {CSV.partition(";")[0]: _STRINGS, PARQUET: _BINARY}


@_get("/{domain}/hourly/{day}.{form}", "open_hourly", "Hours of one city day, by sensor", _FILES)
async def hourly(request: Request, service: Served, domain: Code, day: Day, form: Form) -> Response:
    return await _file(request, service, domain, calendar.day(day), form, zones=False, daily=False)


@_get("/{domain}/daily/{month}.{form}", "open_daily", "City days of one month, by sensor", _FILES)
async def daily(request: Request, service: Served, domain: Code, month: Month, form: Form) -> Response:
    return await _file(request, service, domain, calendar.month(month), form, zones=False, daily=True)


@_get("/{domain}/zones/hourly/{day}.{form}", "open_zones_hourly", "Hours of one city day, by zone and area", _FILES)
async def zones_hourly(request: Request, service: Served, domain: Code, day: Day, form: Form) -> Response:
    return await _file(request, service, domain, calendar.day(day), form, zones=True, daily=False)


@_get("/{domain}/zones/daily/{month}.{form}", "open_zones_daily", "City days of one month, by zone and area", _FILES)
async def zones_daily(request: Request, service: Served, domain: Code, month: Month, form: Form) -> Response:
    return await _file(request, service, domain, calendar.month(month), form, zones=True, daily=True)
