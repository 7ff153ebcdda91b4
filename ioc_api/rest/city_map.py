"""What the screen's map is drawn on: streets, a style, and exact zones, where the city has configured them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, cast

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from infra.errors import ConfigError
from ioc_api import asking
from ioc_api.ground import NO_ZONES, TILES, Ground, Zones
from ioc_api.opendata.answers import has_already, unchanged
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import may

router = APIRouter(prefix="/map", tags=["city"])

log = structlog.get_logger()


def _ground(request: Request) -> Ground:
    return cast(Ground, request.app.state.ground)


Under = Annotated[Ground, Depends(_ground)]


class MapOut(BaseModel):
    """Where the ground of the map is; paths are below the API's address."""

    style: str | None = Field(description="Address of a MapLibre style; with it, `tiles` does not count.")
    tiles: str | None = Field(description="Path of the streets, a PMTiles archive that is read by ranges.")
    zones: str | None = Field(description="Path of the zones' exact boundaries; null: draw them schematically.")


class Boundary(BaseModel):
    type: Literal["Feature"]
    properties: dict[str, str]
    geometry: dict[str, Any]


class Boundaries(BaseModel):
    """GeoJSON: zones in WGS 84, each with its code in `properties`."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Boundary]


@router.get("", operation_id="get_map", dependencies=[may("read")], summary="What the screen's map is drawn on")
async def get_map(ground: Under) -> MapOut:
    """Null is what nobody has configured: the page then draws its own quiet ground and schematic zones."""
    there = ground.tiles is not None and not ground.style
    return MapOut(
        style=ground.style or None,
        tiles="/api/v1/map/streets.pmtiles" if there else None,
        zones="/api/v1/map/zones" if (await _boundaries(ground)).features else None,
    )


@router.get(
    "/zones",
    operation_id="map_zones",
    dependencies=[may("read")],
    summary="Exact boundaries of the zones",
    response_model=None,
    responses={
        200: {"model": Boundaries},
        304: {"description": "You have them already (`If-None-Match`)."},
    },
)
async def map_zones(request: Request, ground: Under) -> Response:
    """Those that the city's file has; the others are schematic. `ETag` changes with them, and with what you see."""
    known = await _boundaries(ground)
    codes = asking.part().zones(known.features)
    headers = {"ETag": known.etag(codes), "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if has_already(request, headers["ETag"]):
        return unchanged(headers)
    # Megabytes are put together and packed beside the event loop, and not by the middleware on it.
    packed = "gzip" in request.headers.get("accept-encoding", "")
    body = await asyncio.to_thread(known.answer, codes, packed=packed)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)


async def _boundaries(ground: Ground) -> Zones:
    try:
        return await asyncio.to_thread(ground.boundaries)
    except ConfigError as e:
        # It was good at the start: a map of schematic zones is better than none.
        log.warning("map_zones", error=str(e))
        return NO_ZONES


@router.get(
    "/streets.pmtiles",
    operation_id="map_streets",
    dependencies=[may("read")],
    summary="The streets, by ranges",
    response_class=FileResponse,
    responses={
        200: {"content": {TILES: {}}},
        206: {"description": "The range that was asked for.", "content": {TILES: {}}},
        404: {"model": Problem},
        416: {"description": "There is no such range."},
    },
)
async def map_streets(ground: Under) -> FileResponse:
    """A PMTiles archive; ask for parts of it with `Range`."""
    if ground.tiles is None or not ground.tiles.is_file():
        raise Stop(404, "chưa cài đặt nền đường phố (IOC_MAP_PMTILES) / no streets are configured (IOC_MAP_PMTILES)")
    return FileResponse(ground.tiles, media_type=TILES, headers={"cache-control": "private, max-age=3600"})
