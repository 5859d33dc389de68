-- What goes from Snowflake to HubSpot, and how.

CREATE OR REPLACE PROCEDURE CORE.CONFIGURE_PUSH(NAME VARCHAR, SETTINGS VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.configure_push'
  COMMENT = 'Stores the settings of a push'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CONFIGURE_PUSH(VARCHAR, VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DROP_PUSH(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.drop_push'
  COMMENT = 'Forgets a push; the records in HubSpot stay'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DROP_PUSH(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.ENABLE_PUSH(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.enable_push'
  COMMENT = 'Lets a push run by itself'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.ENABLE_PUSH(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DISABLE_PUSH(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.disable_push'
  COMMENT = 'Keeps a push from running by itself'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DISABLE_PUSH(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.CHECK_SOURCE(SOURCE VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.check_source'
  COMMENT = 'Says which grants the app lacks to read a table or view'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CHECK_SOURCE(VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.CREATE_EXTERNAL_ID(OBJECT VARCHAR, PROPERTY VARCHAR DEFAULT 'snowflake_key', CONNECTION VARCHAR DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.create_external_id'
  COMMENT = 'Makes the unique property of HubSpot that holds the keys of rows'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CREATE_EXTERNAL_ID(VARCHAR, VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;
