"""Secrets of apps in Secrets Manager, named `<prefix>/<app_id>/<kind>`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from push.aws.error_codes import error_code
from push.errors import ConflictError, SecretsUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


_CANDIDATE = "CANDIDATE"
"""Staging label of a version that is to become the current one. One that loses the label without
becoming it is deleted by Secrets Manager."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret's text and its version id."""

    text: str = field(repr=False)
    version: str


class SecretStore:
    """Secrets under a name prefix, to which the functions' permissions are limited."""

    def __init__(self, client: SecretsManagerClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def get(self, app_id: str, kind: str) -> Secret | None:
        """Return the secret, None if there is none.

        Raises:
            SecretsUnavailableError: Secrets Manager failed.
        """
        try:
            answer = self._client.get_secret_value(SecretId=self._name(app_id, kind))
        except self._client.exceptions.ResourceNotFoundException:
            return None
        except self._client.exceptions.InvalidRequestException:  # it is being deleted
            return None
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None
        return Secret(answer["SecretString"], answer["VersionId"])

    def put(self, app_id: str, kind: str, text: str) -> None:
        """Create or replace the secret.

        Raises:
            ConflictError: the secret is being deleted, or created concurrently.
            SecretsUnavailableError: Secrets Manager failed.
        """
        name, exceptions = self._name(app_id, kind), self._client.exceptions
        try:
            try:
                self._client.put_secret_value(SecretId=name, SecretString=text)
            except exceptions.ResourceNotFoundException:
                self._client.create_secret(Name=name, SecretString=text)
        except (exceptions.InvalidRequestException, exceptions.ResourceExistsException):
            raise ConflictError(
                f"secrets of app '{app_id}' are being deleted or created; try again in a minute"
            ) from None
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    def replace(self, app_id: str, kind: str, text: str, version: str | None) -> bool:
        """Replace the secret on condition that `version` is its current version, or create it on
        condition that there is none; return whether the condition held.

        Raises:
            SecretsUnavailableError: Secrets Manager failed.
        """
        name, exceptions = self._name(app_id, kind), self._client.exceptions
        try:
            if version is None:
                self._client.create_secret(Name=name, SecretString=text)
                return True
            # A put has no condition, but moving a staging label has one: "If the label is attached
            # and [...] the version ID does not match, then the operation fails" (AWS Secrets
            # Manager API reference, UpdateSecretVersionStage, RemoveFromVersionId). So the new
            # version is stored aside, and becomes the current one if the old one still is.
            stored = self._client.put_secret_value(
                SecretId=name, SecretString=text, VersionStages=[_CANDIDATE]
            )
            self._client.update_secret_version_stage(
                SecretId=name,
                VersionStage="AWSCURRENT",
                MoveToVersionId=stored["VersionId"],
                RemoveFromVersionId=version,
            )
        except (
            exceptions.InvalidParameterException,  # another version is current
            exceptions.InvalidRequestException,  # it is being deleted
            exceptions.ResourceExistsException,
            exceptions.ResourceNotFoundException,
        ):
            return False
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None
        return True

    def delete(self, app_id: str, kind: str) -> None:
        """Delete the secret without a recovery window. Idempotent.

        Raises:
            SecretsUnavailableError: Secrets Manager failed.
        """
        name = self._name(app_id, kind)
        try:
            self._client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        except self._client.exceptions.ResourceNotFoundException:
            return
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    def _name(self, app_id: str, kind: str) -> str:
        return f"{self._prefix}/{app_id}/{kind}"


def _unavailable(error: BotoCoreError | ClientError) -> SecretsUnavailableError:
    code = error_code(error)
    return SecretsUnavailableError(
        f"Secrets Manager is unavailable ({code}); try again later", f"SecretsManager {code}"
    )
