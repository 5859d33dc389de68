-- The page, on the warehouse runtime; streamlit/environment.yml names the release it runs on.

CREATE OR REPLACE STREAMLIT CORE.PAGE
  FROM '/streamlit'
  MAIN_FILE = 'app.py'
  COMMENT = 'Set up, watch and check the syncs';
GRANT USAGE ON STREAMLIT CORE.PAGE TO APPLICATION ROLE APP_ADMIN;
