"""What the product costs: rows per second, memory and requests, measured from outside.

``python -m benchmarks [NAME …]`` (``make bench``) prints one table, which docs/PERFORMANCE.md
explains.
"""
