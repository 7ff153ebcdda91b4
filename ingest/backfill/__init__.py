"""Readings from files: the past into history, by the same rules as what comes live.

    file ──▶ lines / parquet ──▶ quick: columns ─┬─▶ rows ──▶ load: Store, one transaction a batch
                                  what is not     │
                                  simply good ──▶ exact ──▶ quarantine, report

`exact` is the one that knows what is good: it hands each line to the reader of live messages. `quick` takes the many
that are simply good as columns and leaves all others to it. Nothing is announced: what is past is no news.
"""
