-- What hangs on a cabinet or feeder: the map asks where that is.
CREATE INDEX ON sensor (parent);
