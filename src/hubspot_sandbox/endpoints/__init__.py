"""The endpoints: each turns a request into an answer."""
