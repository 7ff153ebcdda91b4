"""Percentiles of steps of a minute: what the readings say, and what an older database does not know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from infra.times import rfc3339
from tests.integration.test_history import HOUR_US, Past, past

__all__ = ["past"]
pytestmark = pytest.mark.servers


def test_percentiles_of_a_minute(past: Past) -> None:
    past.roll()
    query = {"sensor": "T4", "metric": "speed", "from": past.at(-6)}
    values: dict[str, list[float]] = {}
    for r in past.ask(**query)["items"]:
        if r["quality"] == "measuring":
            values.setdefault(r["time"][:16], []).append(r["value"])
    minutes = past.ask(**query, step="1m")
    assert minutes["source"] == "mix"
    for i in minutes["items"]:
        mine = values.pop(i["time"][:16])
        assert len(mine) == i["count"]
        np.testing.assert_allclose([i["p15"], i["p50"], i["p85"]], np.percentile(mine, (15, 50, 85)), rtol=2e-6)
    assert not values
    assert sum(i["p15"] < i["p50"] < i["p85"] for i in minutes["items"]) > 200
    series = {s: past.ask(**query, step="1m", layout="series", stat=s)["series"][0] for s in ("percentiles", "mean")}
    assert [p for p in series["percentiles"]["p85"] if p is not None] == [i["p85"] for i in minutes["items"]]
    assert "p85" not in series["mean"]
    assert not any("p85" in i for i in past.ask(**query, step="5m")["items"])
    # A database from before percentiles of minutes: not known, but where a minute has one reading.
    past.conn.execute('UPDATE minute_traffic SET "speed$p15" = NULL, "speed$p50" = NULL, "speed$p85" = NULL')
    past.conn.execute("UPDATE group_minute SET p = CASE WHEN zone <> '' THEN array_fill(1::real, ARRAY[120]) END")
    hours = {"from": rfc3339((past.now_us // HOUR_US - 5) * HOUR_US), "to": rfc3339(past.now_us // HOUR_US * HOUR_US)}
    places: list[dict[str, Any]] = [{"zone": "07210"}, {"area": "bac_giang"}]  # another list of percentiles, and none
    for who in ({"sensor": ["T1", "T4"]}, *({**place, "of": "whole"} for place in places)):
        old = past.ask(**who, metric="speed", step="1m", **hours)
        assert old["source"] == "minute"
        assert {i["count"] > 1 for i in old["items"]} >= ({True} if "area" in who else {True, False})
        for i in old["items"]:
            only = i["mean"] if i["count"] == 1 else None
            assert (i["p15"], i["p50"], i["p85"]) == (only, only, only)
