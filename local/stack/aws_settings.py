"""Isolation from the developer's own AWS settings."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def no_aws_settings() -> Iterator[None]:
    """Hide AWS variables and files (profiles, end points, certificates) from boto3."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    os.environ.update(files)
    try:
        yield
    finally:
        for name in files:
            del os.environ[name]
        os.environ.update(hidden)
