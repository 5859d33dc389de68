"""The SQL of the statements that change tables, views and tasks. Pure."""
