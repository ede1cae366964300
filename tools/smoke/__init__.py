"""A check of a deployed stack by what it does: what `make smoke` runs."""
