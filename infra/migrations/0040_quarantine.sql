-- Quarantine by what messages look like, and replays with a fix. The bytes of an item never change.
ALTER TABLE quarantine_item
    ADD COLUMN pattern text,
    ADD COLUMN form text,
    ADD COLUMN shape text,
    ADD COLUMN replay bigint;
COMMENT ON COLUMN quarantine_item.pattern IS 'area/domain of its topic, or the topic without what has digits; null: not looked at yet';
COMMENT ON COLUMN quarantine_item.form IS 'outline of its JSON: keys and kinds of values';
COMMENT ON COLUMN quarantine_item.shape IS 'of pattern and form: items of one shape and reason are mended together';
COMMENT ON COLUMN quarantine_item.replay IS 'the last replay that was asked for it: quarantine_replay.id';

CREATE INDEX quarantine_item_shape ON quarantine_item (reason, shape, received_at DESC)
    INCLUDE (id, sensor_id, readings, replay_requested_at) WHERE replayed_at IS NULL;
CREATE INDEX quarantine_item_unseen ON quarantine_item (id) WHERE shape IS NULL;
CREATE INDEX quarantine_item_replay ON quarantine_item (replay) WHERE replay IS NOT NULL;

-- A replay as it was asked for: of what, how messages are to be read, by whom. The collector adds what it has stored.
CREATE TABLE quarantine_replay (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now(),
    author text NOT NULL,
    chosen jsonb NOT NULL,
    fix jsonb,
    note text NOT NULL DEFAULT '',
    items bigint NOT NULL,
    stored bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN quarantine_replay.fix IS 'city.payload_fix.Fix; null: messages are read as they are';

-- What somebody has looked at and leaves as it is. Nothing is removed; what comes later shows it again.
CREATE TABLE quarantine_seen (
    reason text NOT NULL,
    shape text NOT NULL,
    note text NOT NULL,
    author text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reason, shape)
);
