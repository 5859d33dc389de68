"""How other products spell the columns of HubSpot's properties. Pure.

Fivetran's rule was read off live installations; no document states it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hubspot_ingest.database.columns import unique_name
from hubspot_ingest.inbound.load.shapes.view_spec import OlderName, PropertyNames

PREFIXES: Mapping[PropertyNames, str] = {
    PropertyNames.FIVETRAN: "PROPERTY_",
    PropertyNames.AIRBYTE: "PROPERTIES_",
}

_BORDERS = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|[^A-Za-z0-9]+"
)


def column_of_property(property_name: str, rule: PropertyNames = PropertyNames.FIVETRAN) -> str:
    """The column of a property: Fivetran's of ``hs_v2_date`` is ``PROPERTY_HS_V_2_DATE``.

    Everything but letters and digits, the change from lower to upper case, and every change between
    letter and digit becomes one ``_``. Airbyte keeps every character, in upper case.
    """
    if rule is PropertyNames.AIRBYTE:
        return PREFIXES[rule] + property_name.upper()
    return re.sub(r"_+", "_", PREFIXES[rule] + _BORDERS.sub("_", property_name)).upper()


def with_older_names(
    properties: Mapping[str, tuple[str, str]], older_names: Iterable[OlderName]
) -> dict[str, tuple[str, str]]:
    """Properties with their (column, label), and the same under older names that none has."""
    older = {
        f"{each.older_prefix}{name.removeprefix(each.prefix)}{each.older_suffix}": value
        for each in older_names
        for name, value in properties.items()
        if name.startswith(each.prefix)
    }
    return older | {**properties}


def property_columns(
    names: Iterable[str],
    taken: Iterable[str],
    before: Mapping[str, str],
    rule: PropertyNames = PropertyNames.FIVETRAN,
) -> dict[str, str]:
    """The view's column of each property, in order of their names.

    Two properties may spell alike: the one that had the column ``before`` (by property) keeps it,
    else one spelled as HubSpot spells its own has it; the other gets a suffix computed from its
    name. Columns ``taken`` are not given to any.
    """
    used = {*taken}
    columns: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (name not in before, *_unlike_hubspots(name))):
        plain = column_of_property(name, rule)
        kept = before.get(name)
        column = unique_name(plain, name, used) if kept is None or kept in used else kept
        used.add(column)
        columns[name] = column
    return dict(sorted(columns.items()))


def _unlike_hubspots(name: str) -> tuple[bool, bool, str]:
    """Sorts names like HubSpot's own first: in lower case, with single underscores."""
    plain = re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name)
    return plain is None, not name.startswith("hs_"), name
