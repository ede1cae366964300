"""The translated template becomes what the AWS emulator can take, and nothing else changes."""

from copy import deepcopy
from typing import Any

import pytest

from local.stack.errors import StackError
from local.stack.template import for_laptop

JWT_ROUTE = "PUT /apps/{app_id}/channels/{device_id}"
IAM_ROUTE = "GET /apps/{app_id}"


def operation(function: str, *security: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "x-amazon-apigateway-integration": {
            "httpMethod": "POST",
            "type": "aws_proxy",
            "uri": {"Fn::Sub": f"arn:aws:apigateway:functions/${{{function}.Arn}}/invocations"},
            "payloadFormatVersion": "2.0",
        },
        "security": list(security),
        "responses": {},
    }


def api(paths: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGatewayV2::Api",
        "Properties": {
            "FailOnWarnings": True,
            "Description": "players and operators",
            "Body": {
                "info": {"title": {"Ref": "AWS::StackName"}},
                "paths": paths,
                "x-amazon-apigateway-cors": {"allowOrigins": ["https://game.example"]},
                "components": {
                    "securitySchemes": {
                        "PlayerJwt": {
                            "x-amazon-apigateway-authorizer": {
                                "type": "jwt",
                                "identitySource": "$request.header.Authorization",
                                "jwtConfiguration": {
                                    "issuer": {"Ref": "PlayerTokenIssuer"},
                                    "audience": {"Ref": "PlayerTokenAudience"},
                                },
                            }
                        },
                        "AWS_IAM": {"x-amazon-apigateway-authtype": "awsSigv4"},
                    }
                },
            },
        },
    }


def rewritten(resources: dict[str, Any], **settings: str) -> dict[str, Any]:
    resources_after: dict[str, Any] = for_laptop({"Resources": resources}, settings)["Resources"]
    return resources_after


def routes(paths: dict[str, Any]) -> dict[str, dict[str, Any]]:
    resources = rewritten({"HttpApi": api(paths)})
    found = [each["Properties"] for each in resources.values() if each["Type"].endswith("::Route")]
    assert len(found) == len({each["RouteKey"] for each in found})
    return {each["RouteKey"]: each for each in found}


def test_every_operation_becomes_a_route_to_its_own_function() -> None:
    resources = rewritten(
        {
            "HttpApi": api(
                {
                    "/apps/{app_id}": {"get": operation("Operator"), "put": operation("Other")},
                    "/apps/{app_id}/channels": {"get": operation("Channels")},
                }
            )
        }
    )
    uris = {}
    for route in resources.values():
        if route["Type"] == "AWS::ApiGatewayV2::Route":
            integration = route["Properties"]["Target"]["Fn::Sub"].removeprefix("integrations/${")[
                :-1
            ]
            uri = resources[integration]["Properties"]["IntegrationUri"]["Fn::Sub"]
            uris[route["Properties"]["RouteKey"]] = uri.split("${")[1].split(".")[0]
    assert uris == {
        "GET /apps/{app_id}": "Operator",
        "PUT /apps/{app_id}": "Other",
        "GET /apps/{app_id}/channels": "Channels",
    }


def test_routes_keep_their_authorization() -> None:
    found = routes(
        {
            "/apps/{app_id}/channels/{device_id}": {"put": operation("F", {"PlayerJwt": ["push"]})},
            "/apps/{app_id}": {"get": operation("F", {"AWS_IAM": []})},
            "/health": {"get": operation("F"), "head": operation("F", {"NONE": []})},
        }
    )
    assert found[JWT_ROUTE]["AuthorizationType"] == "JWT"
    assert found[JWT_ROUTE]["AuthorizerId"] == {"Ref": "HttpApiPlayerJwtAuthorizer"}
    assert found[JWT_ROUTE]["AuthorizationScopes"] == ["push"]
    assert found[IAM_ROUTE]["AuthorizationType"] == "AWS_IAM"
    assert found["GET /health"]["AuthorizationType"] == "NONE"
    assert found["HEAD /health"]["AuthorizationType"] == "NONE"


def test_authorizer_takes_issuer_and_audience_from_the_parameters() -> None:
    authorizer = rewritten({"HttpApi": api({})})["HttpApiPlayerJwtAuthorizer"]["Properties"]
    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["JwtConfiguration"] == {
        "Issuer": {"Ref": "PlayerTokenIssuer"},
        "Audience": {"Ref": "PlayerTokenAudience"},
    }


def test_default_and_any_routes_are_named_as_api_gateway_does() -> None:
    any_method = {"x-amazon-apigateway-any-method": operation("F")}
    assert set(routes({"/$default": any_method, "/raw": any_method})) == {"$default", "ANY /raw"}


def test_api_keeps_its_properties_and_cors_but_not_the_body() -> None:
    properties = rewritten({"HttpApi": api({})})["HttpApi"]["Properties"]
    assert properties == {
        "Name": {"Ref": "AWS::StackName"},
        "Description": "players and operators",
        "ProtocolType": "HTTP",
        "Tags": {"ms-custom-id": "laptop"},
        "CorsConfiguration": {"allowOrigins": ["https://game.example"]},
    }


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ({"/a": {"put": operation("F", {"PlayerJwt": []}, {"AWS_IAM": []})}}, "two authorizers"),
        (
            {"/a": {"put": operation("F", {"Missing": []})}},
            "'Missing', which the API does not have",
        ),
        ({"/a": {"parameters": []}}, "'parameters' at /a"),
    ],
)
def test_unsupported_body_is_refused(paths: dict[str, Any], words: str) -> None:
    with pytest.raises(StackError, match=words):
        rewritten({"HttpApi": api(paths)})


def test_functions_get_the_settings_beside_their_own() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {}}
    own = {"Environment": {"Variables": {"APPS_TABLE": {"Ref": "AppsTable"}}}}
    resources = rewritten(
        {"Bare": function, "Sender": {**function, "Properties": own}},
        HTTPS_PROXY="http://127.0.0.1:1",
    )
    assert resources["Bare"]["Properties"]["Environment"]["Variables"] == {
        "HTTPS_PROXY": "http://127.0.0.1:1"
    }
    assert resources["Sender"]["Properties"]["Environment"]["Variables"] == {
        "APPS_TABLE": {"Ref": "AppsTable"},
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }


def test_metrics_of_log_lines_are_removed() -> None:
    assert rewritten({"Failures": {"Type": "AWS::Logs::MetricFilter", "Properties": {}}}) == {}


def test_only_alarms_on_metric_math_are_removed() -> None:
    alarm = {"Type": "AWS::CloudWatch::Alarm"}
    resources = rewritten(
        {
            "OnMath": {
                **alarm,
                "Properties": {"Metrics": [{"Id": "share", "Expression": "a / b"}]},
            },
            "OnMetric": {**alarm, "Properties": {"MetricName": "Rejected"}},
        }
    )
    assert resources.keys() == {"OnMetric"}


def test_secrets_are_referred_to_by_arn() -> None:
    resources = rewritten(
        {
            "Token": {"Type": "AWS::SecretsManager::Secret", "Properties": {}},
            "AppsTable": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
            "Policy": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "A": [{"Ref": "Token"}, {"Ref": "AppsTable"}],
                    "B": {"Fn::Sub": "${Token}/${AppsTable}/${Token}"},
                    "C": {"Fn::Sub": ["${Token}${x}", {"x": {"Ref": "Token"}}]},
                },
            },
        }
    )
    arn = {"Fn::GetAtt": ["Token", "Id"]}
    assert resources["Policy"]["Properties"] == {
        "A": [arn, {"Ref": "AppsTable"}],
        "B": {"Fn::Sub": "${Token.Id}/${AppsTable}/${Token.Id}"},
        "C": {"Fn::Sub": ["${Token.Id}${x}", {"x": arn}]},
    }


def test_template_given_is_not_changed() -> None:
    template = {
        "Resources": {
            "HttpApi": api({"/a": {"get": operation("F")}}),
            "F": {"Type": "AWS::Lambda::Function", "Properties": {}},
        }
    }
    before = deepcopy(template)
    for_laptop(template, {"A": "1"})
    assert template == before


def test_output_with_the_apis_endpoint_is_an_address_that_resolves() -> None:
    template = {
        "Resources": {"HttpApi": api({})},
        "Outputs": {
            "ApiUrl": {
                "Value": {"Fn::If": ["HasDomain", "x", {"Fn::GetAtt": ["HttpApi", "ApiEndpoint"]}]}
            },
            "Table": {"Value": {"Ref": "AppsTable"}},
        },
    }
    outputs = for_laptop(template, {}, "http://127.0.0.1:4566")["Outputs"]
    assert outputs == {
        "ApiUrl": {
            "Value": {
                "Fn::If": [
                    "HasDomain",
                    "x",
                    {"Fn::Sub": "http://127.0.0.1:4566/_aws/execute-api/${HttpApi}"},
                ]
            }
        },
        "Table": {"Value": {"Ref": "AppsTable"}},
    }
