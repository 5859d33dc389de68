-- Runs that somebody asked to stop.

CREATE TABLE IF NOT EXISTS STATE.STOP_REQUESTS (
  RUN_ID VARCHAR NOT NULL COMMENT 'The run that is to stop, and no other',
  NAME VARCHAR NOT NULL COMMENT 'Its sync or push',
  REQUESTED_AT TIMESTAMP_NTZ(3),
  REQUESTED_BY VARCHAR COMMENT 'NULL: Snowflake did not tell'
) COMMENT = 'Which runs were asked to stop: rows are only added, a run reads them as it says that it is alive';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 21, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 21);
