"""Puts the doctor's findings into the page's words. Pure."""

from __future__ import annotations

import re

from page import look

_WORDS: tuple[tuple[str, str], ...] = (
    *(
        (rf"^((?:the push )?\S+) is {health}(?:$|(:) )", rf"\1 is {label.lower()}\2 ")
        for health, (label, _) in look.HEALTH.items()
    ),
    (r"Z: COMPLETE$", "Z: complete"),
    (r"Z: REPAIRED$", "Z: differences were repaired"),
    (r"Z: INCOMPLETE$", "Z: it did not come to its end"),
    (r"is (continues next run)\b", r"\1"),
    (r"the connection default leads to portal", "the key is of portal"),
    (r"the connection (\S+) leads to portal", r"the key of \1 is of portal"),
    (r"the credential of default\b", "the key of the first portal"),
    (r"the credential of (\S+)", r"the key of \1"),
    (r"the credential may read what (\S+) wants", r"the key may read what \1 needs"),
    (
        r"the credential may not read (\S+), which (\S+) wants",
        r"the key may not read \1, which \2 needs",
    ),
    (r"the task of (\S+) runs by its schedule", r"\1 runs by its schedule"),
    (r"(\S+) has a schedule, but its task is .*", r"\1 has a schedule that does not run"),
    (r"the app has (\w+), but its task \S+ is .*", r"the task for \1 of the app does not run"),
    (r"(.+) have fresh_within, but the task .*", r"\1 shall stay fresh, and nothing runs for it"),
    (
        r"the app lacks EXECUTE TASK, EXECUTE MANAGED TASK on the account",
        "the app may not run tasks",
    ),
    (
        r"(\d+) staging tables of runs that were killed are left, such as .*",
        r"\1 tables for passing use are left of runs that were killed",
    ),
    (
        r"(\d+) files of \d+ runs that are over are left on the stage, such as .*",
        r"\1 files for passing use are left of runs that are over",
    ),
    (
        r"the connection default has a credential of the kind \w+(; when it was|, stored)",
        r"the key of the first portal\1",
    ),
    (
        r"the connection (\S+) has a credential of the kind \w+(; when it was|, stored)",
        r"the key of \1\2",
    ),
    (r"(the key of .+), stored (\d+ days)", r"\1 was stored \2"),
    (r"the key of (.+); when it was stored is not", r"when the key of \1 was stored is not"),
    (r"the connection \S+ to api\.hubapi\.com is APPROVED", "the way to HubSpot is approved"),
    (r"the connection \S+ to api\.hubapi\.com is \w+", "the way to HubSpot is not approved"),
    (
        r"HubSpot tells no daily limit for this credential",
        "HubSpot tells no daily limit of this key",
    ),
)


def in_words(finding: str) -> str:
    """A finding with health, results and keys as they are called elsewhere on the page."""
    for pattern, words in _WORDS:
        finding = re.sub(pattern, words, finding)
    return finding.strip()
