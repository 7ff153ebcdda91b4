"""Structs of msgspec in the description of the interface: what an item holds is written down once."""

from __future__ import annotations

from inspect import getdoc
from typing import Any, ClassVar, get_type_hints

import msgspec
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Shown(msgspec.Struct, frozen=True):
    """A struct that a model of pydantic may have in its fields: there it is an object of JSON with the struct's own
    fields, all of them required. ``shown_as`` is its name in the description."""

    shown_as: ClassVar[str]

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        hints = get_type_hints(cls, include_extras=True)
        fields = {
            f.name: core_schema.typed_dict_field(handler.generate_schema(hints[f.name]), required=True)
            for f in msgspec.structs.fields(cls)
        }
        shape = core_schema.typed_dict_schema(
            fields,
            ref=f"{cls.__module__}.{cls.shown_as}:{id(cls)}",
            metadata={"pydantic_js_updates": {"title": cls.shown_as, "description": getdoc(cls)}},
        )
        return core_schema.no_info_before_validator_function(_as_dict, shape)


def _as_dict(value: Any) -> Any:
    return msgspec.structs.asdict(value) if isinstance(value, Shown) else value
