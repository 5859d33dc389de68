"""Statements that are neither query nor DML, one module for each kind of object or command."""
