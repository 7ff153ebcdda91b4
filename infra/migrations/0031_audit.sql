-- What was done, by whom, from where, and what came of it. Rows are only added, each with the hash of the one before.
CREATE TABLE audit (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    account bigint,
    way text NOT NULL,
    key text NOT NULL,
    address text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL DEFAULT '',
    outcome text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    before json,
    after json,
    detail text NOT NULL DEFAULT '',
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX ON audit (at);
CREATE INDEX ON audit (actor, id);
CREATE INDEX ON audit (address, id);
CREATE INDEX ON audit (action text_pattern_ops, id);
CREATE INDEX ON audit (subject text_pattern_ops, id);
COMMENT ON COLUMN audit.account IS 'no foreign key: the record outlives the account';
COMMENT ON COLUMN audit.key IS 'names the session or token, and is not secret';
COMMENT ON COLUMN audit.before IS 'json, not jsonb: the hash is of the text as it was written';
COMMENT ON COLUMN audit.hash IS 'SHA-256 over the hash of the row before and this row; infra/audit/chain.py';

-- Where the chain begins, once the oldest rows were removed by retention: the last one that went, as it was signed off
-- by a row of the chain that tells of it (audit.retention).
CREATE TABLE audit_anchor (
    id bigint PRIMARY KEY,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    at timestamptz NOT NULL DEFAULT now(),
    until timestamptz NOT NULL,
    removed bigint NOT NULL
);
COMMENT ON COLUMN audit_anchor.until IS 'when the last row that went was written';

CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
-- Only what an anchor has signed off may go.
CREATE FUNCTION audit_is_anchored() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.id <= (SELECT max(id) FROM public.audit_anchor) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit is only added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER kept BEFORE UPDATE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER anchored BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_anchored();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();

-- Adding is by these two, with the owner's rights: whoever sees a part of the city only may add, and reads nothing.
-- The first one holds the end of the chain until the transaction is over; 0xA0D17 is nobody else's lock.
CREATE FUNCTION audit_tail() RETURNS TABLE (id bigint, hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(658711);
    RETURN QUERY SELECT a.id, a.hash FROM public.audit a ORDER BY a.id DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY SELECT a.id, a.hash FROM public.audit_anchor a ORDER BY a.id DESC LIMIT 1;
    END IF;
END
$$;
CREATE FUNCTION audit_add(
    bigint, timestamptz, text, bigint, text, text, text, text, text, text, text, text, text, bytea
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO public.audit (id, at, actor, account, way, key, address, action, subject, outcome, before, after,
                              detail, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::json, $12::json, $13, $14)
$$;
-- By those two alone, and by nobody else who may connect: the owner, and who is behind the second wall.
REVOKE EXECUTE ON FUNCTION audit_tail, audit_add FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_tail, audit_add TO ioc_scoped;
