from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.errors import (
    CredentialError,
    DailyLimitReached,
    HubSpotRefused,
    IngestError,
    ScopeMissing,
)
from hubspot_ingest.hubspot.http_errors import (
    Retry,
    RetryReason,
    redacted,
    retry_after,
    retry_or_raise,
)

ENDPOINT = "/crm/objects/2026-09/deals"
HTML = b"<html><body>502 Bad Gateway</body></html>"


def body(**fields: Any) -> bytes:
    return json.dumps({"status": "error", **fields}).encode()


def wait(status: int, content: bytes = b"", **headers: str) -> Retry:
    header_fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return retry_or_raise(status, header_fields, content, ENDPOINT)


def refusal(status: int, content: bytes = b"") -> IngestError:
    with pytest.raises(IngestError) as refused:
        retry_or_raise(status, {}, content, ENDPOINT)
    return refused.value


# -- ask again ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", [408, 423, 477, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530]
)
@pytest.mark.parametrize("content", [b"", HTML, b'{"message":"internal error"}', b'{"mess', b"[]"])
def test_a_fault_is_asked_again_whatever_stands_in_its_body(status: int, content: bytes) -> None:
    assert wait(status, content).reason is RetryReason.FAULT


BURST = body(
    message="You have reached your ten_secondly_rolling limit.",
    category="RATE_LIMITS",
    policyName="TEN_SECONDLY_ROLLING",
)
SEARCH = body(message="You have reached your secondly limit.", category="RATE_LIMITS")


@pytest.mark.parametrize("content", [BURST, SEARCH, b"error code: 1015", b"", HTML])
def test_a_limit_of_seconds_is_waited_for(content: bytes) -> None:
    assert wait(429, content).reason is RetryReason.THROTTLED


def test_what_hubspot_said_is_kept_for_the_log_but_no_html() -> None:
    assert "423 Locked" in wait(423, body(message="Locked")).message
    assert wait(502, HTML).message == "502"
    assert wait(429, b"error code: 1015").message == "429 error code: 1015"


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "1", 1.0),
        (429, "0.5", 0.5),
        (429, "600", 600.0),
        (429, "10000", 10.0),
        (503, "2", 2.0),
        (477, "86400", 86400.0),
    ],
)
def test_the_wait_hubspot_asks_for_is_in_seconds_or_plainly_in_milliseconds(
    status: int, header: str, seconds: float
) -> None:
    assert retry_after(status, {"retry-after": header}) == seconds


@pytest.mark.parametrize(
    "header", ["", "soon", "-1", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT", "1,5"]
)
def test_a_wait_nobody_understands_is_no_wait(header: str) -> None:
    assert retry_after(429, {"retry-after": header}) is None


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 08:28:00 GMT", 3600.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("Tue, 20 Oct 2026 07:28:00 GMT", None),
        ("Wed, 99 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_a_date_to_wait_for_is_told_against_the_date_of_the_answer(
    until: str, seconds: float | None
) -> None:
    headers = {"retry-after": until, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert retry_after(503, headers) == seconds


def test_without_a_word_from_hubspot_the_wait_is_ours_to_choose() -> None:
    assert wait(429, BURST).seconds is None
    assert wait(429, BURST, retry_after="3").seconds == 3


# -- the day --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        body(message="You have reached your daily limit.", policyName="DAILY"),
        body(message="You have reached your daily limit.", errorType="RATE_LIMIT"),
        body(policyName="DAILY"),
        body(policyName="daily"),
    ],
)
def test_a_daily_limit_stops_the_run(content: bytes) -> None:
    error = refusal(429, content)
    assert isinstance(error, DailyLimitReached)
    assert "midnight" in error.message


# -- the credential -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (401, body(message="Authentication credentials not found.")),
        (401, body(category="EXPIRED_AUTHENTICATION", message="The OAuth token expired")),
        (401, b""),
    ],
)
def test_a_credential_hubspot_does_not_accept_is_told_how_to_mend(
    status: int, content: bytes
) -> None:
    error = refusal(status, content)
    assert isinstance(error, CredentialError)
    assert error.response_code == "CREDENTIAL_REJECTED"
    assert "set_token" in error.message


def test_of_a_token_got_by_a_grant_the_cure_is_the_grants() -> None:
    cure = "CALL set_oauth('…')"
    with pytest.raises(CredentialError) as refused:
        retry_or_raise(401, {}, body(message="expired"), ENDPOINT, "", cure, of_grant=True)
    assert "refresh_token with CALL set_oauth" in refused.value.message
    assert "service key" not in refused.value.message


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("content", [HTML, b"  <!DOCTYPE html>", b"error code: 1020", b"Denied"])
def test_a_page_that_is_not_hubspots_says_nothing_of_the_credential(
    status: int, content: bytes
) -> None:
    assert wait(status, content).reason is RetryReason.FAULT


REQUIRED = {"requiredGranularScopes": ["crm.objects.deals.read", "crm.objects.deals.write"]}


def test_a_missing_scope_is_named() -> None:
    content = body(
        message="This app hasn't been granted all required scopes to make this call.",
        errors=[{"message": "One or more of the following scopes are required.",
                 "context": REQUIRED}],
        category="MISSING_SCOPES",
    )  # fmt: skip
    error = refusal(403, content)
    assert isinstance(error, ScopeMissing)
    assert error.scopes == ("crm.objects.deals.read", "crm.objects.deals.write")
    assert "crm.objects.deals.read or crm.objects.deals.write" in error.message
    assert ENDPOINT in error.message


NEEDED = ["crm.objects.deals.read"]
SENTENCE = "One or more of the following scopes are required"


@pytest.mark.parametrize(
    "content",
    [
        body(message=SENTENCE, errors=[{"context": {"requiredGranularScopes": NEEDED}}]),
        body(message=SENTENCE, context={"requiredGranularScopes": NEEDED, "links": ["https://…"]}),
        body(message=SENTENCE, errors=[{"context": {"requiredScopes": NEEDED}}]),
        body(message="Invalid input", context={"missingScopes": NEEDED}),
        body(message=f"{SENTENCE}: crm.objects.deals.read."),
    ],
)
def test_a_scope_is_named_wherever_hubspot_tells_it(content: bytes) -> None:
    error = refusal(403, content)
    assert isinstance(error, ScopeMissing)
    assert error.scopes == ("crm.objects.deals.read",)


def test_a_scope_that_only_stands_in_the_message_is_named_too() -> None:
    message = "EXTERNAL auth request is missing required 'workflows-access-public-api' scope."
    error = refusal(403, body(message=message))
    assert isinstance(error, ScopeMissing)
    assert error.scopes == ("workflows-access-public-api",)


def test_a_403_that_names_no_scope_is_told_in_hubspots_words() -> None:
    error = refusal(403, body(message="USER_DOES_NOT_HAVE_PERMISSIONS"))
    assert isinstance(error, ScopeMissing)
    assert error.status == "SKIPPED"
    assert "USER_DOES_NOT_HAVE_PERMISSIONS" in error.message


# -- no retry helps -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 400, 404, 405, 409, 410, 414, 415, 422])
@pytest.mark.parametrize("content", [b"", HTML, b'{"message":"Invalid input"}', b'"text"'])
def test_any_other_refusal_is_final_and_tells_status_and_endpoint(
    status: int, content: bytes
) -> None:
    error = refusal(status, content)
    assert isinstance(error, HubSpotRefused)
    assert f"{ENDPOINT} with {status}" in error.message
    assert "<" not in error.message


def test_a_long_explanation_is_cut() -> None:
    assert len(refusal(400, body(message="x" * 10_000)).message) < 600


# -- no credential is ever repeated ---------------------------------------------------------------

CREDENTIALS = [
    "pat-na1-12345678-1234-1234-1234-123456789012",
    "pat-eu1-abcdefgh",
    "CJSP5qf1KhICAQEYs-gDIIGOBii1hQIyGQAf3xBKmlwHjX7OIpuIFEavB2-qYAGQsF4",
    "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeKKF2Q",
]


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize(
    "text",
    [
        "This oauth-token ({}) does not have proper permissions!",
        "Authorization: Bearer {} is wrong",
        "{}",
        "unknown token '{}'",
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 530])
def test_a_credential_hubspot_repeats_is_not_repeated(
    credential: str, text: str, status: int
) -> None:
    for content in (body(message=text.format(credential)), text.format(credential).encode()):
        try:
            message = retry_or_raise(status, {}, content, ENDPOINT).message
        except IngestError as error:
            message = str(error)
        assert credential not in message
        assert credential[:16] not in message


@pytest.mark.parametrize(
    "text",
    [
        "One or more of the following scopes are required.",
        "Property values were not valid: hs_v2_date_entered_appointmentscheduled",
        "object 2-1234567 in crm.objects.custom.read",
        "correlation 5b4e8c0a-6e0f-4c0b-9c53-f4a5e07ee3b5",
    ],
)
def test_what_is_no_credential_stays_readable(text: str) -> None:
    assert redacted(text) == text


# -- anything -------------------------------------------------------------------------------------

STATUSES = st.sampled_from([302, 400, 401, 403, 429, 477, 500])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
SCOPED = st.lists(
    JSON | st.fixed_dictionaries({"context": JSON | st.fixed_dictionaries(
        {"requiredGranularScopes": JSON})}),
    max_size=2,
)  # fmt: skip
BODIES = JSON | st.fixed_dictionaries(
    {"message": JSON, "policyName": JSON, "category": JSON, "errors": JSON | SCOPED}
)


@given(STATUSES, BODIES)
def test_any_refusal_is_a_wait_or_an_error_of_ours(status: int, answer: object) -> None:
    scopes: tuple[str, ...] = ()
    try:
        retry_or_raise(status, {}, json.dumps(answer).encode(), ENDPOINT)
    except ScopeMissing as error:
        scopes = error.scopes
    except IngestError:
        pass
    assert all(isinstance(scope, str) for scope in scopes)


@given(STATUSES, st.binary(max_size=60), st.text(max_size=10))
def test_any_bytes_are_a_wait_or_an_error_of_ours(status: int, content: bytes, header: str) -> None:
    try:
        retry = retry_or_raise(status, {"retry-after": header}, content, ENDPOINT)
    except IngestError:
        return
    assert retry.seconds is None or 0 <= retry.seconds < float("inf")


@pytest.mark.parametrize(
    "errors",
    [
        5,
        "text",
        {"context": {}},
        [5],
        [{"context": "text"}],
        [{"context": ["a"]}],
        [{"context": {"requiredGranularScopes": 5}}],
        [{"context": {"requiredGranularScopes": "crm.objects.deals.read"}}],
    ],
)
def test_a_403_of_an_odd_shape_is_still_a_missing_scope(errors: Any) -> None:
    error = refusal(403, body(errors=errors))
    assert isinstance(error, ScopeMissing)
    assert error.scopes in ((), ("crm.objects.deals.read",))
