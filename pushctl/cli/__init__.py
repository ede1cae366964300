"""The command line: one module per group of commands, on the library."""
