-- What goes before a value that lands as a hash, and which properties appeared after a sync's first run.

ALTER TABLE STATE.SETTINGS ADD COLUMN IF NOT EXISTS HASH_SALT VARCHAR
  COMMENT 'What goes before a value that lands as a hash; NULL: none ever did';

ALTER TABLE STATE.PROPERTIES ADD COLUMN IF NOT EXISTS APPEARED_AT TIMESTAMP_NTZ(3)
  COMMENT 'When a run first saw the property; NULL: it was there when the sync first ran';

ALTER TABLE STATE.PROPERTIES ADD COLUMN IF NOT EXISTS IGNORED BOOLEAN
  COMMENT 'Not taken because the sync ignores properties that appear later';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 22, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 22);
