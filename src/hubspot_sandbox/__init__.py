"""A local HubSpot, as strict as the original, for tests, benchmarks and the demo.

`Portal` is an account with its data; `Sandbox` serves its API in process, behind httpx or over
HTTP, and `Several` serves more than one account. `Limits` says what is refused, `Faults` what
goes wrong. What HubSpot does, and the source of each fact, is numbered in ``docs/BEHAVIOR.md``.

How a request is answered: `sandbox` counts it against `limits` and looks up its route in
`routes`; an endpoint of `endpoints` reads the `portal`, which holds CRM `records` and other
`items`; `shapes` turns both into HubSpot's JSON.
"""

from hubspot_sandbox.faults import Faults, Planned
from hubspot_sandbox.limits import Limits
from hubspot_sandbox.multi_account import Several
from hubspot_sandbox.person import Edit, Person
from hubspot_sandbox.portal import Portal
from hubspot_sandbox.records.table import Record, UnknownRecord
from hubspot_sandbox.sandbox import Sandbox, Seen
from hubspot_sandbox.write_rules import WriteRules

__all__ = [
    "Edit",
    "Faults",
    "Limits",
    "Person",
    "Planned",
    "Portal",
    "Record",
    "Sandbox",
    "Seen",
    "Several",
    "UnknownRecord",
    "WriteRules",
]
