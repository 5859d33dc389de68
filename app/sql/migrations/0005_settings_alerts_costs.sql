-- The settings of the whole app, what people were told of, and what runs cost.

CREATE TABLE IF NOT EXISTS STATE.SETTINGS (
  SETTINGS VARIANT COMMENT 'As given to CONFIGURE_APP, one update upon the other; defaults are not stored',
  EVERY_MINUTES NUMBER(38,0) COMMENT 'The most minutes between two runs of its schedule',
  UPDATED_AT TIMESTAMP_NTZ(3)
) COMMENT = 'One row at most';

CREATE TABLE IF NOT EXISTS STATE.ALERTS (
  SYNC VARCHAR NOT NULL,
  KIND VARCHAR NOT NULL COMMENT 'FAILED, DELAYED or INCOMPLETE',
  CODE VARCHAR COMMENT 'Why; people are told again when it changes',
  RUN_ID VARCHAR,
  SINCE TIMESTAMP_NTZ(3) COMMENT 'When people were told'
) COMMENT = 'What people were told of and is not over yet';

ALTER TABLE STATE.SYNCS ADD COLUMN IF NOT EXISTS EVERY_MINUTES NUMBER(38,0)
  COMMENT 'The most minutes between two runs of its own schedule';
ALTER TABLE STATE.RUNS ADD COLUMN IF NOT EXISTS WAREHOUSE_SECONDS FLOAT
  COMMENT 'Seconds its procedure ran, shared equally among runs side by side in one';
ALTER TABLE STATE.RUNS ADD COLUMN IF NOT EXISTS STAGED_BYTES NUMBER(38,0)
  COMMENT 'Size of the files it loaded';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 5, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 5);
