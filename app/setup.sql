-- The contents page: what an installation or upgrade executes, in this order.
-- Everything may run again at any time and changes nothing that is already as it should be.

EXECUTE IMMEDIATE FROM './sql/roles.sql';
EXECUTE IMMEDIATE FROM './sql/schemas.sql';
EXECUTE IMMEDIATE FROM './sql/migrations.sql';
EXECUTE IMMEDIATE FROM './sql/internal.sql';
EXECUTE IMMEDIATE FROM './sql/views.sql';
EXECUTE IMMEDIATE FROM './sql/push_views.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/connection.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/syncs.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/runs.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/plans.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/app.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/checks.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/kept.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/shapes.sql';
EXECUTE IMMEDIATE FROM './sql/procedures/pushes.sql';
EXECUTE IMMEDIATE FROM './sql/egress.sql';
EXECUTE IMMEDIATE FROM './sql/page.sql';
