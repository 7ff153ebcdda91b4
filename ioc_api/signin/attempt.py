"""What a browser carries through a sign-in at a provider: one secret, in a cookie of its own. Pure.

The state, the nonce and the PKCE verifier are all made from it, so that we need keep nothing: an outsider fills no
table, and every API process can finish what another began. The provider sees the state, the nonce and the verifier's
hash, and finds the secret by none of them. The cookie says when it was made, and that is part of the secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

#: How long somebody may take at the provider.
VALID_S = 600
_COOKIE = re.compile(r"([0-9]{1,12})\.[A-Za-z0-9_-]{43}")


class Attempt(NamedTuple):
    """One sign-in that is under way."""

    cookie: str

    def _made(self, what: str) -> str:
        made = hmac.digest(self.cookie.encode(), what.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    @property
    def begun_s(self) -> int:
        """When."""
        return int(self.cookie.partition(".")[0])

    @property
    def state(self) -> str:
        """Comes back in the address: only whoever began can go on."""
        return self._made("state")

    @property
    def nonce(self) -> str:
        """Comes back in the ID token: it was made for this sign-in."""
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        """Shown when the code is exchanged: a code that was taken from somebody is good for nothing (RFC 7636)."""
        return self._made("verifier")

    @property
    def challenge(self) -> str:
        """The verifier's hash, as the provider keeps it (S256)."""
        return str(create_s256_code_challenge(self.verifier))


def begin(now_s: float) -> Attempt:
    """A new one."""
    return Attempt(f"{int(now_s)}.{secrets.token_urlsafe(32)}")


def resume(cookie: str | None, state: str | None, now_s: float) -> Attempt | None:
    """The one that a browser began and comes back with; None where it is not, or took too long."""
    found = _COOKIE.fullmatch(cookie or "")
    if found is None or state is None or not 0 <= now_s - int(found[1]) <= VALID_S:
        return None
    attempt = Attempt(found[0])
    return attempt if hmac.compare_digest(attempt.state.encode(), state.encode("utf-8", "surrogatepass")) else None
