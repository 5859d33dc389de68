"""The parts of the page. They reach Snowflake through ``calls`` and nowhere else."""
