"""CAP 1.2: every message is valid by the schema; Alert, Update and Cancel refer to what went before."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from alerts.messages import cap
from alerts.messages.content import Content, Telling
from city.places import Zone, parse_zones
from tests.messages import NOW, content, told

ROOT = Path(__file__).parents[2]
NS = f"{{{cap.NAMESPACE}}}"


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(ROOT / "tests/data/CAP-v1.2.xsd"))


@cache
def zones() -> dict[str, Zone]:
    return {z.code: z for z in parse_zones((ROOT / "city/data/zones.csv").read_text(encoding="utf-8"))}


def sender() -> cap.Sender:
    return cap.Sender("ioc.example.vn", "IOC Bắc Giang", zones=zones())


def chain(*contents: Content) -> list[cap.Sent]:
    return [cap.Sent(f"alert/12/m/{i}/ch3", NOW + timedelta(minutes=i), c) for i, c in enumerate(contents)]


def last(*contents: Content) -> ET.Element:
    """The document of the last of these messages of one thread, after the schema has seen it."""
    sent = chain(*contents)
    raw = cap.document(sender(), sent[:-1], sent[-1])
    schema().validate(io.BytesIO(raw))
    return ET.fromstring(raw)


def text(element: ET.Element, tag: str) -> str | None:
    return element.findtext(f"{NS}{tag}")


@pytest.mark.parametrize("kind", get_args(Telling))
def test_every_kind_of_message_is_valid(kind: Telling) -> None:
    assert last(content(kind)).tag == f"{NS}alert"
    assert last(content("firing"), content(kind)).tag == f"{NS}alert"
    assert last(content(kind, alerts=())).tag == f"{NS}alert"


def test_the_schema_can_say_no() -> None:
    bad = cap.document(sender(), [], chain(content())[0]).replace(b">Actual<", b">Real<")
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema().validate(io.BytesIO(bad))


def test_vietnamese_first_then_english_and_the_place() -> None:
    doc = last(content())
    infos = doc.findall(f"{NS}info")
    assert [text(i, "language") for i in infos] == ["vi-VN", "en-US"]
    assert text(infos[0], "headline") == "Bụi mịn PM2.5 cao · Quảng trường 3/2, Phường Bắc Giang"
    assert text(infos[0], "severity") == "Severe"
    assert infos[0].findtext(f"{NS}area/{NS}circle") == "21.27850,106.19950 0.2"
    assert text(doc, "sent") == "2026-11-23T14:05:30+07:00"
    assert text(doc, "identifier") == "alert.12.m.0.ch3"


def test_a_ward_is_a_closed_polygon() -> None:
    doc = last(content("firing", told(subject="zone/07210", sensor_id=None)))
    ring = (doc.findtext(f"{NS}info/{NS}area/{NS}polygon") or "").split()
    assert len(ring) == 5
    assert ring[0] == ring[-1] == "21.26310,106.18380"


def test_alert_update_cancel_and_what_they_refer_to() -> None:
    first, second = content("firing"), content("lost")
    over = content("resolved", told(state="resolved"))
    assert text(last(first), "msgType") == "Alert"
    assert text(last(first), "references") is None
    update = last(first, second)
    assert text(update, "msgType") == "Update"
    assert text(update, "references") == "ioc.example.vn,alert.12.m.0.ch3,2026-11-23T14:05:30+07:00"
    cancel = last(first, second, over)
    assert text(cancel, "msgType") == "Cancel"
    assert len((text(cancel, "references") or "").split()) == 2
    assert {text(i, "responseType") for i in cancel.findall(f"{NS}info")} == {"AllClear"}
    anew = last(first, over, content("firing"))
    assert text(anew, "msgType") == "Alert"
    assert text(anew, "references") is None


def test_an_update_of_a_group_still_says_all_that_is_open() -> None:
    both = content("firing", told(1), told(2))
    doc = last(both, content("resolved", told(1)))
    assert text(doc, "msgType") == "Update"
    said = [(i.findtext(f"{NS}parameter/{NS}value"), text(i, "responseType")) for i in doc.findall(f"{NS}info")]
    assert said[:2] == [("2", "Assess"), ("1", "AllClear")]


@pytest.mark.parametrize(
    ("severity", "basis", "response"),
    [
        ("warning", "Quyết định 05/2020/QĐ-TTg", "Prepare"), ("major", "Quyết định 05/2020/QĐ-TTg", "Prepare"),
        ("critical", "Quyết định 05/2020/QĐ-TTg", "Evacuate"), ("critical", None, "Assess"),
    ],
)  # fmt: skip
def test_a_flood_alarm_says_what_people_are_to_do(severity: str, basis: str | None, response: str) -> None:
    alarm = {"kind": "river_flood", "severity": severity, "legal_basis": basis}
    fires, over = content("firing", told(**alarm)), content("resolved", told(**alarm, state="resolved"))
    assert {text(i, "responseType") for i in last(fires).findall(f"{NS}info")} == {response}
    assert {text(i, "responseType") for i in last(fires, over).findall(f"{NS}info")} == {"AllClear"}


def test_drill_and_test_are_not_actual() -> None:
    assert text(last(content("drill", alerts=())), "status") == "Exercise"
    assert text(last(content("test", alerts=())), "status") == "Test"


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_people_write_is_valid(name: str, place: str) -> None:
    one = told(vi=name, place_vi=place, zone_name=name, advice_vi=place, legal_basis=name or None, zone=place[:5])
    raw = cap.document(sender(), [], cap.Sent(f"key {name}", NOW, content("firing", one)))
    ET.fromstring(raw)
    assert schema().is_valid(io.BytesIO(raw))
    assert not set(text(ET.fromstring(raw), "identifier") or "") & set(" ,<&")
