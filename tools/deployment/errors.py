"""The error of this package."""

from __future__ import annotations


class DeploymentError(Exception):
    """Raised when a stack cannot be deployed or removed; one sentence that says what to do."""
