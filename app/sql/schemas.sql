-- CORE and INTERNAL hold code and are replaced with every version; the others hold state and stay.

CREATE OR ALTER VERSIONED SCHEMA CORE;
GRANT USAGE ON SCHEMA CORE TO APPLICATION ROLE APP_ADMIN;
GRANT USAGE ON SCHEMA CORE TO APPLICATION ROLE APP_VIEWER;
GRANT USAGE ON SCHEMA CORE TO APPLICATION ROLE PUSH_VIEWER;

-- what nobody but the app itself reads
CREATE OR ALTER VERSIONED SCHEMA INTERNAL;

CREATE SCHEMA IF NOT EXISTS CONFIG;
CREATE SCHEMA IF NOT EXISTS STATE;
-- whatever collation the account has for new columns: keys that differ in case are two keys
ALTER SCHEMA STATE SET DEFAULT_DDL_COLLATION = '';
CREATE SCHEMA IF NOT EXISTS STAGING;
ALTER SCHEMA STAGING SET DEFAULT_DDL_COLLATION = '';
CREATE SCHEMA IF NOT EXISTS TASKS;
-- without it the grants on the tasks in it are of no use
GRANT USAGE ON SCHEMA TASKS TO APPLICATION ROLE APP_ADMIN;

-- Tasks of earlier versions have no largest size of their own, for which Snowflake takes XXLARGE.
-- Should an account refuse the default, the next CONFIGURE_SYNC gives it to the sync's own task.
EXECUTE IMMEDIATE $$
BEGIN
  EXECUTE IMMEDIATE 'ALTER SCHEMA TASKS SET SERVERLESS_TASK_MAX_STATEMENT_SIZE = ''XSMALL''';
EXCEPTION
  WHEN OTHER THEN
    NULL;
END;
$$;

CREATE STAGE IF NOT EXISTS STAGING.LOADS COMMENT = 'Files between HubSpot and a table; empty between runs';
