-- What each batch has newly stored, as one frame of the bus a domain: rollups read it instead of the rows. By the time
-- of storing, of which no reading is more than a few minutes ahead; chunks go once they are rolled up.
CREATE TABLE journal (
    stored_at timestamptz NOT NULL DEFAULT now(),
    batch integer NOT NULL,
    domain text NOT NULL,
    min_time timestamptz NOT NULL,
    max_time timestamptz NOT NULL,
    data bytea NOT NULL
);
-- Frames are read whole and hardly compress: out of line, as they are.
ALTER TABLE journal ALTER COLUMN data SET STORAGE EXTERNAL;
SELECT create_hypertable('journal', by_range('stored_at', INTERVAL '1 hour'), create_default_indexes => false);
CREATE INDEX ON journal (domain, min_time);

-- How far each domain is rolled up. Whoever stores into an hour before closed_until says so in rollup_due.
CREATE TABLE rollup_state (
    domain text PRIMARY KEY,
    journal_from timestamptz NOT NULL,
    raw_from timestamptz NOT NULL DEFAULT '-infinity',
    closed_until timestamptz NOT NULL DEFAULT '-infinity',
    done_until timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON COLUMN rollup_state.journal_from IS 'the journal lacks nothing that was stored from here on';
COMMENT ON COLUMN rollup_state.raw_from IS 'readings before it have been dropped by retention';
COMMENT ON COLUMN rollup_state.closed_until IS 'hours before it are closed';
COMMENT ON COLUMN rollup_state.done_until IS 'hours before it are rolled up, but for what rollup_due names';

-- The invalidation log: a batch has stored something of these sensors in an hour that was closed.
CREATE TABLE rollup_due (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain text NOT NULL,
    hour timestamptz NOT NULL,
    batch integer NOT NULL,
    sensors integer[] NOT NULL
);

-- Figures of zones, and of whole areas (zone ''). group_minute: a row an hour, with arrays of 60.
CREATE TABLE group_minute (
    time timestamptz NOT NULL,
    area text NOT NULL,
    zone text NOT NULL,
    domain text NOT NULL,
    metric text NOT NULL,
    n integer[] NOT NULL,
    mean real[] NOT NULL,
    min real[] NOT NULL,
    max real[] NOT NULL,
    value double precision[] NOT NULL,
    sensors integer[] NOT NULL,
    PRIMARY KEY (zone, metric, domain, area, time)
) WITH (toast_tuple_target = 8160);
SELECT create_hypertable('group_minute', by_range('time', INTERVAL '30 days'), create_default_indexes => false);

CREATE TABLE group_hour (
    time timestamptz NOT NULL,
    area text NOT NULL,
    zone text NOT NULL,
    domain text NOT NULL,
    metric text NOT NULL,
    n bigint NOT NULL,
    mean double precision,
    min double precision,
    max double precision,
    value double precision,
    x double precision,
    y double precision,
    p double precision[],
    sensors integer NOT NULL,
    expected integer NOT NULL,
    due_n double precision NOT NULL,
    left_out integer NOT NULL,
    PRIMARY KEY (zone, metric, domain, area, time)
);
CREATE TABLE group_day (LIKE group_hour INCLUDING ALL);
SELECT create_hypertable('group_hour', by_range('time', INTERVAL '90 days'), create_default_indexes => false);
SELECT create_hypertable('group_day', by_range('time', INTERVAL '1000 days'), create_default_indexes => false);
COMMENT ON COLUMN group_hour.x IS 'mean sine and (y) cosine of directions';
COMMENT ON COLUMN group_hour.p IS 'percentiles, in the order of the registry';
COMMENT ON COLUMN group_hour.due_n IS 'readings that the expected sensors should have sent';
COMMENT ON COLUMN group_hour.left_out IS 'sensors that report but are not trusted';

-- The latest judgement of each sensor, over 24 hours.
CREATE TABLE sensor_quality (
    sensor integer PRIMARY KEY REFERENCES sensor ON DELETE CASCADE,
    at timestamptz NOT NULL,
    score smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    trusted boolean NOT NULL,
    reasons text[] NOT NULL DEFAULT '{}',
    facts jsonb NOT NULL DEFAULT '{}'
);
