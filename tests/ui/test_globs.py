"""What a press on a property makes of a list of globs."""

from __future__ import annotations

import pytest

from page import globs

NAMES = ["email", "firstname", "mobilephone", "phone"]


@pytest.mark.parametrize(
    ("before", "name", "taken", "after"),
    [
        (["*"], "email", False, ["*", "!email"]),
        (["*", "!email"], "email", True, ["*"]),
        (["*", "!*phone"], "phone", True, ["*", "!mobilephone"]),
        (["email", "phone"], "phone", False, ["email"]),
        (["email"], "phone", True, ["email", "phone"]),
        (["*phone"], "phone", False, ["*phone", "!phone"]),
        (["*"], "email", True, ["*"]),
        ([], "email", True, ["email"]),
        (["email"], "email", False, []),
    ],
)
def test_a_list_is_changed_for_one_property_alone(
    before: list[str], name: str, *, taken: bool, after: list[str]
) -> None:
    assert globs.with_choice(before, name, taken=taken, names=NAMES) == after
    others = [other for other in NAMES if other != name]
    assert [globs.is_among(after, other) for other in others] == [
        globs.is_among(before, other) for other in others
    ]
