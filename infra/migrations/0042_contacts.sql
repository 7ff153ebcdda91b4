-- Whom to call at a department, as people: {"name", "duty", "phone", "email"}, in the order in which they are called.
-- Nothing is sent there by itself; that is what channels are for.
ALTER TABLE department ADD COLUMN contacts jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN department.contacts IS 'people to call, in their order';
