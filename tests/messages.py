"""Contents of notifications for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.messages.content import Content, Telling, Told

NOW = datetime(2026, 11, 23, 7, 5, 30, 123456, tzinfo=UTC)


def told(number: int = 12, **changes: Any) -> Told:
    """An alert of a sensor on a square."""
    facts: dict[str, Any] = {
        "id": number,
        "rule": "pm25-hour",
        "version": 3,
        "vi": "Bụi mịn PM2.5 cao",
        "en": "High PM2.5",
        "kind": "air_quality",
        "severity": "major",
        "subject": "sensor/env-1",
        "area": "bac_giang",
        "zone": "07210",
        "zone_name": "Phường Bắc Giang",
        "place_vi": "Quảng trường 3/2",
        "place_en": "3/2 Square",
        "sensor_id": "env-1",
        "lat": 21.2785,
        "lon": 106.1995,
        "started_at": NOW - timedelta(minutes=10),
        "at": NOW,
        "measure_vi": "PM2.5",
        "measure_en": "PM2.5",
        "value": 1162.4,
        "threshold": 150.0,
        "unit": "µg/m³",
        "advice_vi": "Kiểm tra nguồn bụi.",
        "advice_en": "Look for the source of the dust.",
        "department_vi": "Sở Nông nghiệp và Môi trường",
        "department_en": "Department of Agriculture and Environment",
        "ack_url": "https://ioc.example.vn/a/TOKEN",
        "map_url": "https://map.example.vn/?a=21.2785&b=106.1995",
    }
    return Told(**{**facts, **changes})


def content(kind: Telling = "firing", *alerts: Told, **changes: Any) -> Content:
    """A message about these alerts; about one where none is named."""
    facts: dict[str, Any] = {
        "kind": kind,
        "severity": "major",
        "department": "nnmt",
        "department_vi": "Sở Nông nghiệp và Môi trường",
        "department_en": "Department of Agriculture and Environment",
        "at": NOW,
        "alerts": alerts or (told(),),
    }
    return Content(**{**facts, **changes})
