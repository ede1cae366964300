"""Settings for behaviour of WNS that is undocumented or disputed; the default is the likeliest.

`docs/emulator.md` lists them with what is known about each.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from local.wns_emulator.state.channels import UriEscapes

Check = Literal["refuse", "ignore"]
WnsStatus = Literal["received", "dropped"]
NumberForm = Literal["number", "string"]


class Switches(BaseModel):
    """Every inferred or disputed behaviour."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    legacy_token_seconds: PositiveInt = 86_400
    legacy_expires_in: Literal["number", "string", "absent"] = "number"
    entra_token_seconds: PositiveInt = 86_399
    entra_numbers: NumberForm = "number"
    entra_bad_secret_status: Literal[400, 401] = 401
    entra_v2_accepts_resource: bool = False
    secret_rotation_revokes_tokens: bool = True

    missing_authorization_status: Literal[400, 401] = 401
    not_allow_listed_status: Literal[400, 401, 403] = 403
    length_required_status: Literal[400, 411] = 411
    method_refusal_has_status: bool = True
    continue_delay: NonNegativeFloat = Field(default=0.0, le=60)
    domain_blocked: bool = False
    uri_escapes: UriEscapes = "equal"

    header_values: Check = "refuse"
    ttl_value: Check = "refuse"
    ttl_conflict: Check = "refuse"
    priority_value: Check = "refuse"
    tag_and_group: Literal["warn", "refuse"] = "warn"
    suppress_popup: Literal["refuse", "honour"] = "refuse"
    empty_raw: Literal["refuse", "lose"] = "refuse"
    delete_match: Check = "refuse"
    strict_payloads: bool = False
    payload_bom: Literal["discard", "accept"] = "discard"

    status_headers: Literal["both", "new", "old"] = "both"
    offline_cached_status: WnsStatus = "received"
    offline_toast: Literal["cache", "drop"] = "cache"
    offline_tiles: int = Field(default=1, ge=1, le=5)
    secondary_tile_status: WnsStatus = "received"
    sdk_apps_show_tiles_and_badges: bool = False

    channel_throttle_status: Literal[200, 406] = 200
    channel_requests_per_minute: PositiveInt | None = None
    app_throttle_status: Literal[406, 429] = 406
    app_throttle_retry_after: PositiveInt = 900
    app_requests_per_second: PositiveFloat | None = None
