-- What could not be stored, with its bytes: nothing vanishes.
CREATE TABLE quarantine_item (
    id bigint GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz NOT NULL,
    topic text NOT NULL,
    payload bytea NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    sensor_id text,
    readings integer NOT NULL,
    collector text NOT NULL,
    retained boolean NOT NULL DEFAULT false,
    replay_requested_at timestamptz,
    replayed_at timestamptz,
    replay_detail text,
    PRIMARY KEY (id, received_at)
);
SELECT create_hypertable('quarantine_item', by_range('received_at', INTERVAL '7 days'),
                         create_default_indexes => false);
CREATE INDEX ON quarantine_item (received_at DESC, id DESC);
CREATE INDEX ON quarantine_item (reason, received_at DESC);
CREATE INDEX ON quarantine_item (id) WHERE replay_requested_at IS NOT NULL AND replayed_at IS NULL;

CREATE VIEW quarantine AS
    SELECT id, received_at, topic, payload, reason, detail, sensor_id, replayed_at
    FROM quarantine_item;
