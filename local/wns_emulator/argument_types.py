"""The types of the controls' arguments, with their limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Text = Annotated[str, Field(min_length=1, max_length=2048)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
HeaderText = Annotated[str, Field(pattern=r"^[ -~]*$", max_length=2048)]
Status = Annotated[int, Field(ge=200, le=599)]
Share = Annotated[float, Field(ge=0, le=1)]
