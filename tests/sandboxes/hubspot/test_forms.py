from __future__ import annotations

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import DAY, NOW, App, SetClock

FORMS = "/marketing/v3/forms"
SUBMISSIONS = "/form-integrations/v1/submissions/forms"


def app_with_forms(forms: int = 4, submissions: int = 0) -> App:
    records = {"forms": forms, "form_submissions": submissions}
    return App(Sandbox(Portal(7, SetClock(), records)))


def test_only_hubspots_own_forms_come_unless_all_are_asked_for() -> None:
    """H120."""
    app = app_with_forms()
    assert [form["formType"] for form in app.get(FORMS).json["results"]] == ["hubspot"]
    kinds = [form["formType"] for form in app.get(FORMS, formTypes="all").json["results"]]
    assert kinds == ["hubspot", "captured", "flow", "blog_comment"]
    assert app.get(FORMS, formTypes="pop-up").status == 400


def test_forms_are_paged_to_the_end() -> None:
    """H101."""
    app = app_with_forms(23)
    ids: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = app.get(FORMS, formTypes="all", limit=10, **after).json
        ids += [form["id"] for form in page["results"]]
        if "paging" not in page:
            break
        after = {"after": page["paging"]["next"]["after"]}
    assert len(set(ids)) == len(ids) == 23


def test_a_page_token_never_given_out_is_refused() -> None:
    """H101."""
    assert app_with_forms().get(FORMS, after="20").status == 400


def test_an_archived_form_comes_on_request_only() -> None:
    app = app_with_forms()
    made = app.portal.forms.add("Old", at=NOW - DAY)
    app.portal.forms.kept.archive(made)
    assert made not in app.get(FORMS).ids
    (shown,) = app.get(FORMS, archived="true").json["results"]
    assert (shown["id"], shown["archivedAt"]) == (made, "2026-09-21T14:13:20.000Z")
    assert app.get(f"{FORMS}/{made}").status == 404


def test_submissions_come_the_latest_first_and_fifty_a_page() -> None:
    """H121."""
    app = app_with_forms(1, 60)
    (form,) = app.get(FORMS).ids
    made = app.portal.forms.submit(form, {"email": "a@b.c"})
    first = app.get(f"{SUBMISSIONS}/{form}", limit=50).json
    after = first["paging"]["next"]["after"]
    rest = app.get(f"{SUBMISSIONS}/{form}", limit=50, after=after).json["results"]
    rows = first["results"] + rest
    assert rows[0]["conversionId"] == made
    assert rows[0]["values"] == [{"name": "email", "value": "a@b.c", "objectTypeId": "0-1"}]
    assert len({row["conversionId"] for row in rows}) == len(rows) == 61
    times = [row["submittedAt"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_more_than_fifty_submissions_at_once_are_refused() -> None:
    """H100, H121."""
    app = app_with_forms(1)
    (form,) = app.get(FORMS).ids
    assert app.get(f"{SUBMISSIONS}/{form}", limit=51).status == 400


def test_sending_a_form_does_not_modify_it() -> None:
    """H121."""
    app = app_with_forms(1)
    (before,) = app.get(FORMS).json["results"]
    app.portal.forms.submit(before["id"], {"email": "a@b.c"})
    assert app.get(FORMS).json["results"] == [before]


def test_the_submissions_of_comment_forms_cannot_be_read() -> None:
    """H122."""
    app = app_with_forms()
    (form,) = app.get(FORMS, formTypes="blog_comment").ids
    reply = app.get(f"{SUBMISSIONS}/{form}")
    assert (reply.status, reply.json["errors"][0]["errorType"]) == (400, "FORM_TYPE_NOT_ALLOWED")


def test_forms_need_their_scope() -> None:
    """H8."""
    app = app_with_forms()
    app.portal.grant("pat-na1-none", ["crm.lists.read"])
    app.token = "pat-na1-none"
    for path in (FORMS, f"{SUBMISSIONS}/1"):
        context = app.get(path).json["errors"][0]["context"]
        assert context["requiredGranularScopes"] == ["forms"]


def test_forms_have_no_dated_path() -> None:
    """H104."""
    assert app_with_forms().get("/marketing/forms/2026-09").status == 404
