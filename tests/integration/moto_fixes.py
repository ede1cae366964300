"""Moto, where it differs from AWS in what the backend relies on, and where it repeats its own work.
Importing this module applies it.

`UpdateSecretVersionStage` moves AWSCURRENT, but moto's `GetSecretValue` and `PutSecretValue` go on
with the version that was the default before (AWS Secrets Manager API reference, GetSecretValue: "If
you don't specify either a VersionStage or VersionId, Secrets Manager returns the AWSCURRENT
version").

With each call, moto inspects the class that responds, whose methods are always the same.
"""

from __future__ import annotations

import functools
from typing import Any

from moto.core import responses
from moto.secretsmanager.models import SecretsManagerBackend

_move = SecretsManagerBackend.update_secret_version_stage


def _move_with_default(
    self: SecretsManagerBackend, secret_id: str, version_stage: str, *versions: Any, **more: Any
) -> tuple[str, str]:
    moved = _move(self, secret_id, version_stage, *versions, **more)
    secret: Any = self.secrets[secret_id]
    for version_id, version in secret.versions.items():
        if "AWSCURRENT" in version["version_stages"]:
            secret.set_default_version_id(version_id)
    return moved


SecretsManagerBackend.update_secret_version_stage = _move_with_default  # type: ignore[method-assign]
_responses: Any = responses
_responses.method_names_from_class = functools.cache(_responses.method_names_from_class)
