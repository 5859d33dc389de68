"""Runs the Python handler of a procedure and provides Snowflake's modules while it runs."""

from __future__ import annotations

import importlib
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from snowflake_sandbox.account import Account
from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.storage.history import Event
from snowflake_sandbox.storage.records import Procedure

_MODULE = "_snowflake"
# can be imported only by procedures that name this package in PACKAGES
_TELEMETRY = "snowflake.telemetry"
_TELEMETRY_PACKAGE = "snowflake-telemetry-python"


class SqlNull:
    """What a Python handler receives for an argument of type VARIANT that is SQL NULL.

    None is a VARIANT that holds JSON's null. Source: Snowflake, "Designing Python UDFs", NULL
    values.
    """

    is_sql_null = True


SqlNull.__name__ = SqlNull.__qualname__ = "sqlNullWrapper"
SQL_NULL = SqlNull()


@dataclass(frozen=True)
class _Run:
    account: Account
    procedure: Procedure

    def secret(self, alias: str) -> str:
        """Return the value of a secret by the alias in the procedure's SECRETS."""
        name = self.procedure.secrets.get(alias)
        if name is None:
            raise ValueError(f"Secret alias '{alias}' is not bound to {self.procedure.name}.")
        return self.account.secrets.value(name)


# the handler's own thread knows its run; threads it starts do not inherit the variable
_current: ContextVar[_Run | None] = ContextVar("snowflake_sandbox_run", default=None)
_running: list[_Run] = []
_lock = threading.Lock()


def _find(alias: str) -> str:
    """Return a secret of the running procedure, to the handler's own thread alone.

    Source: Snowflake, "External network access limitations".
    """
    run = _current.get()
    if run is None:
        raise RuntimeError("Secrets can only be accessed from the main thread.")
    return run.secret(alias)


def _kind(alias: str) -> str:
    _find(alias)
    return "GENERIC_STRING"


def _event(name: str, attributes: Mapping[str, Any] | None = None) -> None:
    run = _current.get()
    if run is not None:
        run.account.history.add_event(
            Event(run.procedure.name.object, name, dict(attributes or {}))
        )


def _attribute(key: str, value: Any) -> None:
    _event("", {key: value})


def _modules(procedure: Procedure) -> dict[str, ModuleType]:
    module = ModuleType(_MODULE, "Secrets of the running procedure.")
    module.__dict__.update(get_generic_secret_string=_find, get_secret_type=_kind)
    if not any(package.partition("=")[0] == _TELEMETRY_PACKAGE for package in procedure.packages):
        return {_MODULE: module}
    telemetry = ModuleType(_TELEMETRY, "The span of the running procedure.")
    telemetry.__dict__.update(add_event=_event, set_span_attribute=_attribute)
    return {_MODULE: module, _TELEMETRY: telemetry}


@contextmanager
def _answering(run: _Run) -> Iterator[None]:
    token = _current.set(run)
    with _lock:
        _running.append(run)
        for name, module in _modules(run.procedure).items():
            sys.modules.setdefault(name, module)
    try:
        yield
    finally:
        _current.reset(token)
        with _lock:
            _running.remove(run)
            if not _running:
                for name in (_MODULE, _TELEMETRY):
                    sys.modules.pop(name, None)


def run_handler(caller: LocalSession, procedure: Procedure, arguments: list[Any]) -> Any:
    """Call a procedure's handler with a session of its own.

    Args:
        caller: the session that calls it; an open transaction of it is the handler's too.
        procedure: what is called.
        arguments: the handler's.

    Raises:
        SqlError: 100357 with the Python error and its traceback; 90226 when the handler left
            a transaction open.
    """
    account = caller.account
    place = f"in function {procedure.name.object} with handler {procedure.handler}"
    try:
        handler = _load(procedure)
    except Exception as error:
        raise _failed(error, place) from error
    name = procedure.name
    session = account.session(name.database, name.schema, owner=name, caller=caller)
    try:
        with _answering(_Run(account, procedure)):
            answer = handler(session, *arguments)
    except Exception as error:
        raise _failed(error, place) from error
    else:
        caller.end_call()
        return answer
    finally:
        session.close()


def _failed(error: Exception, place: str) -> SqlError:
    lines = "".join(traceback.format_exception(error)).rstrip()
    return SqlError(f"Python Interpreter Error:\n{lines}\n {place}", 100357, "P0000")


def _load(procedure: Procedure) -> Callable[..., Any]:
    if procedure.source is not None:
        module = ModuleType(f"procedure_{procedure.name.object.lower()}")
        exec(compile(procedure.source, f"<{procedure.name}>", "exec"), module.__dict__)
        target = getattr(module, procedure.handler.rsplit(".", 1)[-1])
    else:
        path, _, function = procedure.handler.rpartition(".")
        target = getattr(importlib.import_module(path), function)
    if not callable(target):
        raise TypeError(f"{procedure.handler} is not a function")
    handler: Callable[..., Any] = target
    return handler
