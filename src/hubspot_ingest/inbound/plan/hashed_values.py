"""Replaces values by their hashes before anything of a record leaves the process. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic_core import to_json

from hubspot_ingest.model import Change, Record

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ValueHasher:
    """Hashes the values of the properties ``names``, each with the ``salt`` before it.

    Snowflake computes the same text by ``SHA2(CONCAT(salt, value), 256)``.
    """

    names: frozenset[str] = frozenset()
    salt: str = field(default="", repr=False)

    def hash_value(self, value: object) -> str | None:
        """The SHA-256 of a value in 64 hexadecimal digits; None and "" have none and are None.

        A value that is no text is hashed as its JSON, which is how its column would hold it.
        """
        if value is None or value == "":
            return None
        text = value if isinstance(value, str) else to_json(value).decode()
        return hashlib.sha256((self.salt + text).encode(errors="surrogatepass")).hexdigest()

    def hash_stored(self, value: object) -> str | None:
        """As ``hash_value``; what looks like a hash stays as it is."""
        if isinstance(value, str) and _HASH.fullmatch(value):
            return value
        return self.hash_value(value)

    def hash_records(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records with hashes in place of values; those that HubSpot left out stay out."""
        if not self.names:
            return records
        return [
            replace(
                record,
                properties={
                    name: self.hash_value(value) if name in self.names else value
                    for name, value in record.properties.items()
                },
            )
            for record in records
        ]

    def hash_changes(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The past values with hashes in their place."""
        if not self.names:
            return changes
        return [
            replace(change, value=self.hash_value(change.value))
            if change.property in self.names
            else change
            for change in changes
        ]
