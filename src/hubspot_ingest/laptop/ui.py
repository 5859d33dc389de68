"""``hubspot-ingest ui``: the Streamlit page on the local engine.

Two processes. This one owns the engine and serves it, as ``serve`` does, so that other commands
work beside the page. The page's own process holds one Snowpark session on that endpoint, which
``get_active_session()`` finds there just as it does in Snowflake.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hubspot_ingest.errors import LaptopError
from hubspot_ingest.laptop import home

PAGE = Path(__file__).resolve().parents[3] / "streamlit" / "app.py"
ENDPOINT = "HUBSPOT_INGEST_ENDPOINT"
PATH = "HUBSPOT_INGEST_PAGE_PATH"
STARTS_WITHIN = 60.0

OPTIONS: dict[str, object] = {
    "server.address": "127.0.0.1",
    "server.headless": True,
    "server.fileWatcherType": "none",
    # both are Streamlit's defaults; a configuration file of the user's must not open the page
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "browser.gatherUsageStats": False,
    "browser.serverAddress": "127.0.0.1",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "logger.level": "error",
    "theme.light.primaryColor": "#2563eb",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f5f7fa",
    "theme.light.textColor": "#16202e",
    "theme.dark.primaryColor": "#2563eb",
    "theme.dark.backgroundColor": "#0f141b",
    "theme.dark.secondaryBackgroundColor": "#18202b",
    "theme.dark.textColor": "#e6ebf2",
    "theme.baseRadius": "8px",
}
"""How Streamlit runs on a laptop: on loopback, asking and telling nobody."""


def run(port: int) -> int:
    """Serve the page until interrupted; prints its address once it answers."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _interrupt)
    with _endpoint(home.home()) as parameters:
        chosen = port or _free_port()
        # Streamlit asks nobody for a password, but answers under this path only, which is drawn
        # anew at each start: who does not know the address does not find the page
        path = secrets.token_urlsafe(24)
        address = f"http://127.0.0.1:{chosen}/{path}"
        with _page(parameters, chosen, path) as process:
            try:
                _await(process, chosen, address)
                print(f"the page is at {address}; Ctrl-C ends it", flush=True)
                return process.wait()
            except KeyboardInterrupt:
                return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def _endpoint(directory: Path) -> Iterator[dict[str, Any]]:
    """How to connect to the engine: to the server that runs already, or to one of our own."""
    running = home.server(directory)
    if running is not None:
        yield running
        return
    engine = home.open_engine(directory)
    try:
        with engine.serve() as server:
            parameters = server.connection_parameters(home.DATABASE, home.SCHEMA)
            with home.announced(directory, parameters):
                yield parameters
    finally:
        home.close(engine)


@contextmanager
def _page(parameters: dict[str, Any], port: int, path: str) -> Iterator[subprocess.Popen[bytes]]:
    """The page's process. It is a group of its own: Ctrl-C reaches it through us alone.

    Password and path are in its environment: its arguments show in other users' lists of processes.
    """
    environment = {
        **os.environ,
        ENDPOINT: json.dumps(parameters),
        PATH: path,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hubspot_ingest.laptop.ui", str(port)],
        env=environment,
        cwd=PAGE.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, address: str) -> None:
    """Wait until the page answers. Raises ``LaptopError`` when it ends instead."""
    health = f"{address}/_stcore/health"
    until = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(health, timeout=2):
            return
        time.sleep(0.1)
    raise LaptopError(
        f"the page did not start on port {port}; if another program uses the port, choose one "
        "with --port, and if another hubspot-ingest process has just ended, try again"
    )


def _serve_page(port: int) -> None:
    """What the page's process does: one session, then Streamlit."""
    from snowflake.snowpark import Session
    from streamlit.web import bootstrap

    from snowflake_sandbox.endpoint.wire import PAGE_PARAMETER

    try:
        parameters = json.loads(os.environ.pop(ENDPOINT))
        # as a page of an application, which is not told who looks at it
        Session.builder.configs(
            {**parameters, "session_parameters": {PAGE_PARAMETER: True}}
        ).create()
    except Exception:
        # the process that started this one says what happened
        sys.exit(1)
    options = {name.replace(".", "_"): value for name, value in OPTIONS.items()}
    options["server_port"] = port
    options["server_baseUrlPath"] = os.environ.pop(PATH)
    bootstrap.load_config_options(options)
    bootstrap.run(str(PAGE), False, [], options)


if __name__ == "__main__":
    _serve_page(int(sys.argv[1]))
