"""What the alert engine says of itself: the row of `alert_engine`, written with every round, once a second at least.

rules, aside     rules that are judged, and the codes of those that judgement tripped over
subjects         pairs of a rule and a subject that are not at rest
gaps, stumbled   batches missed on the bus and read from the database; parts of batches that could not be judged
behind_s         how far the readings that have surely come are behind the clock; null: no collector was heard of yet
broker           whether the bus is heard, and else why not (broker_reason)
telling          why nobody is told of alerts now; empty: they are
backlog          collectors of whose old readings the record is still to be made
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg

#: Transaction lock of everybody who changes alerts: ids of flips are in the order of their commits.
LOCK = 0x10C_0A02
#: An engine writes once a second; after so long without, something is wrong.
LATE_S = 15.0
#: Readings that are further behind are not judged in time.
BEHIND_S = 30.0


@dataclass(frozen=True, slots=True)
class State:
    """The row as it was read; ``age_s`` None: no engine has ever run."""

    age_s: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)


QUERY = "SELECT extract(epoch FROM clock_timestamp() - at)::float8, facts FROM alert_engine"


def read(conn: psycopg.Connection) -> State:
    """The engine's last round."""
    row = conn.execute(QUERY).fetchone()
    return State(*row) if row else State()


def late(age_s: float | None) -> str:
    """What is wrong with the age of the last round; empty where nothing is."""
    if age_s is None:
        return "no alert engine has run yet: run `ioc alerts run`"
    if age_s > LATE_S:
        return f"the alert engine has judged nothing for {age_s:.0f} s: see its log"
    return ""


def reasons(state: State) -> list[str]:
    """Everything that is wrong with the engine, a sentence each."""
    out = [late(state.age_s)] if late(state.age_s) else []
    facts = state.facts
    if aside := facts.get("aside"):
        out.append(f"rules set aside, which are not judged: {', '.join(aside)}; change them")
    if facts.get("broker") is False:
        out.append(f"the alert engine does not hear the bus: {facts.get('broker_reason') or 'not connected'}")
    behind = facts.get("behind_s")
    if behind is not None and behind > BEHIND_S:
        out.append(f"alerts are judged {behind:.0f} s behind the clock: is a collector away?")
    if telling := facts.get("telling"):
        out.append(f"nobody is told of alerts: {telling}")
    if stumbled := facts.get("stumbled"):
        out.append(f"{stumbled} parts of batches could not be judged: see the engine's log")
    return out
