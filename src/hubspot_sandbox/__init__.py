"""A local HubSpot, as strict as the original: for tests, benchmarks and trying things out.

`Portal` is an account with records, `Sandbox` serves its API in process, behind httpx or over HTTP
(`Several` those of more than one),
`Limits` and `Faults` say what it refuses and what goes wrong. What it does, and why, is numbered in
``docs/BEHAVIOR.md``.
"""

from hubspot_sandbox.faults import Faults, Planned
from hubspot_sandbox.limits import Limits
from hubspot_sandbox.multi_account import Several
from hubspot_sandbox.portal import Portal
from hubspot_sandbox.records.table import Record, UnknownRecord
from hubspot_sandbox.sandbox import Sandbox, Seen

__all__ = [
    "Faults",
    "Limits",
    "Planned",
    "Portal",
    "Record",
    "Sandbox",
    "Seen",
    "Several",
    "UnknownRecord",
]
