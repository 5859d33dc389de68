"""Keeps the properties of records as the JSON that HubSpot sent, without a Python object for each.

A run stages them as they are, and Arrow reads the columns out of them; only who asks for a single
value has it parsed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pydantic_core import from_json

from hubspot_ingest.errors import UnexpectedAnswer

# In JSON a quotation mark inside a text is escaped: neither can stand anywhere but between keys.
_BEGIN, _END = b'"properties":{', b'},"createdAt":"'
# Half of a surrogate pair can be spelled so, which UTF-8 cannot.
_SURROGATES = (b"\\ud", b"\\uD")


class RawProperties(Mapping[str, Any]):
    """The properties of a record."""

    def __init__(self, json: bytes) -> None:
        """``json`` is the object as HubSpot sent it."""
        self.json = json

    @cached_property
    def _values(self) -> dict[str, Any]:
        try:
            values: dict[str, Any] = from_json(self.json)
        except ValueError:
            message = "HubSpot sent properties of a record that are no JSON; run it again"
            raise UnexpectedAnswer(message) from None
        return values

    def __getitem__(self, name: str) -> Any:
        """The value; one that is null is told without parsing the others."""
        null = b'"%s":null' % name.encode()
        if b"," + null in self.json or b"{" + null in self.json:
            return None
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._values)


def decode_records(body: bytes) -> dict[str, Any] | None:
    """The JSON of a page of records whose ``properties`` are raw; None where they cannot be.

    Raises ValueError where what is around them is not JSON.
    """
    if any(surrogate in body for surrogate in _SURROGATES):
        return None
    rest: list[bytes] = []
    properties: list[RawProperties] = []
    end = 0
    while (begin := body.find(_BEGIN, end)) >= 0:
        begin += len(_BEGIN) - 1
        rest.append(body[end:begin])
        end = body.find(_END, begin) + 1
        if not end:
            return None
        properties.append(RawProperties(body[begin:end]))
    # a number in the place of each
    answer = from_json(b"0".join([*rest, body[end:]]), cache_strings="keys")
    if not isinstance(answer, dict):
        return None
    results = answer.get("results")
    if not isinstance(results, list) or len(results) != len(properties):
        return None
    for result, raw in zip(results, properties, strict=True):
        if not isinstance(result, dict) or result.get("properties") != 0:
            return None
        result["properties"] = raw
    return answer
