"""Stores the values of secrets, in a file that only the owner can read and never in a table."""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Lock

from snowflake_sandbox.names import Name


class Secrets:
    """Secret values by the secret's full name.

    Args:
        file: where they are kept (mode 0600); None keeps them in memory.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = Lock()
        self._values: dict[str, str] = {}
        if file is not None and file.exists():
            self._values = json.loads(file.read_text(encoding="utf-8"))

    def __repr__(self) -> str:
        return f"Secrets({len(self._values)})"

    def value(self, name: Name) -> str:
        """Return a secret's value, empty when none was set."""
        return self._values.get(".".join(name), "")

    def set(self, name: Name, value: str | None) -> None:
        """Set a value; None removes it."""
        with self._lock:
            if value is None:
                self._values.pop(".".join(name), None)
            else:
                self._values[".".join(name)] = value
            self._save()

    def drop_schema(self, database: str, schema: str | None = None) -> None:
        """Remove the values of a dropped schema or database."""
        prefix = database + "." + (f"{schema}." if schema is not None else "")
        with self._lock:
            self._values = {
                name: value for name, value in self._values.items() if not name.startswith(prefix)
            }
            self._save()

    def _save(self) -> None:
        if self._file is None:
            return
        draft = self._file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(self._values, out)
        draft.replace(self._file)
