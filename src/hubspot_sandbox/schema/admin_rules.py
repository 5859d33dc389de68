"""The rules that admins set for values and records, and which of them a write breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hubspot_sandbox.schema.validations import Validation


@dataclass(frozen=True, slots=True)
class Condition:
    """A property that is needed once another one has one of these values."""

    required: str
    depends_on: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Missing:
    """A property that a rule asks for: its name, the code of the refusal and its words."""

    name: str
    code: str
    message: str


@dataclass(slots=True)
class AdminRules:
    """Rules by object type name (BEHAVIOR H182, H183)."""

    validations: dict[tuple[str, str], list[Validation]] = field(default_factory=dict)
    form_fields: dict[str, list[str]] = field(default_factory=dict)
    conditions: dict[str, list[Condition]] = field(default_factory=dict)

    def validate(
        self, object_type: str, name: str, rule_type: str, *arguments: str, normalise: bool = False
    ) -> None:
        """Set a format rule of a property; it takes the place of one of the same type."""
        rules = self.validations.setdefault((object_type, name), [])
        rules[:] = [rule for rule in rules if rule.rule_type != rule_type]
        rules.append(Validation(rule_type, arguments, normalise))

    def of(self, object_type: str) -> dict[str, list[Validation]]:
        """The format rules of an object type by property, in order of the names."""
        return {
            name: rules
            for (kind, name), rules in sorted(self.validations.items(), key=lambda item: item[0])
            if kind == object_type and rules
        }

    def require_on_create(self, object_type: str, *names: str) -> None:
        """Make properties required in the form that creates records."""
        self.form_fields.setdefault(object_type, []).extend(names)

    def require_when(
        self, object_type: str, name: str, depends_on: str, values: Iterable[str]
    ) -> None:
        """Make a property required where another one has one of these values."""
        condition = Condition(name, depends_on, frozenset(values))
        self.conditions.setdefault(object_type, []).append(condition)

    def missing(
        self, object_type: str, record: Mapping[str, str | None], written: Iterable[str], new: bool
    ) -> list[Missing]:
        """What a write lacks; ``record`` holds the values as they would be afterwards.

        A condition is looked at when the property it depends on is among those written.
        """
        lacking: list[Missing] = []
        if new:
            lacking += [
                Missing(name, "MISSING_REQUIRED_PROPERTY", f"A value for {name} must be provided")
                for name in self.form_fields.get(object_type, ())
                if not record.get(name)
            ]
        names = set(written)
        lacking += [
            Missing(
                condition.required,
                "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
                f"{condition.required} is required because of a conditional property rule based on "
                f"[{condition.depends_on}]",
            )
            for condition in self.conditions.get(object_type, ())
            if condition.depends_on in names
            and record.get(condition.depends_on) in condition.values
            and not record.get(condition.required)
        ]
        return lacking
