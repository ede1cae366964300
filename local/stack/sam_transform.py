"""The translation of template.yaml by AWS's translator, as after `sam package`.

Runs under the SAM CLI's interpreter, which has the translator; imports nothing of the project's own
environment. Prints one JSON object: `template`, and `artifacts`, by logical id what to build.

    .tools/sam/bin/python -m local.stack.sam_transform TEMPLATE REGION BUCKET [NAME=VALUE...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse
from yaml import YAMLError

from local.stack.aws_settings import no_aws_settings

SOURCE_PROPERTY = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}


class TemplateError(Exception):
    """Raised for a template that AWS would reject; the text has the reasons, one per line."""


def package(template: dict[str, Any], bucket: str) -> dict[str, dict[str, str]]:
    """Point every function and layer at `<logical id>.zip` in the bucket.

    Returns what to build: by logical id, `source` (a folder, relative to the template) and
    `build_method`.
    """
    globals_of_functions = template.get("Globals", {}).get("Function", {})
    artifacts = {}
    for logical_id, resource in template["Resources"].items():
        name = SOURCE_PROPERTY.get(resource.get("Type"))
        if name is None:
            continue
        properties = resource.setdefault("Properties", {})
        source = properties.get(name, globals_of_functions.get(name))
        artifacts[logical_id] = {
            "source": source,
            "build_method": resource.get("Metadata", {}).get("BuildMethod", "copy"),
        }
        properties[name] = f"s3://{bucket}/{logical_id}.zip"
    return artifacts


def read_template(path: Path) -> dict[str, Any]:
    """Read a template.

    Raises:
        TemplateError: it is not YAML, or has no resources.
    """
    try:
        template = yaml_parse(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise TemplateError(str(error)) from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise TemplateError("it has no Resources")
    return template


def translate(
    template: dict[str, Any], region: str, parameters: dict[str, str] | None = None
) -> dict[str, Any]:
    """Translate SAM's resources into those of CloudFormation, with parameters or their defaults.

    Raises:
        TemplateError: with the translator's reasons.
    """
    with no_aws_settings():
        session = boto3.Session(region_name=region)
    translator = Translator({}, Parser(), boto_session=session)
    try:
        translated: dict[str, Any] = translator.translate(template, parameters or {})
    except InvalidDocumentException as error:
        raise TemplateError("\n".join(reason.message for reason in error.causes)) from error
    except ExceptionWithMessage as error:
        raise TemplateError(error.message) from error
    return translated


def main(path: str, region: str, bucket: str, *parameters: str) -> int:
    try:
        template = read_template(Path(path))
        artifacts = package(template, bucket)
        given = dict(each.split("=", 1) for each in parameters)
        translated = translate(template, region, given)
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    json.dump({"template": translated, "artifacts": artifacts}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
