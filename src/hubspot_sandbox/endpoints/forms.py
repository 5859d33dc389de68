"""The endpoints of forms and their submissions."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found, refusal
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints.paging import page
from hubspot_sandbox.items.forms import FORM_TYPES, Submission
from hubspot_sandbox.shapes.forms import form_shape, submission_shape
from hubspot_sandbox.tokens import require

SCOPES = ("forms",)
MOST_FORMS, MOST_SUBMISSIONS = 500, 50


def list_forms(call: Call) -> Answer:
    """Forms; HubSpot's own kind only unless others are asked for (BEHAVIOR H120)."""
    require(call.granted, SCOPES)
    kinds = call.query_values("formTypes") or ["hubspot"]
    for kind in kinds:
        if kind not in (*FORM_TYPES, "all"):
            raise invalid(f"Unable to parse value for query parameter formTypes: '{kind}'")
    forms = [
        form
        for form in call.portal.forms.kept.all(call.flag("archived"))
        if "all" in kinds or form.fields["formType"] in kinds
    ]
    return page(call, forms, form_shape, limit=20, most=MOST_FORMS)


def get_form(call: Call) -> Answer:
    """One form."""
    require(call.granted, SCOPES)
    form = call.portal.forms.kept.find(call.parameters["id"], call.flag("archived"))
    if form is None:
        raise not_found("No form found")
    return json_answer(form_shape(form))


def list_submissions(call: Call) -> Answer:
    """What was sent through one form, the latest first, 50 a page (BEHAVIOR H121, H122)."""
    require(call.granted, SCOPES)
    forms = call.portal.forms
    id_ = call.parameters["id"]
    form = forms.kept.find(id_) or forms.kept.find(id_, archived=True)
    if form is None:
        raise not_found("No form found")
    if form.fields["formType"] == "blog_comment":
        raise refusal(
            400,
            "Submissions of forms of type BLOG_COMMENT cannot be read",
            "VALIDATION_ERROR",
            [{"message": "form type is not allowed", "errorType": "FORM_TYPE_NOT_ALLOWED"}],
        )

    def shape(submission: Submission) -> dict[str, Any]:
        return submission_shape(forms, submission)

    return page(call, forms.submissions(form.id), shape, limit=20, most=MOST_SUBMISSIONS)
