-- What runs read and what they changed, for as many days as the app is told to keep it.

CREATE TABLE IF NOT EXISTS STATE.PAGES (
  SYNC VARCHAR NOT NULL,
  RUN_ID VARCHAR NOT NULL,
  NUMBER NUMBER(38,0) NOT NULL COMMENT 'The order in which it was merged, within the sync',
  KIND VARCHAR NOT NULL COMMENT 'BEGUN, RECORDS, MARKS, LINKS_ENDED, REFILL, ITEMS, GONE or ROLLBACK',
  PART VARCHAR COMMENT 'NULL: what is said of them all; empty: the rows; else what lies beside them',
  READ_AT TIMESTAMP_NTZ(3),
  BODY VARIANT COMMENT 'A row as HubSpot sent it'
);

CREATE TABLE IF NOT EXISTS STATE.IMAGES (
  SYNC VARCHAR NOT NULL,
  RUN_ID VARCHAR NOT NULL,
  NUMBER NUMBER(38,0) NOT NULL COMMENT 'That of the pages that touched the row',
  PART VARCHAR COMMENT 'Empty: the table; else the table beside it',
  KEY VARCHAR,
  SAVED_AT TIMESTAMP_NTZ(3),
  BODY VARIANT COMMENT 'The row before the run first touched it; NULL: there was none'
);

ALTER TABLE STATE.RUNS ADD COLUMN IF NOT EXISTS ROLLED_BACK_AT TIMESTAMP_NTZ(3)
  COMMENT 'When what it did was undone';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 10, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 10);
