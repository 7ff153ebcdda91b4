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
