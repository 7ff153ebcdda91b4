"""Secrets that we make: long enough that their SHA-256 is all that need be kept."""

from __future__ import annotations

import hashlib
import secrets

#: What nobody takes for another letter when it is read out or typed.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new(prefix: str = "") -> str:
    """192 bits, after a prefix that says what it is."""
    return prefix + secrets.token_hex(24)


def name() -> str:
    """Names a session in lists and records; not secret."""
    return secrets.token_hex(8)


def typed() -> str:
    """138 bits that people can type: seven groups as abcd-efgh-jkmn."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(7))
