"""The OAuth endpoint that issues access tokens."""

from __future__ import annotations

from urllib.parse import parse_qsl

from hubspot_sandbox.answers import CORRELATION, Answer, Refusal, json_answer
from hubspot_sandbox.call import Call

TOKEN_TYPE = "bearer"


def give_token(call: Call) -> Answer:
    """A new access token by a refresh token, sent as a form (BEHAVIOR H150, H151)."""
    form = dict(parse_qsl(call.raw_body.decode("ascii", "replace")))
    if form.get("grant_type") != "refresh_token":
        raise _refused("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type")
    tokens = call.portal.tokens
    of_app = [grant for grant in tokens.grants if grant.client_id == form.get("client_id")]
    if not of_app:
        raise _refused("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id")
    if of_app[0].client_secret != form.get("client_secret"):
        raise _refused("BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret")
    for grant in of_app:
        if grant.refresh_token == form.get("refresh_token"):
            token = tokens.renew(grant, call.now)
            return json_answer(
                {
                    "token_type": TOKEN_TYPE,
                    "access_token": token,
                    "refresh_token": grant.refresh_token,
                    "expires_in": grant.lifetime_ms // 1000,
                    "hub_id": call.portal.id,
                    "scopes": sorted(grant.scopes or ("oauth",)),
                }
            )
    raise _refused(
        "BAD_REFRESH_TOKEN", "invalid_grant", "refresh token is invalid, expired or revoked"
    )


def _refused(status: str, error: str, message: str) -> Refusal:
    shape = {"status": status, "error": error, "error_description": message, "message": message}
    return Refusal(json_answer(shape | {"correlationId": CORRELATION}, 400))
