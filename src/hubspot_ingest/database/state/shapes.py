"""The table ``STATE.SHAPES``: the schemas with views in other products' shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.model import Json


@dataclass(frozen=True, slots=True)
class StoredShape:
    """A schema with views; ``settings`` are those they were made with.

    ``outdated_at``: since when views may lack something (epoch ms); None: nothing.
    """

    shape: str
    database: str
    schema: str
    settings: Mapping[str, Json]
    outdated_at: int | None = None


class Shapes:
    """Reads and writes the schemas."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shapes = database.in_application("STATE.SHAPES")

    def all(self) -> list[StoredShape]:
        """All schemas."""
        rows = self._database.rows(
            "SELECT SHAPE, DATABASE_NAME, SCHEMA_NAME, SETTINGS, "
            f"DATE_PART(EPOCH_MILLISECOND, OUTDATED_AT) AS OUTDATED_AT FROM {self._shapes} "
            "ORDER BY SHAPE, DATABASE_NAME, SCHEMA_NAME"
        )
        return [
            StoredShape(
                row["SHAPE"],
                row["DATABASE_NAME"],
                row["SCHEMA_NAME"],
                variant(row["SETTINGS"]),
                None if row["OUTDATED_AT"] is None else int(row["OUTDATED_AT"]),
            )
            for row in rows
        ]

    def save(self, stored: StoredShape, now: int) -> None:
        """Store a schema, or the settings of one that is stored; its views are outdated."""
        self._database.rows(
            f"MERGE INTO {self._shapes} t USING (SELECT ? AS SHAPE, ? AS DATABASE_NAME, "
            f"? AS SCHEMA_NAME, PARSE_JSON(?) AS SETTINGS, {INSTANT} AS MADE_AT) s "
            "ON t.SHAPE = s.SHAPE AND t.DATABASE_NAME = s.DATABASE_NAME "
            "AND t.SCHEMA_NAME = s.SCHEMA_NAME "
            "WHEN MATCHED THEN UPDATE SET SETTINGS = s.SETTINGS, MADE_AT = s.MADE_AT, "
            "OUTDATED_AT = s.MADE_AT WHEN NOT MATCHED THEN INSERT (SHAPE, DATABASE_NAME, "
            "SCHEMA_NAME, SETTINGS, MADE_AT, OUTDATED_AT) VALUES (s.SHAPE, s.DATABASE_NAME, "
            "s.SCHEMA_NAME, s.SETTINGS, s.MADE_AT, s.MADE_AT)",
            (stored.shape, stored.database, stored.schema, json.dumps(dict(stored.settings)), now),
        )

    def expire(self, now: int) -> None:
        """Note that from ``now`` (epoch ms) the views of all schemas may lack something."""
        self._database.rows(f"UPDATE {self._shapes} SET OUTDATED_AT = {INSTANT}", (now,))

    def settle(self, stored: StoredShape) -> None:
        """Note that the views lack nothing any more, unless ``expire`` was called since."""
        self._database.rows(
            f"UPDATE {self._shapes} SET OUTDATED_AT = NULL WHERE SHAPE = ? AND DATABASE_NAME = ? "
            f"AND SCHEMA_NAME = ? AND OUTDATED_AT = {INSTANT}",
            (stored.shape, stored.database, stored.schema, stored.outdated_at),
        )

    def delete(self, stored: StoredShape) -> None:
        """Forget a schema."""
        self._database.rows(
            f"DELETE FROM {self._shapes} WHERE SHAPE = ? AND DATABASE_NAME = ? AND SCHEMA_NAME = ?",
            (stored.shape, stored.database, stored.schema),
        )
