"""``hubspot-ingest serve``: the local engine as a Snowflake endpoint on loopback."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hubspot_ingest.errors import LaptopError
from hubspot_ingest.laptop import home


def run(port: int) -> int:
    """Serve until interrupted; prints how ``snow``, the connector and Snowpark connect."""
    directory = home.home()
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    engine = home.open_engine(directory)
    try:
        with ExitStack() as stack:
            try:
                server = stack.enter_context(engine.serve(port=port))
            except (OSError, OverflowError) as error:
                raise LaptopError(
                    f"port {port} cannot be used ({error}); choose another with --port"
                ) from error
            parameters = server.connection_parameters(home.DATABASE, home.SCHEMA)
            file = stack.enter_context(home.announced(directory, parameters))
            print(_instructions(parameters, file), flush=True)
            ended.wait()
    finally:
        # a second Ctrl-C, or SIGTERM, does not wait for what runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        home.close(engine)
    return 0


def _instructions(parameters: Mapping[str, Any], file: Path) -> str:
    """How to connect; the password is that of this start."""
    python = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
    return (
        f"serving on {parameters['host']}:{parameters['port']}; Ctrl-C ends it\n\n"
        "for snow, whose connection with the password of this start is in a file that only you "
        "can read:\n\n"
        f"  snow --config-file {shlex.quote(str(file))} sql -c local "
        "-q \"CALL ingest_hubspot('contacts')\"\n\n"
        f"for Python:\n\n  snowflake.connector.connect({python})\n"
    )
