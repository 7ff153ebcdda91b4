"""How often somebody may try: counted before the try, so that many at once are no way round it.

    account and address   5 tries, then one after 30 s, 1 min, 2 min … 15 min
    address               60 tries, then the same: whoever tries many names, or codes of links
    second factor         10 codes of an account from anywhere: only who knows its password comes so far

What is refused here is not counted: nobody can hold somebody else out for longer than the wait, and from another
address the account stays open. A good sign-in forgets its account at its address; all is forgotten after a day.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any, NamedTuple

import psycopg

FREE = 5
FREE_ADDRESS = 60
FREE_CODES = 10
FIRST_S, MOST_S = 30, 900
FORGET_S = 86_400


class Key(NamedTuple):
    """What is counted, and how many tries are free."""

    digest: bytes
    free: int


def _key(kind: str, *parts: str, free: int) -> Key:
    return Key(hashlib.sha256("\x1f".join((kind, *parts)).encode("utf-8", "surrogatepass")).digest(), free)


def network(address: str) -> str:
    """An address as it is counted: of IPv6 the network of 64 bits, which one household has for itself."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def sign_in(name: str, address: str) -> tuple[Key, Key]:
    """What a try to sign in counts for, whether or not there is such a name."""
    where = network(address)
    return _key("account", name, where, free=FREE), _key("address", where, free=FREE_ADDRESS)


def links(address: str) -> tuple[Key, Key]:
    """What the code of a link counts for: its address, as a try to sign in does."""
    return sign_in("", address)


def codes(account: int) -> Key:
    """What a code of the second factor counts for."""
    return _key("code", str(account), free=FREE_CODES)


def enter(conn: psycopg.Connection[Any], *keys: Key) -> int:
    """Count a try; 0, or how many seconds must pass before one is taken. Commit before you look at what was given."""
    # In the order of their digests, so that two who wait for each other cannot be.
    rows = {}
    for key in sorted(keys):
        conn.execute(
            "INSERT INTO throttle (key, failures, first_at, last_at) VALUES (%s, 0, now(), now())"
            " ON CONFLICT (key) DO NOTHING",
            [key.digest],
        )
        row = conn.execute(
            "SELECT failures, extract(epoch FROM until - now()),"
            " extract(epoch FROM now() - last_at) > %s FROM throttle WHERE key = %s FOR UPDATE",
            [FORGET_S, key.digest],
        ).fetchone()
        rows[key] = (int(row[0]), float(row[1] or 0), bool(row[2])) if row else (0, 0.0, False)
    wait = max((left for _, left, _ in rows.values()), default=0.0)
    if wait > 0:
        return max(1, round(wait))
    for key, (failures, _, old) in rows.items():
        now = 1 if old else failures + 1
        held = min(MOST_S, FIRST_S * 2 ** min(20, now - key.free)) if now >= key.free else None
        conn.execute(
            "UPDATE throttle SET failures = %s, last_at = now(), until = now() + make_interval(secs => %s)"
            " WHERE key = %s",
            [now, held, key.digest],
        )
    return 0


def well(conn: psycopg.Connection[Any], *keys: Key) -> None:
    """The try was good: forget the first key, and take the try itself back from the others."""
    for key in sorted(keys[1:]):
        conn.execute(
            "UPDATE throttle SET failures = greatest(0, failures - 1),"
            " until = CASE WHEN failures - 1 >= %s THEN until END WHERE key = %s",
            [key.free, key.digest],
        )
    for key in keys[:1]:
        conn.execute("DELETE FROM throttle WHERE key = %s", [key.digest])


def forget(conn: psycopg.Connection[Any]) -> int:
    """Remove what is a day old; returns how many."""
    return conn.execute("DELETE FROM throttle WHERE last_at < now() - make_interval(secs => %s)", [FORGET_S]).rowcount
