"""``hubspot-ingest serve``: the local engine as a Snowflake endpoint on loopback."""

from __future__ import annotations

import signal
import threading

from hubspot_ingest.laptop import home


def run(port: int) -> int:
    """Serve until interrupted; prints how ``snow``, the connector and Snowpark connect."""
    directory = home.home()
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    engine = home.open_engine(directory)
    try:
        with engine.serve(port=port) as server:
            parameters = server.connection_parameters()
            note = home.announce(directory, parameters)
            try:
                print(_told(parameters), flush=True)
                ended.wait()
            finally:
                note.unlink(missing_ok=True)
    finally:
        # a second Ctrl-C, or SIGTERM, does not wait for what runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        home.close(engine)
    return 0


def _told(parameters: dict[str, object]) -> str:
    shown = {**parameters, "database": home.DATABASE, "schema": home.SCHEMA}
    toml = "\n".join(f'{key} = "{value}"' for key, value in shown.items())
    python = ", ".join(f"{key}={value!r}" for key, value in shown.items())
    return (
        f"serving on {parameters['host']}:{parameters['port']}; Ctrl-C ends it\n\n"
        f"for snow, in its config.toml (chmod 600):\n\n[connections.local]\n{toml}\n\n"
        "  snow sql -c local -q \"CALL ingest_hubspot('contacts')\"\n\n"
        f"for Python:\n\n  snowflake.connector.connect({python})\n"
    )
