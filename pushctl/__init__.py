"""pushctl: the operator's command line, on a library of calls to one deployed stack.

`pushctl.client` is the library: typed, without a terminal. `pushctl.cli` is the command line.
Nothing of either is deployed.
"""
