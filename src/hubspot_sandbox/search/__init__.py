"""Search over records: the filters HubSpot accepts and the index that answers them."""
