-- What version 0.1.0 remembered: its tables, and some of the rows that its runs left in them.

CREATE TABLE IF NOT EXISTS STATE.SYNCS (
  NAME VARCHAR NOT NULL,
  STREAM VARCHAR,
  SETTINGS VARIANT COMMENT 'As given to CONFIGURE_SYNC; defaults are not stored',
  ENABLED BOOLEAN,
  SETTLED_THROUGH TIMESTAMP_NTZ(3) COMMENT 'The cursor: everything changed before it is in the table',
  CHECKPOINT VARIANT COMMENT 'How far an unfinished run has come',
  SWEEPS VARIANT COMMENT 'When each sweep was last done, and where the rotation stands',
  LEASE_RUN_ID VARCHAR,
  LEASE_UNTIL TIMESTAMP_NTZ(3),
  CREATED_AT TIMESTAMP_NTZ(3),
  UPDATED_AT TIMESTAMP_NTZ(3)
);

CREATE TABLE IF NOT EXISTS STATE.RUNS (
  RUN_ID VARCHAR NOT NULL,
  SYNC VARCHAR,
  STREAM VARCHAR,
  STATUS VARCHAR COMMENT 'RUNNING, SUCCEEDED, STOPPED, SKIPPED or FAILED',
  DESTINATION VARCHAR,
  STRATEGY VARCHAR COMMENT 'LIST, WIDE or SEARCH',
  SINCE TIMESTAMP_NTZ(3),
  UNTIL TIMESTAMP_NTZ(3),
  SETTLED_THROUGH TIMESTAMP_NTZ(3),
  STARTED_AT TIMESTAMP_NTZ(3),
  FINISHED_AT TIMESTAMP_NTZ(3),
  DURATION_SECONDS FLOAT,
  ROWS_READ NUMBER(38,0),
  ROWS_INSERTED NUMBER(38,0),
  ROWS_UPDATED NUMBER(38,0),
  ROWS_DELETED NUMBER(38,0),
  VALUES_MISFIT NUMBER(38,0) COMMENT 'Values that did not fit their column; they are whole in PROPERTIES',
  REQUESTS NUMBER(38,0),
  BYTES NUMBER(38,0),
  RESPONSE_CODE VARCHAR,
  MESSAGE VARCHAR
);

CREATE TABLE IF NOT EXISTS STATE.REQUESTS (
  RUN_ID VARCHAR NOT NULL,
  ENDPOINT VARCHAR,
  COUNT NUMBER(38,0),
  RETRIES NUMBER(38,0),
  THROTTLED NUMBER(38,0) COMMENT 'Answers 429',
  SECONDS FLOAT COMMENT 'Time the answers took',
  BYTES NUMBER(38,0)
);

CREATE TABLE IF NOT EXISTS STATE.ERRORS (
  RUN_ID VARCHAR,
  SYNC VARCHAR,
  CODE VARCHAR,
  MESSAGE VARCHAR,
  CREATED_AT TIMESTAMP_NTZ(3)
);

CREATE TABLE IF NOT EXISTS STATE.PROPERTIES (
  SYNC VARCHAR NOT NULL,
  NAME VARCHAR,
  COLUMN_NAME VARCHAR,
  TYPE VARCHAR,
  LABEL VARCHAR,
  DESCRIPTION VARCHAR,
  OPTIONS VARIANT COMMENT 'Pairs of value and label',
  CALCULATED BOOLEAN
);

CREATE TABLE IF NOT EXISTS STATE.STREAMS (
  NAME VARCHAR NOT NULL,
  OBJECT_TYPE VARCHAR,
  READABLE BOOLEAN,
  SCOPES VARIANT COMMENT 'Any one of these lets the credential read the stream',
  CHECKED_AT TIMESTAMP_NTZ(3)
);

CREATE TABLE IF NOT EXISTS STATE.PORTALS (
  FINGERPRINT VARCHAR NOT NULL COMMENT 'Of the credential, which cannot be read back from it',
  PORTAL_ID VARCHAR
);

INSERT INTO STATE.SYNCS (NAME, STREAM, SETTINGS, ENABLED, SETTLED_THROUGH, CHECKPOINT, SWEEPS, LEASE_RUN_ID, LEASE_UNTIL, CREATED_AT, UPDATED_AT)
SELECT 'contacts', 'contacts', PARSE_JSON('{"properties": ["email", "firstname", "lifecyclestage"], "history": ["lifecyclestage"], "associations": ["companies"]}'), TRUE, '2026-09-21 15:03:20.000', NULL, PARSE_JSON('{"archived_at": 1790000000000, "filtered_at": 1789999400000, "rotated_at": 1790000000000, "rotation": 0}'), NULL, NULL, '2026-09-21 14:13:20.000', '2026-09-21 14:13:20.000'
UNION ALL SELECT 'customers', 'contacts', PARSE_JSON('{"stream": "contacts", "filter_groups": [{"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}]}], "properties": ["email"], "associations": []}'), TRUE, NULL, NULL, PARSE_JSON('{"archived_at": 1790003600000, "filtered_at": 1790003000000, "rotated_at": 1790003600000, "rotation": 0}'), NULL, NULL, '2026-09-21 14:13:20.000', '2026-09-22 15:13:20.000'
UNION ALL SELECT 'slow', 'contacts', PARSE_JSON('{"stream": "contacts", "properties": ["email"], "associations": [], "destination": {"table": "SLOW"}, "deadline_minutes": 1}'), TRUE, NULL, PARSE_JSON('{"plan": "0000000000000000", "since": null, "until": 1790090000000, "reading": {"0": 5}}'), NULL, '2026-09-22-killed', '2026-09-22 15:28:20.000', '2026-09-22 15:13:20.000', '2026-09-22 15:13:20.000'
UNION ALL SELECT 'deals', 'deals', PARSE_JSON('{"schedule": "60 MINUTES"}'), TRUE, NULL, NULL, NULL, NULL, NULL, '2026-09-22 15:13:20.000', '2026-09-22 15:13:20.000';

INSERT INTO STATE.RUNS (RUN_ID, SYNC, STREAM, STATUS, DESTINATION, STRATEGY, SINCE, UNTIL, SETTLED_THROUGH, STARTED_AT, FINISHED_AT, DURATION_SECONDS, ROWS_READ, ROWS_INSERTED, ROWS_UPDATED, ROWS_DELETED, VALUES_MISFIT, REQUESTS, BYTES, RESPONSE_CODE, MESSAGE)
SELECT '2026-09-21-655a7c970279', 'contacts', 'contacts', 'SUCCEEDED', 'HUBSPOT_DATA.CRM.CONTACTS', 'LIST', NULL, '2026-09-21 14:03:20.000', '2026-09-21 14:03:20.000', '2026-09-21 14:13:20.000', '2026-09-21 14:13:20.000', 0.0, 30, 30, 0, 0, 0, 5, 92710, 'OK', '30 contacts read, 30 inserted and 0 updated in HUBSPOT_DATA.CRM.CONTACTS'
UNION ALL SELECT '2026-09-21-3856788fd571', 'contacts', 'contacts', 'SUCCEEDED', 'HUBSPOT_DATA.CRM.CONTACTS', 'SEARCH', '2026-09-21 14:03:20.000', '2026-09-21 15:03:20.000', '2026-09-21 15:03:20.000', '2026-09-21 15:13:20.000', '2026-09-21 15:13:20.000', 0.0, 0, 0, 0, 0, 0, 1, 24, 'OK', 'no contacts to read; nothing was changed'
UNION ALL SELECT '2026-09-21-c2182482da85', 'customers', 'contacts', 'SUCCEEDED', 'HUBSPOT_DATA.CRM.CONTACTS', 'SEARCH', NULL, '2026-09-21 15:03:20.000', '2026-09-21 15:03:20.000', '2026-09-21 15:13:20.000', '2026-09-21 15:13:20.000', 0.0, 1, 0, 1, 0, 0, 2, 54286, 'OK', '1 contacts read, 0 inserted and 1 updated in HUBSPOT_DATA.CRM.CONTACTS'
UNION ALL SELECT '2026-09-21-41214e08762d', 'deals', 'deals', 'SUCCEEDED', 'HUBSPOT_DATA.CRM.DEALS', 'LIST', NULL, '2026-09-21 15:03:20.000', '2026-09-21 15:03:20.000', '2026-09-21 15:13:20.000', '2026-09-21 15:13:20.000', 0.0, 8, 8, 0, 0, 0, 2, 24454, 'OK', '8 deals read, 8 inserted and 0 updated in HUBSPOT_DATA.CRM.DEALS'
UNION ALL SELECT '2026-09-22-c70f91940852', 'deals', 'deals', 'SUCCEEDED', 'HUBSPOT_DATA.CRM.DEALS', 'SEARCH', '2026-09-21 15:03:20.000', '2026-09-22 15:03:20.000', '2026-09-22 15:03:20.000', '2026-09-22 15:13:20.000', '2026-09-22 15:13:20.000', 0.0, 0, 0, 0, 0, 0, 4, 24492, 'OK', 'no deals to read; nothing was changed'
UNION ALL SELECT '2026-09-22-killed', 'slow', 'contacts', 'RUNNING', NULL, NULL, NULL, NULL, NULL, '2026-09-22 15:13:20.000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL;

INSERT INTO STATE.REQUESTS (RUN_ID, ENDPOINT, COUNT, RETRIES, THROTTLED, SECONDS, BYTES)
SELECT '2026-09-21-655a7c970279', '/account-info/2026-09/details', 1, 0, 0, 0.0, 260
UNION ALL SELECT '2026-09-21-655a7c970279', '/crm/properties/2026-09/contacts', 1, 0, 0, 0.0, 53908
UNION ALL SELECT '2026-09-21-655a7c970279', '/crm/objects/2026-09/contacts', 1, 0, 0, 0.0, 12221
UNION ALL SELECT '2026-09-21-655a7c970279', '/crm/associations/2026-09/contacts/companies/batch/read', 1, 0, 0, 0.0, 8160
UNION ALL SELECT '2026-09-21-655a7c970279', '/crm/objects/2026-09/contacts/batch/read', 1, 0, 0, 0.0, 18161
UNION ALL SELECT '2026-09-21-3856788fd571', '/crm/objects/2026-09/contacts/search', 1, 0, 0, 0.0, 24
UNION ALL SELECT '2026-09-21-c2182482da85', '/crm/properties/2026-09/contacts', 1, 0, 0, 0.0, 53908
UNION ALL SELECT '2026-09-21-c2182482da85', '/crm/objects/2026-09/contacts/search', 1, 0, 0, 0.0, 378
UNION ALL SELECT '2026-09-21-41214e08762d', '/crm/properties/2026-09/deals', 1, 0, 0, 0.0, 21289
UNION ALL SELECT '2026-09-21-41214e08762d', '/crm/objects/2026-09/deals', 1, 0, 0, 0.0, 3165
UNION ALL SELECT '2026-09-22-c70f91940852', '/crm/properties/2026-09/deals', 1, 0, 0, 0.0, 21289
UNION ALL SELECT '2026-09-22-c70f91940852', '/crm/objects/2026-09/deals/search', 1, 0, 0, 0.0, 24
UNION ALL SELECT '2026-09-22-c70f91940852', '/crm/objects/2026-09/deals', 2, 0, 0, 0.0, 3179;

INSERT INTO STATE.ERRORS (RUN_ID, SYNC, CODE, MESSAGE, CREATED_AT)
SELECT NULL, 'contacts', 'HUBSPOT_UNAVAILABLE', 'HubSpot could not be reached; it''s \\ ''quoted''', '2026-09-22 15:13:20.000';

INSERT INTO STATE.PROPERTIES (SYNC, NAME, COLUMN_NAME, TYPE, LABEL, DESCRIPTION, OPTIONS, CALCULATED)
SELECT 'contacts', '2nd_choice-old', NULL, 'string', '2Nd Choice-Old', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'address', NULL, 'string', 'Street Address', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'annualrevenue', NULL, 'string', 'Annualrevenue', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'associatedcompanyid', NULL, 'number', 'Primary Associated Company ID', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'city', NULL, 'string', 'City', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'closedate', NULL, 'datetime', 'Closedate', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'company', NULL, 'string', 'Company Name', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'country', NULL, 'string', 'Country', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'createdate', NULL, 'datetime', 'Create date', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'customer_number', NULL, 'string', 'Customer Number', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'date_of_birth', NULL, 'string', 'Date Of Birth', '', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'double_points', NULL, 'number', 'Double Points', '', PARSE_JSON('[]'), TRUE
UNION ALL SELECT 'contacts', 'email', 'PROPERTIES_EMAIL', 'string', 'Email', 'A contact''s email address', PARSE_JSON('[]'), FALSE
UNION ALL SELECT 'contacts', 'firstname', 'PROPERTIES_FIRSTNAME', 'string', 'First Name', '', PARSE_JSON('[]'), FALSE;

INSERT INTO STATE.STREAMS (NAME, OBJECT_TYPE, READABLE, SCOPES, CHECKED_AT)
SELECT 'contacts', 'contacts', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'companies', 'companies', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'deals', 'deals', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'tickets', 'tickets', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'products', 'products', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'line_items', 'line_items', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'quotes', 'quotes', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'leads', 'leads', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'goals', 'goal_targets', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'deal_splits', 'deal_splits', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'calls', 'calls', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'emails', 'emails', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'meetings', 'meetings', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000'
UNION ALL SELECT 'notes', 'notes', TRUE, PARSE_JSON('[]'), '2026-09-22 15:13:20.000';

INSERT INTO STATE.PORTALS (FINGERPRINT, PORTAL_ID)
SELECT 'ecafe472314c4543', '62515001';
