"""The JSON of forms and their submissions."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.forms import Forms, Submission
from hubspot_sandbox.times import iso


def form_shape(form: Item) -> dict[str, Any]:
    """A form as HubSpot shows it; only HubSpot's own kind has every part."""
    shape = {
        "id": form.id,
        **form.fields,
        "createdAt": iso(form.created),
        "updatedAt": iso(form.updated),
        "archived": form.archived,
        "fieldGroups": [_GROUP],
        "configuration": _CONFIGURATION,
        "displayOptions": _DISPLAY,
        "legalConsentOptions": _CONSENT if form.fields["formType"] == "hubspot" else _NO_CONSENT,
    }
    if form.archived_at is not None:
        shape["archivedAt"] = iso(form.archived_at)
    return shape


def submission_shape(forms: Forms, submission: Submission) -> dict[str, Any]:
    """What somebody sent through a form."""
    return {
        "conversionId": forms.submission_id(submission.number),
        "submittedAt": submission.at,
        "values": submission.values,
        **({} if submission.page is None else {"pageUrl": submission.page}),
    }


_GROUP: dict[str, Any] = {
    "groupType": "default_group",
    "richTextType": "text",
    "richText": "<p>Write to us</p>",
    "fields": [
        {
            "objectTypeId": "0-1",
            "name": "email",
            "label": "E-mail",
            "required": True,
            "hidden": False,
            "fieldType": "email",
            "placeholder": "you@example.com",
            "dependentFields": [],
            "validation": {"blockedEmailDomains": [], "useDefaultBlockList": False},
        },
        {
            "objectTypeId": "0-1",
            "name": "firstname",
            "label": "First name",
            "required": False,
            "hidden": False,
            "fieldType": "single_line_text",
            "dependentFields": [],
        },
    ],
}
_CONFIGURATION: dict[str, Any] = {
    "language": "en",
    "cloneable": True,
    "editable": True,
    "archivable": True,
    "recaptchaEnabled": False,
    "notifyContactOwner": False,
    "notifyRecipients": ["5000000"],
    "createNewContactForNewEmail": False,
    "prePopulateKnownValues": True,
    "allowLinkToResetKnownValues": False,
    "embedType": "V4",
    "lifecycleStages": [{"objectTypeId": "0-1", "value": "lead"}],
    "postSubmitAction": {"type": "thank_you", "value": "Thank you."},
}
_DISPLAY: dict[str, Any] = {
    "renderRawHtml": False,
    "theme": "default_style",
    "submitButtonText": "Submit",
    "cssClass": "hs-form stacked",
    "style": {
        "fontFamily": "arial, helvetica, sans-serif",
        "backgroundWidth": "100%",
        "labelTextColor": "#33475b",
        "labelTextSize": "14px",
        "helpTextColor": "#7C98B6",
        "helpTextSize": "11px",
        "legalConsentTextColor": "#33475b",
        "legalConsentTextSize": "14px",
        "submitColor": "#ff7a59",
        "submitAlignment": "left",
        "submitFontColor": "#ffffff",
        "submitSize": "12px",
    },
}
_CONSENT: dict[str, Any] = {
    "type": "legitimate_interest",
    "subscriptionTypeIds": [77_001],
    "lawfulBasis": "lead",
    "privacyText": "We keep what you send.",
}
_NO_CONSENT: dict[str, Any] = {"type": "none"}
