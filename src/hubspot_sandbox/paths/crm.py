"""The paths of records, their associations, properties and object types."""

from __future__ import annotations

from hubspot_sandbox.endpoints import account, definitions, links, reading, search, writes
from hubspot_sandbox.limits import ASSOCIATIONS, SEARCH
from hubspot_sandbox.paths.family import Family, Row, dated

OBJECTS = Family(
    (*dated("/crm/objects"), ("/crm/v3/objects", "v3"), ("/crm/objects/v3", "v3")),
    (
        Row("GET", "{type}", reading.list_records),
        Row("POST", "{type}", writes.create_record),
        Row("POST", "{type}/search", search.search_records, SEARCH),
        Row("POST", "{type}/batch/read", reading.batch_read),
        Row("POST", "{type}/batch/create", writes.batch_create),
        Row("POST", "{type}/batch/update", writes.batch_update),
        Row("POST", "{type}/batch/upsert", writes.batch_upsert),
        Row("POST", "{type}/batch/archive", writes.batch_archive),
        Row("POST", "{type}/merge", writes.merge_records),
        Row("POST", "{type}/gdpr-delete", writes.gdpr_delete),
        Row("GET", "{type}/{id}", reading.get_record),
        Row("PATCH", "{type}/{id}", writes.update_record),
        Row("DELETE", "{type}/{id}", writes.archive_record),
        Row("GET", "{from}/{id}/associations/{to}", links.read_links, ASSOCIATIONS),
    ),
)
LINKS = Family(
    (("/crm/v4/objects", "v4"),),
    (Row("GET", "{from}/{id}/associations/{to}", links.read_links, ASSOCIATIONS),),
)
LINK_BATCHES = Family(
    (
        *dated("/crm/associations"),
        ("/crm/v3/associations", "v3"),
        ("/crm/v4/associations", "v4"),
        ("/crm/associations/v4", "v4"),
    ),
    (
        Row("POST", "{from}/{to}/batch/read", links.batch_read_links, ASSOCIATIONS),
        Row("POST", "{from}/{to}/batch/create", links.write_links, ASSOCIATIONS),
        Row("POST", "{from}/{to}/batch/associate/default", links.write_links, ASSOCIATIONS),
        Row("POST", "{from}/{to}/batch/archive", links.remove_links, ASSOCIATIONS),
        Row("POST", "{from}/{to}/batch/labels/archive", links.remove_links, ASSOCIATIONS),
        Row("GET", "{from}/{to}/labels", links.read_labels, ASSOCIATIONS),
        Row("GET", "{from}/{to}/types", links.read_labels, ASSOCIATIONS),
    ),
)
PROPERTIES = Family(
    (*dated("/crm/properties"), ("/crm/v3/properties", "v3")),
    (
        Row("GET", "{type}", definitions.list_properties),
        Row("POST", "{type}", definitions.create_property),
        Row("GET", "{type}/groups", definitions.list_groups),
        Row("GET", "{type}/{name}", definitions.get_property),
        Row("DELETE", "{type}/{name}", definitions.archive_property),
    ),
)
SCHEMAS = Family(
    (
        *dated("/crm-object-schemas", "/schemas"),
        ("/crm-object-schemas/v3/schemas", "v3"),
        ("/crm/v3/schemas", "v3"),
    ),
    (Row("GET", "", account.list_schemas), Row("GET", "{type}", account.get_schema)),
)

FAMILIES = (OBJECTS, LINKS, LINK_BATCHES, PROPERTIES, SCHEMAS)
