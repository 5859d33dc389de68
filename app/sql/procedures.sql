-- The doors. Each answers an object with response_code and message.

CREATE OR REPLACE PROCEDURE CORE.INGEST_HUBSPOT(SYNC VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.ingest_hubspot'
  EXTERNAL_ACCESS_INTEGRATIONS = (HUBSPOT_INGEST_EAI)
  SECRETS = ('token' = CONFIG.HUBSPOT_TOKEN)
  COMMENT = 'Runs one sync now'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.INGEST_HUBSPOT(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.INGEST_HUBSPOT_TASK(SYNC VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.ingest_hubspot_task'
  EXTERNAL_ACCESS_INTEGRATIONS = (HUBSPOT_INGEST_EAI)
  SECRETS = ('token' = CONFIG.HUBSPOT_TOKEN)
  COMMENT = 'Runs one sync for its task, which fails when the run does'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.INGEST_HUBSPOT_TASK(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.INGEST_ALL()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.ingest_all'
  EXTERNAL_ACCESS_INTEGRATIONS = (HUBSPOT_INGEST_EAI)
  SECRETS = ('token' = CONFIG.HUBSPOT_TOKEN)
  COMMENT = 'Runs every enabled sync, side by side'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.INGEST_ALL() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.CONFIGURE_SYNC(NAME VARCHAR, SETTINGS VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.configure_sync'
  EXTERNAL_ACCESS_INTEGRATIONS = (HUBSPOT_INGEST_EAI)
  SECRETS = ('token' = CONFIG.HUBSPOT_TOKEN)
  COMMENT = 'Stores the settings of a sync'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CONFIGURE_SYNC(VARCHAR, VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DROP_SYNC(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
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
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.disable_sync'
  COMMENT = 'Keeps a sync from running by itself'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DISABLE_SYNC(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.RESET_SYNC(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.reset_sync'
  COMMENT = 'Makes the next run a backfill'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.RESET_SYNC(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

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
  EXTERNAL_ACCESS_INTEGRATIONS = (HUBSPOT_INGEST_EAI)
  SECRETS = ('token' = CONFIG.HUBSPOT_TOKEN)
  COMMENT = 'Says which streams the credential can read'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.TEST_CONNECTION() TO APPLICATION ROLE APP_ADMIN;
