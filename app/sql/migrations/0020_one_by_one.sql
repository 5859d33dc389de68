-- Since when every row of a table was compared with its record, where counts alone are equal now.

ALTER TABLE STATE.COMPLETENESS ADD COLUMN IF NOT EXISTS ONE_BY_ONE_SINCE TIMESTAMP_NTZ(3)
  COMMENT 'Every row was compared with its record, one by one, at least once since then; NULL: not yet';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 20, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 20);
