-- State belongs to what it was earned on: a version of the settings, a portal, a table.

ALTER TABLE STATE.SYNCS ADD COLUMN IF NOT EXISTS VERSION VARCHAR
  COMMENT 'Another one whenever what was read before does not count any more; begins with the reason';
ALTER TABLE STATE.SYNCS ADD COLUMN IF NOT EXISTS EARNED_ON VARIANT
  COMMENT 'Version, portal and tables that cursor, checkpoint and sweeps were earned on';
ALTER TABLE STATE.SYNCS ADD COLUMN IF NOT EXISTS DROPPED_AT TIMESTAMP_NTZ(3)
  COMMENT 'Dropped while a run went on: the row stays until that has ended, for its lease';
ALTER TABLE STATE.COMPLETENESS ADD COLUMN IF NOT EXISTS VERSION VARCHAR
  COMMENT 'The version of the settings that it was taken for';

-- what a cursor of before was earned on is not known, but whether rows came into a table
UPDATE STATE.SYNCS
SET VERSION = 'FIRST', EARNED_ON = OBJECT_CONSTRUCT('version', 'FIRST', 'landed', r.LANDED)
FROM (
  SELECT s.NAME AS SYNC, COUNT(l.RUN_ID) > 0 AS LANDED
  FROM STATE.SYNCS s
  LEFT JOIN STATE.RUNS l ON l.SYNC = s.NAME AND l.ROWS_INSERTED > 0
  GROUP BY s.NAME
) r
WHERE r.SYNC = NAME
  AND VERSION IS NULL
  AND NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 11);

CREATE TABLE IF NOT EXISTS STATE.TABLES (
  DATABASE_NAME VARCHAR NOT NULL,
  SCHEMA_NAME VARCHAR NOT NULL,
  TABLE_NAME VARCHAR NOT NULL,
  SYNC VARCHAR COMMENT 'Whose it is; NULL where the sync was dropped or fills another table by now',
  STREAM VARCHAR COMMENT 'What lies in it',
  PART VARCHAR NOT NULL COMMENT 'Empty: the table of the sync; else links, history or a view beside it'
) COMMENT = 'Every name that syncs fill or show, and whose it is';

-- a table was called like the stream, it is called like the sync now: those of before stay
UPDATE STATE.SYNCS
SET SETTINGS = CASE
    WHEN SETTINGS:destination IS NULL THEN PARSE_JSON(
      '{"destination":{"table":"' || u.DEFAULT_TABLE || '"}'
      || IFF(IFNULL(TO_JSON(SETTINGS), '{}') = '{}', '}', ',' || SUBSTR(TO_JSON(SETTINGS), 2))
    )
    ELSE PARSE_JSON(REPLACE(
      REPLACE(TO_JSON(SETTINGS), '"destination":{"', '"destination":{"table":"' || u.DEFAULT_TABLE || '","'),
      '"destination":{}', '"destination":{"table":"' || u.DEFAULT_TABLE || '"}'
    ))
  END
FROM (
  SELECT NAME AS SYNC, REGEXP_REPLACE(SPELLED, '^([0-9])', 'OBJECT_\\1') AS DEFAULT_TABLE
  FROM (
    SELECT NAME, LEFT(REGEXP_REPLACE(
      UPPER(IFF(IFNULL(SETTINGS:connection::VARCHAR, 'default') = 'default', '', SETTINGS:connection::VARCHAR || '_') || STREAM),
      '[^A-Z0-9_]', '_'
    ), 200) AS SPELLED
    FROM STATE.SYNCS
  )
) u
WHERE u.SYNC = NAME
  AND SETTINGS:destination:table IS NULL
  AND NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 11);

-- where several syncs share a table, it is the first one's
INSERT INTO STATE.TABLES (DATABASE_NAME, SCHEMA_NAME, TABLE_NAME, SYNC, STREAM, PART)
SELECT DATABASE_NAME, SCHEMA_NAME, TABLE_NAME, NAME, STREAM, ''
FROM (
  SELECT
    NAME, STREAM, CREATED_AT,
    UPPER(IFNULL(SETTINGS:destination:database::VARCHAR, 'HUBSPOT_DATA')) AS DATABASE_NAME,
    UPPER(IFNULL(SETTINGS:destination:schema::VARCHAR, 'CRM')) AS SCHEMA_NAME,
    UPPER(SETTINGS:destination:table::VARCHAR) AS TABLE_NAME
  FROM STATE.SYNCS
)
WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 11)
QUALIFY ROW_NUMBER() OVER (PARTITION BY DATABASE_NAME, SCHEMA_NAME, TABLE_NAME ORDER BY CREATED_AT, NAME) = 1;

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 11, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 11);
