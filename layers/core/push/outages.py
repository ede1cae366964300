"""What DynamoDB does not do in spite of the SDK's own retries, told as one error."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def told_as_outage() -> Iterator[None]:
    """Turn what boto3 raises into TablesUnavailableError; serves as a decorator, too."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason")
        raise TablesUnavailableError(f"DynamoDB does not answer: {code}") from error
    except BotoCoreError as error:
        raise TablesUnavailableError(f"DynamoDB does not answer: {type(error).__name__}") from error
