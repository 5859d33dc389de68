-- Pushes that run at the same time write associations one after the other.

CREATE TABLE IF NOT EXISTS STATE.LINK_LEASES (
  PORTAL_ID VARCHAR NOT NULL,
  LEASE_RUN_ID VARCHAR COMMENT 'The run that writes associations of the portal',
  LEASE_UNTIL TIMESTAMP_NTZ(3)
) COMMENT = 'Which run of a push writes associations, for each portal';

INSERT INTO STATE.MIGRATIONS (NUMBER, APPLIED_AT)
SELECT 17, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM STATE.MIGRATIONS WHERE NUMBER = 17);
