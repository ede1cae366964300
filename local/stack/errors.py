"""Errors of the laptop stack."""


class StackError(Exception):
    """Raised when the laptop stack cannot start or run; the text says why and what to do."""
