"""DynamoDB, SQS and Secrets Manager behind typed errors.

Importing this package keeps the SDK's debug lines out of the logs: they hold whole requests and
responses, with secrets, access tokens and channel URIs.
"""

from __future__ import annotations

import logging

# Lambda's runtime gives the root logger the application log level before it imports a handler
# (awslambdaric, bootstrap.py, `_setup_logging`), and loggers without their own level follow it.
# The service's own loggers have one (POWERTOOLS_LOG_LEVEL), so LogLevel still works for them.
_NOT_BELOW_INFO = (None, "botocore", "urllib3")

for _name in _NOT_BELOW_INFO:
    _logger = logging.getLogger(_name)
    _logger.setLevel(max(_logger.getEffectiveLevel(), logging.INFO))
