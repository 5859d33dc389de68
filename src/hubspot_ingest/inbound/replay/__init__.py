"""Makes tables again from kept pages, and undoes runs."""
