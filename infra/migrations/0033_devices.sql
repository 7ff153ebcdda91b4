-- What devices show the broker, and what they try all the same; docs/devices.md.

CREATE TABLE device_credential (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sensor_id text NOT NULL REFERENCES sensor (sensor_id) ON DELETE CASCADE,
    way text NOT NULL CHECK (way IN ('password', 'certificate')),
    user_name text NOT NULL,
    hash text,
    serial text UNIQUE,
    valid_to timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    ends_at timestamptz,
    used_at timestamptz,
    used_from text NOT NULL DEFAULT '',
    revoked_at timestamptz,
    revoked_by text,
    CHECK ((way = 'password') = (hash IS NOT NULL)),
    CHECK ((way = 'certificate') = (serial IS NOT NULL)),
    CHECK ((serial IS NULL) = (valid_to IS NULL))
);
CREATE UNIQUE INDEX ON device_credential (user_name) WHERE way = 'password' AND revoked_at IS NULL;
CREATE INDEX ON device_credential (sensor_id);
COMMENT ON COLUMN device_credential.hash IS 'as mosquitto writes it; the password itself is nowhere';
COMMENT ON COLUMN device_credential.serial IS 'of the certificate, hexadecimal';
COMMENT ON COLUMN device_credential.valid_to IS 'what the certificate says of its end';
COMMENT ON COLUMN device_credential.ends_at IS 'when it ends unless it is revoked before: valid_to, or the end of a grace';

-- Whoever keeps the broker's files true to the rows above says here how far it is.
CREATE TABLE device_keeper (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL DEFAULT 1,
    applied bigint NOT NULL DEFAULT 0,
    seen_at timestamptz,
    trouble text NOT NULL DEFAULT ''
);
INSERT INTO device_keeper DEFAULT VALUES;

CREATE FUNCTION device_credential_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE device_keeper SET version = version + 1;
    NOTIFY devices;
    RETURN NULL;
END
$$;
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE OF revoked_at, ends_at ON device_credential
    FOR EACH STATEMENT EXECUTE FUNCTION device_credential_changed();

-- What does not belong, one row a kind, device, address, topic and minute.
CREATE TABLE device_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    count bigint NOT NULL,
    sensor_id text,
    client text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    topic text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    revision bigint NOT NULL
);
CREATE INDEX ON device_event (first_at);
CREATE INDEX ON device_event (revision);
CREATE SEQUENCE device_event_revision OWNED BY device_event.revision;
COMMENT ON COLUMN device_event.client IS 'what it called itself: a user name once the broker had let it in, else a mere claim';
COMMENT ON COLUMN device_event.revision IS 'grows with every change of the row: whoever remembers the last one finds what is new';
