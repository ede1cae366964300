"""The demo scenario, and what `make run` and `make demo` do with it."""
