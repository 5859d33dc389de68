"""Views of landed tables in the shapes in which other products land HubSpot."""
