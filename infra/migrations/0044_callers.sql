-- Who is to be called at a department (department.contacts) are people. Behind the second wall departments are seen through
-- a view, as the tables of TimescaleDB are: all of them, with the people of those alone whose channels are seen too
-- (infra/access/wall.py, View.near).
CREATE VIEW scoped.department WITH (security_barrier) AS SELECT
    code, vi, en, valid_from, valid_to, hours, settings, revision, changed_at, changed_by,
    CASE WHEN code IN (SELECT unnest(string_to_array(current_setting('ioc.near', true), E'\n'))) THEN contacts
         ELSE '[]'::jsonb END AS contacts
    FROM public.department;
GRANT SELECT ON scoped.department TO ioc_scoped;
REVOKE SELECT ON public.department FROM ioc_scoped;
