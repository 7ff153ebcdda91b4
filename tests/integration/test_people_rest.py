"""People, their tokens and wallboards over REST: who may make, change and end them, and what is left afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response

from infra.access import accounts, people
from infra.access.here import operator
from tests.fix_people import OTHER, PASSWORD, World, sign_in

pytestmark = pytest.mark.servers


def test_a_token_does_no_more_than_its_account_and_ends_with_it(world: World) -> None:
    name, browser = world.signed_in("operator", areas=("viet_yen",))
    soon = world.sql("SELECT to_char(now() + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SSOF:00')")[0][0]

    def make(*grants: dict[str, Any], expires_at: str = soon) -> Response:
        body = {"name": "máy in", "expires_at": expires_at, "grants": list(grants)}
        return browser.post("/api/v1/me/tokens", json=body)

    assert make({"role": "administrator"}).status_code == 422
    assert make({"role": "viewer"}, expires_at="2099-01-01T00:00:00Z").status_code == 422
    assert make().status_code == 422
    made = make({"role": "viewer"}).json()
    program = world.program(made["token"])
    zones = program.get("/api/v1/zones").json()["items"]
    assert {zone["area"] for zone in zones} == {"viet_yen"}, "its grant says everywhere, its account does not"
    assert program.post("/api/v1/silences", json={}).status_code == 403, "its account may, its grant does not"
    for what in (
        program.post("/api/v1/me/tokens", json={"name": "y", "expires_at": soon, "grants": [{"role": "viewer"}]}),
        program.post("/api/v1/me/password", json={"old": PASSWORD, "new": OTHER}),
        program.delete("/api/v1/me/sessions"),
    ):
        assert what.status_code == 403, "a token makes no others, and locks nobody out"
    assert program.get("/api/v1/me").json()["permissions"] == ["read", "alerts.read", "rules.read", "self"]
    world.do(lambda c: people.disable(c, name, by=operator()))
    assert program.get("/api/v1/zones").status_code == 401
    world.do(lambda c: people.enable(c, name, by=operator()))
    assert program.get("/api/v1/zones").status_code == 200
    world.do(lambda c: people.revoke(c, made["id"], account=accounts.named(c, name).id, by=operator()))
    assert program.get("/api/v1/zones").status_code == 401


def test_a_wallboard_can_show_and_nothing_else(world: World) -> None:
    _, browser = world.signed_in("administrator")
    made = browser.post("/api/v1/wallboards", json={"name": "Sảnh", "areas": ["viet_yen"]}).json()
    wall = world.program(made["token"])
    api = browser.get("/openapi.json").json()
    may, wrong = {"read", "alerts.read", None}, []
    for path, methods in api["paths"].items():
        for method, op in methods.items():
            if op.get("x-permission") not in may:
                answer = wall.request(method, path.replace("{", "").replace("}", ""))
                if answer.status_code != 403:
                    wrong.append(f"{method} {path} {answer.status_code}")
    assert not wrong
    assert {zone["area"] for zone in wall.get("/api/v1/zones").json()["items"]} == {"viet_yen"}
    assert browser.delete(f"/api/v1/wallboards/{made['id']}").status_code == 204
    assert wall.get("/api/v1/zones").status_code == 401


def test_people_and_grants(world: World) -> None:
    _, admin = world.signed_in("administrator")
    new = {"name": "hoa", "full_name": "Trần Thị Hòa", "grants": [{"role": "viewer", "areas": ["viet_yen"]}]}
    made = admin.post("/api/v1/people", json=new)
    assert made.status_code == 201
    assert "/#code=" in made.json()["link"]
    assert admin.post("/api/v1/people", json=new).status_code == 422
    assert [p["name"] for p in admin.get("/api/v1/people", params={"q": "tran thi hoa"}).json()["items"]] == ["hoa"]
    first = admin.get("/api/v1/people", params={"limit": 1}).json()
    assert admin.get("/api/v1/people", params={"limit": 1, "cursor": first["next"]}).json() != first
    seen = made.json()["person"]["revision"]
    change = {"grants": [{"role": "operator"}], "revision": seen}
    assert admin.put("/api/v1/people/hoa/grants", json=change).json()["grants"][0]["role"] == "operator"
    late = admin.put("/api/v1/people/hoa/grants", json=change)
    assert (late.status_code, late.json()["current"]["name"]) == (409, "hoa")
    bad = {"grants": [{"role": "operator", "areas": ["ha_noi"]}], "revision": seen + 1}
    assert admin.put("/api/v1/people/hoa/grants", json=bad).status_code == 422
    assert admin.patch("/api/v1/people/hoa", json={"email": "hoa@example.vn", "revision": seen + 1}).status_code == 200
    assert admin.get("/api/v1/people/nobody").status_code == 404
    now = admin.get("/api/v1/people/hoa")
    again = admin.patch("/api/v1/people/hoa", json={"language": "en"}, headers={"If-Match": now.headers["etag"]})
    assert again.json()["language"] == "en"
    _, other = world.signed_in("administrator", areas=("viet_yen",))
    assert other.get("/api/v1/people").status_code == 403, "people are of the whole city"


def test_a_link_does_not_lead_where_only_the_request_says_we_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (_, admin), other = world.signed_in("administrator"), world.person()
    new = {"name": "tam", "full_name": "Tâm", "grants": [{"role": "viewer"}]}

    def made(host: str, **more: str) -> Response:
        return admin.post("/api/v1/people", json=new | more, headers={"Host": host, "Origin": f"http://{host}"})

    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", "198.51.100.7"):
        refused = made(host)
        assert (refused.status_code, "IOC_PUBLIC_URL" in refused.text) == (409, True), host
        page = {"Host": host, "Origin": f"http://{host}"}
        assert admin.post(f"/api/v1/people/{other}/reset", json={}, headers=page).status_code == 409
    assert sign_in(world.browser(), other).json() == {"next": "done"}, "nothing was done"
    assert admin.get("/api/v1/people/tam").status_code == 404
    for n, host in enumerate(("localhost:8080", "127.0.0.1:1", "[::1]:8080")):
        assert made(host, name=f"tam{n}").json()["link"].startswith(f"http://{host}/#code=")
    known = world.service.settings.model_copy(update={"public_url": "https://ioc.example.vn/"})
    monkeypatch.setattr(world.service, "settings", known)
    assert made("evil.example").json()["link"].startswith("https://ioc.example.vn/#code=")


def test_who_has_an_account_acts_under_its_name_alone(world: World) -> None:
    _, one = world.signed_in("operator")
    forged = one.post("/api/v1/alerts/1/acknowledge", json={"revision": 1, "as": "adm2 (adm2)"})
    assert (forged.status_code, "leave it out" in forged.text) == (422, True)
    assert one.post("/api/v1/alerts/1/acknowledge", json={"revision": 1}).status_code == 404
    machine = world.program("of-the-machine")
    assert machine.post("/api/v1/alerts/1/acknowledge", json={"revision": 1, "as": "Lan"}).status_code == 404


def test_the_last_administrator_stays(world: World) -> None:
    _, admin = world.signed_in("administrator")
    mine = admin.get("/api/v1/me").json()["name"]
    for p in admin.get("/api/v1/people", params={"limit": 1000}).json()["items"]:
        if p["name"] != mine and {"role": "administrator"}.items() <= {**(p["grants"] or [{}])[0]}.items():
            assert admin.post(f"/api/v1/people/{p['name']}/disable").status_code == 200
    seen = admin.get(f"/api/v1/people/{mine}").json()["revision"]
    assert admin.post(f"/api/v1/people/{mine}/disable").status_code == 409
    assert admin.put(f"/api/v1/people/{mine}/grants", json={"grants": [], "revision": seen}).status_code == 409
    assert admin.get("/api/v1/people").status_code == 200


def test_an_administrators_token_takes_over_no_account(world: World) -> None:
    name, admin = world.signed_in("administrator")
    other = world.person()
    soon = world.sql("SELECT to_char(now() + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SSOF:00')")[0][0]
    body = {"name": "sao lưu", "expires_at": soon, "grants": [{"role": "administrator"}]}
    program = world.program(admin.post("/api/v1/me/tokens", json=body).json()["token"])
    assert program.get("/api/v1/people").status_code == 200
    for method, path, asked in (
        ("POST", f"/people/{other}/reset", {}),
        ("PUT", f"/people/{other}/grants", {"grants": []}),
        ("POST", "/people", {"name": "x1", "full_name": "X"}),
        ("POST", "/wallboards", {"name": "x"}),
        ("POST", f"/people/{name}/disable", {}),
    ):
        answer = program.request(method, f"/api/v1{path}", json=asked)
        assert (answer.status_code, "sign in at the screen" in answer.text) == (403, True), path
    assert "people.write" not in program.get("/api/v1/me").json()["permissions"]
    machine = world.program("of-the-machine")
    assert machine.post(f"/api/v1/people/{other}/reset", json={}).status_code == 200, "the machine's own may"
    own = admin.post(f"/api/v1/people/{name}/reset", json={})
    assert (own.status_code, "ioc users reset" in own.text) == (409, True)
    assert admin.get("/api/v1/me").status_code == 200


def test_a_reset_revokes_tokens_unless_they_are_to_stay(world: World) -> None:
    _, admin = world.signed_in("administrator")
    name, browser = world.signed_in()
    soon = world.sql("SELECT to_char(now() + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SSOF:00')")[0][0]
    body = {"name": "máy in", "expires_at": soon, "grants": [{"role": "viewer"}]}
    program = world.program(browser.post("/api/v1/me/tokens", json=body).json()["token"])
    assert admin.post(f"/api/v1/people/{name}/reset", json={"tokens": False}).status_code == 200
    assert program.get("/api/v1/zones").status_code == 200
    assert admin.post(f"/api/v1/people/{name}/reset", json={}).status_code == 200
    assert program.get("/api/v1/zones").status_code == 401
    assert world.sql("SELECT detail FROM audit WHERE subject = %s AND action = 'account.reset' ORDER BY id",
                     f"account {name}") == [("",), ("and 1 tokens",)]  # fmt: skip


def test_an_administrators_token_waits_for_the_second_factor_too(world: World) -> None:
    name, admin = world.signed_in("administrator")
    soon = world.sql("SELECT to_char(now() + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SSOF:00')")[0][0]
    body = {"name": "sao lưu", "expires_at": soon, "grants": [{"role": "viewer"}]}
    program = world.program(admin.post("/api/v1/me/tokens", json=body).json()["token"])
    with pytest.MonkeyPatch().context() as patch:
        patch.setattr(world.service.gate, "_needs_factor", True)
        world.service.gate.forget()
        refused = program.get("/api/v1/zones")
        assert (refused.status_code, "second factor" in refused.text) == (403, True)
        # Whoever comes by the provider alone has its factors.
        world.sql("UPDATE account SET oidc_issuer = 'https://i', oidc_subject = 's', password_hash = NULL"
                  " WHERE name = %s", name)  # fmt: skip
        world.service.gate.forget()
        assert program.get("/api/v1/zones").status_code == 200
    world.service.gate.forget()


def test_what_is_audited_of_it_holds_no_secret(world: World) -> None:
    name, browser = world.signed_in()
    sign_in(world.browser(), "typed-into-the-wrong-field", "x")
    rows = world.sql("SELECT row_to_json(a)::text FROM audit a")
    said = "\n".join(row[0] for row in rows)
    for secret in (PASSWORD, OTHER, "typed-into-the-wrong-field", browser.cookies["ioc_session"], "argon2"):
        assert secret not in said
    done = world.sql("SELECT action, outcome, actor, address FROM audit WHERE subject = %s", f"account {name}")
    assert ("session.open", "done", name, "192.0.2.1") in done
