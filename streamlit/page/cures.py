"""What each code means and what cures it; the same words as in docs/ERRORS.md."""

from __future__ import annotations

CURES: dict[str, tuple[str, str]] = {
    "INVALID_SETTINGS": (
        "a setting is unknown or has a wrong value",
        "the message names it and what would be right",
    ),
    "INVALID_FILTER": (
        "a filter names a property, operator, value or number of groups HubSpot would refuse",
        "the message names the filter",
    ),
    "INVALID_NAME": ("the name cannot be a sync's", "letters, digits, _, -, ."),
    "INVALID_CREDENTIAL": ("what was given as a token is none", "give the service key alone"),
    "UNKNOWN_STREAM": (
        "no such stream or custom object",
        "the message lists those there are",
    ),
    "UNKNOWN_SYNC": ("no such sync", "the message lists those there are"),
    "UNKNOWN_RUN": ("no such run", "the view RUNS lists those there are"),
    "UNKNOWN_CONNECTION": ("no such connection", "the message lists those there are"),
    "CONNECTION_IN_USE": (
        "a connection that syncs use cannot be dropped",
        "drop these syncs, or give them another connection",
    ),
    "TOO_MANY_CONNECTIONS": ("ten connections are all an installation takes", "drop one"),
    "OTHER_PORTAL": (
        "the table holds rows of another portal; nothing was written",
        "give the sync a table of its own, or the credential of the portal it had",
    ),
    "CREDENTIAL_MISSING": ("no credential is set", "store a service key under Set up"),
    "CREDENTIAL_REJECTED": (
        "HubSpot does not accept the credential",
        "copy it again from HubSpot and store it under Set up",
    ),
    "SCOPE_MISSING": (
        "the credential lacks a scope; the run is skipped",
        "add the scope named to the service key",
    ),
    "HUBSPOT_UNAVAILABLE": (
        "HubSpot could not be reached, or kept failing",
        "approve the address if that was not done; run again later",
    ),
    "HUBSPOT_REFUSED": (
        "HubSpot refused a request for good",
        "the message quotes HubSpot; if it is not about your portal, report it",
    ),
    "HUBSPOT_ANSWER_UNEXPECTED": (
        "an answer broke a promise that completeness rests on",
        "nothing of it was loaded; run again, and report it if it stays",
    ),
    "DATABASE_ERROR": ("a statement failed", "the message quotes Snowflake"),
    "GRANT_MISSING": (
        "the app lacks a privilege on the destination",
        "grant what the message names",
    ),
    "STORAGE_FULL": ("there is no room where the rows lie", "free some and run again"),
    "INTEGRATION_UNUSABLE": (
        "the app may not use the notification integration, or it does not fit",
        "grant or change what the message names",
    ),
    "NOTIFICATION_FAILED": (
        "nothing could be sent through the notification integration",
        "the message quotes Snowflake; it is tried again",
    ),
    "NOT_LOADED": (
        "the sync has not been loaded whole yet",
        "run it first",
    ),
    "NOTHING_KEPT": (
        "no pages are kept of the sync, or of the run",
        "set keep_pages_days: runs from then on keep theirs",
    ),
    "NOT_KEPT_SO_FAR": (
        "a replay was to begin before what is kept",
        "begin where the message says, or with null",
    ),
    "ALREADY_ROLLED_BACK": ("the run was rolled back before", "nothing"),
    "LATER_RUN_NOT_KEPT": (
        "a later run changed rows and nothing of it is kept",
        "let the next run, or RECONCILE, bring the truth in",
    ),
    "NOT_COMPARABLE": (
        "the stream is read whole, or has nothing that could be counted",
        "nothing: its runs are its comparison",
    ),
    "OPEN_TRANSACTION": (
        "the session has an open transaction, or AUTOCOMMIT off: what the app stores could be lost",
        "COMMIT or ROLLBACK, and ALTER SESSION SET AUTOCOMMIT = TRUE; then call again",
    ),
    "TABLE_TAKEN": (
        "the table belongs to another sync",
        "give the sync a table of its own",
    ),
    "TABLE_CHANGED": (
        "a table was dropped, emptied or replaced while a run filled it",
        "nothing: the next run reads everything again",
    ),
    "SETTINGS_CHANGED": (
        "the settings were changed while a run went on",
        "nothing: the next run begins anew",
    ),
    "SYNC_RESET": ("the sync was reset while a run went on", "nothing: the next run begins anew"),
    "SYNC_DROPPED": (
        "the sync was dropped while a run went on",
        "nothing; configure it again to read on",
    ),
    "SYNC_BUSY": (
        "another run of the same sync is going on",
        "wait; a killed run's lease ends after 15 minutes",
    ),
    "INTERRUPTED": ("the run was killed", "nothing: the next run carries on"),
    "DEADLINE_REACHED": ("the run's time was used up", "nothing: the next run carries on"),
    "DAILY_LIMIT_REACHED": (
        "the day's requests, less the reserve, are used up",
        "nothing, or lower the reserve under Settings",
    ),
    "INTERNAL_ERROR": (
        "an exception that nobody foresaw",
        "report the id in the message with its trace, which the message tells how to find",
    ),
}


def cause(code: str) -> str:
    """What happened."""
    return CURES.get(code, ("something this page does not know", ""))[0]


def cure(code: str) -> str:
    """What to do."""
    return CURES.get(code, ("", "look the code up in the documentation"))[1]
