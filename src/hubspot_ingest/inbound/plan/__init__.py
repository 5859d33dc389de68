"""What a run reads and when: frozen plans, checked filters, what is due."""
