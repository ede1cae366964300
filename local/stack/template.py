"""The rewriting of the translated template for the AWS emulator.

The emulator ignores an HTTP API's OpenAPI body, so every operation becomes an explicit route; it
has no alarms on metric math, no metrics of log lines and no policies of event buses, so those are
removed; its `Ref` of a secret is the name, where AWS's is the ARN; and its `ApiEndpoint` is a host
name that no resolver knows, so outputs have the API's path on the emulator instead. The laptop
speaks plain HTTP: the issuer's URL may too, and policies that deny it are removed. Everything else
is deployed unchanged.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping

Template = dict[str, Any]
API_ID = "laptop"
METHODS = {
    *("get", "put", "post", "delete", "patch", "head", "options"),
    "x-amazon-apigateway-any-method",
}


def for_laptop(
    template: Template, function_settings: Mapping[str, str], endpoint_url: str | None = None
) -> Template:
    """Return a copy with explicit routes, secrets by ARN, and `function_settings` in each function.

    Args:
        endpoint_url: of the emulator; outputs with an API's endpoint get the API's URL there.

    Raises:
        StackError: the body of an HTTP API has something that the laptop stack does not support.
    """
    rewritten = deepcopy(template)
    for parameter in rewritten.get("Parameters", {}).values():
        if "https" in parameter.get("AllowedPattern", ""):
            parameter["AllowedPattern"] = parameter["AllowedPattern"].replace("https", "https?")
    resources = rewritten["Resources"]
    for logical_id, resource in list(resources.items()):
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in resource["Properties"]:
            resources.update(_explicit_api(logical_id, resource))
        elif _is_unknown_to_emulator(resource):
            del resources[logical_id]
        elif resource["Type"] in {"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"}:
            policy = resource["Properties"]["PolicyDocument"]
            policy["Statement"] = [each for each in policy["Statement"] if not _needs_tls(each)]
            if not policy["Statement"]:
                del resources[logical_id]
        elif resource["Type"] == "AWS::Lambda::Function":
            environment = resource["Properties"].setdefault("Environment", {})
            environment.setdefault("Variables", {}).update(function_settings)
    if endpoint_url is not None and "Outputs" in rewritten:
        rewritten["Outputs"] = _with_api_on_emulator(rewritten["Outputs"], endpoint_url)
    secrets = {
        logical_id
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::SecretsManager::Secret"
    }
    return _refer_to_secrets_by_arn(rewritten, secrets) if secrets else rewritten


def _with_api_on_emulator(node: Any, endpoint_url: str) -> Any:
    """Return outputs with the URL on the emulator in place of each API's endpoint."""
    match node:
        case {"Fn::GetAtt": [api_id, "ApiEndpoint"]}:
            return {"Fn::Sub": f"{endpoint_url}/_aws/execute-api/${{{api_id}}}"}
        case dict():
            return {key: _with_api_on_emulator(each, endpoint_url) for key, each in node.items()}
        case list():
            return [_with_api_on_emulator(each, endpoint_url) for each in node]
        case _:
            return node


def _is_unknown_to_emulator(resource: Template) -> bool:
    if resource["Type"] == "AWS::CloudWatch::Alarm":
        return "Metrics" in resource["Properties"]
    return resource["Type"] in {"AWS::Events::EventBusPolicy", "AWS::Logs::MetricFilter"}


def _needs_tls(statement: Template) -> bool:
    return statement["Effect"] == "Deny" and "aws:SecureTransport" in str(statement["Condition"])


def _explicit_api(api_id: str, resource: Template) -> Template:
    """Return the API without its body, and the body's authorizers, integrations and routes."""
    properties = dict(resource["Properties"])
    body = properties.pop("Body")
    properties.pop("FailOnWarnings", None)
    # The tag asks the emulator for an id that is the same at every start.
    tags = properties.get("Tags", {}) | {"ms-custom-id": API_ID}
    properties.update(Name=body["info"]["title"], ProtocolType="HTTP", Tags=tags)
    if "x-amazon-apigateway-cors" in body:
        # The emulator stores the map unchanged and reads it by OpenAPI's names.
        properties["CorsConfiguration"] = body["x-amazon-apigateway-cors"]
    schemes = body.get("components", {}).get("securitySchemes", {})
    authorizers = {
        name: scheme["x-amazon-apigateway-authorizer"]
        for name, scheme in schemes.items()
        if "x-amazon-apigateway-authorizer" in scheme
    }
    explicit = {api_id: {**resource, "Properties": properties}}
    for name, authorizer in authorizers.items():
        explicit[f"{api_id}{_alphanumeric(name)}Authorizer"] = _authorizer(api_id, name, authorizer)
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            explicit |= _route(api_id, path, method, operation, authorizers)
    return explicit


def _authorizer(api_id: str, name: str, authorizer: Template) -> Template:
    return {
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Properties": {
            "ApiId": {"Ref": api_id},
            "Name": name,
            "AuthorizerType": authorizer["type"].upper(),
            "IdentitySource": [authorizer["identitySource"]],
            "JwtConfiguration": {
                "Issuer": authorizer["jwtConfiguration"]["issuer"],
                "Audience": authorizer["jwtConfiguration"]["audience"],
            },
        },
    }


def _route(
    api_id: str, path: str, method: str, operation: Template, authorizers: Template
) -> Template:
    """Return the integration and the route of an operation."""
    if method not in METHODS:
        raise StackError(f"{api_id} has {method!r} at {path}, which the laptop stack cannot route.")
    key = _route_key(path, method)
    name = f"{api_id}{_alphanumeric(key)}"
    integration = operation["x-amazon-apigateway-integration"]
    return {
        f"{name}Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": api_id},
                "IntegrationType": integration["type"].upper(),
                "IntegrationUri": integration["uri"],
                "IntegrationMethod": integration["httpMethod"],
                "PayloadFormatVersion": integration["payloadFormatVersion"],
            },
        },
        f"{name}Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": api_id},
                "RouteKey": key,
                "Target": {"Fn::Sub": f"integrations/${{{name}Integration}}"},
                **_authorization(api_id, key, operation.get("security", []), authorizers),
            },
        },
    }


def _route_key(path: str, method: str) -> str:
    if path == "/$default":
        return "$default"
    return f"{'ANY' if method.startswith('x-') else method.upper()} {path}"


def _authorization(
    api_id: str, key: str, security: list[dict[str, list[str]]], authorizers: Template
) -> Template:
    if not security:
        return {"AuthorizationType": "NONE"}
    if len(security) > 1 or len(security[0]) > 1:
        raise StackError(
            f"{key} of {api_id} has two authorizers; the laptop stack supports one per route."
        )
    ((name, scopes),) = security[0].items()
    if name == "AWS_IAM":
        return {"AuthorizationType": "AWS_IAM"}
    if name == "NONE":
        return {"AuthorizationType": "NONE"}
    if name not in authorizers:
        raise StackError(
            f"{key} of {api_id} names the authorizer {name!r}, which the API does not have."
        )
    return {
        "AuthorizationType": "JWT",
        "AuthorizerId": {"Ref": f"{api_id}{_alphanumeric(name)}Authorizer"},
        "AuthorizationScopes": scopes,
    }


def _alphanumeric(text: str) -> str:
    """Make a part of a logical id: `PUT /apps/{app_id}` becomes `PutAppsAppId`."""
    return "".join(
        word.capitalize() if word.isupper() else word[0].upper() + word[1:]
        for word in re.findall(r"[A-Za-z0-9]+", text)
    )


def _refer_to_secrets_by_arn(node: Any, secrets: set[str]) -> Any:
    if isinstance(node, list):
        return [_refer_to_secrets_by_arn(each, secrets) for each in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((function, argument),) = node.items()
        if function == "Ref" and argument in secrets:
            return {"Fn::GetAtt": [argument, "Id"]}
        if function == "Fn::Sub":
            text, *variables = [argument] if isinstance(argument, str) else argument
            for secret in secrets:
                text = text.replace(f"${{{secret}}}", f"${{{secret}.Id}}")
            rewritten = [text, *_refer_to_secrets_by_arn(variables, secrets)]
            return {function: rewritten if variables else text}
    return {name: _refer_to_secrets_by_arn(value, secrets) for name, value in node.items()}
