"""Whom to call at a department, and who would be told of an alert before there is one, by HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from alerts.rules import directory_store, yamlfile, yamlwrite
from alerts.rules.directory import Contact
from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.servers import Mosquitto
from tests.fix_api import Api
from tests.notices import RULES, Office
from tests.service import until

pytestmark = pytest.mark.servers

LAN = {"name": "Nguyễn Thị Lan", "duty": "trực đêm", "phone": "0204 385 4321", "email": ""}


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
        made.know(*RULES)
        made.department("tnmt", channels=0)
        made.department("ubnd", channels=0)
        made.route("tnmt", kind="air_quality")
        made.route("ubnd", "informed", severity="critical")
        made.channel("tnmt", "feed", "cap", address="feed", severity="major")
        sensors.save(conn, [Sensor("E1", "bac_giang", "environment", zone="07210", metrics=("pm2_5",))])
        yield made


@pytest.fixture
def served(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    one = api(database, mosquitto.url)
    until(one.http_answers, "it answers")
    return one


def ask(api: Api, method: str, path: str, body: Any = None, **query: Any) -> Any:
    return api.http.request(method, f"/api/v1/{path}", json=body, params=query)


def test_whom_to_call(office: Office, served: Api) -> None:
    fields = {"vi": "Chi cục Thủy lợi", "en": "Irrigation"}
    made = ask(served, "POST", "departments", {"code": "thuy_loi", **fields, "contacts": [LAN]})
    assert (made.status_code, made.json()["contacts"]) == (201, [LAN]), made.text
    # Who does not speak of them leaves them as they are.
    kept = ask(served, "PUT", "departments/thuy_loi", {**fields, "vi": "Thủy lợi", "revision": 1}).json()
    assert kept["contacts"] == [LAN]
    none = ask(served, "PUT", "departments/thuy_loi", {**fields, "contacts": [], "revision": 2}).json()
    assert none["contacts"] == []
    for contact, place in (
        ({**LAN, "phone": "", "email": ""}, "body.contacts.0.phone"), ({**LAN, "name": " "}, "body.contacts.0.name"),
        ({**LAN, "phone": "gọi Lan"}, "body.contacts.0.phone"), ({**LAN, "email": "lan"}, "body.contacts.0.email"),
        ({**LAN, "duty": "a\nb"}, "body.contacts.0.duty"),
    ):  # fmt: skip
        bad = ask(served, "PUT", "departments/thuy_loi", {**fields, "contacts": [contact], "revision": 3})
        assert (bad.status_code, bad.json()["errors"][0]["where"]) == (422, place), bad.text
        assert " / " in bad.json()["detail"]


def test_contacts_go_out_as_yaml_and_come_in_again(office: Office) -> None:
    first = next(d for d in directory_store.departments(office.conn) if d.code == "tnmt")
    text = yamlwrite.write(departments=[type(first)(code="x", vi="X", en="X", contacts=(Contact(**LAN),))])
    (back,) = [p.value for p in yamlfile.parse(text, "x.yaml").departments]
    assert back.contacts == (Contact(**LAN),)
    assert directory_store.save_departments(office.conn, [back], "an") == 1
    # A file without them takes nobody's number away, and says the same as before.
    bare = type(first)(code="x", vi="X", en="X")
    assert directory_store.save_departments(office.conn, [bare], "an") == 0
    assert [d.contacts for d in directory_store.departments(office.conn) if d.code == "x"] == [(Contact(**LAN),)]


def test_who_would_be_told(office: Office, served: Api) -> None:
    def would(**query: Any) -> dict[str, Any]:
        found = ask(served, "GET", "routes/trial", **{"area": "bac_giang", "kind": "air_quality", **query})
        assert found.status_code == 200, found.text
        return {i["department"]: i for i in found.json()["items"]}

    low = would(severity="warning")
    assert list(low) == ["tnmt"]
    assert (low["tnmt"]["role"], low["tnmt"]["told"], low["tnmt"]["channels"][0]["why"]) == (
        "handles", False, "channel_severity",
    )  # fmt: skip
    grave = would(severity="critical")
    assert [(d, i["role"], i["told"]) for d, i in grave.items()] == [
        ("tnmt", "handles", True), ("ubnd", "informed", False),
    ]  # fmt: skip
    assert grave["ubnd"]["channels"] == []
    assert would(severity="critical", kind="noise").keys() == {"ubnd"}
    assert would(severity="warning", kind="noise") == {}
    # By a rule: its kind and severity.
    assert ask(served, "GET", "routes/trial", area="bac_giang", rule="dust").json()["kind"] == "air_quality"
    # Silenced, and outside working hours.
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"matcher": {"kind": ["air_quality"]}, "reason": "bảo trì", "ends_at": ends}
    number = ask(served, "POST", "silences", body).json()["id"]
    muted = would(severity="critical")["tnmt"]
    assert (muted["silence"], muted["told"], muted["channels"][0]["why"]) == (number, False, "silence")
    ask(served, "POST", f"silences/{number}/end", {"revision": 1})
    fields = {"vi": "TNMT", "en": "TNMT", "hours": [{"days": [1], "from": "07:30", "to": "08:00"}], "revision": 1}
    assert ask(served, "PUT", "departments/tnmt", fields).status_code == 200
    night = would(severity="major", at="2026-11-24T20:00:00Z")["tnmt"]
    assert (night["at_work"], night["works_at"], night["channels"][0]["why"]) == (
        False, "2026-11-30T00:30:00Z", "hours",
    )  # fmt: skip
    for query, word in (
        ({"area": "hanoi", "kind": "noise", "severity": "info"}, "query.area"), ({"area": "bac_giang"}, "query.kind"),
        ({"area": "viet_yen", "zone": "07210", "kind": "noise", "severity": "info"}, "query.zone"),
        ({"area": "bac_giang", "rule": "no-rule"}, "query.rule"), ({"area": "bac_giang", "at": "soon"}, "query.at"),
    ):  # fmt: skip
        bad = ask(served, "GET", "routes/trial", **query)
        assert (bad.status_code, word in bad.text) == (422, True), bad.text
