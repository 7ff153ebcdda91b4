-- Alerts: rules with versions, who handles what, the life of each alert as rows, and what was told to whom.
-- Whoever writes a flip first takes the lock of alerts/life.py: ids of flips are then in the order of their commits,
-- and a consumer that knows the last id it has read has missed none.

CREATE TABLE department (
    code text PRIMARY KEY,
    vi text NOT NULL,
    en text NOT NULL,
    valid_from date,
    valid_to date,
    hours jsonb,
    settings jsonb NOT NULL DEFAULT '{}',
    revision bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT 'ioc'
);
COMMENT ON COLUMN department.hours IS 'working hours: [{"days": [1..7], "from": "07:30", "to": "17:00"}] in UTC+7; null: always';
COMMENT ON COLUMN department.settings IS 'wait_s, interval_s, repeat_s of its groups of alerts; what is missing is the default';

-- Who has to do with an alert: the most specific routes that match. Null: any; severity: the least one.
CREATE TABLE route (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area text,
    domain text,
    kind text,
    severity text CHECK (severity IN ('info', 'warning', 'major', 'critical')),
    department text NOT NULL REFERENCES department,
    role text NOT NULL CHECK (role IN ('handles', 'supports', 'informed')),
    revision bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT 'ioc',
    UNIQUE NULLS NOT DISTINCT (area, domain, kind, severity, department)
);

-- How a department is reached.
CREATE TABLE notice_channel (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department text NOT NULL REFERENCES department,
    kind text NOT NULL CHECK (kind IN ('email', 'webhook', 'cap', 'apprise')),
    name text NOT NULL,
    address text NOT NULL,
    secret text NOT NULL DEFAULT '',
    config jsonb NOT NULL DEFAULT '{}',
    severity text NOT NULL DEFAULT 'info' CHECK (severity IN ('info', 'warning', 'major', 'critical')),
    roles text[] NOT NULL DEFAULT '{handles,supports,informed}',
    outside_hours text NOT NULL DEFAULT 'critical' CHECK (outside_hours IN ('all', 'critical', 'none')),
    enabled boolean NOT NULL DEFAULT true,
    revision bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT 'ioc',
    UNIQUE (department, name)
);
COMMENT ON COLUMN notice_channel.address IS 'email: mailto addresses; webhook, cap: https URL; apprise: its URL. Never shown whole';
COMMENT ON COLUMN notice_channel.outside_hours IS 'what it takes outside the working hours of its department; the rest waits for them';

CREATE TABLE rule_version (
    code text NOT NULL,
    version integer NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (code, version)
);
CREATE TABLE rule (
    code text PRIMARY KEY,
    version integer NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    set_aside_at timestamptz,
    set_aside text,
    deleted_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    FOREIGN KEY (code, version) REFERENCES rule_version
);
COMMENT ON COLUMN rule.set_aside IS 'why judgement tripped over it: it is not judged until it is changed';

-- One alert of a rule and a subject from its first breach to its end.
CREATE TABLE alert (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule text NOT NULL,
    rule_version integer NOT NULL,
    subject text NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'major', 'critical')),
    area text NOT NULL,
    zone text,
    domain text,
    sensor integer,
    sensor_id text,
    channel text,
    parent text,
    department text,
    state text NOT NULL CHECK (state IN ('pending', 'firing', 'acknowledged', 'in_progress', 'resolved', 'closed')),
    condition text NOT NULL CHECK (condition IN ('breach', 'clearing', 'clear', 'lost')),
    started_at timestamptz NOT NULL,
    fired_at timestamptz,
    clearing_since timestamptz,
    cleared_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    assigned_at timestamptz,
    assigned_to text,
    resolved_at timestamptz,
    resolved_by text,
    closed_at timestamptz,
    closed_by text,
    value double precision,
    value_at timestamptz,
    peak double precision,
    peak_at timestamptz,
    threshold double precision,
    unit text NOT NULL DEFAULT '',
    flapping boolean NOT NULL DEFAULT false,
    raises integer NOT NULL DEFAULT 0,
    retroactive boolean NOT NULL DEFAULT false,
    incident bigint REFERENCES alert,
    escalation smallint NOT NULL DEFAULT 0,
    facts jsonb NOT NULL DEFAULT '{}',
    revision bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX alert_open ON alert (rule, subject)
    WHERE state IN ('pending', 'firing', 'acknowledged', 'in_progress');
CREATE INDEX alert_live ON alert (rule, subject, id) WHERE state <> 'closed';
CREATE INDEX ON alert (started_at);
CREATE INDEX ON alert (rule, subject, started_at);
CREATE INDEX ON alert (department, state);
CREATE INDEX ON alert (incident) WHERE incident IS NOT NULL;
CREATE INDEX ON alert (resolved_at) WHERE state = 'resolved';
COMMENT ON COLUMN alert.subject IS 'sensor/ID, sensor/ID/channel, zone/CODE, area/CODE, parent/ID';
COMMENT ON COLUMN alert.condition IS 'what the readings say, whatever people did; lost: they have ceased to say anything';
COMMENT ON COLUMN alert.started_at IS 'event time of the first breach; never changes';
COMMENT ON COLUMN alert.incident IS 'the alert that speaks for this one';
COMMENT ON COLUMN alert.raises IS 'how often it was raised since started_at';
COMMENT ON COLUMN alert.revision IS 'one more with every change: whoever changes it names the one they saw';

-- Everything that happened to an alert. Rows are only added.
CREATE TABLE flip (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert bigint NOT NULL REFERENCES alert,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    value double precision,
    threshold double precision,
    rule_version integer NOT NULL,
    actor text NOT NULL,
    note text NOT NULL DEFAULT '',
    facts jsonb NOT NULL DEFAULT '{}',
    told_at timestamptz
);
CREATE INDEX ON flip (alert, id);
CREATE INDEX flip_untold ON flip (id) WHERE told_at IS NULL;
COMMENT ON COLUMN flip.at IS 'event time of what readings did, the clock for what people did';
COMMENT ON COLUMN flip.actor IS 'engine, or who it was';
COMMENT ON COLUMN flip.told_at IS 'when it was decided whom to tell of it (which may be nobody)';

-- Where the engine is. judged_to: readings of taken batches were judged up to here, by the engine's own clock.
CREATE TABLE alert_engine (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch text NOT NULL,
    judged_to timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    facts jsonb NOT NULL DEFAULT '{}'
);
-- What judgement must know of a rule and a subject that is not at rest, to go on after a restart.
CREATE TABLE alert_subject (
    rule text NOT NULL,
    subject text NOT NULL,
    state jsonb NOT NULL,
    PRIMARY KEY (rule, subject)
) WITH (fillfactor = 50);
CREATE TABLE alert_cursor (
    collector text PRIMARY KEY,
    epoch text NOT NULL,
    seq bigint NOT NULL
);

CREATE TABLE silence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('silence', 'maintenance')),
    matcher jsonb NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    author text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    ended_at timestamptz,
    ended_by text,
    revision bigint NOT NULL DEFAULT 1
);
CREATE INDEX ON silence (ends_at);
COMMENT ON COLUMN silence.matcher IS 'lists of rule, kind, severity, area, zone, domain, sensor, parent, department; all must match';

-- Alerts of one department that are told together.
CREATE TABLE notice_group (
    department text NOT NULL REFERENCES department,
    key text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    next_at timestamptz,
    sent_at timestamptz,
    round integer NOT NULL DEFAULT 0,
    waiting bigint[] NOT NULL DEFAULT '{}',
    facts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (department, key)
);
COMMENT ON COLUMN notice_group.waiting IS 'flips that are to be told with the next notification';

-- The outbox: one row a message and channel. state changes by compare-and-swap.
CREATE TABLE notification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    department text NOT NULL REFERENCES department,
    channel bigint NOT NULL REFERENCES notice_channel,
    kind text NOT NULL,
    severity text NOT NULL,
    thread text NOT NULL,
    content jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'given_up', 'withdrawn')),
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    claimed_by text,
    claimed_until timestamptz,
    sent_at timestamptz,
    error text
);
CREATE INDEX notification_due ON notification (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX notification_thread ON notification (channel, thread, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX ON notification (created_at);
COMMENT ON COLUMN notification.key IS 'stable: the receiver knows a repetition by it';
COMMENT ON COLUMN notification.thread IS 'within it, messages of a channel go out in the order of their ids';
COMMENT ON COLUMN notification.kind IS 'firing, resolved, lost, reminder, escalation, flapping, summary, digest, drill, test';

CREATE TABLE notification_alert (
    notification bigint NOT NULL REFERENCES notification,
    alert bigint NOT NULL REFERENCES alert,
    flip bigint REFERENCES flip,
    PRIMARY KEY (notification, alert)
);
CREATE INDEX ON notification_alert (alert);

CREATE TABLE attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification bigint NOT NULL REFERENCES notification,
    at timestamptz NOT NULL DEFAULT now(),
    took_ms integer NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('sent', 'retry', 'given_up')),
    status integer,
    detail text NOT NULL DEFAULT '',
    retry_at timestamptz
);
CREATE INDEX ON attempt (notification, id);

-- Links that act without a login: who holds one may acknowledge this alert, or confirm that a drill has come.
CREATE TABLE ack_link (
    token_hash bytea PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('acknowledge', 'confirm')),
    department text NOT NULL REFERENCES department,
    alert bigint REFERENCES alert,
    about text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CHECK ((purpose = 'acknowledge') = (alert IS NOT NULL))
);
CREATE INDEX ON ack_link (expires_at);
CREATE INDEX ON ack_link (about) WHERE purpose = 'confirm';
COMMENT ON COLUMN ack_link.token_hash IS 'SHA-256 of the token; the token itself is only in the message';
COMMENT ON COLUMN ack_link.about IS 'confirm: what it is for, as drill/ID or a test';

-- One number that goes up whenever rules, departments, routes, channels or silences change.
CREATE TABLE alert_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO alert_version (version) VALUES (1);
CREATE FUNCTION alert_version_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE alert_version SET version = version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON rule FOR EACH STATEMENT EXECUTE FUNCTION alert_version_up();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON department FOR EACH STATEMENT EXECUTE FUNCTION alert_version_up();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON route FOR EACH STATEMENT EXECUTE FUNCTION alert_version_up();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON notice_channel FOR EACH STATEMENT EXECUTE FUNCTION alert_version_up();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON silence FOR EACH STATEMENT EXECUTE FUNCTION alert_version_up();

-- Whoever shows alerts is woken by each flip's commit.
CREATE FUNCTION flip_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('flip', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER told AFTER INSERT ON flip FOR EACH STATEMENT EXECUTE FUNCTION flip_told();
