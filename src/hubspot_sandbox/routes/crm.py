"""The routes of records, their associations, properties and object types."""

from __future__ import annotations

from hubspot_sandbox.endpoints import (
    account,
    association_labels,
    association_writes,
    associations,
    properties,
    property_validations,
    property_writes,
    record_batches,
    record_reads,
    record_writes,
    search,
)
from hubspot_sandbox.limits import ASSOCIATIONS, SEARCH
from hubspot_sandbox.routes.family import Family, Row, dated

_LINK = "{from}/{id}/associations/{to}/{other}"
_SINGLE_LINKS = (
    Row("GET", "{from}/{id}/associations/{to}", associations.read_links),
    Row("PUT", _LINK, association_writes.put_link, ASSOCIATIONS),
    Row("DELETE", _LINK, association_writes.delete_link, ASSOCIATIONS),
    Row(
        "PUT",
        "{from}/{id}/associations/default/{to}/{other}",
        association_writes.put_default_link,
        ASSOCIATIONS,
    ),
)
_CONFIGURATIONS = "definitions/configurations"

OBJECTS = Family(
    (*dated("/crm/objects"), ("/crm/v3/objects", "v3"), ("/crm/objects/v3", "v3")),
    (
        Row("GET", "{type}", record_reads.list_records),
        Row("POST", "{type}", record_writes.create_record),
        Row("POST", "{type}/search", search.search_records, SEARCH),
        Row("POST", "{type}/batch/read", record_reads.batch_read),
        Row("POST", "{type}/batch/create", record_batches.batch_create),
        Row("POST", "{type}/batch/update", record_batches.batch_update),
        Row("POST", "{type}/batch/upsert", record_batches.batch_upsert),
        Row("POST", "{type}/batch/archive", record_batches.batch_archive),
        Row("POST", "{type}/merge", record_writes.merge_records),
        Row("POST", "{type}/gdpr-delete", record_writes.gdpr_delete),
        Row("GET", "{type}/{id}", record_reads.get_record),
        Row("PATCH", "{type}/{id}", record_writes.update_record),
        Row("DELETE", "{type}/{id}", record_writes.archive_record),
        *_SINGLE_LINKS,
    ),
)
LINKS = Family(
    (("/crm/v4/objects", "v4"),),
    _SINGLE_LINKS,
)
LINK_BATCHES = Family(
    (
        *dated("/crm/associations"),
        ("/crm/v3/associations", "v3"),
        ("/crm/v4/associations", "v4"),
        ("/crm/associations/v4", "v4"),
    ),
    (
        Row("POST", "{from}/{to}/batch/read", associations.batch_read_links, ASSOCIATIONS),
        Row("POST", "{from}/{to}/batch/create", association_writes.create_links, ASSOCIATIONS),
        Row(
            "POST",
            "{from}/{to}/batch/associate/default",
            association_writes.create_default_links,
            ASSOCIATIONS,
        ),
        Row("POST", "{from}/{to}/batch/archive", association_writes.archive_links, ASSOCIATIONS),
        Row(
            "POST",
            "{from}/{to}/batch/labels/archive",
            association_writes.archive_labels,
            ASSOCIATIONS,
        ),
        Row("POST", "{from}/{to}/labels", association_labels.create_label, ASSOCIATIONS),
        Row("PUT", "{from}/{to}/labels", association_labels.rename_label, ASSOCIATIONS),
        Row("DELETE", "{from}/{to}/labels/{number}", association_labels.delete_label, ASSOCIATIONS),
        Row("GET", f"{_CONFIGURATIONS}/all", association_labels.list_limits, ASSOCIATIONS),
        *(
            Row(method, f"{_CONFIGURATIONS}/{{from}}/{{to}}{rest}", answer, ASSOCIATIONS)
            for method, rest, answer in (
                ("GET", "", association_labels.list_limits_of_pair),
                ("POST", "/batch/create", association_labels.set_limits),
                ("POST", "/batch/update", association_labels.update_limits),
                ("POST", "/batch/purge", association_labels.remove_limits),
            )
        ),
        Row("GET", "{from}/{to}/labels", associations.read_labels, ASSOCIATIONS),
        Row("GET", "{from}/{to}/types", associations.read_labels, ASSOCIATIONS),
    ),
)
PROPERTIES = Family(
    (*dated("/crm/properties"), ("/crm/v3/properties", "v3")),
    (
        Row("GET", "{type}", properties.list_properties),
        Row("POST", "{type}", property_writes.create_property),
        Row("POST", "{type}/batch/create", property_writes.create_properties),
        Row("GET", "{type}/groups", properties.list_groups),
        Row("GET", "{type}/{name}", properties.get_property),
        Row("PATCH", "{type}/{name}", property_writes.update_property),
        Row("DELETE", "{type}/{name}", property_writes.archive_property),
    ),
)
VALIDATIONS = Family(
    (*dated("/crm/property-validations"), ("/crm/v3/property-validations", "v3")),
    (
        Row("GET", "{type}", property_validations.list_rules),
        Row("GET", "{type}/{name}", property_validations.list_rules_of_property),
        Row("GET", "{type}/{name}/rule-type/{rule}", property_validations.get_rule),
        Row("PUT", "{type}/{name}/rule-type/{rule}", property_validations.set_rule),
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

FAMILIES = (OBJECTS, LINKS, LINK_BATCHES, PROPERTIES, VALIDATIONS, SCHEMAS)
