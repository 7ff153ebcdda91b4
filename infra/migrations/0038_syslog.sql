-- How far the audit has been sent as syslog lines (IOC_SYSLOG); infra/audit/forward.py.
CREATE TABLE audit_sent (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id bigint NOT NULL,
    at timestamptz
);
INSERT INTO audit_sent (id) VALUES (0);
COMMENT ON COLUMN audit_sent.id IS 'the last row that the receiver has';
