"""The texts of the statements that change tables, views and tasks."""
