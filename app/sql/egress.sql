-- The one way out, to api.hubapi.com, and the credential that goes along it.
-- HOST_PORTS and VALUE_LIST must be the same text, or requests fail as if there were no network.

CREATE SECRET IF NOT EXISTS CONFIG.HUBSPOT_TOKEN
  TYPE = GENERIC_STRING
  SECRET_STRING = ''
  COMMENT = 'HubSpot service key or private app token, set by CORE.SET_TOKEN';

CREATE OR ALTER NETWORK RULE CONFIG.HUBSPOT_API
  MODE = EGRESS
  TYPE = HOST_PORT
  VALUE_LIST = ('api.hubapi.com');

CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION HUBSPOT_INGEST_EAI
  ALLOWED_NETWORK_RULES = (CONFIG.HUBSPOT_API)
  ALLOWED_AUTHENTICATION_SECRETS = (CONFIG.HUBSPOT_TOKEN)
  ENABLED = TRUE;

ALTER APPLICATION SET SPECIFICATION HUBSPOT_API
  TYPE = EXTERNAL_ACCESS
  LABEL = 'HubSpot API'
  DESCRIPTION = 'Reads your CRM records from api.hubapi.com'
  HOST_PORTS = ('api.hubapi.com');
