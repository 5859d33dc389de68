-- What is set for the whole app, and who is told when something goes wrong.

CREATE OR REPLACE PROCEDURE CORE.CONFIGURE_APP(SETTINGS VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.configure_app'
  COMMENT = 'Stores settings of the whole app; those not given stay as they are'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CONFIGURE_APP(VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.CONFIGURE_ALL(CONFIGURATION VARIANT, APPLY BOOLEAN DEFAULT TRUE)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.configure_all'
  COMMENT = 'Checks the settings of the app and of several syncs, and stores all of them or none'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CONFIGURE_ALL(VARIANT, BOOLEAN) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.SEND_ALERTS()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.send_alerts'
  COMMENT = 'Tells people of what went wrong and of what is over, each once'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.SEND_ALERTS() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.SEND_TEST_NOTIFICATION()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.send_test_notification'
  COMMENT = 'Sends a notification that says it is a test'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.SEND_TEST_NOTIFICATION() TO APPLICATION ROLE APP_ADMIN;
