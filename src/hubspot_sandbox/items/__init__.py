"""Everything a portal holds besides CRM records: lists, forms, emails, events and so on."""
