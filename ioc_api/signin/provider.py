"""An identity provider over HTTP: what it says of itself, its keys, and the exchange of a code for who somebody is.

What it says of itself is kept for an hour, and asked again at once where a key is not known; while it does not answer,
it is asked at most every few seconds, whoever tries.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx2 as httpx
from authlib.oidc.discovery import get_well_known_url  # type: ignore[import-untyped]

from infra.access.mapping import Rule, read
from infra.catalog import Catalog
from infra.errors import ConfigError
from infra.settings import Settings
from ioc_api.signin import attempt, tokens
from ioc_api.signin.attempt import Attempt

#: One sign-in's requests to the provider together.
LIMIT_S = 10.0
_KEPT_S, AGAIN_S = 3600.0, 2.0
_MOST_BYTES = 512 * 1024
#: Names that stand for this machine: only there may a provider be without TLS.
_HERE = ("localhost", "127.0.0.1", "::1")


class Away(Exception):
    """The provider cannot be reached, or does not answer as one; the message is for the log."""


class Denied(Exception):
    """The sign-in does not hold; the message is for the log, and names no secret."""


class Told(NamedTuple):
    """What a provider says of itself."""

    authorize: str
    token: str
    userinfo: str | None
    keys_at: str
    keys: Sequence[Mapping[str, Any]]
    basic: bool
    names_itself: bool


def named(settings: Settings) -> dict[str, str] | None:
    """What the way of signing in is called, in both languages; None where there is none."""
    if not settings.oidc_issuer:
        return None
    vi, _, en = (part.strip() for part in settings.oidc_name.partition(" / "))
    return {"vi": vi, "en": en or vi}


def _sound(url: object) -> bool:
    """Whether it is an address that secrets may be sent to."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)) and not parts.fragment


class Provider:
    """The one of the settings. ConfigError where they cannot be right; whether it answers shows later."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.issuer, self.client_id = settings.oidc_issuer, settings.oidc_client_id
        if not _sound(self.issuer) or urlsplit(self.issuer).query:
            raise ConfigError(
                "IOC_OIDC_ISSUER is the provider's address as it calls itself: https://…, or http:// on this machine"
            )
        if not self.client_id:
            raise ConfigError("IOC_OIDC_CLIENT_ID is missing: the provider gives it when you register this system")
        self.scopes = settings.oidc_scopes.split()
        if "openid" not in self.scopes:
            raise ConfigError("IOC_OIDC_SCOPES must contain openid, as in: openid profile email")
        self.rules: tuple[Rule, ...] = read(settings.oidc_roles_file, catalog)
        self._secret = settings.oidc_client_secret
        self._fresh_min = settings.oidc_fresh_min
        self._tls = ssl.create_default_context()
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.oidc_ca_file is not None:
            try:
                self._tls.load_verify_locations(cafile=str(settings.oidc_ca_file))
            except (OSError, ssl.SSLError) as e:
                raise ConfigError(f"IOC_OIDC_CA_FILE: {settings.oidc_ca_file} cannot be read as PEM: {e}") from None
        self._told: Told | None = None
        self._asked_s, self._trouble = -_KEPT_S, ""
        self._asking = asyncio.Lock()

    async def begin(self, back: str, now_s: float) -> tuple[str, Attempt]:
        """Where to send a browser that wants to sign in, and what it has to carry. ``back``: where it comes back to."""
        told = await self._tell()
        made = attempt.begin(now_s)
        again = {0: {"prompt": "login", "max_age": "0"}, -1: {}}.get(
            self._fresh_min, {"max_age": str(self._fresh_min * 60)}
        )
        query = urlencode(
            {
                "response_type": "code", "client_id": self.client_id, "redirect_uri": back,
                "scope": " ".join(self.scopes), "state": made.state, "nonce": made.nonce,
                "code_challenge": made.challenge, "code_challenge_method": "S256",
                **again,
            }
        )  # fmt: skip
        return f"{told.authorize}{'&' if urlsplit(told.authorize).query else '?'}{query}", made

    async def names_itself(self, issuer: str | None) -> None:
        """Denied where an answer does not come from this provider (RFC 9207): another could pass on a code of it."""
        if issuer != self.issuer and (issuer is not None or (await self._tell()).names_itself):
            raise Denied("the answer comes from another provider")

    async def who(self, code: str, made: Attempt, back: str) -> dict[str, Any]:
        """What the provider says of whoever has brought a code back: the claims of their ID token, and of userinfo."""
        try:
            async with asyncio.timeout(LIMIT_S), self._client() as http:
                told = await self._tell()
                answer = await self._exchange(http, told, code, made, back)
                access = answer.get("access_token")
                access = access if isinstance(access, str) else ""
                said = await self._checked(told, str(answer.get("id_token") or ""), made, access)
                more = await self._more(http, told, access) if told.userinfo and access else {}
        except TimeoutError:
            raise Away("the provider takes too long") from None
        if more and more.get("sub") != said["sub"]:
            raise Denied("userinfo tells of somebody else")
        # What is signed counts more.
        return {**more, **said}

    async def _checked(self, told: Told, token: str, made: Attempt, access: str) -> dict[str, Any]:
        for newest in (False, True):
            try:
                return tokens.claims(
                    token, told.keys, issuer=self.issuer, client_id=self.client_id, nonce=made.nonce,
                    access_token=access, now=int(time.time()),
                    since=None if self._fresh_min < 0 else made.begun_s - self._fresh_min * 60,
                )  # fmt: skip
            except tokens.NoKey as e:
                if newest or time.monotonic() - self._asked_s < AGAIN_S:
                    raise Denied(f"ID token: {e}") from None
                self._told = None
                told = await self._tell()
            except tokens.Untrue as e:
                raise Denied(f"ID token: {e}") from None
        raise AssertionError

    async def _exchange(
        self, http: httpx.AsyncClient, told: Told, code: str, made: Attempt, back: str
    ) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": made.verifier}
        auth = None
        if self._secret and told.basic:
            # Both are encoded first (RFC 6749, 2.3.1).
            auth = httpx.BasicAuth(quote_plus(self.client_id), quote_plus(self._secret))
        else:
            form |= {"client_id": self.client_id} | ({"client_secret": self._secret} if self._secret else {})
        status, body = await _asked(http, "POST", told.token, data=form, auth=auth)
        if status in (400, 401, 403):
            # Errors of that list (RFC 6749, 5.2) are short words; anything else is not repeated.
            said = str(body.get("error"))
            said = said if said.isascii() and said.isprintable() and len(said) < 40 else str(status)
            raise Denied(f"the provider does not take the code: {said}")
        if status != 200:
            raise Away(f"the provider answers {status} to the exchange of a code")
        return body

    async def _more(self, http: httpx.AsyncClient, told: Told, access: str) -> dict[str, Any]:
        assert told.userinfo is not None  # noqa: S101
        status, body = await _asked(http, "GET", told.userinfo, headers={"Authorization": f"Bearer {access}"})
        if status != 200:
            raise Away(f"the provider answers {status} to userinfo")
        return body

    async def _tell(self) -> Told:
        async with self._asking:
            age_s = time.monotonic() - self._asked_s
            if self._told is not None and age_s < _KEPT_S:
                return self._told
            if self._trouble and age_s < AGAIN_S:
                raise Away(self._trouble)
            try:
                async with asyncio.timeout(LIMIT_S / 2), self._client() as http:
                    self._told, self._trouble = await self._discover(http), ""
            except TimeoutError:
                self._trouble = "the provider takes too long"
            except Away as e:
                self._trouble = str(e)
            self._asked_s = time.monotonic()
            if self._trouble or self._told is None:
                raise Away(self._trouble)
            return self._told

    async def _discover(self, http: httpx.AsyncClient) -> Told:
        status, said = await _asked(http, "GET", get_well_known_url(self.issuer, external=True))
        if status != 200:
            raise Away(f"the provider answers {status} to discovery")
        if said.get("issuer") != self.issuer:
            raise Away("discovery names another issuer than IOC_OIDC_ISSUER")
        places = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        userinfo = said.get("userinfo_endpoint")
        if not all(_sound(place) for place in (*places, *([userinfo] if userinfo else []))):
            raise Away("discovery lacks an address, or has one that is not https")
        methods = said.get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise Away("the provider does not know PKCE by S256")
        authorize, token, keys_at = (str(place) for place in places)
        status, found = await _asked(http, "GET", keys_at)
        keys = found.get("keys")
        if status != 200 or not isinstance(keys, list):
            raise Away(f"the provider answers {status} to the question for its keys")
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Told(
            authorize, token, userinfo, keys_at, [key for key in keys if isinstance(key, dict)],
            basic=not isinstance(ways, list) or "client_secret_basic" in ways or "client_secret_post" not in ways,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )  # fmt: skip

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=self._tls, timeout=LIMIT_S / 2, follow_redirects=False)


async def _asked(http: httpx.AsyncClient, method: str, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of an answer; Away where there is none. What is no object is an empty one."""
    body = b""
    try:
        async with http.stream(
            method, url, headers={"Accept": "application/json", **more.pop("headers", {})}, **more
        ) as r:
            async for part in r.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise Away("the provider's answer is too long")
            status = r.status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as e:
        raise Away(f"the provider does not answer at {urlsplit(url).netloc}: {type(e).__name__}") from None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return status, found if isinstance(found, dict) else {}
