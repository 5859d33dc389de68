-- What is known of an account's day of requests, and which process and weight a lease speaks for:
-- processes that read the same account at once take a share of its limits each.

CREATE TABLE IF NOT EXISTS STATE.BUDGETS (
  FINGERPRINT VARCHAR NOT NULL COMMENT 'Of the credential, as in PORTALS',
  DAILY_LIMIT NUMBER(38,0),
  USED NUMBER(38,0) COMMENT 'By all apps of the account',
  RESETS_AT TIMESTAMP_NTZ(3) COMMENT 'Midnight in the time zone of the account',
  CHECKED_AT TIMESTAMP_NTZ(3),
  RESERVE_PERCENT NUMBER(38,0),
  APPS VARIANT COMMENT 'Pairs of a kind of app and what HubSpot says it used'
);

ALTER TABLE STATE.SYNCS ADD COLUMN IF NOT EXISTS LEASE_PROCESS VARCHAR;
ALTER TABLE STATE.SYNCS ADD COLUMN IF NOT EXISTS LEASE_WEIGHT NUMBER(38,0);

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 3, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 3);
