"""Signing in at the API: what is answered to whom, how often, and what a session, a token and a wallboard may do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pyotp
import pytest
from httpx2 import Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from infra import settings
from infra.access import accounts, links, passwords, people, throttle
from infra.access.here import operator
from infra.access.who import Grant, Role
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
from ioc_api.service import Service
from tests.fix_servers import fresh_database
from tests.service import until

pytestmark = pytest.mark.servers

PASSWORD, OTHER = "con mèo trèo cây cau", "hai con voi đi chợ sớm"
PAGE = {"Origin": "http://testserver"}


class World:
    """The application in this process, on a database of its own, with passwords that cost little."""

    def __init__(self, running: TestClient, catalog: Catalog, url: str) -> None:
        self.app: Any = running.app
        self.catalog, self.url = catalog, url
        self.names = 0
        self._portal = running.portal

    @property
    def service(self) -> Service:
        found: Service = self.app.state.service
        return found

    def browser(self, address: str = "192.0.2.1") -> TestClient:
        """A browser of its own, without a cookie."""
        return self._client(TestClient(self.app, headers=PAGE, client=(address, 1)))

    def program(self, token: str) -> TestClient:
        """Whoever holds a token."""
        return self._client(TestClient(self.app, headers={"Authorization": f"Bearer {token}"}))

    def _client(self, made: TestClient) -> TestClient:
        made.portal = self._portal  # the loop that the application lives in
        return made

    def sql(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as conn:
            done = conn.execute(query, values)
            return done.fetchall() if done.description else []

    def do(self, task: Callable[[psycopg.Connection[Any]], Any]) -> Any:
        with psycopg.connect(self.url) as conn:
            found = task(conn)
        self.service.gate.forget()
        return found

    def person(self, role: Role = "operator", password: str | None = PASSWORD, **limits: Any) -> str:
        """Somebody new, who has chosen a password by their link."""
        self.names += 1
        name = f"p{self.names:03}"
        grant = Grant(role, **limits)
        self.do(lambda c: people.add(c, name, "Nguyễn Thị Lan", [grant], self.catalog, by=operator()))
        if password is not None:
            kept = passwords.make(password)
            self.sql("UPDATE account SET password_hash = %s, password_at = now() WHERE name = %s", kept, name)
        return name

    def signed_in(self, role: Role = "operator", **limits: Any) -> tuple[str, TestClient]:
        name, browser = self.person(role, **limits), self.browser()
        assert sign_in(browser, name).json() == {"next": "done"}
        return name, browser


@pytest.fixture(scope="module")
def world(postgres: Postgres, catalog: Catalog) -> Iterator[World]:
    with fresh_database(postgres) as url, pytest.MonkeyPatch().context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHash((Argon2Hasher(1, 8, 1),)))
        patch.setattr(passwords, "_NOBODYS", PasswordHash((Argon2Hasher(1, 8, 1),)).hash("nobody's"))
        known = settings.load(database_url=url, mqtt_url="mqtt://127.0.0.1:1", api_token="of-the-machine")
        app = application.make(known, catalog)
        with TestClient(app) as running, psycopg.connect(url, autocommit=True) as conn:
            accounts.first(conn)
            yield World(running, catalog, url)


def sign_in(browser: TestClient, name: str, password: str = PASSWORD, **more: str) -> Response:
    return browser.post("/api/v1/session", json={"name": name, "password": password, **more})


def test_a_sixth_sign_in_is_refused_though_its_password_is_right(world: World) -> None:
    name = world.person()
    near, far = world.browser("192.0.2.10"), world.browser("192.0.2.11")
    assert [sign_in(near, name, "wrong").status_code for _ in range(5)] == [401] * 5
    sixth = sign_in(near, name)
    assert sixth.status_code == 429
    assert 0 < int(sixth.headers["retry-after"]) <= 30
    assert "set-cookie" not in sixth.headers
    assert sign_in(far, name).status_code == 200, "an outsider holds nobody out elsewhere"
    world.sql("UPDATE throttle SET until = now() WHERE until IS NOT NULL")
    assert sign_in(near, name).json() == {"next": "done"}, "and nobody for ever"
    assert sign_in(near, name, "wrong").status_code == 401, "a good sign-in forgets"


def test_nobody_finds_out_who_has_an_account_in_200_tries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [world.person() for _ in range(8)]
    known += [world.person(password=None), world.person()]
    world.do(lambda c: people.disable(c, known[-1], by=operator()))
    hashes = []
    verify = passwords.verify

    def counted(password: str, kept: str | None) -> tuple[bool, str | None]:
        hashes.append(1)
        return verify(password, kept)

    monkeypatch.setattr(passwords, "verify", counted)

    def tried(names: list[str], address: str) -> list[Any]:
        """Ten tries of each name: five are looked at, five come too early."""
        found = []
        for n, name in enumerate(names):
            browser = world.browser(f"{address}{n // 5}")
            for _ in range(10):
                before = len(hashes)
                answer = sign_in(browser, name, "wrong")
                # How long to wait goes by the clock.
                kept = {k for k in answer.headers if k != "date"}
                found.append((answer.status_code, re.sub(r"\d+ ", "", answer.text), kept, len(hashes) - before))
        return found

    there, not_there = tried(known, "192.0.2.2"), tried([f"nobody{n}" for n in range(10)], "192.0.2.3")
    assert len(there) + len(not_there) == 200
    assert there == not_there
    assert [status for status, *_ in there] == ([401] * 5 + [429] * 5) * 10
    assert [n for *_, n in there] == ([1] * 5 + [0] * 5) * 10, "the same work for all that is looked at"


def test_a_code_and_a_recovery_code_work_once(world: World) -> None:
    name, browser = world.signed_in()
    assert browser.post("/api/v1/me/factor", json={"password": "wrong"}).status_code == 422
    offered = browser.post("/api/v1/me/factor", json={"password": PASSWORD}).json()
    assert offered["svg"].startswith("<svg")
    codes = pyotp.TOTP(offered["secret"])
    spare = browser.post("/api/v1/me/factor/confirm", json={"factor": codes.now()}).json()["recovery_codes"]
    other = world.browser()
    assert sign_in(other, name).json() == {"next": "factor"}
    assert "set-cookie" not in sign_in(other, name).headers
    assert sign_in(other, name, factor=codes.now()).status_code == 401, "that code was used to set it up"
    world.sql("UPDATE account SET totp_step = 0 WHERE name = %s", name)
    code = codes.now()
    assert sign_in(other, name, factor=code).json() == {"next": "done"}
    assert sign_in(world.browser(), name, factor=code).status_code == 401
    assert sign_in(world.browser(), name, factor=spare[0]).json() == {"next": "done"}
    assert sign_in(world.browser(), name, factor=spare[0]).status_code == 401
    assert world.sql("SELECT detail FROM audit WHERE subject = %s AND action = 'session.open' AND outcome = 'done'"
                     " ORDER BY id", f"account {name}") == [("",), ("authenticator",), ("recovery code",)]  # fmt: skip
    assert other.get("/api/v1/me").json()["factor"] | {"since": ""} == {
        "on": True, "since": "", "recovery_left": 9, "required": False,
    }  # fmt: skip
    wrong = {"password": PASSWORD, "factor": "00000000"}
    assert [browser.post("/api/v1/me/factor/remove", json=wrong).status_code for _ in range(11)][-1] == 429
    assert sign_in(world.browser("192.0.2.99"), name, factor=spare[1]).status_code == 429, "codes from anywhere"
    world.sql("DELETE FROM throttle")
    gone = browser.post("/api/v1/me/factor/remove", json={"password": PASSWORD, "factor": spare[1]})
    assert gone.status_code == 204
    assert sign_in(world.browser(), name).json() == {"next": "done"}


def test_a_link_lets_a_password_be_chosen_once(world: World) -> None:
    name, browser = world.person(password=None), world.browser()
    person = world.do(lambda c: accounts.named(c, name))
    code = world.do(lambda c: links.new_code(c, person.id, "choose_password"))

    def post(**body: str) -> Response:
        return browser.post("/api/v1/session", json={"code": code, **body})

    assert post().json() == {"next": "choose_password", "name": name, "full_name": "Nguyễn Thị Lan"}
    weak = post(password="Nguyễn Thị Lan")
    assert (weak.status_code, weak.json()["errors"][0]["where"]) == (422, "body.password")
    assert post(password=OTHER).json() == {"next": "done"}
    assert browser.get("/api/v1/session").json()["name"] == name
    assert post(password=PASSWORD).status_code == post().status_code == 401
    assert sign_in(world.browser(), name, OTHER).json() == {"next": "done"}


def test_who_has_a_second_factor_shows_it_after_a_new_password_too(world: World) -> None:
    name, browser = world.signed_in()
    secret = browser.post("/api/v1/me/factor", json={"password": PASSWORD}).json()["secret"]
    browser.post("/api/v1/me/factor/confirm", json={"factor": pyotp.TOTP(secret).now()})
    code = world.do(lambda c: people.reset(c, name, factor=False, by=operator()))
    assert browser.get("/api/v1/session").status_code == 401, "a reset ends sessions"
    assert sign_in(world.browser(), name).status_code == 401, "and the password"
    new = world.browser()
    answer = new.post("/api/v1/session", json={"code": code, "password": OTHER})
    assert answer.json() == {"next": "factor"}
    assert "set-cookie" not in answer.headers


def test_an_idle_session_is_locked_and_its_password_opens_it(world: World) -> None:
    name, browser = world.signed_in()
    version = world.sql("SELECT version FROM access_version")
    world.sql("UPDATE session SET seen_at = now() - interval '14 min' WHERE account = (SELECT id FROM account"
              " WHERE name = %s)", name)  # fmt: skip
    assert browser.post("/api/v1/session/seen").status_code == 204
    assert browser.get("/api/v1/zones").status_code == 200
    world.sql("UPDATE session SET seen_at = now() - interval '16 min' WHERE account = (SELECT id FROM account"
              " WHERE name = %s)", name)  # fmt: skip
    world.service.gate.forget()
    for answer in (browser.get("/api/v1/zones"), browser.post("/api/v1/session/seen")):
        assert (answer.status_code, answer.json()["locked"]) == (401, True)
    until(
        lambda: world.sql("SELECT locked_at FROM session JOIN account a ON a.id = account WHERE name = %s", name)[0][0],
        "the service locks it by itself, so that sockets end as well",
    )
    shown = browser.get("/api/v1/session").json()
    assert (shown["locked"], shown["idle_lock_min"]) == (True, 15)
    assert browser.post("/api/v1/session/unlock", json={"password": "wrong"}).json()["locked"] is True
    assert browser.post("/api/v1/session/unlock", json={"password": PASSWORD}).status_code == 204
    assert browser.get("/api/v1/zones").status_code == 200
    assert browser.post("/api/v1/session/lock").status_code == 204
    assert browser.get("/api/v1/zones").status_code == 401
    assert world.sql("SELECT version FROM access_version") > version, "whoever has a socket hears of it"
    assert browser.delete("/api/v1/session").status_code == 204
    answer = browser.get("/api/v1/session")
    assert (answer.status_code, "locked" in answer.json()) == (401, False)


def test_an_administrator_sets_up_a_second_factor_first_where_one_is_needed(world: World) -> None:
    service = world.service
    with pytest.MonkeyPatch().context() as patch:
        patch.setattr(service, "settings", service.settings.model_copy(update={"admin_totp": "required"}))
        patch.setattr(service.gate, "_needs_factor", True)
        _, browser = world.signed_in("administrator")
        assert browser.get("/api/v1/session").json()["must_enrol"] is True
        assert browser.get("/api/v1/me").json()["permissions"] == ["self"]
        refused = browser.get("/api/v1/zones")
        assert (refused.status_code, "second factor" in refused.text) == (403, True)
        token = {"name": "x", "expires_at": "2099-01-01T00:00:00Z", "grants": [{"role": "administrator"}]}
        assert browser.post("/api/v1/me/tokens", json=token).status_code == 403
        secret = browser.post("/api/v1/me/factor", json={"password": PASSWORD}).json()["secret"]
        browser.post("/api/v1/me/factor/confirm", json={"factor": pyotp.TOTP(secret).now()})
        assert browser.get("/api/v1/session").json()["must_enrol"] is False
        assert browser.get("/api/v1/zones").status_code == 200
        _, other = world.signed_in("operator")
        assert other.get("/api/v1/zones").status_code == 200, "others need none"


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


def test_sessions_of_ones_own_can_be_ended(world: World) -> None:
    name, browser = world.signed_in()
    other, third = world.browser("2001:db8::1"), world.browser()
    for b in (other, third):
        assert sign_in(b, name).status_code == 200
    found = browser.get("/api/v1/me/sessions").json()["items"]
    assert [s["current"] for s in found].count(True) == 1
    assert sign_in(third, name).status_code == 200
    assert len(browser.get("/api/v1/me/sessions").json()["items"]) == len(found), "a browser holds one at a time"
    far = next(s["id"] for s in found if s["address"] == "2001:db8::1")
    assert browser.delete(f"/api/v1/me/sessions/{far}").status_code == 204
    assert other.get("/api/v1/me").status_code == 401
    wrong = browser.post("/api/v1/me/password", json={"old": "wrong", "new": OTHER})
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "body.old")
    assert browser.post("/api/v1/me/password", json={"old": PASSWORD, "new": OTHER}).status_code == 204
    assert third.get("/api/v1/me").status_code == 401, "another password ends other sessions"
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.delete("/api/v1/me/sessions", params={"all": True}).status_code == 204
    assert browser.get("/api/v1/me").status_code == 401


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


def test_wrong_codes_of_links_are_counted_and_recorded(world: World) -> None:
    name, far = world.person(), "198.51.100.7"
    account = world.do(lambda c: accounts.named(c, name)).id
    good, other = (world.do(lambda c: links.new_code(c, account, "sign_in")) for _ in range(2))
    browser = world.browser(far)

    def post(code: str) -> int:
        return browser.post("/api/v1/session", json={"code": code}).status_code

    assert [post(good), post(good)] == [200, 401]
    tries = [post(f"guess-{n}") for n in range(throttle.FREE_ADDRESS)]
    assert (tries[0], tries[-1]) == (401, 429)
    assert post(other) == 429, "nor is a good one looked at"
    world.sql("UPDATE throttle SET until = now() WHERE until IS NOT NULL")
    assert post(other) == 200
    rows = world.sql("SELECT subject, actor, detail FROM audit WHERE address = %s AND outcome = 'refused'"
                     " AND way = 'link' ORDER BY id", far)  # fmt: skip
    assert rows[0] == (f"account {name}", name, "a spent link")
    assert rows[1:] == [("account ?", "?", "link")] * tries.count(401)
    world.sql("DELETE FROM throttle")


def test_unlocking_gives_another_cookie(world: World) -> None:
    _, browser = world.signed_in()
    before, number = browser.cookies["ioc_session"], browser.get("/api/v1/me/sessions").json()["items"][0]["id"]
    browser.post("/api/v1/session/lock")
    assert browser.post("/api/v1/session/unlock", json={"password": PASSWORD}).status_code == 204
    assert browser.cookies["ioc_session"] != before
    assert browser.get("/api/v1/me/sessions").json()["items"][0]["id"] == number, "it is the same session"
    thief = world.browser()
    thief.cookies.set("ioc_session", before)
    assert thief.get("/api/v1/zones").status_code == 401
    assert "locked" not in thief.get("/api/v1/session").json()


def test_codes_that_confirm_a_second_factor_are_counted(world: World) -> None:
    name, browser = world.signed_in()
    secret = browser.post("/api/v1/me/factor", json={"password": PASSWORD}).json()["secret"]
    tries = [browser.post("/api/v1/me/factor/confirm", json={"factor": "00000x"}) for _ in range(11)]
    assert [t.status_code for t in tries] == [422] * 10 + [429]
    assert "scan again" in tries[0].text
    good = {"factor": pyotp.TOTP(secret).now()}
    assert browser.post("/api/v1/me/factor/confirm", json=good).status_code == 429
    world.sql("DELETE FROM throttle")
    assert browser.post("/api/v1/me/factor/confirm", json=good).status_code == 200
    assert world.sql("SELECT count(*) FROM audit WHERE subject = %s AND action = 'account.factor'"
                     " AND outcome = 'refused'", f"account {name}") == [(10,)]  # fmt: skip


def test_what_is_audited_of_it_holds_no_secret(world: World) -> None:
    name, browser = world.signed_in()
    sign_in(world.browser(), "typed-into-the-wrong-field", "x")
    rows = world.sql("SELECT row_to_json(a)::text FROM audit a")
    said = "\n".join(row[0] for row in rows)
    for secret in (PASSWORD, OTHER, "typed-into-the-wrong-field", browser.cookies["ioc_session"], "argon2"):
        assert secret not in said
    done = world.sql("SELECT action, outcome, actor, address FROM audit WHERE subject = %s", f"account {name}")
    assert ("session.open", "done", name, "192.0.2.1") in done
