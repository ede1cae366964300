"""The identifiers that callers choose, each with the one rule for it.

None may contain `#`, which joins the parts of a table key, or `/`, which ends a path segment.
Player ids are the exception, as an identity provider chooses them: in keys they come last, or
before a part without `#`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

AppId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""Id of an app: 1 to 63 lower-case letters, digits and hyphens; part of secret names."""

PlayerId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]
"""Id of a player: a token's `sub`, 1 to 255 printable ASCII characters (OpenID Connect Core 1.0,
section 2)."""

DeviceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
"""Id of a device, chosen by the game client and stable over reinstalls where it can be."""

TemplateId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Id of a template; an event's `detail-type` must be one to name a template."""

Topic = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.:-]{1,64}$")]
"""Name of a topic that channels subscribe to."""

TopicPattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.:*-]{1,64}$")]
"""Names of topics: a `*` stands for any text."""

RequestId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
"""Id of a request, chosen by its sender: its idempotency key."""

NotificationId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""Id of a notification: a hash of the app's id and the request's id."""

Locale = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
"""A BCP 47 language tag such as `en-US`."""

ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
"""Name of a template's parameter, as in `${name}`."""

ParameterValue = bool | str | int | Annotated[float, Field(allow_inf_nan=False)]
"""Value of a template's parameter."""
