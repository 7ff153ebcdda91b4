"""What the operations share: the service, the caller's right, pages, and text that a database can hold."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, Field

from ioc_api.problems import Stop
from ioc_api.service import Service

T = TypeVar("T")

#: How many unknown parameters are named, and how much of each.
_NAMED, _SHOWN = 5, 40


def _service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


Served = Annotated[Service, Depends(_service)]


def _declared(dependant: Dependant) -> list[str]:
    """The names in the address that an operation reads, in its order, with those of what it depends on."""
    names = [field.alias for field in dependant.query_params]
    return [*names, *(name for part in dependant.dependencies for name in _declared(part))]


async def only_declared(request: Request) -> None:
    """Answer 422 where the address holds a parameter that the operation does not read: a misspelt filter would be
    answered with everything, and nobody would see it."""
    if not request.query_params:
        return
    route = request.scope["route"]
    known = _declared(route.dependant) if isinstance(route, APIRoute) else []
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        named = ", ".join(repr(name[:_SHOWN]) for name in unknown[:_NAMED])
        takes = f"this question takes {', '.join(known)}" if known else "this question takes none in its address"
        raise Stop(422, f"query: không có tham số {named} / there is no parameter {named}; {takes}")


def _sound(text: str) -> bool:
    """Whether a database can hold the text."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


#: What is said of a JSON value that cannot be kept.
UNFIT = "có ký tự không hợp lệ hoặc lồng quá sâu / it holds a character that text cannot have, or is nested too deeply"


def clean(text: str) -> str:
    """The text, or ValueError where a database cannot hold it."""
    if not _sound(text):
        raise ValueError("có ký tự không hợp lệ / it holds a character that text cannot have")
    return text


#: Text from outside: of a bounded length, and without what PostgreSQL refuses.
Text = Annotated[str, Field(max_length=256), AfterValidator(clean)]
Many = Annotated[list[Text] | None, Query(max_length=100)]
Cursor = Annotated[Text | None, Query(description="The `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Key = tuple[str | int, ...]


class Page(BaseModel):
    """A part of a list."""

    next: Annotated[str | None, Field(description="The cursor of the next page; null on the last one.")] = None


def paged(found: list[T], key: Callable[[T], Key], limit: int, after: Key | None) -> tuple[list[T], str | None]:
    """A page of a short list that was read whole, in the order of its keys, and the cursor of the next one."""
    rest = sorted((one for one in found if after is None or key(one) > after), key=key)
    return rest[:limit], to_cursor(*key(rest[limit - 1])) if len(rest) > limit else None


def to_cursor(*key: Any) -> str:
    """A place in a list, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def from_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The place that a cursor stands for: values of these kinds. A bad one is answered with 422."""
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    good = isinstance(key, list) and len(key) == len(kinds)
    good = good and all(type(k) is kind for k, kind in zip(key, kinds, strict=True))
    good = good and all(abs(k) < 2**62 for k in key if isinstance(k, int))
    good = good and all(_sound(k) for k in key if isinstance(k, str))
    if not good:
        raise Stop(422, "query.cursor: không phải `next` của một trang / it is not the `next` of a page")
    return tuple(key)
