"""Where a laptop keeps its state, and how to reach the local engine there.

One process at a time owns the engine's files. ``serve`` and ``ui`` own them for long and leave a
file that says how to connect, so that other commands talk to them instead.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from hubspot_ingest import telemetry, times
from hubspot_ingest.errors import IngestError, LaptopError
from hubspot_ingest.laptop import logs, progress
from hubspot_ingest.times import SystemClock

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

    from snowflake_sandbox import Engine

APP = Path(__file__).resolve().parents[3] / "app"
DATABASE = "HUBSPOT_INGEST"
SCHEMA = "CORE"
CONNECTION_FILE = "connection.toml"


def home() -> Path:
    """``$HUBSPOT_INGEST_HOME``, by default ``.hubspot-ingest`` in the working directory."""
    return Path(os.environ.get("HUBSPOT_INGEST_HOME") or ".hubspot-ingest").absolute()


def open_engine(directory: Path) -> Engine:
    """The local engine on ``directory``, with the app of this version installed in it.

    Whatever was running when its last owner ended is over: its leases end here.
    """
    from hubspot_ingest.database.connection import Database
    from hubspot_ingest.database.state.progress import Leases

    engine = _opened(directory)
    try:
        _install(engine, directory)
        session = engine.session(DATABASE, SCHEMA)
        Leases(Database(session)).recover(SystemClock().now())
        session.close()
    except BaseException:
        engine.close()
        raise
    return engine


def _opened(directory: Path) -> Engine:
    from snowflake_sandbox.lean import without_pandas

    without_pandas()
    from snowflake_sandbox import Engine, EngineBusy

    try:
        _make_private(directory)
        return Engine(directory / "engine")
    except EngineBusy as error:
        raise LaptopError(
            f"another hubspot-ingest process is using {directory}; wait for it to end, or set "
            "HUBSPOT_INGEST_HOME to another directory",
            code="ENGINE_BUSY",
        ) from error
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise LaptopError(
            f"the local engine's files in {directory} cannot be opened ({reason}); make room on "
            "the disk, or set HUBSPOT_INGEST_HOME to another directory"
        ) from error


def _make_private(directory: Path) -> None:
    """Make the directory where it is missing, and shut it to other users of the machine.

    It holds rows, the HubSpot credential and the password of the endpoint.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.stat()
    if status.st_uid != os.getuid():
        raise PermissionError(f"{directory} belongs to another user")
    if status.st_mode & 0o077:
        directory.chmod(0o700)


def _install(engine: Engine, directory: Path) -> None:
    """Run the setup script when it is not the one that ran here last."""
    scripts = sorted(APP.rglob("*.sql"))
    version = {str(path.relative_to(APP)): path.read_text() for path in scripts}
    note = directory / "installed.json"
    with suppress(OSError, ValueError):
        if json.loads(note.read_text()) == version:
            return
    engine.install(APP, DATABASE)
    # here the person who installs it is the administrator who approves
    for name, *_, number, _, _, _, _ in engine.sql(
        f"SHOW PENDING SPECIFICATIONS IN APPLICATION {DATABASE}"
    ):
        engine.sql(
            f"ALTER APPLICATION {DATABASE} APPROVE SPECIFICATION {name} SEQUENCE_NUMBER = {number}"
        )
    note.write_text(json.dumps(version))


@contextmanager
def connecting() -> Iterator[Callable[[], SnowflakeConnection]]:
    """What connects to the local engine: the running server's, or one of our own."""
    directory = home()
    parameters = server(directory)
    if parameters is not None:
        import snowflake.connector

        yield partial(snowflake.connector.connect, **parameters)
        return
    engine = open_engine(directory)
    try:
        yield partial(engine.connect, DATABASE, SCHEMA)
    except KeyboardInterrupt:
        if engine.background.running:
            leave()
        raise
    finally:
        close(engine)


def close(engine: Engine) -> None:
    """Close the engine once what runs in the background has ended; Ctrl-C does not wait for it."""
    running = [name.object.lower() for name in engine.background.running]
    if running:
        print(
            f"hubspot-ingest: waiting for {', '.join(running)} to end in the background; Ctrl-C "
            "ends it at once, and its next run carries on",
            file=sys.stderr,
            flush=True,
        )
    try:
        engine.close()
    except KeyboardInterrupt:
        leave()


def leave_on_interrupt() -> None:
    """End the process at once on Ctrl-C, wherever it is.

    As an exception Ctrl-C comes out of a statement as that statement's failure now and then, and
    who then tidies up finds the transaction aborted.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: leave())


def leave() -> NoReturn:
    """End the process at once after Ctrl-C, with status 1.

    In good order Python waits for every thread of a run, and a thread that waits for HubSpot may
    take minutes; those threads also hold objects of the engine, which its library would list on
    the way out. The engine's files stand a kill at any point.
    """
    # the stream may be in the midst of a write
    with suppress(RuntimeError):
        # a terminal may hold the line that says how far a run is
        cleared = progress.CLEARED if sys.stderr.isatty() else ""
        print(
            f"{cleared}hubspot-ingest: interrupted; the next run carries on",
            file=sys.stderr,
            flush=True,
        )
    with suppress(RuntimeError):
        sys.stdout.flush()
    os._exit(1)


def internal_error(raised: Exception) -> IngestError:
    """The error to show for an exception that nobody foresaw, once its trace was written down.

    The engine may be what is broken, so the trace goes into a file beside it.
    """
    error_id, trace = telemetry.internal_error(raised)
    began = f"unexpected internal error {error_id}; what was committed before it stays; report "
    try:
        # the working directory may be gone, and with it the way to the default
        log = home() / "internal_errors.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            at = times.iso(SystemClock().now())
            file.write(f"{at} internal error {error_id}: {trace}\n")
    except OSError as error:
        return IngestError(
            f"{began}the id; its trace cannot be written to internal_errors.log "
            f"({error.strerror}): with {logs.VARIABLE}=error in the environment the same command "
            "prints it"
        )
    return IngestError(
        f"{began}the id with its line in {log}: places in the code, none of your data"
    )


@contextmanager
def announced(directory: Path, parameters: Mapping[str, Any]) -> Iterator[Path]:
    """While the block runs, a file in ``directory`` says how to connect to this process.

    ``snow`` takes it for its configuration, and asks that nobody else can read it.
    """
    file = directory / CONNECTION_FILE
    lines = [f"{name} = {json.dumps(value)}" for name, value in parameters.items()]
    text = "\n".join(["[connections.local]", *lines, "", "[server]", f"pid = {os.getpid()}", ""])
    # a process that was killed leaves its file behind
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(text)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def server(directory: Path) -> dict[str, Any] | None:
    """How to connect to the server of ``directory``; None when none is listening."""
    try:
        content = tomllib.loads((directory / CONNECTION_FILE).read_text())
        parameters: dict[str, Any] = content["connections"]["local"]
        os.kill(content["server"]["pid"], 0)
        with socket.create_connection((parameters["host"], parameters["port"]), timeout=2):
            return parameters
    except (OSError, ValueError, KeyError):
        return None
