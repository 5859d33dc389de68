"""The application's own tables, one module for each kind of state."""
