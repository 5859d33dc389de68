-- The credentials, and what they can read.

CREATE OR REPLACE PROCEDURE CORE.SET_TOKEN(TOKEN VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.set_token'
  COMMENT = 'Stores the HubSpot credential'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.SET_TOKEN(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.SET_OAUTH(CLIENT_ID VARCHAR, CLIENT_SECRET VARCHAR, REFRESH_TOKEN VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.set_oauth'
  COMMENT = 'Stores an OAuth grant as the HubSpot credential'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.SET_OAUTH(VARCHAR, VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.CONFIGURE_CONNECTION(NAME VARCHAR, CREDENTIAL VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.configure_connection'
  COMMENT = 'Stores the credential of a connection to a portal'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CONFIGURE_CONNECTION(VARCHAR, VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DROP_CONNECTION(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.drop_connection'
  COMMENT = 'Forgets a connection and its credential'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DROP_CONNECTION(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.TEST_CONNECTION(CONNECTION VARCHAR DEFAULT 'default')
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.test_connection'
  COMMENT = 'Says which streams the credential can read'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.TEST_CONNECTION(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DISCOVER()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.discover'
  COMMENT = 'Looks up the streams, custom objects and properties of the portal'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DISCOVER() TO APPLICATION ROLE APP_ADMIN;
