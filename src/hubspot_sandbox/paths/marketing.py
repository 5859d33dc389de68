"""The paths of forms, marketing emails, campaigns and what came of them."""

from __future__ import annotations

from hubspot_sandbox.endpoints import forms
from hubspot_sandbox.paths.family import Family, Row

FAMILIES = (
    Family(
        (("/marketing/v3/forms", "v3"),),
        (Row("GET", "", forms.list_forms), Row("GET", "{id}", forms.get_form)),
    ),
    Family(
        (("/form-integrations/v1/submissions/forms", "v1"),),
        (Row("GET", "{id}", forms.list_submissions),),
    ),
)
