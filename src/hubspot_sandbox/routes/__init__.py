"""Which path is answered by what: every API family under every version it is known by.

The one place where versions and paths meet (BEHAVIOR H1, H2).
"""
