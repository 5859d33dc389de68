-- What reads HubSpot.

CREATE OR REPLACE PROCEDURE CORE.INGEST_HUBSPOT(SYNC VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow', 'snowflake-telemetry-python')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.ingest_hubspot'
  COMMENT = 'Runs one sync now'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.INGEST_HUBSPOT(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.INGEST_HUBSPOT_TASK(SYNC VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow', 'snowflake-telemetry-python')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.ingest_hubspot_task'
  COMMENT = 'Runs one sync for its task, which fails when the run does'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.INGEST_HUBSPOT_TASK(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.INGEST_ALL()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow', 'snowflake-telemetry-python')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.ingest_all'
  COMMENT = 'Runs every enabled sync, side by side'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.INGEST_ALL() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.INGEST_ALL_TASK()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow', 'snowflake-telemetry-python')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.ingest_all_task'
  COMMENT = 'Runs the enabled syncs without a schedule of their own, and fails when one of them does'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.INGEST_ALL_TASK() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.INGEST_FRESH_TASK()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow', 'snowflake-telemetry-python')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.ingest_fresh_task'
  COMMENT = 'Runs the enabled syncs with fresh_within that are due, and fails when one of them does'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.INGEST_FRESH_TASK() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.START_SYNC(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.start_sync'
  COMMENT = 'Begins a run of one sync in the background and answers at once'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.START_SYNC(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.STOP_SYNC(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.stop_sync'
  COMMENT = 'Asks the run of a sync that goes on to stop, and answers at once'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.STOP_SYNC(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.RECONCILE(SYNC VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.reconcile'
  COMMENT = 'Compares a table with HubSpot, repairs it, and certifies what was found'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.RECONCILE(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.RECONCILE_TASK(SYNC VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.reconcile_task'
  COMMENT = 'Compares a table for a task, which fails when that could not be done'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.RECONCILE_TASK(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.START_RECONCILE(SYNC VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.start_reconcile'
  COMMENT = 'Begins a comparison of a table in the background and answers at once'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.START_RECONCILE(VARCHAR) TO APPLICATION ROLE APP_ADMIN;
