"""Records the objects that DuckDB does not know: procedures, tasks, grants, secrets' names …"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from pydantic_core import to_json

from snowflake_sandbox.errors import exists, missing
from snowflake_sandbox.names import Name
from snowflake_sandbox.sql.types import DataType
from snowflake_sandbox.storage.records import Entry, Grant, Procedure, Task, read_procedure

COLLATION = "DEFAULT_DDL_COLLATION"
"""The parameter that gives text columns a collation, of the account and of schemas."""


class Catalog:
    """The recorded objects; every change is written to ``file`` at once, when there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = RLock()
        self._entries: dict[tuple[str, tuple[str, ...]], Entry] = {}
        self._procedures: dict[str, Procedure] = {}
        self._tasks: dict[Name, Task] = {}
        self._grants: set[Grant] = set()
        self._on: dict[tuple[str, str], list[Grant]] = {}
        if file is not None and file.exists():
            self._load(json.loads(file.read_text(encoding="utf-8")))

    # --- reading -------------------------------------------------------------------------------

    def entries(self, kind: str) -> list[Entry]:
        """Return the objects of one kind, by name."""
        return sorted(
            (entry for entry in self._all() if entry.kind == kind), key=lambda entry: entry.name
        )

    def entry(self, kind: str, name: tuple[str, ...]) -> Entry:
        """Return one object.

        Raises:
            SqlError: 2003 when it is not there.
        """
        entry = self._entries.get((kind, tuple(name)))
        if entry is None:
            raise missing(kind.capitalize(), ".".join(name))
        return entry

    def has(self, kind: str, name: tuple[str, ...]) -> bool:
        """Whether an object exists."""
        return (kind, tuple(name)) in self._entries

    def collation(self, database: str, schema: str) -> str:
        """Return DEFAULT_DDL_COLLATION of a schema, or of the account where it has none."""
        for name in ((database, schema), ()):
            entry = self._entries.get((COLLATION, name))
            if entry is not None:
                return str(entry.options[COLLATION])
        return ""

    @property
    def procedures(self) -> list[Procedure]:
        """The procedures, by signature."""
        with self._lock:
            return [self._procedures[key] for key in sorted(self._procedures)]

    def overloads(self, name: Name) -> list[Procedure]:
        """Return the procedures of one name."""
        return [procedure for procedure in self.procedures if procedure.name == name]

    def procedure(self, name: Name, types: Iterable[DataType]) -> Procedure:
        """Return the procedure with these argument types.

        Raises:
            SqlError: 2003 when there is none.
        """
        signature = f"{name}({', '.join(str(data_type) for data_type in types)})"
        procedure = self._procedures.get(signature)
        if procedure is None:
            raise missing("Procedure", signature)
        return procedure

    @property
    def tasks(self) -> list[Task]:
        """The tasks, by name."""
        with self._lock:
            return [self._tasks[key] for key in sorted(self._tasks)]

    def task(self, name: Name) -> Task:
        """Return one task.

        Raises:
            SqlError: 2003 when it is not there.
        """
        task = self._tasks.get(name)
        if task is None:
            raise missing("Task", str(name))
        return task

    @property
    def grants(self) -> list[Grant]:
        """The grants, sorted."""
        with self._lock:
            return sorted(self._grants)

    def grants_on(self, prefix: str, to: str) -> list[Grant]:
        """Return the grants of one grantee on objects whose full names start with a prefix."""
        return [grant for grant in self.grants if grant.to == to and grant.name.startswith(prefix)]

    def held(self, kind: str, name: str, to: str) -> set[str]:
        """Return the privileges of one grantee on one object."""
        with self._lock:
            return {grant.privilege for grant in self._on.get((kind, name), ()) if grant.to == to}

    def holders(self, kind: str, name: str) -> set[str]:
        """Return the owners of an object; none where the owner was never recorded."""
        with self._lock:
            return {
                grant.to
                for grant in self._on.get((kind, name), ())
                if grant.privilege == "OWNERSHIP"
            }

    def grants_to(self, role: str) -> list[Grant]:
        """Return the grants of a role and of the roles that are granted to it.

        Args:
            role: a role of the account, or an application's by its full name; by its own name
                where only one application has such a role.
        """
        roles = self.roles_of(self.role_title(role))
        return [grant for grant in self.grants if grant.to in roles]

    def roles_of(self, role: str) -> frozenset[str]:
        """Return a role by its full name, and the roles that are granted to it."""
        roles = {role}
        while True:
            more = {
                grant.name
                for grant in self.grants
                if grant.to in roles and grant.on == "APPLICATION ROLE"
            } - roles
            if not more:
                return frozenset(roles)
            roles |= more

    def callable_by(self, role: str) -> list[str]:
        """Return the signatures of the procedures an application role may call.

        Usage of the procedure's schema is needed as well, as in Snowflake.
        """
        grants = [
            grant for grant in self.grants_to(role) if grant.privilege in ("USAGE", "OWNERSHIP")
        ]
        schemas = {grant.name for grant in grants if grant.on == "SCHEMA"}
        return sorted(
            grant.name
            for grant in grants
            if grant.on == "PROCEDURE" and grant.name.partition("(")[0].rsplit(".", 1)[0] in schemas
        )

    def role_title(self, role: str) -> str:
        """Return an application role's full name, or that of a role of the account."""
        titles = [
            title for title in self.application_roles if title.partition(".")[2] == role.upper()
        ]
        return titles[0] if len(titles) == 1 else role.upper()

    @property
    def application_roles(self) -> list[str]:
        """Full names of the application roles."""
        return [entry.title for entry in self.entries("APPLICATION ROLE")]

    @property
    def secrets(self) -> list[str]:
        """Full names of the secrets; values are kept elsewhere and never shown."""
        return [entry.title for entry in self.entries("SECRET")]

    @property
    def network_rules(self) -> list[Entry]:
        """The network rules."""
        return self.entries("NETWORK RULE")

    @property
    def integrations(self) -> list[Entry]:
        """The external access integrations."""
        return self.entries("EXTERNAL ACCESS INTEGRATION")

    @property
    def specifications(self) -> list[Entry]:
        """The application specifications."""
        return self.entries("SPECIFICATION")

    @property
    def streamlits(self) -> list[Entry]:
        """The Streamlit pages."""
        return self.entries("STREAMLIT")

    @property
    def versioned_schemas(self) -> list[str]:
        """Full names of the versioned schemas."""
        return [entry.title for entry in self.entries("SCHEMA") if entry.options.get("VERSIONED")]

    # --- writing -------------------------------------------------------------------------------

    def add(self, entry: Entry, replace_existing: bool = False) -> None:
        """Record an object; one of the same name is replaced, or refused with 2002."""
        with self._lock:
            key = (entry.kind, entry.name)
            if key in self._entries:
                if not replace_existing:
                    raise exists(entry.title)
                self._revoke(entry.kind, entry.title)
            self._entries[key] = entry
            self._save()

    def alter(self, entry: Entry, **options: Any) -> None:
        """Change some clauses of an object; its grants stay."""
        with self._lock:
            changed = replace(entry, options={**entry.options, **options})
            self._entries[(entry.kind, entry.name)] = changed
            self._save()

    def drop(self, kind: str, name: tuple[str, ...]) -> None:
        """Forget an object and the grants on it."""
        with self._lock:
            entry = self.entry(kind, name)
            del self._entries[(kind, entry.name)]
            self._revoke(kind, entry.title)
            if kind == "APPLICATION ROLE":
                self._grants = {grant for grant in self._grants if grant.to != entry.title}
            self._save()

    def put_procedure(self, procedure: Procedure, replace_existing: bool) -> None:
        """Record a procedure; replacing one drops its grants, as in Snowflake."""
        with self._lock:
            if procedure.signature in self._procedures:
                if not replace_existing:
                    raise exists(procedure.signature)
                self._revoke("PROCEDURE", procedure.signature)
            self._procedures[procedure.signature] = procedure
            self._save()

    def alter_procedure(self, procedure: Procedure) -> None:
        """Change a recorded procedure; its grants stay."""
        with self._lock:
            self._procedures[procedure.signature] = procedure
            self._save()

    def drop_procedure(self, procedure: Procedure) -> None:
        """Forget a procedure and its grants."""
        with self._lock:
            del self._procedures[procedure.signature]
            self._revoke("PROCEDURE", procedure.signature)
            self._save()

    def put_task(self, task: Task) -> None:
        """Record or change a task."""
        with self._lock:
            self._tasks[task.name] = task
            self._save()

    def record_run(self, name: Name, at: str | None, error: str | None) -> None:
        """Record the last run of a task, unless it was dropped meanwhile."""
        with self._lock:
            if name in self._tasks:
                self._tasks[name] = replace(self._tasks[name], last_run_at=at, last_error=error)
                self._save()

    def drop_task(self, name: Name) -> None:
        """Forget a task and its grants."""
        with self._lock:
            task = self.task(name)
            del self._tasks[task.name]
            self._revoke("TASK", ".".join(name))
            self._save()

    def grant(self, grants: Iterable[Grant]) -> None:
        """Record grants."""
        with self._lock:
            self._grants.update(grants)
            self._save()

    def revoke(self, grants: Iterable[Grant]) -> None:
        """Forget grants."""
        with self._lock:
            self._grants.difference_update(grants)
            self._save()

    def revoke_all(self, kind: str, name: str) -> None:
        """Forget every grant on an object that was dropped or replaced."""
        with self._lock:
            if self._revoke(kind, name):
                self._save()

    def drop_application(self, name: str) -> None:
        """Forget an application, its integrations and what was granted to it."""
        with self._lock:
            self.drop("APPLICATION", (name,))
            for integration in self.integrations:
                rules = integration.options["ALLOWED_NETWORK_RULES"]
                if any(rule[0] == name for rule in rules):
                    self.drop(integration.kind, integration.name)
            self._grants = {
                grant
                for grant in self._grants
                if grant.to != name and not grant.to.startswith(f"{name}.")
            }
            self._save()

    def drop_schema(self, database: str, schema: str | None = None) -> None:
        """Forget everything recorded in a schema, or in a whole database."""
        prefix = (database,) if schema is None else (database, schema)

        def inside(name: tuple[str, ...]) -> bool:
            return name[: len(prefix)] == prefix

        def granted_inside(grant: Grant) -> bool:
            name = grant.name.partition("(")[0]
            return name == ".".join(prefix) or name.startswith(".".join(prefix) + ".")

        with self._lock:
            account = ("WAREHOUSE", "ROLE", "APPLICATION")
            self._entries = {
                key: entry
                for key, entry in self._entries.items()
                if key[0] in account or key[0].endswith(" INTEGRATION") or not inside(entry.name)
            }
            self._procedures = {
                key: procedure
                for key, procedure in self._procedures.items()
                if not inside(procedure.name)
            }
            self._tasks = {key: task for key, task in self._tasks.items() if not inside(key)}
            self._grants = {grant for grant in self._grants if not granted_inside(grant)}
            self._save()

    # --- inside --------------------------------------------------------------------------------

    def _all(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries.values()))

    def _revoke(self, kind: str, title: str) -> bool:
        # in a grant the kind of every integration is INTEGRATION
        kind = "INTEGRATION" if kind.endswith(" INTEGRATION") else kind
        remaining = {
            grant for grant in self._grants if not (grant.on == kind and grant.name == title)
        }
        changed = len(remaining) != len(self._grants)
        self._grants = remaining
        return changed

    def _save(self) -> None:
        self._index()
        if self._file is None:
            return
        state = {
            "entries": [*self._entries.values()],
            "procedures": [*self._procedures.values()],
            "tasks": [*self._tasks.values()],
            "grants": sorted(self._grants),
        }
        draft = self._file.with_suffix(".new")
        draft.write_bytes(to_json(state))
        draft.replace(self._file)

    def _load(self, state: dict[str, Any]) -> None:
        for raw in state["entries"]:
            entry = Entry(**{**raw, "name": tuple(raw["name"])})
            self._entries[(entry.kind, entry.name)] = entry
        for raw in state["procedures"]:
            procedure = read_procedure(raw)
            self._procedures[procedure.signature] = procedure
        for raw in state["tasks"]:
            task = Task(**{**raw, "name": Name(*raw["name"])})
            self._tasks[task.name] = task
        self._grants = {Grant(**raw) for raw in state["grants"]}
        self._index()

    def _index(self) -> None:
        self._on = {}
        for grant in self._grants:
            self._on.setdefault((grant.on, grant.name), []).append(grant)
