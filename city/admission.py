"""What of a message may be stored, and what may not and why: the one judgement of live messages, of those that come out
of quarantine, and of a fix that is only tried."""

from __future__ import annotations

from typing import NamedTuple

from city.payload import Fault, Limits, Message, Row
from city.routes import Refusal, Route, Stranger


class Verdict(NamedTuple):
    """``rows`` may be stored, ``faults`` go to quarantine. ``stranger``: the sensor is to be registered first, and then
    the message judged again."""

    rows: list[Row]
    faults: list[Fault]
    sensor_id: str | None
    stranger: bool = False


def judge(
    route: Route | Stranger | Refusal, payload: bytes, limits: Limits, *, retained: bool, register: bool
) -> Verdict:
    """Read one message with the exact reader. Never raises for what it says.

    ``register``: a sensor that nobody knows does so by its first good value; until then its messages are filed under
    their own faults.
    """
    decoder = route.decoder
    found = decoder.reader.read(payload, limits) if decoder else Message([], [])
    rows, faults = found
    if retained and any(r.time_us is None for r in rows):
        count = sum(len(r.values) for r in rows if r.time_us is None)
        faults.append(Fault("retained_stale", "a retained message without a time is no reading", count))
        rows = [r for r in rows if r.time_us is not None]
    sensor_id = route.address.sensor_id if isinstance(route, Stranger) else route.sensor_id
    if isinstance(route, Stranger):
        if register and rows:
            return Verdict(rows, faults, sensor_id, stranger=True)
        if not register:
            route = Refusal("unknown_sensor", f"{sensor_id} is not registered", sensor_id, decoder)
    if isinstance(route, Refusal):
        good = sum(len(r.values) for r in rows)
        faults.append(Fault(route.reason, route.detail, good if good or faults else 1))
        rows = []
    return Verdict(rows, faults, sensor_id)
