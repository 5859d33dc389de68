"""Record ids: few and short in an account's first years, long and in clumps later.

HubSpot's ids are sparse (BEHAVIOR H160): old accounts hold ids of two to six digits beside ones of
eleven and more, and imports leave clumps in which the ids stand close together.
"""

from __future__ import annotations

from array import array

from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.seeds import mix

_FIRST_LONG_IDS = {
    "contacts": 84_000_000_000, "companies": 17_000_000_000, "deals": 35_000_000_000,
}  # fmt: skip
_LONG_START, _CUSTOM_START = 400_000_000_000, 10**16
_LAST_SHORT_ID = 900_000
_MOST_SHORT = 4_000
_GAPS = (1, 1, 1, 2, 3, 6, 15, 40, 120, 400)
"""Mean distance of neighbours within a clump; a clump draws one of them."""
_WIDEST_VOID = 18
"""Between two clumps lie up to 2 to the power of this many numbers."""
_ENGAGEMENTS = ("calls", "emails", "meetings", "notes", "tasks")
"""Engagements have ids of their own, whatever their type (BEHAVIOR H148)."""


class Ids:
    """Gives out the ids of one object type; the same ones for the same salt."""

    def __init__(self, object_type: ObjectType, salt: int, *, dense: bool = False) -> None:
        """With ``dense`` the ids follow one another without a gap, none of them short."""
        name = object_type.name
        self._salt = salt
        self._dense = dense
        # An engagement's ids are those with one remainder, so that no two types share any.
        self._of = len(_ENGAGEMENTS) if name in _ENGAGEMENTS else 1
        self._remainder = _ENGAGEMENTS.index(name) if name in _ENGAGEMENTS else 0
        self._long_start = _FIRST_LONG_IDS.get(
            name, _CUSTOM_START if object_type.custom else _LONG_START
        )

    def seeded(self, count: int) -> array[int]:
        """The ids of ``count`` seeded records, ascending."""
        if self._dense:
            numbers: list[int] = list(range(self._long_start, self._long_start + count))
        else:
            short = self._short(min(count // 5, _MOST_SHORT))
            numbers = short + self._long(count - len(short))
        return array("q", (number * self._of + self._remainder for number in numbers))

    def next_free(self, last: int) -> int:
        """An id after ``last``, the highest one so far (0: there is none yet)."""
        number = max(last // self._of, self._long_start) + 1
        if not self._dense:
            number += mix(29 + self._salt, number) % 400
        return number * self._of + self._remainder

    def _short(self, count: int) -> list[int]:
        """Ids of two to six digits: they begin at ten and thin out."""
        room = _LAST_SHORT_ID // self._of
        numbers: list[int] = []
        number = 10 + mix(self._salt, 1) % 40
        for place in range(count):
            numbers.append(number)
            # No step takes more than a fair share of what is left.
            most = max((room - number) // (count - place), 1)
            gap = _GAPS[mix(self._salt + 2, place // 30) % len(_GAPS)]
            number += 1 + mix(self._salt + 3, place) % min(2 * gap, most)
        return numbers

    def _long(self, count: int) -> list[int]:
        """Ids of eleven digits and more, in clumps of very different length and density."""
        numbers: list[int] = []
        number = self._long_start
        longest = max(count // 6, 1)
        clump = 0
        while len(numbers) < count:
            draw = mix(self._salt + 4, clump)
            number += 1 + draw % (1 << (1 + (draw >> 20) % _WIDEST_VOID))
            # From one record to some thousands: short clumps are common, long ones hold the most.
            length = 1 + (draw >> 32) % min(1 << (1 + (draw >> 26) % 12), longest)
            gap = _GAPS[(draw >> 48) % len(_GAPS)]
            for place in range(min(length, count - len(numbers))):
                numbers.append(number)
                number += 1 + mix(self._salt + 5 + clump, place) % (2 * gap - 1)
            clump += 1
        return numbers
