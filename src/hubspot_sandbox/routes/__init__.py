"""The routes from paths to endpoints: every API family under every version of it.

Versions and paths meet here only (BEHAVIOR H1, H2).
"""
