-- One row a domain and city day that has hourly figures: open data's list of files, and what their ETag is made from.
-- It is written in the transaction that writes those figures, so that no change goes unseen.
CREATE TABLE rollup_day (
    domain text NOT NULL,
    day date NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (domain, day)
);
COMMENT ON COLUMN rollup_day.version IS 'grows with every transaction that has written figures of the day';
