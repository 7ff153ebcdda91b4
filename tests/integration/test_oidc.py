"""Signing in at an identity provider, against a real one: npm's certified oidc-provider."""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2 as httpx
import psycopg
import pytest

from infra.access import identities
from infra.access.who import SERVICE
from infra.catalog import Catalog
from infra.settings import Settings
from ioc_api.signin import provider as providers
from ioc_api.signin.provider import Away, Provider
from tests.fix_oidc import CLIENT, Town

pytestmark = pytest.mark.servers


def failed(answer: httpx.Response) -> str:
    """Why a browser was sent to the sign-in page; it got no session."""
    assert answer.status_code == 302, answer.text
    assert "ioc_session" not in answer.headers.get("set-cookie", "")
    found = re.fullmatch(r"/#sign-in=failed&why=(\w+)", answer.headers["location"])
    assert found, answer.headers["location"]
    return found[1]


def changed(url: str, **values: str) -> str:
    """The address with other values in it."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **values})).geturl()


def test_somebody_of_the_province_signs_in(town: Town) -> None:
    with town.browser() as browser:
        assert browser.get("/api/v1/session/ways").json()["oidc"] == {
            "vi": "cổng của tỉnh", "en": "the province's door",
        }  # fmt: skip
        asked = {k: v[0] for k, v in parse_qs(urlsplit(town.begin(browser)).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["response_type"] == "code"
        assert {"state", "nonce", "code_challenge"} <= asked.keys()
        assert (asked["prompt"], asked["max_age"]) == ("login", "0")
        answer = browser.get(town.come_back(browser, "lan"))
        assert (answer.status_code, answer.headers["location"]) == (302, "/")
        cookies = answer.headers.get_list("set-cookie")
        own = next(c for c in cookies if c.startswith("ioc_session="))
        assert "httponly" in own.lower()
        assert "samesite=strict" in own.lower()
        assert any(c.startswith("ioc_oidc=") and "max-age=0" in c.lower() for c in cookies)
        me = browser.get("/api/v1/me").json()
        assert (me["name"], me["full_name"], me["way"]) == ("lan.nt", "Nguyễn Thị Lan", "oidc")
        assert [(g["role"], g["areas"]) for g in me["grants"]] == [("operator", ["viet_yen"])]
        assert {s["area"] for s in browser.get("/api/v1/zones").json()["items"]} == {"viet_yen"}
    done = [row[:4] for row in town.audited() if row[1] == "lan.nt"]
    assert ("session.open", "lan.nt", "oidc", "done") in done
    assert ("account.create", "lan.nt", "oidc", "done") in done
    # And as a line of syslog, which the service sends by itself.
    while b"session.open [audit@32473" not in (said := town.syslog.recv(4096)) or b'"lan.nt"' not in said:
        assert said.startswith(b"<1")


def test_somebody_without_a_role_is_not_let_in(town: Town) -> None:
    with town.browser() as browser:
        assert failed(browser.get(town.come_back(browser, "ba"))) == "unlisted"
        assert browser.get("/api/v1/session").status_code == 401
    assert town.audited()[0][:4] == ("session.open", "?", "oidc", "refused")
    with psycopg.connect(town.database, autocommit=True) as conn:
        assert conn.execute("SELECT count(*) FROM account WHERE oidc_subject = 'ba'").fetchone() == (0,)
        # An account that is made here, and linked, is enough; an account of that name alone is not.
        conn.execute("INSERT INTO account (name, full_name, created_by) VALUES ('ba', 'Ba', 'test')")
        conn.execute("INSERT INTO account_grant (account, role, granted_by) SELECT id, 'viewer', 'test' FROM account"
                     " WHERE name = 'ba'")  # fmt: skip
        with town.browser() as browser:
            assert failed(browser.get(town.come_back(browser, "ba"))) == "unlisted"
            with conn.transaction():
                identities.link(conn, "ba", town.idp.issuer, "ba", by=SERVICE)
            assert browser.get(town.come_back(browser, "ba")).headers["location"] == "/", town.audited()[0]
            assert browser.get("/api/v1/me").json()["name"] == "ba"
            # Who signs in again in the same browser has one session.
            assert browser.get(town.come_back(browser, "ba")).headers["location"] == "/"
            assert len(browser.get("/api/v1/me/sessions").json()["items"]) == 1
            conn.execute("UPDATE account SET disabled_at = now() WHERE name = 'ba'")
            assert failed(browser.get(town.come_back(browser, "ba"))) == "unlisted"


def test_a_name_that_is_taken_gives_nothing_of_its_owner(town: Town) -> None:
    with psycopg.connect(town.database, autocommit=True) as conn:
        conn.execute("INSERT INTO account (name, full_name, created_by) VALUES ('admin', 'A', 'test')"
                     " ON CONFLICT DO NOTHING")  # fmt: skip
    with town.browser() as browser:
        browser.get(town.come_back(browser, "minh"))
        assert browser.get("/api/v1/me").json()["name"] == "admin-2"


def test_only_who_began_may_end(town: Town) -> None:
    with town.browser() as browser, town.browser() as other:
        back = town.come_back(browser, "lan")
        assert failed(browser.get(changed(back, state="of-somebody"))) == "late"
        # The cookie is gone with the first answer: it has to be begun again.
        assert failed(browser.get(back)) == "late"
        # A link with a good code and state that is sent to somebody else.
        town.begin(other)
        assert failed(other.get(town.come_back(browser, "lan"))) == "late"
        # Their own state with a code of another's: its verifier is not the one (PKCE).
        code = dict(parse_qsl(urlsplit(town.come_back(browser, "lan")).query))["code"]
        state = parse_qs(urlsplit(town.begin(other)).query)["state"][0]
        assert failed(other.get(changed(back, state=state, code=code))) == "denied"
    assert "invalid_grant" in town.audited()[0][4]


def test_a_code_is_good_once(town: Town) -> None:
    with town.browser() as browser:
        back = town.come_back(browser, "lan")
        held = browser.cookies.get("ioc_oidc")
        assert browser.get(back).headers["location"] == "/"
        with town.browser() as thief:
            assert failed(thief.get(back, headers={"Cookie": f"ioc_oidc={held}"})) == "denied"
    assert "invalid_grant" in town.audited()[0][4]


def test_a_token_for_another_sign_in_is_refused(town: Town) -> None:
    with town.browser() as browser:
        back = town.idp.sign_in(browser, changed(town.begin(browser), nonce="of-another"), "lan")
        assert failed(browser.get(back)) == "denied"
    assert "nonce" in town.audited()[0][4]


def test_an_answer_of_another_provider_is_refused(town: Town) -> None:
    with town.browser() as browser:
        back = town.come_back(browser, "lan")
        assert failed(browser.get(changed(back, iss="https://evil.example"))) == "denied"
    with town.browser() as browser:
        back = town.come_back(browser, "lan")
        assert failed(browser.get(changed(back, iss=""))) == "denied"
    with town.browser() as browser:  # who says no at the provider
        back = changed(town.come_back(browser, "lan"), error="access_denied")
        assert failed(browser.get(re.sub(r"&?code=[^&]*", "", back))) == "denied"
    settings = Settings(oidc_issuer=f"http://localhost:{town.idp.port}", oidc_client_id=CLIENT)
    catalog = Catalog(None, (), (), ())
    with pytest.raises(Away, match="another issuer"):
        asyncio.run(Provider(settings, catalog).begin("http://127.0.0.1/back", time.time()))


def test_while_the_provider_is_away_people_are_told_and_new_keys_are_taken(town: Town) -> None:
    with town.browser() as browser:
        back = town.come_back(browser, "lan")
        town.idp.stop()
        assert failed(browser.get(back)) == "away"
        settings = Settings(oidc_issuer=town.idp.issuer, oidc_client_id=CLIENT)
        with pytest.raises(Away):
            asyncio.run(Provider(settings, Catalog(None, (), (), ())).begin("http://x/", time.time()))
        # It signs with other keys from now on; ours are asked for again, after a moment.
        town.idp.start()
        time.sleep(providers.AGAIN_S)
        assert browser.get(town.come_back(browser, "lan")).headers["location"] == "/"
