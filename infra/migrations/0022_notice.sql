-- What the dispatcher knows: what each channel was last told of an alert, why others were not told, and drills.

ALTER TABLE notification_alert ADD COLUMN said text CHECK (said IN ('firing', 'lost', 'flapping', 'resolved'));
COMMENT ON COLUMN notification_alert.said IS 'what the channel was told of the alert; null: nothing new (digest, retro, drill)';
CREATE INDEX ON notification (channel, created_at);
CREATE INDEX ON notification_alert (flip);

ALTER TABLE notice_group ADD COLUMN members bigint[] NOT NULL DEFAULT '{}', ADD COLUMN repeat_at timestamptz;
CREATE INDEX ON notice_group (next_at) WHERE next_at IS NOT NULL;
COMMENT ON COLUMN notice_group.members IS 'alerts that the group has told of and that are not over';
COMMENT ON COLUMN notice_group.repeat_at IS 'when those that nobody has acknowledged are told again';

-- Why somebody was not told, or not yet. Rows are only added; over_at is filled in.
CREATE TABLE muting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    alert bigint NOT NULL REFERENCES alert,
    flip bigint NOT NULL REFERENCES flip,
    department text,
    channel bigint REFERENCES notice_channel ON DELETE SET NULL,
    why text NOT NULL,
    by text NOT NULL DEFAULT '',
    held boolean NOT NULL DEFAULT false,
    over_at timestamptz
);
CREATE INDEX ON muting (alert);
CREATE INDEX ON muting (flip);
CREATE INDEX muting_held ON muting (why, by, department) WHERE held AND over_at IS NULL;
COMMENT ON COLUMN muting.department IS 'null: no department at all; channel null: all of its channels';
COMMENT ON COLUMN muting.by IS 'silence/ID, alert/ID (the incident), flip/ID (told instead), or the limit that it met';
COMMENT ON COLUMN muting.held IS 'looked at again when the reason is over, at over_at';

-- The weekly test of who can be reached.
CREATE TABLE drill (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    week date NOT NULL,
    department text NOT NULL REFERENCES department,
    channel bigint REFERENCES notice_channel ON DELETE SET NULL,
    notification bigint REFERENCES notification,
    at timestamptz NOT NULL,
    confirmed_at timestamptz,
    confirmed_by text,
    UNIQUE NULLS NOT DISTINCT (week, department, channel)
);
COMMENT ON COLUMN drill.week IS 'its Monday, in UTC+7';
COMMENT ON COLUMN drill.channel IS 'null: the department has no channel that is on';
