-- The one way out, to api.hubapi.com, the credential that goes along it, and who may use them.
-- HOST_PORTS and VALUE_LIST must be the same text, or requests fail as if there were no network.

CREATE SECRET IF NOT EXISTS CONFIG.HUBSPOT_TOKEN
  TYPE = GENERIC_STRING
  SECRET_STRING = ''
  COMMENT = 'HubSpot service key or private app token, set by CORE.SET_TOKEN';

CREATE OR ALTER NETWORK RULE CONFIG.HUBSPOT_API
  MODE = EGRESS
  TYPE = HOST_PORT
  VALUE_LIST = ('api.hubapi.com');

ALTER APPLICATION SET SPECIFICATION HUBSPOT_API
  TYPE = EXTERNAL_ACCESS
  LABEL = 'HubSpot API'
  DESCRIPTION = 'Reads your CRM records from api.hubapi.com'
  HOST_PORTS = ('api.hubapi.com');

-- An integration belongs to the account: it is named after the application, so that two
-- installations stand side by side. One that is there is changed, not replaced, because runs of
-- the version before may still be using it.
EXECUTE IMMEDIATE $$
DECLARE
  integration VARCHAR DEFAULT '"' || CURRENT_DATABASE() || '_EAI"';
  allows VARCHAR DEFAULT 'ALLOWED_NETWORK_RULES = (CONFIG.HUBSPOT_API)'
    || ' ALLOWED_AUTHENTICATION_SECRETS = (CONFIG.HUBSPOT_TOKEN)'
    || ' ENABLED = TRUE';
BEGIN
  EXECUTE IMMEDIATE 'ALTER EXTERNAL ACCESS INTEGRATION ' || integration || ' SET ' || allows;
EXCEPTION
  WHEN OTHER THEN
    EXECUTE IMMEDIATE 'CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION ' || integration || ' ' || allows;
END;
$$;

-- The procedures that ask HubSpot something, and no others: one line each.
EXECUTE IMMEDIATE $$
DECLARE
  bound VARCHAR DEFAULT ' SET EXTERNAL_ACCESS_INTEGRATIONS = ("' || CURRENT_DATABASE() || '_EAI")'
    || ' SECRETS = (''token'' = CONFIG.HUBSPOT_TOKEN)';
BEGIN
  EXECUTE IMMEDIATE 'ALTER PROCEDURE CORE.INGEST_HUBSPOT(VARCHAR)' || bound;
  EXECUTE IMMEDIATE 'ALTER PROCEDURE CORE.INGEST_HUBSPOT_TASK(VARCHAR)' || bound;
  EXECUTE IMMEDIATE 'ALTER PROCEDURE CORE.INGEST_ALL()' || bound;
  EXECUTE IMMEDIATE 'ALTER PROCEDURE CORE.CONFIGURE_SYNC(VARCHAR, VARIANT)' || bound;
  EXECUTE IMMEDIATE 'ALTER PROCEDURE CORE.TEST_CONNECTION()' || bound;
  EXECUTE IMMEDIATE 'ALTER PROCEDURE CORE.DISCOVER()' || bound;
END;
$$;
