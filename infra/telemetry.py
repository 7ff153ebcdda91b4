"""Every Prometheus metric of the system, declared in one place. `docs/metrics.md` describes them; a test compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("ioc_ingest_messages", "Messages received from the broker.", ["collector"])
READINGS = Counter(
    "ioc_ingest_readings",
    "Readings decoded, by what became of them: stored, duplicate or quarantined.",
    ["collector", "outcome"],
)
QUARANTINED = Counter("ioc_ingest_quarantined_messages", "Messages put into quarantine.", ["collector", "reason"])
LIMITED = Counter("ioc_ingest_limited_messages", "Messages not decoded: their sensor sends too many.", ["collector"])
BATCHES = Counter("ioc_ingest_batches", "Batches committed.", ["collector"])
COMMIT_SECONDS = Histogram(
    "ioc_ingest_commit_seconds",
    "Time from the start of a batch's write to the end of its commit.",
    ["collector"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
QUEUED = Gauge("ioc_ingest_queued_messages", "Messages received and not yet committed.", ["collector"])
CANARY_AGE = Gauge(
    "ioc_ingest_canary_age_seconds",
    "Age of the newest canary that came through broker, database and bus.",
    ["collector"],
)
CONNECTIONS = Gauge(
    "ioc_ingest_connections",
    "Connections made since the start, to the broker and to the database.",
    ["collector", "to"],
)
QOS0_DROPPED = Gauge(
    "ioc_ingest_qos0_dropped_messages", "QoS 0 messages dropped because the queue was full.", ["collector"]
)
BROKER_DROPPED = Gauge(
    "ioc_broker_dropped_messages", "Messages that the broker says it has dropped since its start.", ["collector"]
)

API_REQUESTS = Counter("ioc_api_requests", "HTTP requests answered.", ["method", "route", "status"])
API_SECONDS = Histogram(
    "ioc_api_request_seconds",
    "Time from a request to the end of its answer.",
    ["route"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
API_READY = Gauge("ioc_api_ready", "1 while /readyz answers 200, else 0.")
API_CERTIFICATE_ENDS = Gauge(
    "ioc_api_certificate_ends_seconds", "When the API's certificate ends, as Unix time; 0: it has none."
)
API_LAG = Gauge(
    "ioc_api_canary_age_seconds", "Age of the newest canary that the API has seen on the bus.", ["collector"]
)
API_GAPS = Gauge("ioc_api_bus_gap_batches", "Batches missed on the bus and read from the database, since the start.")
LIVE_CLIENTS = Gauge("ioc_api_live_clients", "Open live websockets.")
LIVE_SUBSCRIPTIONS = Gauge("ioc_api_live_subscriptions", "Subscriptions on live websockets.", ["topic"])
LIVE_CLOSED = Counter("ioc_api_live_closed", "Live websockets that the API has closed, by code.", ["code"])
WALL_CONNECTIONS = Gauge("ioc_wallboard_connections", "Open live websockets of a wallboard; 0: it is away.", ["wall"])
WALL_BEHIND = Gauge(
    "ioc_wallboard_behind_seconds", "For how long the oldest frame that a wallboard got has not been drawn.", ["wall"]
)
WALL_FROZEN = Gauge("ioc_wallboard_frozen", "1 while a wallboard is connected and draws nothing of its news.", ["wall"])
SENSORS = Gauge("ioc_sensors", "Sensors by liveness; retired ones do not count.", ["liveness"])

MAINTAIN_AGE = Gauge("ioc_maintain_age_seconds", "Seconds since the last round of maintenance ended.")
MAINTAIN_BEHIND = Gauge("ioc_maintain_behind_seconds", "Seconds that an hour has waited for being rolled up.")
MAINTAIN_DUE = Gauge("ioc_maintain_due_rows", "Rows in the log of what came late and is still to be rolled up.")
MAINTAIN_SECONDS = Gauge("ioc_maintain_round_seconds", "Seconds that the last round of maintenance took.")
MAINTAIN_FAILED = Gauge("ioc_maintain_failed_parts", "Parts of the last round of maintenance that failed.")
MAINTAIN_DROPPED = Gauge("ioc_maintain_dropped_chunks", "Chunks dropped by retention since the database was made.")
MAINTAIN_COMPRESSION = Gauge("ioc_maintain_compression", "1 where chunks are compressed, else 0.")

ALERT_EVENTS = Counter("ioc_alerts_events", "What judgement has said and the engine has written, by kind.", ["what"])
ALERT_JUDGE_SECONDS = Histogram(
    "ioc_alerts_judge_seconds",
    "Time that one round of judgement took.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
ALERT_COMMIT_SECONDS = Histogram(
    "ioc_alerts_commit_seconds",
    "Time from the start of writing a round's events and place to the end of its commit.",
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
ALERT_NOTICES = Counter("ioc_alerts_notices", "Messages that the dispatcher has put into the outbox.")
ALERT_TRIES = Counter("ioc_alerts_tries", "Tries to send a notification, by what came of them.", ["kind", "outcome"])
ALERT_UNSENT = Gauge("ioc_alerts_unsent", "Notifications that are due or tried again.")
ALERT_UNSENT_AGE = Gauge("ioc_alerts_unsent_age_seconds", "Age of the oldest notification that is due or tried again.")
ALERT_GIVEN_UP = Gauge("ioc_alerts_given_up", "Notifications of the last 24 hours that were given up.")
ALERT_AGE = Gauge("ioc_alerts_age_seconds", "Seconds since the alert engine last wrote where it is.")
ALERT_BEHIND = Gauge("ioc_alerts_behind_seconds", "How far the readings that are judged are behind the clock.")
ALERT_RULES = Gauge("ioc_alerts_rules", "Rules by what becomes of them: judged or set_aside.", ["state"])
ALERT_GAPS = Gauge("ioc_alerts_bus_gap_batches", "Batches that the alert engine missed on the bus and read back.")


AUDIT_UNSENT = Gauge("ioc_audit_unsent", "Rows of the audit that wait to be sent as syslog lines.")


def expose_collector(facts: Mapping[str, Any]) -> None:
    """Set a collector's gauges from its status: in its own process, and in the API's, which hears it on the bus."""
    name = facts["collector"]
    QUEUED.labels(name).set(facts["queued"])
    CANARY_AGE.labels(name).set(facts["canary_age_s"] if facts["canary_age_s"] is not None else -1)
    QOS0_DROPPED.labels(name).set(facts["qos0_dropped"])
    if facts["broker_dropped"] is not None:
        BROKER_DROPPED.labels(name).set(facts["broker_dropped"])
    for to, count in facts["connections"].items():
        CONNECTIONS.labels(name, to).set(count)
