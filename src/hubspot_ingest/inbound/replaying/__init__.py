"""Tables made again from kept pages, and runs undone."""
