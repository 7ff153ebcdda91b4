"""Signing in at the API: what is answered to whom, how often, and what a session, a token and a wallboard may do."""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest
from httpx2 import Response

from infra.access import accounts, links, passwords, people, throttle
from infra.access.here import operator
from tests.fix_people import OTHER, PASSWORD, World, sign_in
from tests.service import until

pytestmark = pytest.mark.servers


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
    used = codes.now()
    spare = browser.post("/api/v1/me/factor/confirm", json={"factor": used}).json()["recovery_codes"]
    other = world.browser()
    assert sign_in(other, name).json() == {"next": "factor"}
    assert "set-cookie" not in sign_in(other, name).headers
    assert sign_in(other, name, factor=used).status_code == 401, "that code was used to set it up"
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
        60,
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
