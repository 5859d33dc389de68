"""Views in another shape that are asked for while a run goes on come with the next run."""

from __future__ import annotations

from hubspot_ingest.database.state.shapes import Shapes, StoredShape
from tests.runs.statement_counts import statements_of_run
from tests.runs.world import HOUR, World


def shape_views_of(world: World) -> set[str]:
    views = "SELECT TABLE_NAME FROM HUBSPOT_DATA.INFORMATION_SCHEMA.VIEWS WHERE TABLE_SCHEMA = ?"
    return {row["TABLE_NAME"] for row in world.rows(views, ("HUBSPOT",))}


def test_the_run_after_one_that_did_not_know_of_them_makes_them_and_further_ones_do_not(
    world: World,
) -> None:
    asked_at = world.clock.now()
    world.run()
    # as MAKE_FIVETRAN_VIEWS leaves it that looked for tables before the run had made any
    world.database.rows("CREATE SCHEMA HUBSPOT_DATA.HUBSPOT")
    Shapes(world.database).save(StoredShape("FIVETRAN", "HUBSPOT_DATA", "HUBSPOT", {}), asked_at)
    assert shape_views_of(world) == set()
    world.clock.advance(HOUR)
    world.run()
    assert "CONTACT" in shape_views_of(world)
    world.clock.advance(HOUR)
    assert not any("SHAPES ORDER BY" in statement for statement in statements_of_run(world))
