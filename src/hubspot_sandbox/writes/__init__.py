"""What a write does to a record: its values checked, its keys unique, its associations made."""
