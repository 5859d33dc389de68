"""The routes of the account itself: details, limits, people, pipelines."""

from __future__ import annotations

from hubspot_sandbox.endpoints import account, association_limits, oauth, people, pipelines
from hubspot_sandbox.limits import OPEN
from hubspot_sandbox.routes.family import Family, Row, dated

FAMILIES = (
    Family(
        (*dated("/crm/pipelines"), ("/crm/v3/pipelines", "v3")),
        (
            Row("GET", "{type}", pipelines.list_pipelines),
            Row("GET", "{type}/{id}", pipelines.get_pipeline),
            Row("GET", "{type}/{id}/stages", pipelines.list_stages),
        ),
    ),
    Family(
        (*dated("/crm/owners"), ("/crm/v3/owners", "v3")),
        (Row("GET", "", people.list_owners), Row("GET", "{id}", people.get_owner)),
    ),
    Family(
        (*dated("/settings/users", dates=("2026-03",)), ("/settings/v3/users", "v3")),
        (
            Row("GET", "", people.list_users),
            Row("GET", "teams", people.list_teams),
            Row("GET", "roles", people.list_roles),
            Row("GET", "{id}", people.get_user),
        ),
    ),
    Family(
        (*dated("/crm/limits"), ("/crm/v3/limits", "v3")),
        (
            Row("GET", "records", account.record_counts),
            Row("GET", "custom-properties", account.property_counts),
            Row("GET", "associations/labels", association_limits.label_counts),
            Row("GET", "associations/records/from", association_limits.types_near_limit),
            Row("GET", "associations/records/{from}/to", association_limits.types_near_limit),
            Row("GET", "associations/records/{from}/{to}", association_limits.records_near_limit),
        ),
    ),
    Family(
        (*dated("/account-info"), ("/account-info/v3", "v3")),
        (
            Row("GET", "details", account.account_details),
            Row("GET", "api-usage/daily/private-apps", account.daily_usage),
        ),
    ),
    Family(
        (*dated("/oauth"), ("/oauth/v3", "v3"), ("/oauth/v1", "v1")),
        (Row("POST", "token", oauth.give_token, OPEN),),
    ),
)
