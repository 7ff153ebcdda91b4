"""A rule put to history by people who see a part of the city: their sensors alone are judged, by either wall."""

from __future__ import annotations

from typing import Any

import pytest

from ioc_api import asking
from ioc_api.part import ALL, Part
from tests.contract.test_matrix import PARTLY
from tests.fix_street import Street
from tests.town import METRIC

#: What fires for every sensor of traffic that there is.
RULE = {
    "code": "all-of-them", "vi": "Có xe", "en": "There are cars", "kind": "congestion", "severity": "info",
    "scope": {"domain": ["traffic"]},
    "condition": {"type": "threshold", "metric": METRIC["traffic"], "levels": {"above": 1, "clear_above": 0.5}},
}  # fmt: skip


def _asked(street: Street, who: str, **changes: Any) -> Any:
    body = {"rule": {**RULE, **changes}, "from": street.since, "quick": True}
    return street.ask(who, "POST", "/api/v1/rules/replay", json=body)


def _theirs(street: Street, who: str) -> set[str]:
    return {f"sensor/{mark}-{d[:2]}" for mark, d in street.people[who].sees if d == "traffic"}


@pytest.mark.parametrize("walls", ["both", "the first alone", "the second alone"])
def test_only_their_sensors_are_judged(street: Street, monkeypatch: pytest.MonkeyPatch, walls: str) -> None:
    if walls == "the first alone":
        for name in ("wall", "wall_kept"):
            monkeypatch.setattr(Part, name, property(lambda _: None))
    if walls == "the second alone":
        monkeypatch.setattr(asking, "part", lambda: ALL)
    asked = 0
    for who in ("administrator", *PARTLY):
        if not street.people[who].may("rules.read"):
            continue
        found = _asked(street, who)
        assert found.status_code == 200, (who, found.text)
        report = found.json()["report"]
        assert {w["subject"] for w in report["worst"]} == _theirs(street, who), who
        assert report["scope"] == len(_theirs(street, who)), who
        notes = {n["code"] for n in found.json()["notes"]}
        assert ("part" in notes) is (who != "administrator" and walls != "the second alone"), who
        asked += 1
    assert asked > 6


def test_what_is_made_of_more_than_theirs_is_refused_with_the_reason(street: Street) -> None:
    of_zones = {"type": "aggregate", "metric": METRIC["traffic"], "of": "zone", "window_s": 900, "quorum": 0,
                "levels": {"above": 1}}  # fmt: skip
    index = {"type": "index", "index": "vn_aqi_hourly", "levels": {"above": 150}}
    parents = {"type": "children", "rules": ["rule-traffic"], "levels": {"above": 0.5}}
    assert _asked(street, "area-operator", condition=of_zones).status_code == 200
    found = _asked(street, "area-operator", condition={**of_zones, "of": "area"}).json()
    assert found["report"]["scope"] == 1  # their area, and not the other one
    refused = _asked(street, "zone-viewer", condition={**of_zones, "of": "area"})
    assert (refused.status_code, "wholly in the part" in refused.text) == (422, True)
    for condition in (index, parents):
        refused = _asked(street, "area-operator", condition=condition)
        assert (refused.status_code, "a part of it" in refused.text) == (422, True), refused.text
