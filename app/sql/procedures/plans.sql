-- What runs would do, told before they do it.

CREATE OR REPLACE PROCEDURE CORE.PLAN_INGEST(SYNC VARCHAR, SETTINGS VARIANT DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow', 'snowflake-telemetry-python')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.plan_ingest'
  COMMENT = 'Tells what a run of one sync would do: requests, minutes, rows, DDL; writes nothing'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.PLAN_INGEST(VARCHAR, VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.PLAN_INGEST_ALL()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow', 'snowflake-telemetry-python')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.plan_ingest_all'
  COMMENT = 'Tells what runs of all enabled syncs would do side by side; writes nothing'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.PLAN_INGEST_ALL() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.COUNT_RECORDS(STREAM VARCHAR, SETTINGS VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow', 'snowflake-telemetry-python')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.count_records'
  COMMENT = 'Counts the records that match settings which are not stored'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.COUNT_RECORDS(VARCHAR, VARIANT) TO APPLICATION ROLE APP_ADMIN;
