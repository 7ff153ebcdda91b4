"""Whether an ID token is what it says (OpenID Connect Core 1.0, 3.1.3.7). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, RSAKey

#: Signatures that are taken, and the kind of key of each. Never one that a secret of ours could make, never "none".
ALGORITHMS: Mapping[str, str] = {"RS256": "RSA", "ES256": "EC"}
#: The shortest RSA key that is taken (RFC 7518, 3.3).
RSA_BITS = 2048
#: Clocks of servers differ by so much at the most.
LEEWAY_S = 60
#: Bytes of a token, and keys that are tried.
_MOST_BYTES, _MOST_KEYS = 65_536, 8


class Untrue(Exception):
    """The token does not hold; the message says why, and no part of it."""


class NoKey(Untrue):
    """None of the keys that are known made it: the provider may have new ones."""


def claims(
    token: str,
    keys: Sequence[Mapping[str, Any]],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str,
    now: int,
    since: int | None = None,
) -> dict[str, Any]:
    """What an ID token says, once its signature, issuer, audience, times and nonce hold. Untrue where one does not.

    ``since``: the provider must have asked who it is since then.
    """
    if len(token) > _MOST_BYTES:
        raise Untrue("it is too long")
    try:
        header = jws.extract_compact(token.encode()).headers()
        name, kid = header.get("alg"), header.get("kid")
        if not isinstance(name, str) or name not in ALGORITHMS:
            raise Untrue(f"it is signed by {str(name)[:20]!r}; taken are {', '.join(ALGORITHMS)}")
        found = _signed(token, name, [key for key in keys if _fits(key, name, kid)])
        said = CodeIDToken(
            found.claims, found.header,
            {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )  # fmt: skip
        said.validate(now, LEEWAY_S)
    except JoseError as e:
        raise Untrue(f"{e.error}: {e.description}"[:200]) from None
    except (ValueError, TypeError, RecursionError) as e:
        raise Untrue(f"it cannot be read: {type(e).__name__}") from None
    if since is not None and not _number(said.get("auth_time")) >= since - LEEWAY_S:
        raise Untrue("the provider has not asked who it is, or does not say when (auth_time; IOC_OIDC_FRESH_MIN)")
    subject = said.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise Untrue("its subject is empty or too long")
    return dict(said)


def _number(value: object) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")


def _fits(key: Mapping[str, Any], algorithm: str, kid: object) -> bool:
    return (
        key.get("kty") == ALGORITHMS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") in (None, kid))
    )


def _signed(token: str, algorithm: str, keys: Sequence[Mapping[str, Any]]) -> jwt.Token:
    weak = False
    for key in keys[:_MOST_KEYS]:
        try:
            made = JWKRegistry.import_key(dict(key))
            if isinstance(made, RSAKey) and made.raw_value.key_size < RSA_BITS:
                weak = True
                continue
            return jwt.decode(token, made, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            continue
    if weak:
        raise NoKey(f"the provider's key is RSA of fewer than {RSA_BITS} bits")
    raise NoKey("none of the provider's keys has signed it")
