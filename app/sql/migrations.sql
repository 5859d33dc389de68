-- What the app remembers, as a list of steps. Every installation and upgrade runs all of them in
-- this order; a step that was taken before changes nothing. The steps only add: the version before
-- runs on the same tables until its last run has ended. A released step is never edited.

CREATE TABLE IF NOT EXISTS STATE.MIGRATIONS (
  NUMBER NUMBER(38,0) NOT NULL,
  APPLIED_AT TIMESTAMP_NTZ(3) COMMENT 'When it was first taken'
) COMMENT = 'The steps the tables of STATE have taken';

EXECUTE IMMEDIATE FROM './migrations/0001_first_state.sql';
EXECUTE IMMEDIATE FROM './migrations/0002_streams.sql';
EXECUTE IMMEDIATE FROM './migrations/0003_budgets.sql';
EXECUTE IMMEDIATE FROM './migrations/0004_connections.sql';
EXECUTE IMMEDIATE FROM './migrations/0005_settings_alerts_costs.sql';
EXECUTE IMMEDIATE FROM './migrations/0006_seconds.sql';
EXECUTE IMMEDIATE FROM './migrations/0007_completeness.sql';
EXECUTE IMMEDIATE FROM './migrations/0008_plans.sql';
EXECUTE IMMEDIATE FROM './migrations/0009_views.sql';
EXECUTE IMMEDIATE FROM './migrations/0010_kept_pages.sql';
EXECUTE IMMEDIATE FROM './migrations/0011_state_keys.sql';
EXECUTE IMMEDIATE FROM './migrations/0012_pushes.sql';
EXECUTE IMMEDIATE FROM './migrations/0013_progress.sql';
EXECUTE IMMEDIATE FROM './migrations/0014_retention.sql';
EXECUTE IMMEDIATE FROM './migrations/0015_push_leases.sql';
EXECUTE IMMEDIATE FROM './migrations/0016_shapes.sql';
EXECUTE IMMEDIATE FROM './migrations/0017_link_leases.sql';
EXECUTE IMMEDIATE FROM './migrations/0018_time_zones.sql';
EXECUTE IMMEDIATE FROM './migrations/0019_outdated_views.sql';
EXECUTE IMMEDIATE FROM './migrations/0020_one_by_one.sql';
EXECUTE IMMEDIATE FROM './migrations/0021_stop_requests.sql';
EXECUTE IMMEDIATE FROM './migrations/0022_hashed_values.sql';
EXECUTE IMMEDIATE FROM './migrations/0023_audit_log.sql';
EXECUTE IMMEDIATE FROM './migrations/0024_referenced_types.sql';
EXECUTE IMMEDIATE FROM './migrations/0025_paused_with_all.sql';
