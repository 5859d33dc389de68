"""Exactly the procedures that talk to HubSpot are bound to the integration."""

from __future__ import annotations

import io
import zipfile

from scripts.bundle_egress import egress_is_bound
from scripts.bundle_tree import Tree

SETUP = """
CREATE OR REPLACE PROCEDURE core.run(sync STRING) RETURNS VARIANT LANGUAGE PYTHON
  IMPORTS = ('/lib/product.zip') HANDLER = 'product.doors.run';
CREATE OR REPLACE PROCEDURE core.forget() RETURNS VARIANT LANGUAGE PYTHON
  IMPORTS = ('/lib/product.zip') HANDLER = 'product.doors.forget';
EXECUTE IMMEDIATE $$
BEGIN
  EXECUTE IMMEDIATE 'ALTER PROCEDURE core.run(VARCHAR)' || bound;
END;
$$;
"""
DOORS = """
from product import rooms

def answering(work):
    return lambda session: work(session.credential)

@answering
def run(session, sync):
    return rooms.run(session, sync)

@answering
def forget(session):
    return rooms.forget(session)
"""
ROOMS = """
from product.far import Reader

def run(outside, sync):
    return Reader(outside).read(sync)

def forget(outside):
    return outside.database
"""
FAR = """
class Reader:
    def read(self, sync):
        return self._outside.client(sync)
"""


def findings(setup: str = SETUP, rooms: str = ROOMS) -> list[str]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, source in {"doors": DOORS, "rooms": rooms, "far": FAR}.items():
            archive.writestr(f"product/{name}.py", source)
    tree = Tree({"setup.sql": setup.encode(), "lib/product.zip": packed.getvalue()})
    return [str(each) for each in egress_is_bound(tree)]


def test_who_talks_to_hubspot_through_other_modules_is_bound_and_all_is_well() -> None:
    assert findings() == []


def test_a_procedure_that_was_forgotten_is_found() -> None:
    (wrong,) = findings(SETUP.replace("EXECUTE IMMEDIATE 'ALTER", "LET x := 'ALTER"))
    assert wrong == (
        "setup.sql:2: PROCEDURE CORE.RUN(VARCHAR) talks to HubSpot (product.far.Reader) but is not"
        " bound to the egress"
    )


def test_a_procedure_that_begins_to_talk_to_hubspot_is_found() -> None:
    (wrong,) = findings(rooms=ROOMS.replace("outside.database", "outside.credential()"))
    assert "PROCEDURE CORE.FORGET() talks to HubSpot (product.rooms.forget)" in wrong


def test_a_procedure_that_needs_no_way_out_has_none() -> None:
    (wrong,) = findings(rooms=ROOMS.replace("Reader(outside).read(sync)", "sync"))
    assert wrong.endswith("PROCEDURE CORE.RUN(VARCHAR) is bound to the egress but never talks to"
                          " HubSpot")  # fmt: skip


def test_a_bound_name_that_is_no_procedure_is_found() -> None:
    wrong = findings(
        SETUP.replace("ALTER PROCEDURE core.run(VARCHAR)", "ALTER PROCEDURE core.walk()")
    )
    assert "setup.sql: PROCEDURE CORE.WALK() is bound but not created" in [
        each.replace("setup.sql:6", "setup.sql") for each in wrong
    ]
