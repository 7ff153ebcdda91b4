"""A client of the live websocket, as bare as it can be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.rig import Rig, Service

TOKEN = "benchmark"


def start_api(made: Rig) -> tuple[Service, str]:
    """Start `ioc api run` on a free port; returns it and the address of its websocket."""
    api = made.ioc("api", "run", IOC_API_TOKEN=TOKEN, IOC_HTTP_PORT="0", IOC_LOG_FORMAT="json")
    api.wait_for("api.listening")
    line = next(x for x in api.text.splitlines() if "api.listening" in x)
    return api, json.loads(line)["url"].replace("http://", "ws://") + "/api/v1/live"


async def subscribe(
    url: str, topic: str, wanted: Mapping[str, Sequence[str]], max_hz: float, *, token: str = TOKEN
) -> ClientConnection:
    """Connect, authenticate and subscribe; what comes next is the answer and then the frames."""
    ws = await connect(url, compression=None, max_size=None, open_timeout=60, ping_interval=None, max_queue=64)
    await ws.send(json.dumps({"id": 1, "type": "auth", "token": token}))
    await ws.recv()
    await ws.send(json.dumps({"id": 2, "type": "subscribe", "topic": topic, "filter": wanted, "max_hz": max_hz}))
    return ws


def seconds(text: str) -> float:
    """An RFC 3339 time as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def answer(frame: Mapping[str, Any]) -> str | None:
    """What must be sent back for a frame: a pong for a ping."""
    return json.dumps({"type": "pong", "t": frame.get("t")}) if frame.get("type") == "ping" else None


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of all lie; NaN of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")
