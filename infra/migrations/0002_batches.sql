-- One row a collector: its place in its own sequence. It is written in the transaction of every batch, which makes
-- a batch happen once: a commit whose answer was lost is recognised by it, and so is a second collector of the name.
CREATE TABLE collector (
    name text PRIMARY KEY,
    epoch text NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    committed_at timestamptz
);

CREATE SEQUENCE batch_id AS integer;

-- What was written together. A reading names its batch: so it knows when it was received, and a consumer of the bus
-- that missed a frame reads exactly that batch. Partitioned by its own number, so that old ones go by chunk.
CREATE TABLE batch (
    id integer PRIMARY KEY,
    collector text NOT NULL,
    seq bigint NOT NULL,
    received_at timestamptz NOT NULL,
    min_time timestamptz,
    max_time timestamptz,
    messages integer NOT NULL,
    stored integer NOT NULL,
    duplicate integer NOT NULL,
    quarantined integer NOT NULL,
    replay boolean NOT NULL DEFAULT false
);
SELECT create_hypertable('batch', by_range('id', 1000000), create_default_indexes => false);
CREATE INDEX ON batch (collector, seq);

-- Messages that carry no time of their own, and messages that could not be read, have no key in history: a
-- redelivery after a lost acknowledgement is recognised by packet id and content, for as long as the broker may
-- redeliver it. data: packed rows, see ingest/receipts.py.
CREATE TABLE receipt (
    collector text NOT NULL,
    seq bigint NOT NULL,
    messages integer NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (collector, seq)
);

-- The balance sheet: readings by the minute in which they were received, and by what became of them.
CREATE TABLE balance_minute (
    minute timestamptz NOT NULL,
    collector text NOT NULL,
    messages bigint NOT NULL DEFAULT 0,
    decoded bigint NOT NULL DEFAULT 0,
    stored bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    replayed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (minute, collector)
);
COMMENT ON COLUMN balance_minute.replayed IS 'of decoded: those that came out of quarantine by a replay';
