-- A sensor of which too little came has no score; whether it is trusted stays as it was.
ALTER TABLE sensor_quality ALTER COLUMN score DROP NOT NULL;
COMMENT ON COLUMN sensor_quality.score IS 'null: too little to judge by';
COMMENT ON COLUMN sensor_quality.trusted IS 'false: left out of figures where IOC_UNTRUSTED says so';

-- How good the data of a zone were, a row a city day and domain: the last judgement of that day.
CREATE TABLE quality_day (
    day date NOT NULL,
    area text NOT NULL,
    zone text NOT NULL,
    domain text NOT NULL,
    at timestamptz NOT NULL,
    sensors integer NOT NULL,
    trusted integer NOT NULL,
    untrusted integer NOT NULL,
    unknown integer NOT NULL,
    completeness real,
    PRIMARY KEY (day, area, zone, domain)
);
COMMENT ON COLUMN quality_day.zone IS 'empty: sensors of the area that stand in none of its zones';
