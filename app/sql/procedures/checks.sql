-- What tells why things are as they are.

CREATE OR REPLACE PROCEDURE CORE.DOCTOR()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.doctor'
  COMMENT = 'Says what is wrong, or will be, and its cure'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DOCTOR() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.EXPLAIN_ROW(SYNC VARCHAR, ID VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.explain_row'
  COMMENT = 'Says why a record is in the table as it is, or is not'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.EXPLAIN_ROW(VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.EXPLAIN_RUN(RUN_ID VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.explain_run'
  COMMENT = 'Says where the time and the requests of a run went'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.EXPLAIN_RUN(VARCHAR) TO APPLICATION ROLE APP_ADMIN;
