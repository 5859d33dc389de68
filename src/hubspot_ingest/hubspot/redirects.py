"""Where a redirect leads: to another path of the same host, or nowhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot.requests import Repeat, Request

# Statuses after which the same request, method and body included, is sent elsewhere (RFC 9110,
# "Redirection 3xx"); the first two allow a GET instead, which an API of JSON cannot mean.
_READS = frozenset({301, 302, 307, 308})
_WRITES = frozenset({307, 308})
# One after the other, for one request.
MOST_REDIRECTS = 5


def redirected(
    request: Request, status: int, headers: Mapping[str, str], base_url: str
) -> Request | None:
    """The request as it is to be sent again; None where the answer is no redirect to follow.

    Raises ``HubSpotRefused`` where it leads to another host, which gets no credential, or to what
    is no address.
    """
    location = headers.get("location", "")
    followed = _READS if request.repeat is Repeat.ALWAYS else _WRITES
    if request.form or status not in followed or not location:
        return None
    base = urlsplit(base_url)
    try:
        target = urlsplit(urljoin(f"{base.scheme}://{base.netloc}{request.target}", location))
    except ValueError:
        raise HubSpotRefused(
            f"HubSpot redirects {request.endpoint} ({status}) to what is no address; run again "
            "later, and if it stays ask HubSpot's support",
            status,
        ) from None
    if (target.scheme, target.netloc) != (base.scheme, base.netloc):
        raise HubSpotRefused(
            f"HubSpot redirects {request.endpoint} ({status}) to {target.hostname}, which is not "
            f"followed: the credential goes to {base.hostname} alone; run again later, and if it "
            "stays ask HubSpot's support",
            status,
        )
    query = f"?{target.query}" if target.query else ""
    return replace(request, path=f"{target.path or '/'}{query}", query=())


def goes_round(request: Request) -> HubSpotRefused:
    """The error for a request that was redirected too often."""
    return HubSpotRefused(
        f"HubSpot redirected {request.endpoint} more than {MOST_REDIRECTS} times; run again "
        "later, and if it stays ask HubSpot's support",
        http_status=0,
    )
