-- Views of what landed in the shapes in which other products land HubSpot; no request to HubSpot.

CREATE OR REPLACE PROCEDURE CORE.MAKE_FIVETRAN_VIEWS(SETTINGS VARIANT DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.make_fivetran_views'
  COMMENT = 'Makes views of what landed in the shape that Fivetran gives HubSpot'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.MAKE_FIVETRAN_VIEWS(VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DROP_FIVETRAN_VIEWS(SETTINGS VARIANT DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.drop_fivetran_views'
  COMMENT = 'Drops the views that MAKE_FIVETRAN_VIEWS made'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DROP_FIVETRAN_VIEWS(VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.MAKE_AIRBYTE_VIEWS(SETTINGS VARIANT DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.make_airbyte_views'
  COMMENT = 'Makes views of what landed in the shape that Airbyte gives HubSpot'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.MAKE_AIRBYTE_VIEWS(VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.DROP_AIRBYTE_VIEWS(SETTINGS VARIANT DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.drop_airbyte_views'
  COMMENT = 'Drops the views that MAKE_AIRBYTE_VIEWS made'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.DROP_AIRBYTE_VIEWS(VARIANT) TO APPLICATION ROLE APP_ADMIN;

CREATE OR REPLACE PROCEDURE CORE.COMPARE_FIVETRAN(DATABASE_NAME VARCHAR, SCHEMA_NAME VARCHAR, SETTINGS VARIANT DEFAULT NULL)
  RETURNS VARIANT
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  PACKAGES = ('snowflake-snowpark-python', 'httpx', 'pydantic', 'pyarrow')
  IMPORTS = ('/lib/hubspot_ingest.zip')
  HANDLER = 'hubspot_ingest.procedures.compare_fivetran'
  COMMENT = 'Compares a schema that Fivetran filled with our views, table by table'
  EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE CORE.COMPARE_FIVETRAN(VARCHAR, VARCHAR, VARIANT) TO APPLICATION ROLE APP_ADMIN;
