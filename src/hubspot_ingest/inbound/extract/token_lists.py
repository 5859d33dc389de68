"""Reads lists whose page tokens are no ids: after HubSpot's own tokens, or by search and batch.

HubSpot's own tokens are ids (docs/BEHAVIOR.md, H13); nothing promises that they stay so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.page_readers import IdPage, ReadPage
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.model import Record


@dataclass(frozen=True, slots=True)
class TokenPage:
    """Records of a list and those that HubSpot did not read; ``after`` is the next page's token."""

    records: tuple[Record, ...]
    unread: Mapping[str, str]
    after: str | None


def pages_by_token(fetch: Fetch, plan: Plan, token: str | None = None) -> Iterator[TokenPage]:
    """The list from a token on, page after page.

    Raises ``UnexpectedAnswer`` where a token comes twice.
    """
    seen = {token}
    while True:
        page = page_readers.read_list_page(fetch, plan, token)
        records, unread = page_readers.with_values(fetch, plan, page)
        if page.after is not None and page.after in seen:
            raise UnexpectedAnswer(
                f"HubSpot answered the page token {page.after} of {plan.stream.name} twice; "
                "reading was stopped so that it does not go round for ever, run again"
            )
        yield TokenPage(records, unread, page.after)
        if page.after is None:
            return
        token = page.after
        seen.add(token)


def listed(fetch: Fetch, plan: Plan) -> Iterator[IdPage | TokenPage]:
    """Every page of a list, by id where its tokens are ids, otherwise all of it by its tokens."""
    read, after, more = page_readers.page_reader(fetch, plan), 0, True
    try:
        while more:
            page = read(after, None)
            after, more = page.id, page.more
            yield page
    except UnexpectedAnswer as error:
        if not error.by_token:
            raise
        yield from pages_by_token(fetch, plan)


def resumable_reader(fetch: Fetch, plan: Plan) -> ReadPage:
    """Reads a list from any id on, whatever its tokens are.

    Where they are no ids, the ids come from the search, whose index may be behind, and the records
    from HubSpot's primary store.
    """
    read = page_readers.page_reader(fetch, plan)
    tokens_are_ids = True

    def read_from(after: int, last: int | None) -> IdPage:
        nonlocal tokens_are_ids
        if tokens_are_ids:
            try:
                return read(after, last)
            except UnexpectedAnswer as error:
                if not error.by_token:
                    raise
                tokens_are_ids = False
        indexed, _ = page_readers.search_range(
            fetch, replace(plan, properties=("hs_object_id",)), after, last
        )
        found = page_readers.read_by_ids(fetch, plan, [record.id for record in indexed.records])
        ordered = (found.records.get(record.id) for record in indexed.records)
        records = tuple(record for record in ordered if record is not None)
        return replace(indexed, records=records, unread=found.unread)

    return read_from
