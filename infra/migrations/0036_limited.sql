-- Sensors that send more than they may: what is not decoded is counted (docs/devices.md#noisy-devices).

ALTER TABLE balance_minute ADD COLUMN limited bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN balance_minute.limited IS 'of messages: counted and not decoded, so in none of the sums of readings';

-- Who it was; in the transaction of the batch, like the balance sheet.
CREATE TABLE limited_minute (
    minute timestamptz NOT NULL,
    sensor_id text NOT NULL,
    collector text NOT NULL,
    messages bigint NOT NULL,
    PRIMARY KEY (minute, sensor_id, collector)
);
COMMENT ON COLUMN limited_minute.sensor_id IS 'as the topic says; it need not be a sensor that is known';
