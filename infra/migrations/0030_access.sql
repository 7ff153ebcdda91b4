-- People, what they may do, and what shows who they are. Secrets are kept as hashes only; docs/access.md.

CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'),
    full_name text NOT NULL CHECK (full_name <> ''),
    email text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT 'vi' CHECK (language IN ('vi', 'en')),
    password_hash text,
    password_at timestamptz,
    totp_secret text,
    totp_at timestamptz,
    totp_step bigint NOT NULL DEFAULT 0,
    oidc_issuer text,
    oidc_subject text,
    disabled_at timestamptz,
    seen_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    UNIQUE (oidc_issuer, oidc_subject),
    CHECK ((oidc_issuer IS NULL) = (oidc_subject IS NULL))
);
COMMENT ON COLUMN account.password_hash IS 'Argon2id; null: none was chosen yet, or signs in elsewhere (oidc)';
COMMENT ON COLUMN account.totp_secret IS 'second factor; in use since totp_at, before that it is only offered';
COMMENT ON COLUMN account.seen_at IS 'when somebody last did something in a session of it';
COMMENT ON COLUMN account.totp_step IS 'the last time step whose code was taken: a code works once';

CREATE TABLE account_grant (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'department', 'technician', 'administrator')),
    areas text[] NOT NULL DEFAULT '{}',
    zones text[] NOT NULL DEFAULT '{}',
    domains text[] NOT NULL DEFAULT '{}',
    department text REFERENCES department,
    ends_at timestamptz,
    granted_at timestamptz NOT NULL DEFAULT now(),
    granted_by text NOT NULL,
    CHECK ((role = 'department') = (department IS NOT NULL))
);
CREATE INDEX ON account_grant (account);
COMMENT ON TABLE account_grant IS 'a role within areas, zones, domains (empty: all); infra/access/who.py reads it';

-- Sessions of the screen. Those of before had no account: they end.
DELETE FROM session;
ALTER TABLE session
    ADD COLUMN account bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    ADD COLUMN id text NOT NULL UNIQUE,
    ADD COLUMN way text NOT NULL CHECK (way IN ('password', 'oidc', 'link')),
    ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN locked_at timestamptz,
    ADD COLUMN address text NOT NULL DEFAULT '',
    ADD COLUMN agent text NOT NULL DEFAULT '';
CREATE INDEX ON session (account);
COMMENT ON COLUMN session.id IS 'names it in lists and in the audit; not secret';
COMMENT ON COLUMN session.expires_at IS 'its absolute end, whatever is done in it';
COMMENT ON COLUMN session.locked_at IS 'it was idle for too long, or its owner locked it: the password opens it again';

-- Codes of links: the first administrator's, and what an administrator gives to somebody to choose a password.
DELETE FROM one_time_code;
ALTER TABLE one_time_code
    ADD COLUMN account bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    ADD COLUMN purpose text NOT NULL CHECK (purpose IN ('sign_in', 'choose_password'));

CREATE TABLE api_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    hint text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('api', 'wallboard')),
    name text NOT NULL,
    account bigint REFERENCES account ON DELETE CASCADE,
    grants jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    expires_at timestamptz,
    used_at timestamptz,
    used_from text NOT NULL DEFAULT '',
    revoked_at timestamptz,
    revoked_by text,
    CHECK (kind = 'wallboard' OR (account IS NOT NULL AND expires_at IS NOT NULL))
);
CREATE INDEX ON api_token (account);
COMMENT ON COLUMN api_token.hint IS 'its first letters, by which people know it';
COMMENT ON COLUMN api_token.grants IS 'never more than its account has: both must allow';

-- Codes that stand in for the second factor, each once: used ones are deleted.
CREATE TABLE recovery_code (
    code_hash bytea PRIMARY KEY,
    account bigint NOT NULL REFERENCES account ON DELETE CASCADE
);
CREATE INDEX ON recovery_code (account);

-- How often somebody has tried to sign in, by account and by address; docs/access.md says what follows.
CREATE TABLE throttle (
    key bytea PRIMARY KEY,
    failures integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    until timestamptz
);
CREATE INDEX ON throttle (last_at);

-- One number that goes up whenever anything above changes what somebody may do: services look at it once a second.
CREATE TABLE access_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO access_version (version) VALUES (1);
CREATE FUNCTION access_version_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE access_version SET version = version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER changed AFTER UPDATE OF disabled_at, revision OR DELETE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION access_version_up();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON account_grant
    FOR EACH STATEMENT EXECUTE FUNCTION access_version_up();
-- For each row: whoever begins a session removes those that are too many, of which there are mostly none.
CREATE TRIGGER changed AFTER UPDATE OF locked_at, expires_at ON session
    FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION access_version_up();
CREATE TRIGGER ended AFTER DELETE ON session
    FOR EACH ROW WHEN (OLD.expires_at > now()) EXECUTE FUNCTION access_version_up();
CREATE TRIGGER changed AFTER UPDATE OF revoked_at, grants, expires_at OR DELETE ON api_token
    FOR EACH STATEMENT EXECUTE FUNCTION access_version_up();
