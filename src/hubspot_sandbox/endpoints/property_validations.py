"""The endpoints of the format rules that admins set for property values (BEHAVIOR H182)."""

from __future__ import annotations

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found
from hubspot_sandbox.call import Call
from hubspot_sandbox.schema.validations import RULE_TYPES, Validation
from hubspot_sandbox.tokens import require


def list_rules(call: Call) -> Answer:
    """The properties of an object type that have rules, with them."""
    kind = call.readable().object_type
    return json_answer(
        {
            "results": [
                {
                    "propertyName": name,
                    "propertyValidationRules": [rule.as_json() for rule in rules],
                }
                for name, rules in call.portal.admin_rules.of(kind.name).items()
            ]
        }
    )


def list_rules_of_property(call: Call) -> Answer:
    """The rules of one property."""
    return json_answer({"results": [rule.as_json() for rule in _rules(call)]})


def get_rule(call: Call) -> Answer:
    """The rule of one type of a property."""
    for rule in _rules(call):
        if rule.rule_type == call.parameters["rule"]:
            return json_answer(rule.as_json())
    raise not_found(f"No rule {call.parameters['rule']} for {call.parameters['name']}")


def _rules(call: Call) -> list[Validation]:
    kind = call.readable().object_type
    return call.portal.admin_rules.of(kind.name).get(call.parameters["name"], [])


def set_rule(call: Call) -> Answer:
    """Set the rule of one type; it takes the place of the one there is."""
    kind = call.object_type()
    require(call.granted, kind.schema_write_scopes)
    name, rule_type, body = call.parameters["name"], call.parameters["rule"], call.body()
    arguments = body.get("ruleArguments")
    if name not in call.portal.table(kind).columns:
        raise not_found(f"Property {name} does not exist")
    if rule_type not in RULE_TYPES or not isinstance(arguments, list):
        raise invalid(f"Rule type {rule_type} with arguments {arguments} is not valid")
    texts = [str(argument) for argument in arguments]
    normalise = bool(body.get("shouldApplyNormalization"))
    call.portal.admin_rules.validate(kind.name, name, rule_type, *texts, normalise=normalise)
    return Answer(204)
