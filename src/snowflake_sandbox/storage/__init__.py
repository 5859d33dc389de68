"""What an account keeps: DuckDB files, recorded objects, staged files, secrets, history."""
