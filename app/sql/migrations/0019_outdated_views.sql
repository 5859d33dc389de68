-- Views in other shapes of which a call that was killed left some as they were.

ALTER TABLE STATE.SHAPES ADD COLUMN IF NOT EXISTS OUTDATED_AT TIMESTAMP_NTZ(3)
  COMMENT 'Since when views may lack something or a grant; NULL: they were brought up to date';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 19, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 19);
