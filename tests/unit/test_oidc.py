"""Signing in at an identity provider: what is refused of ID tokens and of providers, and roles by groups."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.requests import Request

from infra.access import mapping
from infra.access.who import Grant
from infra.catalog import Catalog
from infra.errors import ConfigError
from infra.settings import Settings
from ioc_api.problems import Stop
from ioc_api.rest import oidc
from ioc_api.signin import attempt, tokens
from ioc_api.signin.provider import Away, Denied, Provider, named

ISSUER, CLIENT, NOW = "https://id.example.vn", "ioc", 1_763_800_000
GOOD = {"iss": ISSUER, "aud": CLIENT, "sub": "lan", "iat": NOW, "exp": NOW + 300, "nonce": "n"}
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
KEYS = [key.as_dict(private=False) for key in (RSA, EC)]


def signed(claims: dict[str, Any], key: Any = RSA, algorithm: str = "RS256", **header: Any) -> str:
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, claims, key, algorithms=[algorithm])


def read(token: str, keys: Any = KEYS, now: int = NOW) -> dict[str, Any]:
    return tokens.claims(token, keys, issuer=ISSUER, client_id=CLIENT, nonce="n", access_token="", now=now)


def test_tokens_that_hold() -> None:
    assert read(signed(GOOD))["sub"] == "lan"
    assert read(signed(GOOD, EC, "ES256"))["sub"] == "lan"
    assert read(signed({**GOOD, "aud": [CLIENT, "other"], "azp": CLIENT}))["sub"] == "lan"
    assert read(signed(GOOD), now=NOW + 300 + tokens.LEEWAY_S - 1)["sub"] == "lan"


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"iss": [ISSUER]},
        {"aud": "other"}, {"aud": ["other"]}, {"aud": [CLIENT, "other"]}, {"azp": "other"}, {"aud": None},
        {"nonce": "m"}, {"nonce": None},
        {"exp": NOW - tokens.LEEWAY_S}, {"exp": None}, {"exp": "later"}, {"iat": NOW + 120}, {"iat": None},
        {"nbf": NOW + 120}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256},
    ],
    ids=str,
)  # fmt: skip
def test_claims_that_do_not_hold(change: dict[str, Any]) -> None:
    with pytest.raises(tokens.Untrue):
        read(signed({k: v for k, v in {**GOOD, **change}.items() if v is not None}))


def test_who_was_asked_long_ago_is_asked_again() -> None:
    def at(auth_time: object, since: int) -> dict[str, Any]:
        token = signed({**GOOD, **({} if auth_time is None else {"auth_time": auth_time})})
        return tokens.claims(
            token, KEYS, issuer=ISSUER, client_id=CLIENT, nonce="n", access_token="", now=NOW, since=since
        )

    assert at(NOW, NOW)["sub"] == "lan"
    assert at(NOW - tokens.LEEWAY_S, NOW)["sub"] == "lan"
    for auth_time in (NOW - tokens.LEEWAY_S - 1, None, "now", True):
        with pytest.raises(tokens.Untrue):
            at(auth_time, NOW)


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-origin", 404), ("none", 404), (None, 404)])
def test_another_site_s_page_cannot_begin_it(site: str | None, status: int) -> None:
    headers = [(b"sec-fetch-site", site.encode())] if site else []
    service = SimpleNamespace(provider=None)  # so that who gets as far as that is told so
    with pytest.raises(Stop) as said:
        asyncio.run(oidc.begin_oidc(Request({"type": "http", "headers": headers}), service))
    assert said.value.status == status


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_a_short_key_of_the_provider_is_not_taken() -> None:
    short = RSAKey.generate_key(1024, {"kid": "rsa"})
    published = short.as_dict(private=False)
    with pytest.raises(tokens.NoKey, match="fewer than 2048 bits"):
        read(signed(GOOD, short), keys=[published])
    assert read(signed(GOOD), keys=[published, *KEYS])["sub"] == GOOD["sub"]  # beside a good one it does no harm


def test_signatures_that_do_not_hold() -> None:
    other = RSAKey.generate_key(2048, {"kid": "rsa"})
    with pytest.raises(tokens.NoKey):
        read(signed(GOOD, other))
    with pytest.raises(tokens.NoKey):
        read(signed(GOOD, RSA, kid="unknown"))
    head, body, signature = signed(GOOD).split(".")
    for token in (f"{head}.{body}.", f"{head}.{body}.{signature[:-4]}AAAA", "", "a.b", "a.b.c", "x" * 70_000, "é.é.é"):
        with pytest.raises(tokens.Untrue):
            read(token)

    # Signed by nobody, and by what everybody knows.
    def plain(part: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")

    unsigned = f"{plain({'alg': 'none'})}.{plain(GOOD)}."
    public = f"{plain({'alg': 'HS256', 'kid': 'rsa'})}.{plain(GOOD)}"
    mac = base64.urlsafe_b64encode(hmac.digest(RSA.as_pem(private=False), public.encode(), "sha256")).decode()
    for token in (unsigned, f"{public}.{mac.rstrip('=')}"):
        with pytest.raises(tokens.Untrue, match="it is signed by"):
            read(token)


def test_an_attempt_is_its_browsers_and_not_for_long() -> None:
    one, other = attempt.begin(NOW), attempt.begin(NOW)
    assert len({one.state, one.nonce, one.verifier, one.challenge, one.cookie, other.state}) == 6
    assert 43 <= len(one.verifier) <= 128
    assert attempt.resume(one.cookie, one.state, NOW + attempt.VALID_S) == one
    younger = f"{NOW + 500}.{one.cookie.partition('.')[2]}"
    for cookie, state, now in (
        (one.cookie, one.state, NOW + attempt.VALID_S + 1), (one.cookie, other.state, NOW), (one.cookie, None, NOW),
        (None, one.state, NOW), ("", "", NOW), (younger, one.state, NOW + 501), (one.cookie, "é\ud800", NOW),
    ):  # fmt: skip
        assert attempt.resume(cookie, state, now) is None


class Fake:
    """What a provider answers; ``said`` and ``userinfo`` may be changed."""

    def __init__(self) -> None:
        self.said: dict[str, Any] = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth?x=1", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys", "userinfo_endpoint": f"{ISSUER}/me",
            "authorization_response_iss_parameter_supported": True,
        }  # fmt: skip
        self.keys, self.userinfo, self.status = KEYS, {"sub": "lan", "groups": ["a"]}, 200
        self.answer: dict[str, Any] = {}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        bodies = {"/token": self.answer, "/keys": {"keys": self.keys}, "/me": self.userinfo}
        return httpx.Response(self.status, json=bodies.get(request.url.path, self.said))

    def provider(self, **settings: Any) -> Provider:
        made = Provider(
            Settings(oidc_issuer=ISSUER, oidc_client_id=CLIENT, oidc_client_secret="a b", **settings),
            Catalog(None, (), (), ()),
        )
        made._client = lambda: httpx.AsyncClient(transport=httpx.MockTransport(self))
        return made


def test_what_is_asked_and_what_comes_of_it() -> None:
    async def run() -> None:
        fake = Fake()
        provider = fake.provider()
        where, made = await provider.begin("https://ioc.example.vn/back", time.time())
        assert where.startswith(f"{ISSUER}/auth?x=1&response_type=code&")
        claims = {**GOOD, "iat": int(time.time()), "exp": int(time.time()) + 60, "nonce": made.nonce}
        claims["auth_time"] = claims["iat"]
        assert "prompt=login&max_age=0" in where
        fake.answer = {"id_token": signed(claims), "access_token": "t"}
        who = await provider.who("c", made, "https://ioc.example.vn/back")
        assert (who["sub"], who["groups"]) == ("lan", ["a"])
        token = next(r for r in fake.asked if r.url.path == "/token")
        assert token.headers["authorization"] == "Basic aW9jOmErYg=="
        assert f"code_verifier={made.verifier}" in token.content.decode()
        fake.userinfo = {"sub": "another", "groups": ["root"]}
        with pytest.raises(Denied, match="somebody else"):
            await provider.who("c", made, "https://ioc.example.vn/back")
        for issuer in ("https://evil.example", None):
            with pytest.raises(Denied, match="another provider"):
                await provider.names_itself(issuer)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"issuer": f"{ISSUER}/"}, "another issuer"),
        ({"token_endpoint": "http://id.example.vn/token"}, "not https"),
        ({"authorization_endpoint": None}, "lacks an address"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
    ],
)
def test_discovery_that_does_not_hold(change: dict[str, Any], says: str) -> None:
    async def run() -> None:
        fake = Fake()
        fake.said |= change
        provider = fake.provider()
        with pytest.raises(Away, match=says):
            await provider.begin("https://ioc.example.vn/back", time.time())
        asked = len(fake.asked)
        with pytest.raises(Away, match=says):  # whoever tries next does not ask again at once
            await provider.begin("https://ioc.example.vn/back", time.time())
        assert len(fake.asked) == asked

    asyncio.run(run())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"oidc_issuer": "http://id.example.vn"}, "IOC_OIDC_ISSUER"),
        ({"oidc_issuer": "id.example.vn"}, "IOC_OIDC_ISSUER"),
        ({"oidc_client_id": ""}, "IOC_OIDC_CLIENT_ID"),
        ({"oidc_scopes": "profile"}, "IOC_OIDC_SCOPES"),
        ({"oidc_ca_file": Path("/nowhere")}, "IOC_OIDC_CA_FILE"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Provider(Settings(**{"oidc_issuer": ISSUER, "oidc_client_id": CLIENT, **settings}), Catalog(None, (), (), ()))


def test_its_name_in_both_languages() -> None:
    assert named(Settings()) is None
    assert named(Settings(oidc_issuer=ISSUER, oidc_name="Cổng / Portal")) == {"vi": "Cổng", "en": "Portal"}
    assert named(Settings(oidc_issuer=ISSUER, oidc_name="VNeID")) == {"vi": "VNeID", "en": "VNeID"}


@pytest.fixture
def rules(catalog: Catalog, tmp_path: Path) -> Callable[[str], tuple[mapping.Rule, ...]]:
    def write(text: str) -> tuple[mapping.Rule, ...]:
        (tmp_path / "roles.toml").write_text(text)
        return mapping.read(tmp_path / "roles.toml", catalog)

    return write


def test_roles_by_groups(rules: Callable[[str], tuple[mapping.Rule, ...]]) -> None:
    grant = '[[grant]]\nclaim = "{}"\nvalue = "{}"\nrole = "{}"\n'
    found = rules(
        grant.format("groups", "a", "operator") + 'areas = ["viet_yen"]\n' + grant.format("realm.roles", "b", "viewer")
        + grant.format("email", "x@example.vn", "technician")
    )  # fmt: skip
    operator = Grant("operator", areas=("viet_yen",))
    assert mapping.grants(found, {"groups": ["z", "a", 7]}) == (operator,)
    assert mapping.grants(found, {"groups": "a", "realm": {"roles": ["b"]}}) == (operator, Grant("viewer"))
    assert mapping.grants(found, {"groups": "ab", "realm": "b", "email": "x@example.vn"}) == ()
    assert mapping.grants(found, {"email": "x@example.vn", "email_verified": True}) == (Grant("technician"),)
    assert mapping.grants(found, json.loads('{"groups": {"a": 1}}')) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "TOML|Expected|expected"),
        ('[[grant]]\nclaim = "g"\nvalue = "a"\nrole = "king"', "role|Invalid enum"),
        ('[[grant]]\nclaim = "g"\nvalue = "a"\nrole = "wallboard"', "grant 1: no person"),
        ('[[grant]]\nclaim = "g"\nvalue = "a"\nrole = "department"', "department"),
        ('[[grant]]\nclaim = "g"\nvalue = "a"\nrole = "viewer"\nareas = ["hanoi"]', "no 'hanoi' among the areas"),
        ('[[grant]]\nclaim = "g"\nvalue = "a"\nrole = "viewer"\nwhere = "x"', "where"),
    ],
)
def test_a_file_that_cannot_be(rules: Callable[[str], tuple[mapping.Rule, ...]], text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as e:
        rules(text)
    assert "IOC_OIDC_ROLES_FILE" in str(e.value)
