"""The generator of docs/openapi.json: the HTTP API in one document.

    python -m tools.openapi [--check]

Routes, models and each route's own statuses come from the handlers, authorizers and operation ids
from template.yaml, examples from events/, where a test replays each of them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from tools import template_yaml

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs/openapi.json"
TAGS = {
    "ChannelsApiFunction": {
        "name": "players",
        "description": "Called by game clients, with a token of their player. See"
        " docs/client-guide.md.",
    },
    "OperatorApiFunction": {
        "name": "operators",
        "description": "Called by operators, signed with AWS credentials: apps, credentials,"
        " templates.",
    },
    "NotificationsApiFunction": {
        "name": "game servers",
        "description": "Called by game servers, signed with AWS credentials: notifications.",
    },
    "PlayerApiFunction": {
        "name": "players' accounts",
        "description": "Called by operators, signed with AWS credentials: what is kept of a player,"
        " and its erasure.",
    },
}
SECURITY_SCHEMES = {
    "PlayerJwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the parameter PlayerTokenIssuer; its `sub` is the player.",
    },
    "AWS_IAM": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
        "description": "AWS Signature Version 4, service `execute-api`.",
    },
}
OF_API_GATEWAY = {
    401: "The token is missing, expired, or of nobody",
    403: "The caller may not do this",
    429: "Too many requests: try again later",
    500: "Internal error; try again later",
    503: "A service that is needed is unavailable; try again later",
}
OF_BODIES = {
    400: "The body is not JSON, or has too many levels",
    413: "The body is too large",
    415: "The body does not say that it is JSON",
}
OF_IDS = {404: "There is no such thing", 422: "A parameter or a field breaks a rule"}
RETRY_AFTER: dict[str, Any] = {
    "statuses": {"429", "503"},
    "headers": {
        "Retry-After": {
            "description": "Seconds to wait; missing if API Gateway answers",
            "schema": {"type": "integer", "minimum": 1},
        }
    },
}
GATEWAY_ANSWER = {
    "description": "What API Gateway answers before the API is reached.",
    "type": "object",
    "properties": {"message": {"type": ["string", "null"], "examples": ["Unauthorized"]}},
    "required": ["message"],
}
OF_POWERTOOLS = {"HTTPValidationError", "ValidationError", "ResponseValidationError"}


def document() -> dict[str, Any]:
    """Build the document of all functions of the API."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    schemas: dict[str, Any] = {"GatewayAnswer": GATEWAY_ANSWER}
    paths: dict[str, Any] = {}
    for function, tag in TAGS.items():
        of_api = _generated_schema(function)
        for name, schema in of_api["components"]["schemas"].items():
            if name not in OF_POWERTOOLS and schemas.setdefault(name, schema) != schema:
                raise SystemExit(f"openapi: two functions have a model {name}; rename one.")
        for name, event in template_yaml.functions()[function]["Events"].items():
            # A greedy variable of API Gateway is a plain one to callers.
            path = event["Properties"]["Path"].replace("+}", "}")
            method = event["Properties"]["Method"].lower()
            is_players = "Auth" not in event["Properties"]
            of_event = TAGS["ChannelsApiFunction"] if is_players else tag
            operation = _operation(name, event, of_api["paths"][path][method], of_event["name"])
            paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Windows push backend",
            "version": project["version"],
            "description": "Channels of players, and notifications to them through WNS.",
            "license": {"name": "Apache License 2.0", "identifier": project["license"]},
        },
        "servers": [
            {
                "url": "https://{api_id}.execute-api.{region}.amazonaws.com",
                "description": "`ApiUrl` of the stack's outputs",
                "variables": {
                    "api_id": {"default": "a1b2c3d4e5"},
                    "region": {"default": "eu-west-1"},
                },
            }
        ],
        "tags": list(TAGS.values()),
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _generated_schema(function: str) -> dict[str, Any]:
    """Return the schema that Powertools generates from a function's routes."""
    settings = template_yaml.environment_of(function)
    given = {name for name in settings if not name.startswith(("POWERTOOLS_", "AWS_"))}
    os.environ.update(dict.fromkeys(given, "-"))
    folder = template_yaml.functions()[function]["CodeUri"].replace("/", ".")
    api = importlib.import_module(f"{folder}.app").app
    found: dict[str, Any] = json.loads(api.get_openapi_json_schema(title="-", version="-"))
    return found


def _operation(name: str, event: Any, operation: dict[str, Any], tag: str) -> dict[str, Any]:
    """Complete an operation with id, tag, security and the responses that every operation has."""
    properties = event["Properties"]
    responses = {status: each for status, each in operation["responses"].items() if status != "422"}
    responses.get("204", {}).pop("content", None)
    general = dict(OF_API_GATEWAY)
    if "parameters" in operation:
        general |= OF_IDS
    if "requestBody" in operation:
        general |= OF_BODIES
        content = operation["requestBody"]["content"]["application/json"]
        examples = _examples(f"{properties['Method']} {properties['Path']}")
        if examples:
            content["examples"] = examples
    for status, description in general.items():
        responses.setdefault(
            str(status), _refusal(description, from_gateway=status in OF_API_GATEWAY)
        )
    for status in RETRY_AFTER["statuses"] & responses.keys():
        responses[status]["headers"] = RETRY_AFTER["headers"]
    authorizer = properties.get("Auth", {}).get("Authorizer", "PlayerJwt")
    return operation | {
        "operationId": name[0].lower() + name[1:],
        "tags": [tag],
        "security": [{authorizer: []}],
        "responses": dict(sorted(responses.items())),
    }


def _refusal(description: str, *, from_gateway: bool) -> dict[str, Any]:
    ours = {"$ref": "#/components/schemas/ErrorResponse"}
    gateways = {"$ref": "#/components/schemas/GatewayAnswer"}
    schema = {"anyOf": [ours, gateways]} if from_gateway else ours
    return {"description": description, "content": {"application/json": {"schema": schema}}}


@cache
def _samples() -> dict[str, dict[str, Any]]:
    """Read the bodies of the sample events, by route and then by file name."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((ROOT / "events").glob("*_api-*.json")):
        event = json.loads(file.read_text("utf-8"))
        if event.get("body"):
            sample = {"value": json.loads(event["body"])}
            found.setdefault(event["routeKey"], {})[file.stem.partition("-")[2]] = sample
    return found


def _examples(route: str) -> dict[str, Any]:
    return _samples().get(route, {})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check whether it is up to date")
    check = parser.parse_args().check
    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    if not check:
        DOCUMENT.write_text(text, "utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text("utf-8") != text:
        sys.exit(
            "docs/openapi.json does not match the code: run `make openapi` and review the changes."
        )


if __name__ == "__main__":
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_CONFIG_FILE": os.devnull}
    sys.path.insert(0, str(ROOT / "layers/core"))
    main()
