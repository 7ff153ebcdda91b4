"""The HTTP interface answers as its description says, whatever it is asked (schemathesis)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ioc_api.rest.doors import PUBLIC
from tests.contract.described import Described
from tests.fix_api import TOKEN, City

#: Some ask many hundred questions, on a machine that may have much else to do.
pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
#: Cases of each operation; fewer of those that are of people, of which most are refused by the first look.
EXAMPLES, FEWER = 300, 10
OPERATIONS = (
    "change_sensor", "close_session", "create_sensor", "get_balance", "get_latest", "get_quarantined", "get_sensor",
    "get_system", "get_zone_summary", "list_latest", "healthz", "list_aggregates", "list_areas", "list_domains",
    "list_indices", "list_lighting_indices", "list_noise_levels", "list_river_indices",
    "list_traffic_indices", "list_air_indices", "list_air_exceedances", "list_observations",
    "list_quality", "list_quality_zones", "rank_indices", "rank_readings",
    "get_lamp_timetable", "list_water_indices",
    "list_quarantine", "list_sensors", "list_zones", "metrics",
    "open_catalogue", "open_catalogue_jsonld", "open_daily", "open_domain", "open_hourly", "open_sensors",
    "open_zones", "open_zones_daily", "open_zones_hourly", "put_sensor", "query_observations", "readyz",
    "replay_quarantine", "replay_quarantined", "list_replays", "list_quarantine_shapes", "see_quarantine",
    "try_quarantine", "reset_metric_range", "set_metric_range",
    "list_alerts", "get_alert", "why_alert", "acknowledge_alert", "unacknowledge_alert", "assign_alert",
    "comment_alert", "resolve_alert", "close_alert", "reopen_alert", "list_notifications", "get_notification",
    "why_notification", "retry_notification", "list_drills", "show_link", "use_link",
    "cap_feed", "get_alert_cap", "get_notification_cap", "list_rules", "check_rule", "create_rule", "get_rule",
    "put_rule", "enable_rule", "disable_rule", "delete_rule", "list_silences", "check_silence", "create_silence",
    "get_silence", "end_silence", "list_departments", "get_department", "create_department", "put_department",
    "list_routes", "create_route", "put_route", "delete_route", "list_channels", "get_channel", "create_channel",
    "put_channel", "delete_channel", "test_channel", "alert_ledger", "replay_rule", "try_routes",
    "list_audit", "act_on_alerts", "get_shift", "get_map", "map_zones", "map_streets",
    "export_registry", "import_registry", "list_credentials", "issue_credential", "revoke_credentials",
)  # fmt: skip

OF_PEOPLE = (
    "list_ways", "open_session", "get_session", "keep_session", "lock_session", "unlock_session", "begin_oidc",
    "finish_oidc", "get_me", "change_me", "change_password", "offer_factor", "confirm_factor", "remove_factor",
    "list_my_sessions", "end_my_session", "end_my_sessions", "list_my_tokens", "create_my_token", "revoke_my_token",
    "list_people", "create_person", "get_person", "change_person", "put_grants", "disable_person", "enable_person",
    "reset_person", "end_sessions", "list_tokens_of", "revoke_token_of", "list_wallboards", "create_wallboard",
    "revoke_wallboard",
)  # fmt: skip


@pytest.fixture(scope="module")
def described(shared_city: City) -> Described:
    """The city's API, with something in it to ask for."""
    shared_city.send("T1", {"speed": 41.3, "nonsense": 1})
    return Described(shared_city.api.url, TOKEN)


@pytest.mark.parametrize("operation", [*OPERATIONS, *OF_PEOPLE])
def test_every_answer_is_as_described(described: Described, operation: str) -> None:
    wrong = described.wrong(operation, FEWER if operation in OF_PEOPLE else EXAMPLES)
    assert not wrong, f"{len(wrong)} are wrong, the first: {wrong[0]}"


#: What a parameter of that name may be, where any text would not get far.
GOOD = {
    "sensor_id": "T1", "sensor": "T1", "code": "07210", "zone": "07210", "area": "bac_giang", "domain": "traffic",
    "metric": "speed", "number": "1", "day": "2025-01-01", "month": "2025-01", "form": "csv",
    "from": "2025-01-01T00:00:00Z", "to": "2025-01-02T00:00:00Z",
}  # fmt: skip
#: NUL and a lone surrogate: in an address, and in JSON.
IN_ADDRESS, IN_JSON = ("%00", "a%00b", "%ED%A0%80", "a%ED%B0%80"), ("\\u0000", "a\\u0000b", "\\ud800", "a\\udc00b")


def _texts(api: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Whether a value of this shape is a text, or a list of texts."""
    schema = _resolved(api, schema)
    if "anyOf" in schema:
        return any(_texts(api, s) for s in schema["anyOf"])
    if schema.get("type") == "array":
        return _texts(api, schema.get("items", {}))
    return schema.get("type") == "string"


def _resolved(api: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return api["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def _addresses(path: str, op: dict[str, Any], api: dict[str, Any]) -> Iterator[str]:
    """The operation's address with a bad character in each of its parameters, and once with none."""
    parameters = [p for p in op.get("parameters", []) if p["in"] in ("path", "query")]
    for bad_in in [None, *(p for p in parameters if _texts(api, p["schema"]))]:
        for bad in IN_ADDRESS if bad_in else ("",):
            here, query = path, []
            for p in parameters:
                value = bad if p is bad_in else GOOD.get(p["name"], "1")
                if p["in"] == "path":
                    here = here.replace(f"{{{p['name']}}}", value)
                elif p is bad_in or p.get("required"):
                    query.append(f"{p['name']}={value}")
            yield f"{here}?{'&'.join(query)}"


def _bodies(api: dict[str, Any], schema: dict[str, Any], good: dict[str, Any] | None = None) -> Iterator[str]:
    """Bodies with a bad character in each text, also those inside."""
    fields = _resolved(api, schema).get("properties", {})
    good = {name: GOOD.get(name, "x") for name in fields if name in GOOD}
    for name, inner in fields.items():
        if _texts(api, inner):
            for bad in IN_JSON:
                for value in (f'"{bad}"', f'["{bad}"]'):
                    rest = "".join(f", {json.dumps(k)}: {json.dumps(v)}" for k, v in good.items() if k != name)
                    yield f'{{"{name}": {value}{rest}}}'
        elif _resolved(api, inner).get("properties"):
            yield from (f'{{"{name}": {text}}}' for text in _bodies(api, inner))


def test_characters_that_text_cannot_have(shared_city: City) -> None:
    api = shared_city.api.http.get("/openapi.json").json()
    count = 0
    with requests.Session() as session:
        for path, methods in api["paths"].items():
            for method, op in methods.items():
                cases: list[tuple[str, str | None]] = [(address, None) for address in _addresses(path, op, api)]
                content = op.get("requestBody", {}).get("content", {})
                cases += [(cases[0][0], body) for c in content.values() for body in _bodies(api, c["schema"])]
                for address, body in cases:
                    count += 1
                    answer = session.request(
                        method, shared_city.api.url + address, data=body,
                        headers={**HEADERS, "Content-Type": "application/json"},
                    )  # fmt: skip
                    assert answer.status_code < 500, (method, address, body, answer.text[:500])
                    # Who opens a link of a message is a person: the answer is a page.
                    if answer.status_code >= 400 and not path.startswith("/a/"):
                        assert answer.headers["content-type"] == "application/problem+json", (method, address, body)
    assert count > 500


def test_operations_have_stable_names(shared_city: City) -> None:
    api = shared_city.api.http.get("/openapi.json").json()
    names = [op["operationId"] for methods in api["paths"].values() for op in methods.values()]
    assert sorted(names) == sorted((*OPERATIONS, *OF_PEOPLE))
    assert all(op.get("tags") for methods in api["paths"].values() for op in methods.values())


def test_everything_needs_the_token_but_health_and_the_screen(shared_city: City) -> None:
    api = shared_city.api.http.get("/openapi.json").json()
    free = {(method.lower(), path) for method, path in PUBLIC}
    for path, methods in api["paths"].items():
        for method in methods:
            if (method, path) in free or path.startswith("/open/v1/"):
                continue
            address = path.replace("{number}", "1").replace("{sensor_id}", "T1").replace("{domain}", "traffic")
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "ioc_session=wrong"}):
                with_them = {"Authorization": "", "Origin": shared_city.api.url, **headers}
                answer = shared_city.api.http.request(
                    method.upper(), address.replace("{metric}", "speed"), headers=with_them
                )
                assert answer.status_code == 401, (method, path, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
    assert shared_city.api.http.get("/openapi.json", headers={"Authorization": ""}).status_code == 401
