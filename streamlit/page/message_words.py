"""Puts the answers of procedures into the page's words: buttons in place of statements. Pure."""

from __future__ import annotations

import re

from page import message_statements
from page.setting_labels import LABELS

_CALLED = r"(?:with )?CALL {}(?:\([^)]*\))?"
_KEY = "“Store and test” under Set up, Connection"
_PORTALS = "Settings, Connections"
_PLACE = "under Schedule and more, Destination"
# What the page does in place of a statement, or shows in place of a view; the first that fits wins.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"with CALL set_token\([^)]*\)", f"by {_KEY}"),
    (_CALLED.format("set_token"), _KEY),
    (
        r"make one that may, with a credential of its own: CALL configure_connection\(.*?\)\), and "
        r"name it in 'connection'",
        "choose another under Settings of the push",
    ),
    (_CALLED.format("configure_connection"), f"under {_PORTALS}"),
    (r"drop one first " + _CALLED.format("drop_connection"), "remove one first under Settings"),
    (r"check it " + _CALLED.format("test_connection"), f"check it under {_PORTALS}"),
    (_CALLED.format("(?:drop|test)_connection"), _PORTALS),
    (r"(?:run|see) (?:it |one first, for example )?(?:with )?"
     + _CALLED.format("ingest_hubspot"), "press “Run now”"),
    (r"run it: " + _CALLED.format("ingest_hubspot"), "press “Run now”"),
    (r"drop the table, then CALL ingest_hubspot\([^)]*\); or undo the change",
     f"undo the change, or give the sync another table {_PLACE}: it reads everything into that"),
    (r"^CALL ingest_hubspot\([^)]*\): ", "press “Run now”: "),
    (r"^CALL ingest_hubspot\('([^']*)'\)$", r"run \1 under Syncs, once step 1 has added it"),
    (_CALLED.format("ingest_hubspot"), "press “Run now”"),
    (_CALLED.format("(?:start_)?reconcile"), "“Check now” under Trust"),
    (r"\bRECONCILE\b", "comparison under Trust"),
    (_CALLED.format("reset_sync"), "“Reload everything”"),
    (_CALLED.format("enable_(?:sync|push)"), "press “Pause”, then “Resume”"),
    (r"; CALL plan_ingest says what is known of it", "; “Next run” says what is known of it"),
    (_CALLED.format("plan_ingest"), "“Next run”"),
    (r"see (?:CALL|what (?:it|a run) would do(?::| with) CALL) plan_push\([^)]*\)",
     "see what it would do under “Plan”"),
    (r"look at CALL plan_push", "look at “Plan”"),
    (_CALLED.format("plan_push"), "“Plan”"),
    (r"and if it is right call push_to_hubspot\([^)]*\)", "and if it is right press “Send”"),
    (r"CALL push_to_hubspot\([^)]*\) does this and nothing else",
     "“Send” does this and nothing else"),
    (r"(?:press )?" + _CALLED.format("push_to_hubspot"), "press “Send”"),
    (r"forget what was sent with CALL reset_push\('[^']*', 'forget'\)",
     "remove the push, which forgets what was sent, make it again"),
    (r"CALL reset_push\('[^']*', 'adopt'\) takes", "“Take over” takes"),
    (r"make (one|a property for it) with CALL create_external_id\([^)]*\)",
     "make it by “Make snowflake_key in HubSpot” under Settings of the push"),
    (r", or name a unique property in 'external_id' or 'match'", ", or match by a unique property"),
    (r"make one with CALL configure_push\(…\)", "make it by “New push”"),
    (r"(?:, for example )?" + _CALLED.format("explain_row"), ""),
    (_CALLED.format("send_test_notification"), "by “Send a test message” under Settings"),
    (r"name an integration with CALL configure_app\(.*\)$",
     "name an integration under Settings, Notifications"),
    (r"CALL configure_app with the same (\w+) again", r"change \1 under Settings, save, and back"),
    (r"; CALL \w+\(PARSE_JSON\(.*\)\) makes it again, CALL \w+\(\) ends them$",
     "; “Make the views” under Settings makes it again"),
    (r"CALL make_\w+\(\) (?:as before|first)", "press “Make the views” under Settings"),
    (r"; name one: CALL compare_fivetran\(.*\)\)$", "; name one under Schema of the views"),
    (r"^CALL configure_sync\('([^']*)'.*$", r"change \1 as step 1 says"),
    (r"drop it, or (give the sync a table of its own)", r"\1"),
    (r"a table of its own: \{'destination': \{'table': '…'\}\}", f"a table of its own {_PLACE}"),
    (r"a destination table of its own, or drop the table, then",
     f"a table of its own {_PLACE}, then"),
    (r"grant it USAGE on the database and USAGE, CREATE TABLE on the schema of the destination, "
     r"then run again", "the owner of the database lets it, with the statements that Set up, "
     "Destination has; then run it again"),
    (r"rename what has its name, configure (\S+) again as it is, and run it",
     r"the owner of what has its name renames it, with SQL; then press “Reload everything” at \1"),
    (r"something else has that name; rename it, and (?=the next run)",
     "something else has that name; once its owner has renamed that, with SQL, "),
    (r"something else has that name; rename it, and call again",
     "something else has that name; once its owner has renamed that, with SQL, make them again"),
    (r", for example (?:PARSE_JSON|OBJECT_CONSTRUCT|ARRAY_CONSTRUCT)\(.*?\)(?=$|;)", ""),
    (r"look at PUSH_PLAN_ROWS(?:(?:;|, and) if it is right,? press “Send”)?",
     "look at its “Plan”; if it is right, press “Send” there"),
    (r"; PUSH_PLAN_ROWS has each row", ""),
    (r", in PUSH_PLAN_ROWS", ", under “Plan”"),
    (r"SELECT\b.*\bPUSH_ROWS\b.* has the reasons", "“Rows” has the reasons"),
    (r"see PUSH_OUTCOMES for the reasons", "see “Rows” for the reasons"),
    (r"PUSH_OUTCOMES has the reasons", "“Rows” has the reasons"),
    (r"the view (?:RUNS|ERRORS)\b", "Runs"),
    (r"wait for it to end \(see Runs\) or, if it was killed, for its lease to expire",
     "wait for it to end (see Runs); one that was killed counts as going on for 15 minutes"),
    (r"\bcall (?:this )?again\b", "try again"),
    (r"explain it by the sync that reads those", "choose the table of those above"),
    (r"there is no stream\b", "there is no object"),
    (r"(\d+ of \d+) streams can be read", r"\1 objects can be read"),
    (r"give \{'token': '…'\}, the service key or private app token, or \{.*\}",
     "give the service key or private app token alone"),
    (r"the view COMPLETENESS\b", "Trust"),
    (r"the view SYNCS\b", "Syncs"),
    (r"the view CONNECTIONS\b", "Settings"),
    (r"the views STREAMS and STREAM_PROPERTIES", "Set up, Objects"),
    (r"properties are meant by their internal names, see the view STREAM_PROPERTIES",
     "properties are meant by their internal names"),
    (r"the application(?= (?:may|cannot|is))", "the app"),
    (r"see docs/ERRORS\.md, HUBSPOT_REFUSED", "if it is not about your portal, report it"),
    (r"(the|its) next run is a backfill", r"\1 next run reads everything again"),
    (r"\ba backfill\b", "a run that reads everything"),
    (r"else RESOLVE_PUSH_ROW", "else settle it under Rows"),
    (r", or NULL where there is none$", ", or say that it is not there"),
    (r"set lifecycle_backward to clear_first",
     "choose “Empty the stage first, then set it” under Settings of the push"),
    (r"\bglobs look like \[\"\*\", \"!hs_email_\*\"\]", "patterns look like hs_email_*"),
    (r"\bglob\b", "pattern"),
    (r"\bglobs\b", "patterns"),
    (r"the app setting keep_pages_days", f"“{LABELS['keep_pages_days']}” under Settings"),
)  # fmt: skip
_FILTER = re.compile(r"(?:setting ')?[Ff]ilter_groups\.(\d+)(?:\.filters\.(\d+))?(\.\w+)?'?")
_SETTING = re.compile(r"[Ss]etting '([a-z_]+)'")
# the names of settings in quotes, and those that a sentence cannot mean otherwise
_BARE = re.compile(
    rf"'({'|'.join(LABELS)})'|\b({'|'.join(name for name in LABELS if '_' in name)})\b"
)


def in_page_words(message: str) -> str:
    """A message without statements, views and places in JSON; buttons stand in quotes.

    What the page has no word for stays as it is.
    """
    message, _ = message_statements.apart(message)
    message = _FILTER.sub(_filter, message)
    message = _SETTING.sub(lambda found: LABELS.get(found[1], found[0]), message)
    for pattern, words in _WORDS:
        message = re.sub(pattern, words, message)
    return _BARE.sub(lambda found: f"“{LABELS[found[1] or found[2]]}”", message)


def _filter(found: re.Match[str]) -> str:
    group = f"Group {int(found[1]) + 1}"
    return group if found[2] is None else f"{group}, filter {int(found[2]) + 1}"
