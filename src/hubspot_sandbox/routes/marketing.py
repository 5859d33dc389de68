"""The routes of forms, marketing emails, campaigns, email events and subscriptions."""

from __future__ import annotations

from hubspot_sandbox.endpoints import campaigns, forms, mail, subscriptions
from hubspot_sandbox.routes.family import Family, Row, dated

FAMILIES = (
    Family(
        (("/marketing/v3/forms", "v3"),),
        (Row("GET", "", forms.list_forms), Row("GET", "{id}", forms.get_form)),
    ),
    Family(
        (("/form-integrations/v1/submissions/forms", "v1"),),
        (Row("GET", "{id}", forms.list_submissions),),
    ),
    Family(
        (*dated("/marketing/emails"), ("/marketing/v3/emails", "v3")),
        (
            Row("GET", "", mail.list_emails),
            Row("GET", "statistics/list", mail.aggregate_statistics),
            Row("GET", "statistics/histogram", mail.statistics_by_day),
            Row("GET", "{id}", mail.get_email),
        ),
    ),
    Family(
        (*dated("/marketing/campaigns"), ("/marketing/v3/campaigns", "v3")),
        (
            Row("GET", "", campaigns.list_campaigns),
            Row("GET", "{id}", campaigns.get_campaign),
        ),
    ),
    Family(
        (("/email/public/v1", "v1"),),
        (
            Row("GET", "campaigns", mail.list_email_campaigns),
            Row("GET", "campaigns/by-id", mail.list_all_email_campaigns),
            Row("GET", "campaigns/{id}", mail.get_email_campaign),
            Row("GET", "events", mail.list_email_events),
            Row("GET", "subscriptions", subscriptions.list_legacy_subscription_definitions),
            Row("GET", "subscriptions/timeline", subscriptions.list_subscription_changes),
        ),
    ),
    Family(
        (*dated("/communication-preferences"), ("/communication-preferences/v4", "v4")),
        (
            Row("GET", "definitions", subscriptions.list_subscription_definitions),
            Row("POST", "statuses/batch/read", subscriptions.batch_read_statuses),
            Row("GET", "statuses/{email}", subscriptions.read_statuses),
        ),
    ),
    Family(
        (("/communication-preferences/v3", "v3"),),
        (
            Row("GET", "definitions", subscriptions.list_subscription_definitions),
            Row("GET", "status/email/{email}", subscriptions.read_statuses_v3),
        ),
    ),
)
