-- What is kept up to date, and how.

CREATE OR REPLACE PROCEDURE CORE.CONFIGURE_SYNC(NAME VARCHAR, SETTINGS VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.configure_sync'
  COMMENT = 'Stores the settings of a sync'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CONFIGURE_SYNC(VARCHAR, VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DROP_SYNC(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.drop_sync'
  COMMENT = 'Forgets a sync; its table stays'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DROP_SYNC(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.ENABLE_SYNC(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.enable_sync'
  COMMENT = 'Lets a sync run by itself'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.ENABLE_SYNC(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DISABLE_SYNC(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.disable_sync'
  COMMENT = 'Keeps a sync from running by itself'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DISABLE_SYNC(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DISABLE_ALL_SYNCS()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.disable_all_syncs'
  COMMENT = 'Keeps every sync from running by itself, until ENABLE_ALL_SYNCS'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DISABLE_ALL_SYNCS() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.ENABLE_ALL_SYNCS(EVERYTHING BOOLEAN DEFAULT FALSE)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.enable_all_syncs'
  COMMENT = 'Lets the syncs run again that DISABLE_ALL_SYNCS paused, or every one'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.ENABLE_ALL_SYNCS(BOOLEAN) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.RESET_SYNC(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.reset_sync'
  COMMENT = 'Makes the next run a backfill'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.RESET_SYNC(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.CHECK_DESTINATION(DESTINATION VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.check_destination'
  COMMENT = 'Says which grants the app lacks where a sync should write'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CHECK_DESTINATION(VARIANT) TO APPLICATION ROLE APP_ADMIN;
