"""The app's own tables in the schema ``STATE``, one module for each kind of state."""
