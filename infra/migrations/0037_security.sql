-- From where the tokens of wallboards are used, for a day: a copy somewhere else is noticed.
CREATE TABLE token_place (
    token bigint NOT NULL REFERENCES api_token ON DELETE CASCADE,
    address text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (token, address)
);
CREATE INDEX ON token_place (last_at);
COMMENT ON TABLE token_place IS 'addresses from which a wallboard''s token was used within the last day';

CREATE FUNCTION token_was_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM public.token_place WHERE token = NEW.id AND last_at < NEW.used_at - interval '1 day';
    INSERT INTO public.token_place (token, address, first_at, last_at)
        VALUES (NEW.id, NEW.used_from, NEW.used_at, NEW.used_at)
        ON CONFLICT (token, address) DO UPDATE SET last_at = EXCLUDED.last_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER used AFTER UPDATE OF used_at ON api_token FOR EACH ROW
    WHEN (NEW.kind = 'wallboard' AND NEW.used_at IS NOT NULL) EXECUTE FUNCTION token_was_used();

-- The newest refusals and what retention has signed off are asked for once a minute.
CREATE INDEX audit_refused ON audit (at) WHERE outcome = 'refused';

-- The department of an alert is the one that its rule names, and takes the place of those that routes say. The first of
-- these was written there: whoever else handles such alerts did not see them any more.
UPDATE alert a SET department = v.body ->> 'department' FROM rule_version v
    WHERE v.code = a.rule AND v.version = a.rule_version AND a.department IS DISTINCT FROM v.body ->> 'department';
COMMENT ON COLUMN alert.department IS 'who handles it by its rule, in place of the routes; null: by the routes';
