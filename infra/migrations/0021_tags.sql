-- Words of the city's own, by which rules of alerts and silences choose sensors.
ALTER TABLE sensor ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN sensor.tags IS 'free words without blanks: truong-hoc, uu-tien';
