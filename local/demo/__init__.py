"""The demo scenario, and the programs behind `make run` and `make demo`."""
