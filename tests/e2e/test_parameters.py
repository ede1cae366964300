"""The template deploys without a parameter, and refuses those that could not work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.stack.deploy import BUCKET
from local.stack.template import API_ID

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"


def create(stack: LaptopStack, name: str, **parameters: str) -> dict[str, Any]:
    cloudformation = stack.client("cloudformation")
    # Two APIs of one emulator cannot have the same id.
    s3 = stack.client("s3")
    template = s3.get_object(Bucket=BUCKET, Key="template.json")["Body"].read().decode()
    assert f'"{API_ID}"' in template
    key = f"template-{name}.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=template.replace(f'"{API_ID}"', f'"{name}"'))
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{stack.operator.endpoint_url}/{BUCKET}/{key}",
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )

    def created() -> Any:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        return None if found["StackStatus"] == "CREATE_IN_PROGRESS" else found

    found: dict[str, Any] = stack.wait_until(created, 60, f"{name} is created")
    assert found["StackStatus"] == "CREATE_COMPLETE"
    return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}


def test_stack_without_a_parameter_has_a_user_pool_that_its_api_trusts(
    stack: LaptopStack,
) -> None:
    outputs = create(stack, "without")
    client = stack.client("cognito-idp").describe_user_pool_client(
        UserPoolId=outputs["PlayerPoolId"], ClientId=outputs["PlayerPoolClientId"]
    )["UserPoolClient"]
    assert "ClientSecret" not in client
    (authorizer,) = stack.client("apigatewayv2").get_authorizers(ApiId=outputs["HttpApiId"])[
        "Items"
    ]
    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{outputs['PlayerPoolId']}"
    assert authorizer["JwtConfiguration"] == {
        "Issuer": issuer,
        "Audience": [outputs["PlayerPoolClientId"]],
    }
    assert "ApiDomainTarget" not in outputs


def test_stack_with_issuer_and_domain_has_no_user_pool(stack: LaptopStack) -> None:
    outputs = create(
        stack,
        "with",
        PlayerTokenIssuer="https://players.example.com/",
        PlayerTokenAudience="windows-game,other-game",
        DomainName="push.example.com",
        CertificateArn=CERTIFICATE,
    )
    assert outputs["ApiUrl"] == "https://push.example.com"
    assert outputs["ApiDomainTarget"]
    assert "PlayerPoolId" not in outputs


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"PlayerTokenIssuer": "players.example.com"}, "https URL"),
        ({"PlayerTokenIssuer": "https://players.example.com/"}, "needs PlayerTokenAudience"),
        ({"DomainName": "push.example.com"}, "given together"),
        ({"DomainName": "https://push.example.com"}, "host name"),
        ({"CertificateArn": "arn:aws:iam::111122223333:role/x"}, "certificate"),
        ({"PermissionsBoundary": "Boundary"}, "ARN of an IAM policy"),
        ({"EventBusAccounts": "1234"}, "12 digits"),
        ({"AlarmEmail": "ops"}, "email address"),
        ({"RefreshRate": "rate(1 day)"}, "RefreshRate"),
        ({"ThrottlingRate": "0"}, "ThrottlingRate"),
        ({"DeliveryConcurrency": "1"}, "DeliveryConcurrency"),
        ({"LogLevel": "ERROR"}, "LogLevel"),
    ],
)
def test_parameter_that_could_not_work_is_refused(
    stack: LaptopStack, parameters: dict[str, str], words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        create(stack, "refused", **parameters)
    with pytest.raises(ClientError, match="does not exist"):
        stack.client("cloudformation").describe_stacks(StackName="refused")
