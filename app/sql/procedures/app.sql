-- What is set for the whole app, and who is told when something goes wrong.

CREATE OR REPLACE PROCEDURE CORE.CONFIGURE_APP(SETTINGS VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.configure_app'
  COMMENT = 'Stores settings of the whole app; those not given stay as they are'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CONFIGURE_APP(VARIANT) TO APPLICATION ROLE APP_ADMIN;
