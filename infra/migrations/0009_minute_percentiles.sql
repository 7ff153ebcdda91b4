-- Percentiles of the minutes of zones and areas; those of sensors are columns of minute_<domain>, made from the registry.
-- Rows from before keep null: of a minute with several readings they are not known.
ALTER TABLE group_minute ADD COLUMN p real[];
COMMENT ON COLUMN group_minute.p IS 'percentiles in the order of the registry, 60 minutes each, one after the other; null or NaN: the mean where n is 1, not known where n is more';
