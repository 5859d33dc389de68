"""The ways to reach the sandbox: over HTTP, or through httpx without a socket."""
