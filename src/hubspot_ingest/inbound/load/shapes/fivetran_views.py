"""Every view of Fivetran's shape. No logic: a new view is a row of one of the lists joined here."""

from __future__ import annotations

from hubspot_ingest.inbound.load.shapes.fivetran_crm import CRM_VIEWS
from hubspot_ingest.inbound.load.shapes.fivetran_definitions import DEFINITION_VIEWS
from hubspot_ingest.inbound.load.shapes.fivetran_marketing import MARKETING_VIEWS
from hubspot_ingest.inbound.load.shapes.view_spec import ViewSpec

FIVETRAN_VIEWS: tuple[ViewSpec, ...] = (*CRM_VIEWS, *DEFINITION_VIEWS, *MARKETING_VIEWS)
