"""How a client reaches the sandbox: over HTTP, or through httpx without a socket."""
