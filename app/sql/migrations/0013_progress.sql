-- What runs write of themselves is only ever added: runs side by side wait for nobody.

ALTER TABLE STATE.SYNCS ADD COLUMN IF NOT EXISTS TURN NUMBER(38,0)
  COMMENT 'Counts who took the lease: what an earlier turn writes late never counts';
ALTER TABLE STATE.SYNCS ADD COLUMN IF NOT EXISTS LEASE_AT TIMESTAMP_NTZ(3)
  COMMENT 'When the run that holds the lease began; NULL where it is no run';
ALTER TABLE STATE.RUNS ADD COLUMN IF NOT EXISTS ENDPOINTS VARIANT
  COMMENT 'What its requests cost, by endpoint, as REQUESTS had it before';

CREATE TABLE IF NOT EXISTS STATE.PROGRESS (
  SYNC VARCHAR NOT NULL,
  RUN_ID VARCHAR NOT NULL,
  TURN NUMBER(38,0) NOT NULL COMMENT 'Of the lease by which it was written',
  NUMBER NUMBER(38,0) NOT NULL COMMENT 'The order within a turn',
  VERSION VARCHAR COMMENT 'Of the settings that the state was earned with',
  WRITTEN_AT TIMESTAMP_NTZ(3),
  LEASE_UNTIL TIMESTAMP_NTZ(3) COMMENT 'NULL: the lease was given back',
  SETTLED_THROUGH TIMESTAMP_NTZ(3) COMMENT 'The cursor: everything changed before it is in the table',
  CHECKPOINT VARIANT COMMENT 'How far an unfinished run has come',
  SWEEPS VARIANT COMMENT 'When each sweep was last done, and where the rotation stands',
  EARNED_ON VARIANT COMMENT 'Version, portal and tables that all this was earned on',
  RUN VARIANT COMMENT 'How far the run is, as RUNS has it once it has ended',
  USAGE VARIANT COMMENT 'The day of requests as HubSpot told it, as BUDGETS had it before'
) COMMENT = 'How far runs were: rows are only added, the last one of a sync is its state';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 13, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 13);
