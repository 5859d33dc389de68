-- What is done with what runs keep. Only the rollback of a push talks to HubSpot.

CREATE OR REPLACE PROCEDURE CORE.REPLAY(SYNC VARCHAR, SINCE VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.replay'
  COMMENT = 'Makes the table of a sync again from kept pages, without a request to HubSpot'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.REPLAY(VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.ROLLBACK_RUN(RUN_ID VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.rollback_run'
  COMMENT = 'Undoes what one run did to its tables'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.ROLLBACK_RUN(VARCHAR) TO APPLICATION ROLE APP_ADMIN;
