-- What people did in a shift is looked up by its time: a few rows among those of the engine.
CREATE INDEX flip_people ON flip (at) WHERE actor <> 'engine';
