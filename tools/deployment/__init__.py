"""Deploying a stack to AWS, and removing it: what `make deploy` and `make destroy` run."""
