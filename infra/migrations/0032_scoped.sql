-- The second wall: what the role ioc_scoped sees (infra/access/wall.py makes it, and says for each transaction what is in
-- somebody's part of the city). Without those settings it sees nothing. Rows of TimescaleDB's tables are seen through
-- views of the schema scoped (row-level security and compression exclude each other); infra/schema.py makes those of
-- each domain.
CREATE SCHEMA scoped;
GRANT USAGE ON SCHEMA scoped, public TO ioc_scoped;

CREATE FUNCTION scoped.place(area text, zone text, domain text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT area || '/' || coalesce(zone, '') || '/' || coalesce(domain, '')
$$;

-- Where a sensor is, as one word: each question behind the wall looks at it, at thousands of them.
ALTER TABLE sensor ADD COLUMN placed text GENERATED ALWAYS AS (scoped.place(area, zone, domain)) STORED;

-- What is of the whole city and holds no record of a part of it.
GRANT SELECT ON channel, metric_override, registry_version, rollup_state, rollup_due, rollup_day, batch, balance_minute,
    collector, maintenance, department, route, rule, rule_version, alert_version, alert_engine TO ioc_scoped;

GRANT SELECT ON sensor, quality_day, alert, flip, muting, notification, notification_alert, attempt,
    silence, notice_channel, drill TO ioc_scoped;

-- @name is what stands in the setting ioc.name, a word a row. It is written out: a function would cost more than most
-- of what is asked.
DO $$
DECLARE
    held CONSTANT text[][] := ARRAY[
        ['sensor', 'placed IN (SELECT @places)'],
        ['quality_day', 'scoped.place(area, zone, domain) IN (SELECT @places)'],
        ['alert', 'scoped.place(area, zone, domain) IN (SELECT @whole)
                   OR department IN (SELECT @departments)
                   OR department || ''/'' || scoped.place(area, zone, domain) IN (SELECT @desks)
                   OR concat_ws(''/'', CASE WHEN zone IN (SELECT @zones) THEN zone ELSE '''' END,
                                area, coalesce(domain, ''''), kind, severity) IN (SELECT @beside)
                   OR concat_ws(''/'', CASE WHEN zone IN (SELECT @zones) THEN zone ELSE '''' END,
                                area, coalesce(domain, ''''), kind, severity) IN (SELECT @sorts)
                      AND (department IS NULL OR department NOT IN (SELECT @in_force))'],
        ['flip', 'EXISTS (SELECT FROM public.alert a WHERE a.id = flip.alert)'],
        ['muting', 'EXISTS (SELECT FROM public.alert a WHERE a.id = muting.alert)'],
        ['notification_alert', 'EXISTS (SELECT FROM public.alert a WHERE a.id = notification_alert.alert)'],
        ['notification', 'department IN (SELECT @departments)
                          OR EXISTS (SELECT FROM public.notification_alert na WHERE na.notification = notification.id)'],
        ['attempt', 'EXISTS (SELECT FROM public.notification n WHERE n.id = attempt.notification)'],
        ['notice_channel', 'department IN (SELECT @near)'],
        ['drill', 'department IN (SELECT @near)'],
        ['silence', 'EXISTS (SELECT FROM @places p
            WHERE (coalesce(matcher -> ''area'', ''[]'') = ''[]'' OR matcher -> ''area'' ? split_part(p, ''/'', 1))
              AND (coalesce(matcher -> ''zone'', ''[]'') = ''[]'' OR matcher -> ''zone'' ? split_part(p, ''/'', 2))
              AND (coalesce(matcher -> ''domain'', ''[]'') = ''[]'' OR matcher -> ''domain'' ? split_part(p, ''/'', 3))
              AND (coalesce(matcher -> ''department'', ''[]'') = ''[]'' OR p IN (SELECT @whole)))
            OR EXISTS (SELECT FROM @departments d WHERE matcher -> ''department'' ? d)
            OR EXISTS (SELECT FROM @desks d
            WHERE matcher -> ''department'' ? split_part(d, ''/'', 1)
              AND (coalesce(matcher -> ''area'', ''[]'') = ''[]'' OR matcher -> ''area'' ? split_part(d, ''/'', 2))
              AND (coalesce(matcher -> ''zone'', ''[]'') = ''[]'' OR matcher -> ''zone'' ? split_part(d, ''/'', 3))
              AND (coalesce(matcher -> ''domain'', ''[]'') = ''[]'' OR matcher -> ''domain'' ? split_part(d, ''/'', 4)))']
    ];
    pair text[];
BEGIN
    FOREACH pair SLICE 1 IN ARRAY held LOOP
        pair[2] := regexp_replace(pair[2], '@([a-z_]+)',
                                  $w$unnest(string_to_array(current_setting('ioc.\1', true), E'\n'))$w$, 'g');
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', pair[1]);
        EXECUTE format('CREATE POLICY scoped ON public.%I TO ioc_scoped USING (%s)', pair[1], pair[2]);
        -- Others of the city's own, such as a user for reports, see what they were given, as before.
        EXECUTE format('CREATE POLICY others ON public.%I TO PUBLIC USING (current_user <> ''ioc_scoped'')', pair[1]);
    END LOOP;
END
$$;

CREATE VIEW scoped.group_minute WITH (security_barrier) AS SELECT * FROM public.group_minute
    WHERE scoped.place(area, zone, domain) IN (SELECT unnest(string_to_array(current_setting('ioc.places', true), E'\n')));
CREATE VIEW scoped.group_hour WITH (security_barrier) AS SELECT * FROM public.group_hour
    WHERE scoped.place(area, zone, domain) IN (SELECT unnest(string_to_array(current_setting('ioc.places', true), E'\n')));
CREATE VIEW scoped.group_day WITH (security_barrier) AS SELECT * FROM public.group_day
    WHERE scoped.place(area, zone, domain) IN (SELECT unnest(string_to_array(current_setting('ioc.places', true), E'\n')));
-- As the tables of readings: one row a sensor is asked for by the thousand, and a view can be joined.
CREATE VIEW scoped.sensor_quality WITH (security_barrier) AS SELECT * FROM public.sensor_quality q WHERE EXISTS (
    SELECT FROM public.sensor s WHERE s.id = q.sensor AND s.placed IN (
        SELECT unnest(string_to_array(current_setting('ioc.places', true), E'\n'))));
GRANT SELECT ON scoped.group_minute, scoped.group_hour, scoped.group_day, scoped.sensor_quality TO ioc_scoped;

-- What they may change, where their permissions say so: only what they see.
GRANT INSERT, UPDATE ON sensor, silence TO ioc_scoped;
GRANT UPDATE ON alert, notification, alert_version, registry_version TO ioc_scoped;
GRANT INSERT ON flip TO ioc_scoped;
GRANT USAGE ON SEQUENCE flip_id_seq TO ioc_scoped;
