-- The credential, and what it can read.

CREATE OR REPLACE PROCEDURE CORE.SET_TOKEN(TOKEN VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.set_token'
  COMMENT = 'Stores the HubSpot credential'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.SET_TOKEN(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.TEST_CONNECTION()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.test_connection'
  COMMENT = 'Says which streams the credential can read'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.TEST_CONNECTION() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DISCOVER()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.discover'
  COMMENT = 'Looks up the streams, custom objects and properties of the portal'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DISCOVER() TO APPLICATION ROLE APP_ADMIN;
