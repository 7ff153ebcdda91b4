-- The link that `ioc up` prints holds a code that works once; the screen exchanges it for a session's cookie.
-- Only hashes (SHA-256) are kept.
CREATE TABLE one_time_code (
    code_hash bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
