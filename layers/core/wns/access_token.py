"""WNS access tokens, for who sends with them: without what obtains them, and its HTTP library."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """A WNS bearer token. Its repr shows the fingerprint only.

    Attributes:
        value: for `Authorization: Bearer`.
        obtained_at: epoch seconds.
        expires_at: epoch seconds.
    """

    value: str
    obtained_at: int
    expires_at: int

    @property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that identify the token without revealing it."""
        return hashlib.sha256(self.value.encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"AccessToken({self.fingerprint}, expires_at={self.expires_at})"
