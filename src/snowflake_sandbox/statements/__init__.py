"""The other statements: one module for each kind of object or command."""
