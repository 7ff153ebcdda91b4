-- Routes of one ward, and what retention of alerts looks things up by.

ALTER TABLE route ADD COLUMN zone text;
ALTER TABLE route DROP CONSTRAINT route_area_domain_kind_severity_department_key;
ALTER TABLE route ADD UNIQUE NULLS NOT DISTINCT (zone, area, domain, kind, severity, department);
COMMENT ON COLUMN route.zone IS 'code of a ward; null: any, and alerts of none';

COMMENT ON COLUMN silence.matcher IS
    'lists of rule, kind, severity, area, zone, domain, sensor, tag, parent, department; all must match';

CREATE INDEX ON ack_link (alert) WHERE alert IS NOT NULL;
CREATE INDEX ON drill (notification) WHERE notification IS NOT NULL;
