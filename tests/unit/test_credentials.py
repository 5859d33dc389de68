from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest import credentials
from hubspot_ingest.credentials import Kind, OAuth, Token
from hubspot_ingest.errors import Refusal

GRANT = {"client_id": "id-1", "client_secret": "secret-2", "refresh_token": "refresh-3"}


@pytest.mark.parametrize("given", [{"token": " pat-na1-1\n"}, GRANT])
def test_a_credential_is_read_as_it_was_stored(given: Any) -> None:
    credential = credentials.parse_credential(given)
    assert credentials.read_secret(credentials.secret_text(credential)) == credential


def test_a_token_and_a_grant_are_told_apart() -> None:
    assert credentials.parse_credential({"token": "pat-na1-1"}) == Token("pat-na1-1")
    grant = credentials.parse_credential(dict(GRANT))
    assert grant == OAuth("id-1", "secret-2", "refresh-3")
    assert credentials.credential_kind(grant) is Kind.OAUTH


@pytest.mark.parametrize(
    "given",
    [
        None, "pat-na1-5ec7e7", [], {}, {"token": ""}, {"token": None}, {"token": 7},
        {"token": "5ec7e7 with spaces"}, {"token": "5ec7e7\u2011dash"}, {"token": "5ec7e7" * 1000},
        {"token": "5ec7e7", "client_id": "5ec7e7"}, {"client_id": "5ec7e7"},
        {**GRANT, "client_secret": "5ec7e7\n5ec7e7"}, {**GRANT, "scope": "5ec7e7"},
    ],
)  # fmt: skip
def test_what_is_no_credential_is_refused_without_quoting_it(given: Any) -> None:
    with pytest.raises(Refusal) as refused:
        credentials.parse_credential(given)
    assert refused.value.response_code == "INVALID_CREDENTIAL"
    assert "5ec7e7" not in refused.value.message


def test_a_broken_secret_is_refused_without_quoting_it() -> None:
    with pytest.raises(Refusal) as refused:
        credentials.read_secret('{"client_id": "5ec7e7"')
    assert "5ec7e7" not in refused.value.message


def test_a_fingerprint_tells_credentials_and_addresses_apart() -> None:
    made = {
        credentials.fingerprint(credential, address)
        for credential in (Token("a"), Token("b"), OAuth("a", "b", "c"))
        for address in ("https://one", "https://two")
    }
    assert len(made) == 6
