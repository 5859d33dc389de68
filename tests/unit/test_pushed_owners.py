"""A property that holds owners, whatever its name, takes their ids alone."""

from __future__ import annotations

import pytest

from hubspot_ingest.model import Property
from hubspot_ingest.outbound.mapping import ColumnKind, MappedProperty
from hubspot_ingest.outbound.values import RowFault, wire_value


def sent(name: str, text: str, referenced_type: str) -> str | None:
    """What is sent for a value of an enumeration without options."""
    definition = Property(name, "enumeration", referenced_type=referenced_type)
    mapped = MappedProperty(definition, 0, "set", "keep", by_label=False)
    return wire_value(mapped, ColumnKind.TEXT, text)


def test_an_owner_is_told_by_an_id() -> None:
    assert sent("account_manager", "81000017", "OWNER") == "81000017"

    with pytest.raises(RowFault, match="'Ada' is no option of account_manager"):
        sent("account_manager", "Ada", "OWNER")


def test_a_name_makes_no_property_one_of_owners() -> None:
    assert sent("plot_owner_id", "Ada", "") == "Ada"
