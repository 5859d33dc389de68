"""What each code of a pushed row means and what cures it; the same words as in docs/PUSH.md."""

from __future__ import annotations

ROW_CURES: dict[str, tuple[str, str]] = {
    "ADMIN_RULE": (
        "a rule that an administrator made for the object refuses the row",
        "give the property that PROPERTY names a value",
    ),
    "ALREADY_EXISTS": (
        "another record has the unique value; the message has its id",
        "match by that property, or mend the value",
    ),
    "AMBIGUOUS_MATCH": (
        "several rows match one record, or one key several records, also of a link",
        "make the match unique; the message names them",
    ),
    "BROKE_RULE": (
        "the value breaks a format rule that an administrator set for the property",
        "mend it as the message says",
    ),
    "EMAIL_INVALID": (
        "HubSpot takes it for no e-mail address",
        "mend it in the source",
    ),
    "FOREIGN_LABELS_KEPT": (
        "somebody else put a label on a pair whose link is gone from the source",
        "nothing: the pair stays; take it apart in HubSpot if it is to go",
    ),
    "KEY_DUPLICATE": (
        "several rows of the source have the key",
        "make the key unique in the source",
    ),
    "KEY_NULL": (
        "the row has no key",
        "give it one",
    ),
    "LABEL_UNKNOWN": (
        "the two objects have no such label",
        "make it in HubSpot, or set create_labels; it is tried in each run",
    ),
    "LIFECYCLE_BACKWARD": (
        "HubSpot takes a lifecycle stage back only from an empty one",
        "set lifecycle_backward to clear_first",
    ),
    "LINK_LIMIT": (
        "the record has as many links as HubSpot allows",
        "take some away in HubSpot; it is tried in each run",
    ),
    "MATCH_NULL": (
        "the row has no value to be matched by",
        "give it one",
    ),
    "NOT_A_DATE": (
        "the value is no date, or no time",
        "mend it in the source",
    ),
    "NOT_A_NUMBER": (
        "the value is no number",
        "mend it in the source",
    ),
    "NOT_AN_OPTION": (
        "the property has no such option",
        "mend it in the source, or map the column by the options' labels",
    ),
    "NOT_FOUND": (
        "HubSpot has no record of that id, or of that match for update",
        "mend the id, or use upsert",
    ),
    "NOT_RESTORABLE": (
        "an archived record cannot be brought back by HubSpot's API",
        "restore it in HubSpot; the message has its id",
    ),
    "OUTCOME_UNKNOWN": (
        "nobody knows whether the row, or a link of it, was written",
        "nothing where it can be looked up, as links are by the next run; else RESOLVE_PUSH_ROW",
    ),
    "RECORD_MERGED": (
        "the record was merged into another one",
        "nothing: the next run follows it",
    ),
    "REFUSED": (
        "HubSpot refused the row, or a column of associations holds no keys and labels",
        "the message quotes HubSpot",
    ),
    "REQUIRED_MISSING": (
        "a new record needs a property that the row has not",
        "map it, or give it a value",
    ),
    "TARGET_NOT_FOUND": (
        "the record to link to is not there yet",
        "nothing: the link is made once it is",
    ),
    "TOO_LONG": (
        "the text is longer than HubSpot stores (65,536 characters)",
        "shorten it in the source",
    ),
}


def cure(code: str | None) -> tuple[str, str]:
    """What happened and what to do, in words; the message of the row says more."""
    if code is None:
        return (
            "somebody changed the value in HubSpot since the last push",
            "nothing, or let the row's value win under Settings",
        )
    return ROW_CURES.get(code, (code, "the message says more"))
