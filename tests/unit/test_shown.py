"""Structs in the description of the interface: described as they are encoded."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, ValidationError

from infra.indices import Index
from infra.indices import Item as IndexItem
from ioc_api.live.snapshot import Item, Older

FIGURE = Index(code="los", vi="a", en="b", unit="%", path="/", method="m", method_vi="m", method_en="m").item(
    "S1", area="a", zone=None, value=1.5, vi="x", en="y", at=None, n=1
)
LATEST = Item("S1", "", "a", None, "traffic", "online", "t", "fault", {"speed": 1.0}, {"x": Older(2.0, "t", "fault")})


class Answer(BaseModel):
    items: list[Item | IndexItem]


class Latest(BaseModel):
    items: list[Item]


@pytest.mark.parametrize("item", [FIGURE, LATEST])
def test_a_model_says_what_msgspec_says(item: Any) -> None:
    assert json.loads(Answer(items=[item]).model_dump_json()) == {"items": [json.loads(msgspec.json.encode(item))]}


def test_the_description_has_every_field() -> None:
    shapes = Answer.model_json_schema()["$defs"]
    assert set(shapes) == {"LatestItem", "OlderValue", "IndexItem"}
    for name, struct in (("LatestItem", Item), ("IndexItem", IndexItem), ("OlderValue", Older)):
        assert shapes[name]["required"] == list(shapes[name]["properties"]) == list(struct.__struct_fields__)
        assert shapes[name]["description"]
    assert shapes["IndexItem"]["properties"]["completeness"]["description"].startswith("Share")


def test_what_is_not_of_the_form_is_refused() -> None:
    with pytest.raises(ValidationError):
        Latest.model_validate({"items": [{"sensor_id": "S1"}]})
