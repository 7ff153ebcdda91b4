-- What `ioc db maintain` says of itself: its process has no port, so the API reads this row and shows it.
CREATE TABLE maintenance (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    at timestamptz NOT NULL,
    facts jsonb NOT NULL
);
COMMENT ON COLUMN maintenance.at IS 'end of the last round that was seen through';
