"""A folder of templates: one file each, `<template id>.yaml`, `.yml` or `.json`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

import yaml
from pydantic import TypeAdapter, ValidationError

from push.identifiers import TemplateId
from push.templates.models import TemplateSettings
from pushctl.client.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".json")
_ID: TypeAdapter[str] = TypeAdapter(TemplateId)
Content = dict[str, Any]
"""A template without its id and version, as the API takes it."""


class _Loader(yaml.SafeLoader):
    """YAML as people mean it: `no` is Norwegian and no false, a date is a text, keys are unique."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is there twice", node.start_mark
            )
        return mapping


# The resolvers of YAML 1.1 without those for its many booleans, dates and sexagesimal numbers.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if not tag.endswith((":bool", ":timestamp"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first, _word in (("t", "true"), ("f", "false")):
    _Loader.yaml_implicit_resolvers.setdefault(_first, []).append(
        ("tag:yaml.org,2002:bool", re.compile(rf"^{_word}$"))
    )


def read_folder(folder: Path) -> dict[str, Content]:
    """Return the templates of a folder by id.

    Raises:
        RefusedError: a file is not a template; details name each problem with its file.
    """
    if not folder.is_dir():
        raise RefusedError(f"{folder} is not a folder; pushctl template pull makes one")
    found: dict[str, Content] = {}
    problems: list[str] = []
    for file in sorted(each for each in folder.iterdir() if each.suffix in SUFFIXES):
        try:
            if _ID.validate_python(file.stem) in found:
                problems.append(f"{file.name}: another file holds the template '{file.stem}'")
            found[file.stem] = _read(file)
        except ValidationError as error:
            problems += [
                f"{file.name}: {'.'.join(map(str, each['loc'])) or 'name'}: {each['msg']}"
                for each in error.errors(include_url=False, include_input=False)
            ]
        except (OSError, ValueError, yaml.YAMLError) as error:
            problems.append(f"{file.name}: {' '.join(str(error).split())}")
    if problems:
        raise RefusedError(f"{folder} holds files that are no templates", details=problems)
    return found


def write_folder(folder: Path, templates: Mapping[str, Content], *, force: bool) -> list[Path]:
    """Write templates as files; return those that were written. Equal ones stay as they are.

    Raises:
        RefusedError: files would change, and `force` is not given; details name them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changed: list[tuple[Path, Content]] = []
    differing: list[str] = []
    for template_id, content in sorted(templates.items()):
        files = [folder / f"{template_id}{suffix}" for suffix in SUFFIXES]
        file = next((each for each in files if each.exists()), files[0])
        if file.exists():
            try:
                if canonical(_read(file)) == canonical(content):
                    continue
            except (OSError, ValueError, yaml.YAMLError):
                pass  # it differs
            differing.append(f"{file.name} differs from what is stored")
        changed.append((file, content))
    if differing and not force:
        raise RefusedError(
            "files would be overwritten; plan shows what differs, --force overwrites",
            details=differing,
        )
    for file, content in changed:
        file.write_text(dump(content, as_json=file.suffix == ".json"), encoding="utf-8")
    return [file for file, _ in changed]


def dump(content: Content, *, as_json: bool = False) -> str:
    """Return a template as text, YAML by default."""
    if as_json:
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    text: str = yaml.dump(content, allow_unicode=True, sort_keys=False, width=100)
    return text


def canonical(content: Content) -> Content:
    """Return a template without what is the default anyway, so that equal ones compare equal.

    Raises:
        ValidationError: it is not a template.
    """
    settings = TemplateSettings.model_validate(content, extra="ignore")
    return settings.model_dump(mode="json", exclude_defaults=True)


def _read(file: Path) -> Content:
    text = file.read_text("utf-8-sig")
    is_json = file.suffix == ".json"
    document = json.loads(text) if is_json else yaml.load(text, _Loader)  # noqa: S506 (a safe one)
    if not isinstance(document, dict):
        raise ValueError("must hold an object with default_locale and locales")  # noqa: TRY004
    TemplateSettings.model_validate(document)
    return cast("Content", document)
