"""How other products spell the columns of properties."""

from __future__ import annotations

import pytest

from hubspot_ingest.inbound.load.shapes.property_names import column_of_property, property_columns


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("hs_v2_date_entered_lead", "PROPERTY_HS_V_2_DATE_ENTERED_LEAD"),
        ("2nd_choice-old", "PROPERTY_2_ND_CHOICE_OLD"),
        ("upsell___close_date", "PROPERTY_UPSELL_CLOSE_DATE"),
        ("score__c", "PROPERTY_SCORE_C"),
        ("address2", "PROPERTY_ADDRESS_2"),
        ("leadSource", "PROPERTY_LEAD_SOURCE"),
        ("URLPath", "PROPERTY_URLPATH"),
        ("_private", "PROPERTY_PRIVATE"),
        ("ends_", "PROPERTY_ENDS_"),
    ],
)
def test_a_property_is_spelled_as_fivetran_spells_it(name: str, column: str) -> None:
    assert column_of_property(name) == column


def test_of_two_that_spell_alike_the_one_like_hubspots_own_has_the_name() -> None:
    columns = property_columns(["score__c", "score_c", "scoreC"], [], {})

    assert columns["score_c"] == "PROPERTY_SCORE_C"
    assert len({*columns.values()}) == 3
    assert all(
        column.startswith("PROPERTY_SCORE_C_")
        for column in columns.values()
        if column != columns["score_c"]
    )


def test_a_property_keeps_its_column_when_another_comes_that_spells_alike() -> None:
    before = property_columns(["score__c"], [], {})

    columns = property_columns(["score__c", "score_c"], [], before)

    assert columns["score__c"] == before["score__c"] == "PROPERTY_SCORE_C"
    assert columns["score_c"] != "PROPERTY_SCORE_C"


def test_no_property_takes_a_column_that_the_view_has_of_its_own() -> None:
    [column] = property_columns(["createdate"], ["PROPERTY_CREATEDATE"], {}).values()

    assert column.startswith("PROPERTY_CREATEDATE_")
