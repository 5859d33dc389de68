"""Why something is as it is: DOCTOR, EXPLAIN_ROW, EXPLAIN_RUN."""
