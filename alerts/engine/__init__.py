"""The process that judges: committed batches in, rows of alerts out, one engine at a time.

    bus ──▶ listener.py ──frames──▶ engine.py ──▶ Judge ──events──▶ place.py: events, subjects, cursors: one transaction
                 database ──missing──┘ past.py                        │ COMMIT
    figures.py: indices, once a minute                                ▼
                                                    notice: whom to tell ──▶ deliver: told

An engine that is started again, cut off from its database or overtaken by another one begins anew from what was
committed: there is one way to begin, and it is the way to recover.
"""
