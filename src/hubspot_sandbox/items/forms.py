"""The forms of a portal and what people sent through them."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hubspot_sandbox.items.collections import Collection, Item
from hubspot_sandbox.records.table import UnknownRecord
from hubspot_sandbox.seeds import FIRST_NAMES, NASTY_TEXT, mix
from hubspot_sandbox.times import DAY_MS, Clock, iso

FORM_TYPES = ("hubspot", "captured", "flow", "blog_comment")
_NAMES = ("Contact us", "Newsletter ✉️", "Demo request", "Pop-up", "Comments", "Event; sign-up")


def guid(seed: int, number: int) -> str:
    """An id as HubSpot gives forms, campaigns and submissions: the same for the same numbers."""
    return str(UUID(int=(mix(seed, number) << 64) | mix(seed + 1, number), version=4))


@dataclass(slots=True, order=True)
class Submission:
    """What somebody sent. The time is epoch milliseconds."""

    at: int
    number: int
    values: list[dict[str, str]] = field(compare=False)
    page: str | None = field(compare=False)


class Forms:
    """Forms and their submissions."""

    def __init__(self, clock: Clock, seed: int) -> None:
        """``seed`` makes the ids."""
        self._clock = clock
        self._seed = seed
        self._sent = 0
        self.kept = Collection(clock, lambda n: guid(seed + 41, n))
        self._submissions: dict[str, list[Submission]] = {}

    def add(
        self, name: str, form_type: str = "hubspot", at: int | None = None, **fields: Any
    ) -> str:
        """A new form; answers its id. Kinds: hubspot, captured, flow, blog_comment."""
        key = self.kept.add({"name": name, "formType": form_type, **fields}, at)
        self._submissions[key] = []
        return key

    def change(self, id: str, at: int | None = None, **fields: Any) -> None:
        """Set fields of a form, such as ``name``."""
        self.kept.change(id, fields, at)

    def submit(
        self,
        id: str,
        values: Mapping[str, str],
        at: int | None = None,
        page: str | None = "https://www.example.com/contact",
    ) -> str:
        """Somebody sends a form; answers the submission's id. The form is not modified by it."""
        if id not in self._submissions:
            raise UnknownRecord(f"no form {id!r}")
        moment = self._clock() if at is None else at
        sent = [{"name": n, "value": v, "objectTypeId": "0-1"} for n, v in values.items()]
        self._sent += 1
        insort(self._submissions[id], Submission(moment, self._sent, sent, page))
        return self.submission_id(self._sent)

    def submission_id(self, number: int) -> str:
        """The id of the n-th submission."""
        return guid(self._seed + 43, number)

    def submissions(self, id: str) -> list[Submission]:
        """Everything sent through a form, the latest first."""
        return self._submissions.get(id, [])[::-1]

    def seed(self, forms: int, submissions: int, last: int) -> None:
        """A fresh portal's forms; everything happened before ``last``."""
        ids = []
        for n in range(forms):
            at = last - (forms - n) * DAY_MS
            key = self.add(_NAMES[n % len(_NAMES)], FORM_TYPES[n % len(FORM_TYPES)], at)
            self.change(key, at + n)
            ids.append(key)
        for n in range(submissions if forms else 0):
            name = FIRST_NAMES[n % len(FIRST_NAMES)]
            values = {"email": f"person{n}@example{n % 97}.com", "firstname": name}
            values["message"] = NASTY_TEXT[n % len(NASTY_TEXT)] or ""
            self.submit(ids[n % forms], values, last - mix(47, n) % (300 * DAY_MS))


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
