"""The frames of the live websocket: what clients may say, and the codes with which we close."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, get_args

import msgspec

from ioc_api.live.viewport import Look

FRAME_BYTES = 64 * 1024
#: Values in one field of a filter, and in all of them.
FILTER_VALUES = 1000


class Close(IntEnum):
    """Come back after 4001 to 4013; stay away after the others."""

    SHUTDOWN = 4001
    EXPIRED = 4005
    SLOW = 4008
    STATE_LOST = 4010
    NO_PONG = 4012
    RATE = 4013
    BAD = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    AUTH_TIMEOUT = 4408
    MADE_ROOM = 4409
    TOO_MANY = 4429


class BadFrame(ValueError):
    """A frame that cannot be answered as asked: ``code`` and a sentence for the error frame."""

    def __init__(self, code: str, message: str, number: int | None = None, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.id = number
        self.temporary = temporary

    def text(self) -> str:
        return encode(
            {"id": self.id, "type": "error", "code": self.code, "message": str(self), "temporary": self.temporary}
        )


class Auth(msgspec.Struct, tag="auth"):
    """The first frame; without a token the page's cookie counts."""

    id: int
    token: str | None = None


class Since(msgspec.Struct):
    epoch: str
    seq: int


class Wanted(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The values accepted, by field; a field left out takes all."""

    area: list[str] | None = None
    zone: list[str] | None = None
    domain: list[str] | None = None
    metric: list[str] | None = None
    window: list[str] | None = None
    sensor: list[str] | None = None
    index: list[str] | None = None
    rule: list[str] | None = None
    kind: list[str] | None = None
    severity: list[str] | None = None
    department: list[str] | None = None
    state: list[str] | None = None
    of: list[str] | None = None


class Subscribe(msgspec.Struct, tag="subscribe"):
    id: int
    topic: str
    filter: Wanted | None = None
    view: Look | None = None
    since: Since | None = None
    max_hz: float | None = None


class Unsubscribe(msgspec.Struct, tag="unsubscribe"):
    id: int
    sub: int


class Ping(msgspec.Struct, tag="ping"):
    t: int | float | None = None


class Pong(msgspec.Struct, tag="pong"):
    t: int | float | None = None


class Drawn(msgspec.Struct, tag="drawn"):
    """All frames of a subscription up to this one are on the screen; nothing is answered."""

    sub: int
    seq: int


class _Head(msgspec.Struct):
    id: Any = None
    type: Any = None


Asked = Auth | Subscribe | Unsubscribe | Ping | Pong | Drawn

_head = msgspec.json.Decoder(_Head).decode


def encode(frame: Any) -> str:
    """JSON of a frame; a number that is none becomes null."""
    return msgspec.json.encode(frame).decode()


def reader(asked: Any) -> Callable[[str], Any]:
    """Reads frames of these kinds, a union of structs: what a client says, or BadFrame with the id it gave."""
    types = tuple(str(kind.__struct_config__.tag) for kind in get_args(asked))
    decode = msgspec.json.Decoder(asked).decode

    def read(text: str) -> Any:
        try:
            head = _head(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            raise BadFrame("bad_frame", "a frame is one JSON object") from None
        number = head.id if isinstance(head.id, int) and not isinstance(head.id, bool) else None
        if head.type not in types:
            raise BadFrame("unknown_type", f"type is one of {', '.join(types)}", number)
        try:
            return decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as e:
            raise BadFrame("bad_frame", str(e), number) from None

    return read


read: Callable[[str], Asked] = reader(Asked)


def wanted_values(wanted: Wanted | None, fields: tuple[str, ...], number: int) -> dict[str, list[str]]:
    """The fields of a filter that were given, or BadFrame with the number of the request."""
    values = {f: getattr(wanted, f, None) for f in Wanted.__struct_fields__}
    given = {f: v for f, v in values.items() if v is not None}
    for name in given:
        if name not in fields:
            raise BadFrame("bad_filter", f"this topic filters by {', '.join(fields) or 'nothing'}", number)
    if sum(len(v) for v in given.values()) > FILTER_VALUES:
        raise BadFrame("bad_filter", f"a filter takes at most {FILTER_VALUES} values", number)
    if any(len(x) > 64 for v in given.values() for x in v):
        raise BadFrame("bad_filter", "a value has at most 64 letters", number)
    return given
