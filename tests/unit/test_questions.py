"""What a question cannot mean is refused by its name, before anything is asked of anybody: a parameter that it does not
take, and what a filter names that does not exist."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from infra import catalog, settings
from infra.access.who import SERVICE, Who
from ioc_api import app
from ioc_api.part import ALL, Part
from ioc_api.problems import Stop
from ioc_api.rest import parts


class Welcome:
    """A service of which everybody may everything, and which has nothing else: what gets as far as that is answered
    with 503."""

    def __init__(self, **has: Any) -> None:
        self.gate = self.scopes = self
        self.__dict__ |= has

    async def admit(self, *_: Any) -> Who:
        return SERVICE

    async def part(self, *_: Any) -> Part:
        return ALL

    def same_origin(self, *_: Any) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        raise Stop(503, "there is no service")


@pytest.fixture(scope="module")
def http() -> TestClient:
    """The interface without its service."""
    one = app.make(settings.load(), catalog.load(settings.load()))
    one.dependency_overrides |= {parts._service: lambda: Welcome()}
    return TestClient(one)


@pytest.mark.parametrize(
    ("path", "wrong", "takes"),
    [
        ("indices", "limit=1", "takes none"),
        ("indices/river", "step=1d", "takes area, zone, sensor, index, from, to, limit, cursor"),
        ("indices/traffic", "station=T1", "takes area, zone, sensor"),
        ("indices/lighting", "by=zone", "step"),
        ("indices/air", "sensors=E1", "sensor, station"),
        ("indices/air/exceedances", "start=2026-01-01", "sensor, station"),
        ("indices/noise", "sensor=N1&Sensor=N2", "sensor, station"),
        ("quality", "form=csv", "format"),
        ("quality/zones", "sensor=E1", "takes area, zone, domain, from, to, limit, cursor"),
        ("observations", "metrics=speed", "takes metric, sensor"),
        ("latest", "metric=speed&limit=1", "takes area, zone, domain, metric, sensor"),
        ("zones/07210/summary", "domain=water", "takes none"),
        ("sensors/E1/latest", "metric=pm2_5", "takes none"),
    ],
)
def test_an_unknown_parameter_is_named(http: TestClient, path: str, wrong: str, takes: str) -> None:
    answer = http.get(f"/api/v1/{path}?{wrong}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    named, _, rest = answer.json()["detail"].partition("; ")
    name = repr(wrong.split("&")[-1].split("=")[0])
    assert named == f"query: không có tham số {name} / there is no parameter {name}"
    assert takes in rest


def test_many_and_long_ones_make_no_long_answer(http: TestClient) -> None:
    answer = http.get("/api/v1/latest", params={f"{i:03}" + "x" * 500: 1 for i in range(50)})
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) < 700


def test_a_posted_question_takes_none(http: TestClient) -> None:
    answer = http.post("/api/v1/observations/query?sensor=T1", json={"metric": ["speed"]})
    assert answer.status_code == 422
    assert "'sensor'" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["indices/noise?sensor=N1&station=N2", "indices/air?station=A1", "sensors?nonsense=1"])
def test_what_is_declared_passes_and_older_questions_are_as_they_were(http: TestClient, path: str) -> None:
    assert http.get(f"/api/v1/{path}").status_code == 503


@pytest.fixture(scope="module")
def town() -> TestClient:
    """The interface of a city with one sensor, and without a database."""
    known = catalog.load(settings.load())
    sensor = SimpleNamespace(sensor_id="T1", domain="traffic", status="active")
    roster = SimpleNamespace(version=1, numbers={"T1": 0}, sensors=(sensor,), ordered=["T1"], known=[True])
    ready = asyncio.Event()
    ready.set()
    service = Welcome(catalog=known, live=SimpleNamespace(roster=roster), hub=SimpleNamespace(ready=ready))
    one = app.make(settings.load(), known)
    one.dependency_overrides |= {parts._service: lambda: service}
    return TestClient(one)


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        ("quality?reason=foo", 422, "there is no reason 'foo'; there are calibrating, clock_ahead"),
        ("quality?reason=stuck&reason=foo", 422, "'foo'"),
        ("quality?zone=99999", 422, "there is no zone '99999'; there are 07"),
        ("quality?area=hanoi", 422, "there are bac_giang, viet_yen"),
        ("quality?domain=magic", 422, "environment"),
        ("quality?sensor=T1&sensor=nope", 404, "there is no such sensor: 'nope'; GET /api/v1/sensors"),
        ("quality/zones?zone=99999", 422, "'99999'"),
        ("quality/zones?domain=magic&from=2025-01-01T00:00:00Z", 422, "'magic'"),
        ("latest?sensor=nope", 404, "'nope'"),
        ("latest?metric=nope", 422, "speed"),
        ("latest?zone=99999", 422, "'99999'"),
        ("aggregates?area=hanoi", 422, "'hanoi'"),
        ("aggregates?window=1h", 422, "there are 10s, 15m, 1m, 5m"),
        ("sensors?zone=99999", 422, "'99999'"),
        ("quarantine?reason=foo", 422, "unknown_sensor"),
        ("indices/traffic?zone=99999", 422, "'99999'"),
        ("indices/traffic?sensor=nope", 404, "'nope'"),
        ("indices/traffic?index=nope", 422, "there are los, tti"),
        ("observations?sensor=nope&metric=speed", 404, "'nope'"),
        ("latest?zone=" + "9" * 200, 422, "9" * 80 + "'"),
    ],
)
def test_what_does_not_exist_is_named(town: TestClient, question: str, status: int, says: str) -> None:
    answer = town.get(f"/api/v1/{question}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
