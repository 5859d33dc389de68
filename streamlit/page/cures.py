"""What each code means and what cures it: as docs/ERRORS.md, by what the page has."""

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
        "there is no such object",
        "the message lists those there are",
    ),
    "UNKNOWN_SYNC": ("no such sync", "the message lists those there are"),
    "UNKNOWN_RUN": ("no such run", "Runs lists those there are"),
    "UNKNOWN_RECORD": (
        "HubSpot has no such record; of an e-mail, nor has the table",
        "give the id of a record that is there",
    ),
    "UNKNOWN_CONNECTION": ("no such connection", "the message lists those there are"),
    "CONNECTION_IN_USE": (
        "a portal that syncs read from cannot be removed",
        "remove these syncs, or let them read from another portal under Schedule and more",
    ),
    "TOO_MANY_CONNECTIONS": ("ten portals are all an installation takes", "remove one"),
    "OTHER_PORTAL": (
        "the table holds rows of another portal; nothing was written",
        "give the sync a table of its own under Schedule and more, Destination, or the key of the "
        "portal it had",
    ),
    "CREDENTIAL_MISSING": ("no credential is set", "store a service key under Set up, Connection"),
    "CREDENTIAL_REJECTED": (
        "HubSpot does not accept the credential",
        "copy it again from HubSpot and store it under Set up, Connection; that of a further "
        "portal under Settings, Connections",
    ),
    "SCOPE_MISSING": (
        "the credential lacks a scope; the run is skipped",
        "add the scope named to the service key",
    ),
    "HUBSPOT_UNAVAILABLE": (
        "HubSpot could not be reached, or kept failing",
        "approve the address if that was not done; run again later",
    ),
    "HUBSPOT_NOT_ANSWERED": (
        "HubSpot answered everything but one form, list, object type or the like",
        "nothing: every run asks again; if it stays, ask HubSpot's support for the path named",
    ),
    "UNKNOWN_PUSH": (
        "no push of that name was configured",
        "make it by “New push”; the message names those there are",
    ),
    "SOURCE_UNREADABLE": (
        "the app cannot read the table or view of a push",
        "its owner lets the app read it, with the statements beside the message",
    ),
    "KEY_MISSING": (
        "the source has no column of the name in key",
        "name one of those in the message",
    ),
    "PROPERTY_UNKNOWN": (
        "the object has no such property",
        "choose one that the object has",
    ),
    "PROPERTY_READ_ONLY": ("HubSpot sets the property itself", "leave it out of the push"),
    "PROPERTY_CONTESTED": (
        "another push writes the property of the same object",
        "take it out of one of them",
    ),
    "MATCH_NOT_UNIQUE": (
        "the property does not tell records apart",
        "match by a unique one, or by the property that holds the key",
    ),
    "EXTERNAL_ID_MISSING": (
        "there is no unique property for the key of a row, or no room for one more",
        "make one by “Make snowflake_key in HubSpot” under Settings of the push",
    ),
    "WRITES_NOT_ALLOWED": (
        "the connection is there to read only",
        "let the push use a key that may write",
    ),
    "SAFETY_LIMIT": (
        "a push would change or archive more than its settings allow; nothing was written",
        "look at its plan; if it is right, send it from there",
    ),
    "SOURCE_EMPTY": (
        "the source of a push has no rows; nothing was written",
        "if it is right, send its plan",
    ),
    "PLAN_CHANGED": (
        "the plan that was confirmed does not hold any more; nothing was written",
        "look at the new plan and send that",
    ),
    "TOO_MANY_REJECTED": (
        "HubSpot refused so many rows that the run stopped",
        "see its Rows for the reasons, mend them, send again",
    ),
    "OUTCOME_UNKNOWN": (
        "the answer to a write was lost on its way",
        "nothing: the rows are looked up in HubSpot before anything is sent again",
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
        "the owner of the database grants it, as the message says",
    ),
    "STORAGE_FULL": ("there is no room where the rows lie", "free some and run again"),
    "INTEGRATION_UNUSABLE": (
        "the app may not use the notification integration, or it does not fit",
        "its owner grants or changes what the message names, with SQL",
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
        "say under Settings for how many days to keep what HubSpot answered",
    ),
    "NOT_KEPT_SO_FAR": (
        "a replay was to begin before what is kept",
        "begin where the message says, or with null",
    ),
    "ALREADY_ROLLED_BACK": ("the run was rolled back before", "nothing"),
    "LATER_RUN_NOT_KEPT": (
        "a later run changed rows and nothing of it is kept",
        "let the next run, or “Check now” under Trust, bring the truth in",
    ),
    "NOT_COMPARABLE": (
        "the object is read whole, or has nothing that could be counted",
        "nothing: its runs are its comparison",
    ),
    "OPEN_TRANSACTION": (
        "the session has an open transaction, or AUTOCOMMIT off: what the app stores could be lost",
        "end the transaction in the worksheet it is of, with SQL; then call again",
    ),
    "SYNC_NOT_UNIQUE": (
        "several syncs read one object, and views of it can show one of them",
        "the message tells how to name one",
    ),
    "RECORD_TAKEN": (
        "another row of the push has the record",
        "give the id of the row's own record, or say that it is not there",
    ),
    "TABLE_TAKEN": (
        "the table belongs to another sync",
        "give the sync a table of its own under Schedule and more, Destination",
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
        "nothing; set it up again to read on",
    ),
    "SYNC_BUSY": (
        "another run of the same sync is going on",
        "wait; a killed run counts as going on for 15 minutes",
    ),
    "INTERRUPTED": ("the run was killed", "nothing: the next run carries on"),
    "NOTHING_RUNS": (
        "nothing goes on that could be stopped",
        "nothing: it ended by itself, or was killed",
    ),
    "STOP_REQUESTED": (
        "somebody asked the run to stop; the message names who",
        "nothing: the next run carries on; run it now, or pause it",
    ),
    "DEADLINE_REACHED": ("the run's time was used up", "nothing: the next run carries on"),
    "DAILY_LIMIT_REACHED": (
        "the day's requests, less the reserve, are used up",
        "nothing, or lower “Keep free for other apps” under Settings",
    ),
    "INTERNAL_ERROR": (
        "an exception that nobody foresaw",
        "report the id with the places in the code, which stand here too as an error of their own",
    ),
}

BY_ANOTHER_KEY = ("CREDENTIAL_MISSING", "CREDENTIAL_REJECTED", "SCOPE_MISSING")
"""Codes that end when the key is replaced, or given a scope and tested again."""

NO_FAULTS = ("STOP_REQUESTED", "SETTINGS_CHANGED", "SYNC_RESET", "SYNC_DROPPED")
"""Codes of runs that ended because a person asked for it."""


def sentences(code: str) -> str:
    """What happened and what to do, as two sentences."""
    return f"Cause: {cause(code)}. Cure: {cure(code)}."


def cause(code: str) -> str:
    """What happened."""
    return CURES.get(code, ("something this page does not know", ""))[0]


def cure(code: str) -> str:
    """What to do."""
    return CURES.get(code, ("", "look the code up in the documentation"))[1]
