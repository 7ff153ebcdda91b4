"""What the collector is compared with; each runs in a process of its own.

    python -m benchmarks.anchors paho SESSION FILTER COUNT       receives, acknowledges and drops
    python -m benchmarks.anchors tutorial SESSION FILTER COUNT   inserts each message in on_message

Both print "collecting" before they connect, and "done FIRST LAST" (seconds since 1970) after COUNT messages; with
COUNT 0 they only make the session.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from infra import mqtt

METRICS = ("flow", "count", "speed", "occupancy", "queue", "headway", "battery", "signal")


class Insert:
    """As tutorials have it: parse, insert, commit."""

    def __init__(self) -> None:
        self.conn = psycopg.connect(os.environ["IOC_DATABASE_URL"])
        columns = ", ".join(f"{m} real" for m in METRICS)
        self.conn.execute(f"CREATE TABLE IF NOT EXISTS tutorial (time timestamptz, sensor text, {columns})")
        self.conn.execute("SELECT create_hypertable('tutorial', by_range('time'), if_not_exists => true)")
        self.conn.commit()
        self.statement = f"INSERT INTO tutorial VALUES (%s, %s{', %s' * len(METRICS)})"  # nosec B608

    def __call__(self, message: paho.MQTTMessage) -> None:
        said = json.loads(message.payload)
        when = datetime.fromtimestamp(said["ts"] / 1000, UTC)
        with self.conn.cursor() as cur:
            cur.execute(self.statement, [when, message.topic.split("/")[-2], *(said["values"][m] for m in METRICS)])
        self.conn.commit()


def main(kind: str, session: str, topic_filter: str, count: int) -> None:
    """Take ``count`` messages of a session."""
    insert = Insert() if kind == "tutorial" else None
    seen, first = 0, 0.0

    def on_connect(client: paho.Client, *_: Any) -> None:
        client.subscribe(topic_filter, qos=1)

    def on_subscribe(client: paho.Client, *_: Any) -> None:
        if not count:
            client.disconnect()

    def on_message(client: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        nonlocal seen, first
        if insert:
            insert(message)
        seen += 1
        if seen == 1:
            first = time.time()
        elif seen == count:
            print("done", first, time.time(), flush=True)
            threading.Timer(0.2, client.disconnect).start()  # after the last acknowledgements

    broker = mqtt.parse_url(os.environ["IOC_MQTT_URL"])
    client = paho.Client(CallbackAPIVersion.VERSION2, session, protocol=paho.MQTTv5)
    client.username_pw_set(broker.user, broker.password)
    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    print("collecting", flush=True)
    # The window of the collector's own session: with less, the broker holds paho back.
    properties = mqtt.session(expiry_s=86_400, receive_maximum=20_000)
    client.connect(broker.host, broker.port, 60, clean_start=False, properties=properties)
    client.loop_forever()  # faster than a thread of its own


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
