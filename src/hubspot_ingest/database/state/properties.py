"""Stores what is known of a portal: its id, the properties of its columns, its readable streams."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.stored_state import LateProperty
from hubspot_ingest.model import Json, Property


@dataclass(frozen=True, slots=True)
class StreamAccess:
    """Whether the credential may read a stream, and which scopes it needs for it."""

    stream: str
    object_type: str
    readable: bool
    scopes: tuple[str, ...] = ()
    label: str = ""
    reader: str = ""
    tier: str = ""
    records: int | None = None


# The columns of PROPERTIES beside SYNC and NAME, by what they are read from.
_STORED = {
    "COLUMN_NAME": "f.VALUE:column::VARCHAR",
    "TYPE": "f.VALUE:type::VARCHAR",
    "FIELD_TYPE": "f.VALUE:field_type::VARCHAR",
    "LABEL": "f.VALUE:label::VARCHAR",
    "DESCRIPTION": "f.VALUE:description::VARCHAR",
    "OPTIONS": "f.VALUE:options",
    "CALCULATED": "f.VALUE:calculated::BOOLEAN",
    "REFERENCED_TYPE": "f.VALUE:referenced_type::VARCHAR",
    "APPEARED_AT": "TO_TIMESTAMP_NTZ(f.VALUE:appeared_at::NUMBER, 3)",
    "IGNORED": "f.VALUE:ignored::BOOLEAN",
}


class PortalSchema:
    """Reads and writes PORTALS, PROPERTIES, STREAMS and STREAM_PROPERTIES in ``STATE``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")

    def portal_id(self, fingerprint: str) -> str | None:
        """The id of the portal that this credential last led to; None when it is unknown."""
        rows = self._database.rows(
            f"SELECT PORTAL_ID FROM {self._state}.PORTALS WHERE FINGERPRINT = ?", (fingerprint,)
        )
        return str(rows[0]["PORTAL_ID"]) if rows else None

    def save_portal_id(self, fingerprint: str, portal_id: str) -> None:
        """Store the portal's id, so that runs need no request for it."""
        self._database.rows(
            f"MERGE INTO {self._state}.PORTALS t USING (SELECT ? AS FINGERPRINT, ? AS PORTAL_ID) s "
            "ON t.FINGERPRINT = s.FINGERPRINT "
            "WHEN MATCHED THEN UPDATE SET PORTAL_ID = s.PORTAL_ID "
            "WHEN NOT MATCHED THEN INSERT (FINGERPRINT, PORTAL_ID) "
            "VALUES (s.FINGERPRINT, s.PORTAL_ID)",
            (fingerprint, portal_id),
        )

    def forget_columns(self, sync: str) -> None:
        """Forget which columns the properties of a sync have."""
        self._database.rows(
            f"UPDATE {self._state}.PROPERTIES SET COLUMN_NAME = NULL WHERE SYNC = ?", (sync,)
        )

    def forget(self, sync: str) -> None:
        """Forget the properties of a sync: it is to read others."""
        self._database.rows(f"DELETE FROM {self._state}.PROPERTIES WHERE SYNC = ?", (sync,))

    def save_properties(
        self,
        key: tuple[str, str, str],
        properties: Sequence[Property],
        columns: Iterable[Column],
        late: Mapping[str, LateProperty] | None = None,
    ) -> None:
        """Store the properties of a sync, also those without a column, in place of any before.

        ``key`` is that of the run (``STATE_KEY``), whose settings may have changed: then nothing is
        stored. ``late`` are the properties that appeared after the sync's first run, by name. It
        is one statement, as a sync of which none is stored takes all of them.
        """
        by_property: Mapping[str | None, Column] = {column.property: column for column in columns}
        late = late or {}
        rows = [
            {
                "name": prop.name,
                "appeared_at": late[prop.name].appeared_at if prop.name in late else None,
                "ignored": prop.name in late and late[prop.name].ignored,
                "column": by_property[prop.name].name if prop.name in by_property else None,
                **_described(prop),
            }
            for prop in properties
        ]
        names = [*_STORED]
        table = f"{self._state}.PROPERTIES"
        self._database.rows(
            f"MERGE INTO {table} t USING (SELECT k.SYNC, IFNULL(n.NAME, o.NAME) AS NAME, "
            f"n.NAME IS NULL AS IS_GONE, {', '.join(f'n.{name}' for name in names)} FROM "
            "(SELECT f.VALUE:name::VARCHAR AS NAME, "
            f"{', '.join(f'{value} AS {name}' for name, value in _STORED.items())} "
            "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f) n "
            f"FULL OUTER JOIN (SELECT NAME FROM {table} WHERE SYNC = ?) o ON o.NAME = n.NAME "
            f"CROSS JOIN (SELECT NAME AS SYNC FROM {self._state}.SYNCS "
            "WHERE NAME = ? AND VERSION = ? AND LEASE_RUN_ID = ?) k) s "
            "ON t.SYNC = s.SYNC AND t.NAME = s.NAME "
            "WHEN MATCHED AND s.IS_GONE THEN DELETE "
            f"WHEN MATCHED THEN UPDATE SET {', '.join(f'{name} = s.{name}' for name in names)} "
            f"WHEN NOT MATCHED THEN INSERT (SYNC, NAME, {', '.join(names)}) "
            f"VALUES (s.SYNC, s.NAME, {', '.join(f's.{name}' for name in names)})",
            (json.dumps(rows), key[0], *key),
        )

    def save_access(self, accesses: Iterable[StreamAccess], now: int) -> None:
        """Replace what is stored of all streams."""
        rows = [
            {
                "name": access.stream,
                "object_type": access.object_type or None,
                "label": access.label,
                "reader": access.reader,
                "readable": access.readable,
                "scopes": list(access.scopes),
                "tier": access.tier or None,
                "records": access.records,
            }
            for access in accesses
        ]
        self._database.rows(f"DELETE FROM {self._state}.STREAMS")
        self._database.rows(
            f"INSERT INTO {self._state}.STREAMS (NAME, OBJECT_TYPE, LABEL, READER, READABLE, "
            "SCOPES, TIER, RECORDS, CHECKED_AT) "
            "SELECT f.VALUE:name::VARCHAR, f.VALUE:object_type::VARCHAR, f.VALUE:label::VARCHAR, "
            "f.VALUE:reader::VARCHAR, f.VALUE:readable::BOOLEAN, f.VALUE:scopes, "
            f"f.VALUE:tier::VARCHAR, f.VALUE:records::NUMBER, {INSTANT} "
            "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f",
            (now, json.dumps(rows)),
        )

    def save_stream_properties(self, stream_properties: Mapping[str, Sequence[Property]]) -> None:
        """Replace the stored properties of the CRM object types, by stream."""
        self._database.rows(f"DELETE FROM {self._state}.STREAM_PROPERTIES")
        for stream, properties in stream_properties.items():
            rows = [
                {"name": prop.name, "group": prop.group, **_described(prop)} for prop in properties
            ]
            self._database.rows(
                f"INSERT INTO {self._state}.STREAM_PROPERTIES (STREAM, NAME, LABEL, TYPE, "
                "FIELD_TYPE, GROUP_NAME, DESCRIPTION, OPTIONS, CALCULATED, REFERENCED_TYPE) "
                "SELECT ?, f.VALUE:name::VARCHAR, f.VALUE:label::VARCHAR, f.VALUE:type::VARCHAR, "
                "f.VALUE:field_type::VARCHAR, f.VALUE:group::VARCHAR, "
                "f.VALUE:description::VARCHAR, f.VALUE:options, f.VALUE:calculated::BOOLEAN, "
                "f.VALUE:referenced_type::VARCHAR "
                "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f",
                (stream, json.dumps(rows)),
            )


def _described(prop: Property) -> dict[str, Json]:
    return {
        "type": prop.type,
        "field_type": prop.field_type,
        "label": prop.label,
        "description": prop.description,
        "options": [list(option) for option in prop.options],
        "calculated": prop.calculated,
        "referenced_type": prop.referenced_type or None,
    }
