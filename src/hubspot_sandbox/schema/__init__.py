"""What a portal can hold: its object types and the properties each of them starts with."""
