"""Secrets of apps in Secrets Manager, each named `<prefix>/<app_id>/<kind>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretStore:
    """Texts under a name prefix that the functions' permissions are cut to."""

    def __init__(self, client: SecretsManagerClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def get(self, app_id: str, kind: str) -> str | None:
        """Return the secret's text, or None where there is none."""
        try:
            return self._client.get_secret_value(SecretId=self._name(app_id, kind))["SecretString"]
        except self._client.exceptions.ResourceNotFoundException:
            return None

    def put(self, app_id: str, kind: str, text: str) -> None:
        """Store the text in place of an older one."""
        name = self._name(app_id, kind)
        try:
            self._client.put_secret_value(SecretId=name, SecretString=text)
        except self._client.exceptions.ResourceNotFoundException:
            self._client.create_secret(Name=name, SecretString=text)

    def _name(self, app_id: str, kind: str) -> str:
        return f"{self._prefix}/{app_id}/{kind}"
