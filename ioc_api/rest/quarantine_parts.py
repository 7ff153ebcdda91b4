"""Quarantine: the shapes of requests and answers, and which items a filter takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from psycopg import sql
from pydantic import AfterValidator, BaseModel, Field

from city import payload_fix
from city.payload import REASONS
from city.payload_fix import Fix, Unfit
from infra.times import rfc3339, text
from ioc_api.problems import Stop
from ioc_api.rest import known
from ioc_api.rest.parts import UNFIT, Page, Text, clean
from ioc_api.rest.people import Strict
from ioc_api.rest.spans import moment

PREVIEW = 200
FIELDS = (
    "id, received_at, topic, reason, detail, sensor_id, readings, retained, replay_requested_at, replayed_at,"
    " replay_detail, shape, replay, octet_length(payload) AS bytes"
)
#: A fix as JSON has at most so many bytes.
_FIX_BYTES = 16_384

Shape = Annotated[
    str, Field(pattern="^[0-9a-f]{16}$", description="What messages look like, and where they come from.")
]
Remark = Annotated[str, Field(max_length=500), AfterValidator(clean)]


class Item(BaseModel):
    """A message in quarantine; `text` is the beginning of its payload as far as it is text."""

    id: int
    received_at: str
    topic: str
    reason: str
    detail: str
    sensor_id: str | None
    readings: int
    retained: bool
    bytes: int
    text: str
    replay_requested_at: str | None
    replayed_at: str | None
    replay_detail: str | None = Field(description="What was still wrong at the last replay.")
    shape: str | None = Field(
        None, description="Of where it comes from and what it looks like; null: not looked at yet."
    )
    replay: int | None = Field(None, description="The last replay that was asked for it: see `quarantine/replays`.")


class Leaf(BaseModel):
    """A value in a message."""

    path: str = Field(description="Keys, or places in lists, with dots between: what `from` of a fix takes.")
    kind: str = Field(
        description="number, number in text, time, time without offset, text, boolean, null; list or object where it is"
        " empty or deep."
    )
    value: str = Field(description="As it can be shown.")


class WholeItem(Item):
    """A message in quarantine with its payload."""

    payload_base64: str
    leaves: list[Leaf] = Field(description="The values in it, 60 at the most; none where it is no JSON.")


class Items(Page):
    items: list[Item]


def _fit(fix: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(msgspec.json.encode(fix))
    except (ValueError, TypeError, RecursionError, UnicodeError):
        raise ValueError(UNFIT) from None
    if size > _FIX_BYTES:
        raise ValueError(f"một cách sửa có tối đa {_FIX_BYTES} byte / a fix has at most {_FIX_BYTES} bytes")
    return fix


FixBody = Annotated[
    dict[str, Any],
    AfterValidator(_fit),
    Field(
        description="How messages are to be read: `values` (a list of `from`, `metric`, `factor`, `add`), `time`"
        " (`from`, `form` iso, ms, s or dmy, `offset_min`, `shift_s`, or `receipt`), `sensor` (`id`, `from` or"
        " `level`), `numbers`. See docs/mqtt.md#a-fix.",
        examples=[
            {
                "values": [{"from": "object.temp", "metric": "temperature", "factor": 0.1}],
                "time": {"from": "time", "form": "iso", "offset_min": 420},
            }
        ],
    ),
]


class Chosen(Strict):
    """Which items; a field left out takes all."""

    reason: Text | None = None
    shape: Shape | None = None
    sensor: Text | None = Field(None, description="Id of the sensor.")
    topic: Text | None = Field(None, description="Beginning of the topic.")
    since: str | None = Field(None, alias="from", max_length=64)
    until: str | None = Field(None, alias="to", max_length=64)


def where(chosen: Chosen, place: str) -> tuple[list[sql.SQL], dict[str, Any]]:
    """The conditions of a filter and their values; 422 where it says what cannot be."""
    known.among("reason", chosen.reason and [chosen.reason], REASONS, place)
    parts: list[sql.SQL] = []
    values: dict[str, Any] = {}
    for column, value in (("reason", chosen.reason), ("shape", chosen.shape), ("sensor_id", chosen.sensor)):
        if value is not None:
            parts.append(sql.SQL(f"{column} = %({column})s"))
            values[column] = value
    if chosen.topic is not None:
        parts.append(sql.SQL("starts_with(topic, %(topic)s)"))
        values["topic"] = chosen.topic
    for name, sign, given in (("from", ">=", chosen.since), ("to", "<", chosen.until)):
        if given is not None:
            parts.append(sql.SQL(f"received_at {sign} %({name})s"))
            values[name] = rfc3339(moment(given, f"{place}.{name}"))
    return parts, values


def item(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is shown; `head` is the beginning of its payload."""
    shown = head(row.pop("head"))
    times = {k: text(v) for k, v in row.items() if isinstance(v, datetime)}
    return {**row, **times, "text": shown}


def head(payload: bytes | memoryview) -> str:
    """The payload, as far as it is text."""
    return bytes(payload).decode("utf-8", "replace").replace("\x00", "\ufffd")


def fix(given: dict[str, Any] | None, place: str = "body.fix") -> Fix | None:
    """The fix that was sent, or 422."""
    if given is None:
        return None
    try:
        return payload_fix.read(given)
    except Unfit as e:
        raise Stop(422, f"{place}: {e}") from None
