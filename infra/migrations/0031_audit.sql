-- What was done, by whom, from where, and what came of it. Rows are only added, each with the hash of the one before.
CREATE TABLE audit (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    account bigint,
    way text NOT NULL,
    address text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL DEFAULT '',
    outcome text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    before jsonb,
    after jsonb,
    detail text NOT NULL DEFAULT '',
    hash bytea NOT NULL
);
CREATE INDEX ON audit (at);
CREATE INDEX ON audit (actor, at);
CREATE INDEX ON audit (action, at);
CREATE INDEX ON audit (subject, at);
COMMENT ON COLUMN audit.account IS 'no foreign key: the record outlives the account';
COMMENT ON COLUMN audit.hash IS 'SHA-256 over the hash of the row before and this row; infra/audit/chain.py';

CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are only added' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();

-- Where the chain begins, once the oldest rows were removed by retention: what came before them, as it was signed off.
CREATE TABLE audit_anchor (
    id bigint PRIMARY KEY,
    hash bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    removed bigint NOT NULL
);
