"""Routes of the console: a method, a path and the call of pushctl's library that it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, ValidationError

from pushctl.client.errors import NotFoundError, RefusedError
from pushctl.console.known_apps import KnownApps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pushctl.client.stack import Stack
    from pushctl.console.versions import Versions

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """Base of what the page sends."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Console:
    """What the routes work on.

    Attributes:
        pictures: files of the game's own pictures by name, for the previews.
    """

    stack: Stack
    versions: Versions
    pictures: Mapping[str, Path]
    apps: KnownApps = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "apps", KnownApps(self.stack))


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the page. `path` holds the values of the route's `{names}`, unescaped."""

    console: Console
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None

    @property
    def stack(self) -> Stack:
        """The stack that the console is for."""
        return self.console.stack

    @property
    def app(self) -> str:
        """The app in the path."""
        return self.path["app"]

    def read(self, model: type[M]) -> M:
        """Return the body as a model.

        Raises:
            RefusedError: it is none; details name the fields, never their values.
        """
        try:
            return model.model_validate(self.body)
        except ValidationError as error:
            raise RefusedError("some fields are not valid", details=problems_of(error)) from None


@dataclass(frozen=True, slots=True)
class Route:
    """A route; its `pattern` is such as `apps/{app}/resume`."""

    method: str
    pattern: str
    act: Callable[[Call], Any]

    def match(self, method: str, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the values of the pattern's names, None if the request is another."""
        parts = self.pattern.split("/")
        if method != self.method or len(parts) != len(segments):
            return None
        found: dict[str, str] = {}
        for part, segment in zip(parts, segments, strict=True):
            if part.startswith("{"):
                found[part[1:-1]] = unquote(segment)
            elif part != segment:
                return None
        return found


def find_route(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return the route of a request, and the values of its names.

    Raises:
        NotFoundError: there is none.
    """
    segments = path.split("/")
    for route in routes:
        found = route.match(method, segments)
        if found is not None:
            return route, found
    raise NotFoundError("the console has no such route")


def problems_of(error: ValidationError) -> list[str]:
    """Return a sentence for each field that is not valid, without its value."""
    return [
        f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]
