"""Columns that items of many endpoints have alike, and short names of the column types."""

from __future__ import annotations

from hubspot_ingest.database.columns import Column, Type

TEXT = Type.TEXT
NUMBER = Type.NUMBER
BOOLEAN = Type.BOOLEAN
DATE = Type.DATE
TIMESTAMP = Type.TIMESTAMP
VARIANT = Type.VARIANT
ARRAY = Type.ARRAY

ID = Column("ID", TEXT, "id", "HubSpot's id")
NAME = Column("NAME", TEXT, "name", "Its name")
LABEL = Column("LABEL", TEXT, "label", "What people see")
DISPLAY_ORDER = Column("DISPLAY_ORDER", NUMBER, "displayOrder", "Its place among its like")
ARCHIVED = Column("ARCHIVED", BOOLEAN, "archived", "Whether it was archived in HubSpot")
CREATED_AT = Column("CREATED_AT", TIMESTAMP, "createdAt", "When it was made in HubSpot, UTC")
UPDATED_AT = Column(
    "UPDATED_AT", TIMESTAMP, "updatedAt", "When it was last changed in HubSpot, UTC"
)
DATES = (CREATED_AT, UPDATED_AT)
