-- How people fill in a property: whether it holds one value or several tells how it is labelled.

ALTER TABLE STATE.PROPERTIES ADD COLUMN IF NOT EXISTS FIELD_TYPE VARCHAR
  COMMENT 'As HubSpot names it: select, radio, checkbox';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 9, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 9);
