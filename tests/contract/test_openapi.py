"""The HTTP interface answers as its description says, whatever it is asked (schemathesis)."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fix_api import TOKEN, City

pytestmark = pytest.mark.servers

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_every_answer_is_as_described(city: City) -> None:
    city.send("T1", {"speed": 41.3, "nonsense": 1})
    described = schemathesis.openapi.from_url(f"{city.api.url}/openapi.json", headers=HEADERS)
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=20,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(headers=HEADERS, checks=CHECKS)

        ask()


def test_operations_have_stable_names(city: City) -> None:
    api = city.api.http.get("/openapi.json").json()
    names = [op["operationId"] for methods in api["paths"].values() for op in methods.values()]
    assert len(names) == len(set(names))
    assert set(names) == {
        "change_sensor", "close_session", "create_sensor", "get_balance", "get_latest", "get_quarantined", "get_sensor",
        "get_system", "get_zone_summary", "list_latest", "healthz", "list_aggregates", "list_areas", "list_domains",
        "list_indices", "list_lighting_indices", "list_noise_levels", "list_river_indices",
        "list_traffic_indices", "list_air_indices", "list_air_exceedances", "list_observations",
        "list_quality", "list_quality_zones",
        "list_quarantine", "list_sensors", "list_zones", "metrics", "open_session",
        "open_catalogue", "open_catalogue_jsonld", "open_daily", "open_domain", "open_hourly", "open_sensors",
        "open_zones", "open_zones_daily", "open_zones_hourly", "put_sensor", "query_observations", "readyz",
        "replay_quarantine", "replay_quarantined", "reset_metric_range", "set_metric_range",
    }  # fmt: skip
    assert all(op.get("tags") for methods in api["paths"].values() for op in methods.values())


def test_everything_needs_the_token_but_health_and_the_screen(city: City) -> None:
    api = city.api.http.get("/openapi.json").json()
    free = {("get", "/healthz"), ("get", "/readyz"), ("get", "/metrics"), ("post", "/api/v1/session"),
            ("delete", "/api/v1/session")}  # fmt: skip
    for path, methods in api["paths"].items():
        for method in methods:
            if (method, path) in free or path.startswith("/open/v1/"):
                continue
            address = path.replace("{number}", "1").replace("{sensor_id}", "T1").replace("{domain}", "traffic")
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "ioc_session=wrong"}):
                with_them = {"Authorization": "", **headers}
                answer = city.api.http.request(method.upper(), address.replace("{metric}", "speed"), headers=with_them)
                assert answer.status_code == 401, (method, path, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
    assert city.api.http.get("/openapi.json", headers={"Authorization": ""}).status_code == 401
