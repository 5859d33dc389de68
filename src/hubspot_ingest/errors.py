"""Every error of the product, grouped by who acts next.

    IngestError
    ├── Refusal              the caller mends the call; nothing was stored or sent
    ├── CredentialError      a HubSpot admin mends the credential
    ├── ScopeMissing         a HubSpot admin adds a scope; the run is SKIPPED
    ├── HubSpotError         HubSpot (or the way to it) failed; run again later
    ├── UnexpectedAnswer     HubSpot answered something that must not be loaded
    ├── DatabaseError        a Snowflake admin mends a grant, a table or the storage
    ├── NotificationFailed   the owner of the notification integration mends it
    ├── StateOutdated        the sync or its table changed while a run went on; the next begins anew
    ├── SyncBusy             another run of the same sync is going on
    ├── LaptopError          something on this machine is not as it should be
    └── Stopped              not a failure: the run ended early and the next one resumes
        ├── DeadlineReached
        ├── DailyLimitReached
        └── StopRequested

An error says in one line what happened and what to do. ``code`` is stable: programs may branch
on it. No message ever holds a credential.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from hubspot_ingest.model import Json

# What HubSpot's texts may hold and a terminal takes for commands, and what turns the direction of
# the text that follows. Line breaks and tabs are none of them.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """``text`` with its control characters replaced."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


class IngestError(Exception):
    """What a procedure answers when it cannot do its work: a stable code and one line."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[str] = "FAILED"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        """Keep ``message`` on one printable line; ``code`` overrides the class's own."""
        super().__init__(printable(" ".join(message.split())))
        self.response_code = code or self.code

    @property
    def message(self) -> str:
        """What happened and what to do, in one line."""
        return str(self.args[0])

    @property
    def as_answer(self) -> dict[str, Json]:
        """What a procedure answers of it."""
        return {"response_code": self.response_code, "message": self.message}


@contextmanager
def finishing(finish: Callable[[], object]) -> Iterator[None]:
    """Call ``finish`` in the end; where an error came before, it stays the one that is raised."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            finish()
        raise
    finish()


class Refusal(IngestError):
    """The call is wrong; nothing was stored or sent."""

    code = "INVALID_SETTINGS"


class UnknownStream(Refusal):
    """No stream of that name in the catalog or among the portal's custom objects."""

    code = "UNKNOWN_STREAM"


class UnknownSync(Refusal):
    """No sync of that name was ever configured or run."""

    code = "UNKNOWN_SYNC"


class UnknownPush(Refusal):
    """No push of that name was ever configured."""

    code = "UNKNOWN_PUSH"


class InvalidFilter(Refusal):
    """A filter HubSpot would refuse, or that names a property the portal does not have."""

    code = "INVALID_FILTER"


class CredentialError(IngestError):
    """There is no credential, or HubSpot does not accept it."""

    code = "CREDENTIAL_REJECTED"

    def __init__(self, message: str, *, code: str | None = None, may_pass: bool = False) -> None:
        """``may_pass``: a 401, which HubSpot answers now and then to a credential that is good."""
        super().__init__(message, code=code)
        self.may_pass = may_pass


class CredentialMissing(CredentialError):
    """No credential was ever set."""

    code = "CREDENTIAL_MISSING"


class ScopeMissing(IngestError):
    """The credential is good but lacks a scope; ``scopes`` names the alternatives."""

    code = "SCOPE_MISSING"
    status = "SKIPPED"

    def __init__(self, message: str, scopes: tuple[str, ...] = ()) -> None:
        """Keep the scope names HubSpot answered, any one of which would do."""
        super().__init__(message)
        self.scopes = scopes


class HubSpotError(IngestError):
    """HubSpot, or the way to it, failed for longer than we may wait."""

    code = "HUBSPOT_UNAVAILABLE"


class HubSpotRefused(HubSpotError):
    """HubSpot refused a request for a reason that no retry changes; ``http_status`` tells which."""

    code = "HUBSPOT_REFUSED"

    def __init__(
        self, message: str, http_status: int = 400, answer: Mapping[str, Any] | None = None
    ) -> None:
        """Keep the status, which tells a wrong id from a wrong address, and HubSpot's answer."""
        super().__init__(message)
        self.http_status = http_status
        self.answer = answer or {}


class NotAnswered(HubSpotError):
    """HubSpot answers what else it is asked, and one request not, however often it is sent."""

    code = "HUBSPOT_NOT_ANSWERED"


class AnswerLost(HubSpotError):
    """A write was sent and its answer did not come: whether it was done is not known."""

    code = "OUTCOME_UNKNOWN"


class UnexpectedAnswer(IngestError):
    """HubSpot's answer breaks a promise that completeness rests on; nothing of it is loaded."""

    code = "HUBSPOT_ANSWER_UNEXPECTED"

    def __init__(self, message: str, *, by_token: bool = False) -> None:
        """``by_token``: the list's page tokens are no ids, but may still be followed."""
        super().__init__(message)
        self.by_token = by_token


class DatabaseError(IngestError):
    """A statement failed; ``snowflake_message`` is what Snowflake said of it."""

    code = "DATABASE_ERROR"

    def __init__(
        self, message: str, *, code: str | None = None, snowflake_message: str = ""
    ) -> None:
        """Keep Snowflake's own words beside ours."""
        super().__init__(message, code=code)
        self.snowflake_message = snowflake_message or self.message


class GrantMissing(DatabaseError):
    """The application lacks a privilege on the destination."""

    code = "GRANT_MISSING"


class StorageFull(DatabaseError):
    """There is no room left where the data lies."""

    code = "STORAGE_FULL"


class NotificationFailed(IngestError):
    """A notification could not be sent; it is tried again."""

    code = "NOTIFICATION_FAILED"


class StateOutdated(IngestError):
    """What a run read does not count any more: the sync or its table changed meanwhile."""

    code = "SETTINGS_CHANGED"
    status = "STOPPED"


class Held(IngestError):
    """The plan of a push changes or archives more than its settings allow: nothing was written."""

    code = "SAFETY_LIMIT"
    status = "HELD"


class SourceEmpty(Held):
    """There is not one row in a push's source, which is a mistake more often than not."""

    code = "SOURCE_EMPTY"


class PlanChanged(Refusal):
    """What a push would do is not what was confirmed: nothing was written."""

    code = "PLAN_CHANGED"


class TooManyRejected(IngestError):
    """So many rows of a push are refused that something is wrong with all of them."""

    code = "TOO_MANY_REJECTED"
    status = "STOPPED"


class SyncBusy(IngestError):
    """Another run holds the sync's lease."""

    code = "SYNC_BUSY"


class LaptopError(IngestError):
    """Something on this machine is not as it should be."""

    code = "LAPTOP_ERROR"


class Stopped(IngestError):
    """The run ended early and cleanly; the next run resumes where it stopped."""

    code = "STOPPED"
    status = "STOPPED"


class DeadlineReached(Stopped):
    """The run's time is used up."""

    code = "DEADLINE_REACHED"


class DailyLimitReached(Stopped):
    """HubSpot's daily request limit, less the reserve left to other apps, is used up."""

    code = "DAILY_LIMIT_REACHED"


class StopRequested(Stopped):
    """Somebody asked the run to stop."""

    code = "STOP_REQUESTED"
