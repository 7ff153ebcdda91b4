"""The balance sheet: everything decoded is stored, was there already, or is in quarantine."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel, Field

from infra.times import micros, rfc3339, text
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Page, Served, from_cursor, to_cursor
from ioc_api.rest.spans import From, To, moment

router = APIRouter(tags=["quarantine"])

_SUMS = "sum(messages), sum(decoded), sum(stored), sum(duplicate), sum(quarantined), sum(replayed), sum(limited)"


class Sheet(BaseModel):
    """Messages received, and their readings by what became of them."""

    messages: int
    decoded: int
    stored: int
    duplicate: int
    quarantined: int
    replayed: int = Field(description="Of `decoded`: came out of quarantine by a replay.")
    limited: int = Field(description="Of `messages`: counted and not decoded, because their sensors send too many.")
    adds_up: bool = Field(description="decoded = stored + duplicate + quarantined")


class Minute(Sheet):
    """One minute, by the time of receipt."""

    minute: str


class Balance(Page):
    """Minutes, newest first, and the sum since the first of them all."""

    since: str | None
    total: Sheet
    adds_up: bool = Field(description="Whether the total and every minute on this page add up.")
    items: list[Minute]


def _sheet(row: Sequence[int | None]) -> Sheet:
    messages, decoded, stored, duplicate, quarantined, replayed, limited = (int(x or 0) for x in row)
    return Sheet(
        messages=messages,
        decoded=decoded,
        stored=stored,
        duplicate=duplicate,
        quarantined=quarantined,
        replayed=replayed,
        limited=limited,
        adds_up=decoded == stored + duplicate + quarantined,
    )


@router.get(
    "/balance",
    operation_id="get_balance",
    dependencies=[may("system", loose=True)],
    summary="Balance of readings, per minute and since the start",
)
async def get_balance(
    service: Served, start: From = None, end: To = None, limit: Limit = 60, cursor: Cursor = None
) -> Balance:
    after = from_cursor(cursor, int)
    bounds = [
        ("minute >= %s", None if start is None else moment(start, "query.from")),
        ("minute < %s", None if end is None else moment(end, "query.to")),
        ("minute < %s", after[0] if after else None),
    ]
    used = [(part, rfc3339(us)) for part, us in bounds if us is not None]
    where = " AND ".join(part for part, _ in used) or "true"
    async with service.database.connection() as conn:
        # One statement: the total and the minutes are of one moment.
        rows = await (
            await conn.execute(
                f"(SELECT min(minute), {_SUMS} FROM balance_minute) UNION ALL"
                f" (SELECT minute, {_SUMS} FROM balance_minute WHERE {where}"
                " GROUP BY minute ORDER BY minute DESC LIMIT %s)",  # nosec B608
                [*(value for _, value in used), limit + 1],
            )
        ).fetchall()
    (since, *sums), minutes = rows[0], rows[1:]
    total = _sheet(sums)
    more, minutes = len(minutes) > limit, minutes[:limit]
    items = [Minute(minute=text(minute) or "", **_sheet(rest).model_dump()) for minute, *rest in minutes]
    return Balance(
        since=text(since),
        total=total,
        adds_up=total.adds_up and all(m.adds_up for m in items),
        items=items,
        next=to_cursor(micros(minutes[-1][0])) if more else None,
    )
