"""From the broker to the database: received, decoded, checked, stored, acknowledged, announced.

    broker ──▶ receive ──▶ inbox ──▶ decode ──▶ store (COMMIT) ──▶ acknowledge ──▶ announce
               paho's       bounded    columns    one transaction    same connection   bus
               thread       queue      + faults   a batch            only
                            └──────────────── the writer's thread ────────────────────┘

A message is acknowledged only after the batch that holds it is committed, and only on the connection that
delivered it. Everything before the commit may be repeated at any time: a batch happens once.
"""
