-- What goes from Snowflake to HubSpot, and how.

CREATE OR REPLACE PROCEDURE CORE.CONFIGURE_PUSH(NAME VARCHAR, SETTINGS VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.configure_push'
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
  HANDLER = 'hubspot_ingest.push_procedures.drop_push'
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
  HANDLER = 'hubspot_ingest.push_procedures.enable_push'
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
  HANDLER = 'hubspot_ingest.push_procedures.disable_push'
  COMMENT = 'Keeps a push from running by itself'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DISABLE_PUSH(VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DISABLE_ALL_PUSHES()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.disable_all_pushes'
  COMMENT = 'Keeps every push from running by itself, until ENABLE_ALL_PUSHES'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DISABLE_ALL_PUSHES() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.ENABLE_ALL_PUSHES(EVERYTHING BOOLEAN DEFAULT FALSE)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.enable_all_pushes'
  COMMENT = 'Lets the pushes run again that DISABLE_ALL_PUSHES paused, or every one'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.ENABLE_ALL_PUSHES(BOOLEAN) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.CHECK_SOURCE(SOURCE VARIANT)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.check_source'
  COMMENT = 'Says which grants the app lacks to read a table or view'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CHECK_SOURCE(VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.SUGGEST_PUSH(SOURCE VARIANT, OBJECT VARCHAR, CONNECTION VARCHAR DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.suggest_push'
  COMMENT = 'Says which columns of a source could fill which properties of an object'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.SUGGEST_PUSH(VARIANT, VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.CREATE_EXTERNAL_ID(OBJECT VARCHAR, PROPERTY VARCHAR DEFAULT 'snowflake_key', CONNECTION VARCHAR DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.create_external_id'
  COMMENT = 'Makes the unique property of HubSpot that holds the keys of rows'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.CREATE_EXTERNAL_ID(VARCHAR, VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.PLAN_PUSH(NAME VARCHAR, SETTINGS VARIANT DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.plan_push'
  COMMENT = 'Says what a push would do, row by row; writes nothing to HubSpot'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.PLAN_PUSH(VARCHAR, VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.PUSH_TO_HUBSPOT(NAME VARCHAR, PLAN_HASH VARCHAR DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.push_to_hubspot'
  COMMENT = 'Runs a push now'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.PUSH_TO_HUBSPOT(VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.TRY_PUSH(NAME VARCHAR, KEYS ARRAY)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.try_push'
  COMMENT = 'Runs a push for some rows alone'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.TRY_PUSH(VARCHAR, ARRAY) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.RETRY_PUSH(NAME VARCHAR, KEYS ARRAY DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.retry_push'
  COMMENT = 'Sends refused rows of a push again'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.RETRY_PUSH(VARCHAR, ARRAY) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.SKIP_PUSH_ROWS(NAME VARCHAR, KEYS ARRAY, UNTIL VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.skip_push_rows'
  COMMENT = 'Leaves rows of a push alone until a time'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.SKIP_PUSH_ROWS(VARCHAR, ARRAY, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.RESET_PUSH(NAME VARCHAR, MODE VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.reset_push'
  COMMENT = 'Forgets what a push sent, or takes over what HubSpot holds'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.RESET_PUSH(VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.RESOLVE_PUSH_ROW(NAME VARCHAR, KEY VARCHAR, RECORD_ID VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.resolve_push_row'
  COMMENT = 'Settles a row of which nobody knows whether HubSpot wrote it'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.RESOLVE_PUSH_ROW(VARCHAR, VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.PUSH_TO_HUBSPOT_TASK(NAME VARCHAR, PLAN_HASH VARCHAR DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.push_to_hubspot_task'
  COMMENT = 'Runs a push for a task'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.PUSH_TO_HUBSPOT_TASK(VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.PUSH_ALL()
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.push_all'
  COMMENT = 'Runs every enabled push'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.PUSH_ALL() TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.START_PUSH(NAME VARCHAR, PLAN_HASH VARCHAR DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.start_push'
  COMMENT = 'Begins a run of a push, or of one plan of it, in the background'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.START_PUSH(VARCHAR, VARCHAR) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.STOP_PUSH(NAME VARCHAR)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.push_procedures.stop_push'
  COMMENT = 'Asks the run of a push that goes on to stop, and answers at once'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.STOP_PUSH(VARCHAR) TO APPLICATION ROLE APP_ADMIN;
