"""The application's way to the engine, with an ear on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hubspot_ingest.database.connection import Database
from tests.runs.world import World


class Heard(Database):
    """The application's own way to the engine, noting what goes along it."""

    def __init__(self, world: World) -> None:
        super().__init__(world.handlers)
        # CREATE DATABASE changes the current one
        self.application = world.database.application
        self.statements: list[str] = []
        world.database = self

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[dict[str, Any]]:
        if hasattr(self, "statements"):
            self.statements.append(statement)
        return super().rows(statement, params)

    def counting(self, *_: object, **__: object) -> Database:
        return self

    @property
    def ddl(self) -> list[str]:
        """Each statement about the destination, once."""
        kinds = (
            *("CREATE DATABASE", "CREATE SCHEMA", "CREATE TABLE", "CREATE OR REPLACE VIEW"),
            *("ALTER", "COMMENT", "GRANT"),
        )
        return list(dict.fromkeys(one for one in self.statements if one.startswith(kinds)))
