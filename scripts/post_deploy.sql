-- What a consumer does by hand, done for a development account after every `snow app run`: the
-- connection to HubSpot is approved. Approving it again is no matter; where another approval is
-- needed, because the hosts changed, the answer says so and the sequence number is one higher.
EXECUTE IMMEDIATE $$
BEGIN
  EXECUTE IMMEDIATE 'ALTER APPLICATION <% ctx.entities.hubspot_ingest.identifier %>'
    || ' APPROVE SPECIFICATION HUBSPOT_API SEQUENCE_NUMBER = 1';
  RETURN 'the connection to api.hubapi.com is approved';
EXCEPTION
  WHEN OTHER THEN
    RETURN 'not approved, see SHOW SPECIFICATIONS IN APPLICATION: ' || SQLERRM;
END;
$$;
