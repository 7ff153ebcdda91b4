"""Traffic: level of service and travel-time index."""

from __future__ import annotations

import psycopg

from ioc_api.indices import City, Index, Item

INDICES: tuple[Index, ...] = ()


def current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    """What the roads are like now."""
    return []
