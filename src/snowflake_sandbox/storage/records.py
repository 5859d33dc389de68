"""The kinds of recorded objects and what is stored of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from snowflake_sandbox.names import Name
from snowflake_sandbox.sql.types import DataType


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Entry:
    """An object by kind and name.

    Attributes:
        kind: e.g. ``SECRET``, ``NETWORK RULE``, ``EXTERNAL ACCESS INTEGRATION``, ``STREAMLIT``.
        name: one part for an object of the account or the application, two for a schema, three
            for an object in a schema.
        options: the clauses it was created with; a secret's value is never among them.
    """

    kind: str
    name: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    created_at: str = field(default_factory=_now)

    @property
    def title(self) -> str:
        """The full name with dots."""
        return ".".join(self.name)


@dataclass(frozen=True)
class Parameter:
    """One argument of a procedure; ``default`` is SQL text, None when the argument is required."""

    name: str
    type: DataType
    default: str | None = None


@dataclass(frozen=True)
class Procedure:
    """A stored procedure with a Python handler.

    Attributes:
        secrets: local alias to the full name of the secret.
        source: the body given inline, None when the handler is imported.
    """

    name: Name
    parameters: tuple[Parameter, ...]
    returns: DataType
    handler: str
    runtime_version: str
    packages: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    integrations: tuple[str, ...] = ()
    secrets: dict[str, Name] = field(default_factory=dict)
    source: str | None = None
    execute_as: str = "OWNER"
    comment: str | None = None
    created_at: str = field(default_factory=_now)

    @property
    def signature(self) -> str:
        """Name and argument types, e.g. ``APP.CORE.INGEST(VARCHAR)``."""
        return f"{self.name}({', '.join(str(parameter.type) for parameter in self.parameters)})"

    @property
    def required(self) -> int:
        """How many arguments have no default."""
        return sum(1 for parameter in self.parameters if parameter.default is None)


@dataclass(frozen=True)
class Task:
    """A task; ``state`` is ``started`` or ``suspended``."""

    name: Name
    definition: str
    options: dict[str, Any] = field(default_factory=dict)
    state: str = "suspended"
    last_run_at: str | None = None
    last_error: str | None = None
    created_at: str = field(default_factory=_now)


@dataclass(frozen=True, order=True)
class Grant:
    """One privilege on one object.

    Attributes:
        on: kind of the object, e.g. ``PROCEDURE``, or ``APPLICATION ROLE`` for a granted role.
        name: full name of the object, for a procedure with its signature.
        to: who has it: an application role by its full name, a role, an application.
        grantee: kind of ``to``: ``APPLICATION ROLE``, ``ROLE`` or ``APPLICATION``.
    """

    privilege: str
    on: str
    name: str
    to: str
    grantee: str = "APPLICATION ROLE"


def read_procedure(raw: dict[str, Any]) -> Procedure:
    """Return the procedure that was stored as JSON."""

    def data_type(value: list[Any]) -> DataType:
        return DataType(value[0], tuple(value[1]))

    changed = {
        "name": Name(*raw["name"]),
        "parameters": tuple(
            Parameter(parameter["name"], data_type(parameter["type"]), parameter["default"])
            for parameter in raw["parameters"]
        ),
        "returns": data_type(raw["returns"]),
        "secrets": {alias: Name(*name) for alias, name in raw["secrets"].items()},
        **{key: tuple(raw[key]) for key in ("packages", "imports", "integrations")},
    }
    return Procedure(**{**raw, **changed})
