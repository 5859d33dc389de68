"""What running in an account needs, in either direction: connections, schedules, alerts, quota."""
