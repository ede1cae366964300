"""The whole laptop stack."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local import direct_http
from local.stack.aws import REGION, start_aws, wait_for_aws
from local.stack.build import ROOT, build
from local.stack.deploy import BUCKET, STACK_NAME, deploy
from local.stack.errors import StackError
from local.stack.function_logs import write_function_logs
from local.stack.issuer import SigningKey, player_claims, sign_token
from local.stack.ports import HOST, Ports
from local.stack.processes import Processes, responds
from local.stack.run_files import OperatorKey, RunState
from local.stack.template import for_laptop
from local.wns_emulator.control.client import EmulatorControl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

LOCAL = ROOT / ".local"
START_SECONDS = 30.0
REQUEST_SECONDS = 30.0
PLAYER_AUDIENCE = "windows-game"


class LaptopStack:
    """AWS, WNS and the issuer of player tokens, with template.yaml deployed; stopped on leaving.

    `api_url` has no trailing slash; append paths to it. The API's id is in its path, so no host
    name has to resolve and any `Host` header works.
    """

    api_url: str
    outputs: dict[str, str]
    resources: dict[str, str]
    wns: EmulatorControl

    def __init__(self, name: str, ports: Ports, *, state: Path | None = None) -> None:
        """Prepare a stack with its logs in `.local/logs/<name>`.

        The directory `state` keeps keys and certificates for the next start.
        """
        self.ports = ports
        self.logs = LOCAL / "logs" / name
        self.issuer_url = f"http://{HOST}:{ports.issuer}"
        self.wns_proxy_url = f"http://{HOST}:{ports.wns_proxy}"
        self.wns_control_url = f"http://{HOST}:{ports.wns_control}"
        self.devices_url = f"http://{HOST}:{ports.devices}"
        self._kept_state = state
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._start(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _start(self, opening: ExitStack) -> None:
        self.ports.check()
        home = Path(opening.enter_context(tempfile.TemporaryDirectory(prefix="laptop-stack-")))
        state = self._state = self._kept_state or home / "state"
        self._processes = opening.enter_context(Processes(self.logs, home=home))
        # Kept with the state, as the issuer's key is: what names them works after the next start.
        key = None if self._kept_state is None else OperatorKey.kept_in(self._kept_state)
        start_aws(self._processes, self.ports.aws, directory=home, key=key)
        self._start_module(
            "issuer", "local.stack.issuer", "--directory", state, "--port", self.ports.issuer
        )
        self._start_module(
            "wns", "local.wns_emulator", "--directory", state / "wns",
            "--proxy-port", self.ports.wns_proxy, "--control-port", self.ports.wns_control,
        )  # fmt: skip
        built = build(REGION, BUCKET)
        discovery = f"{self.issuer_url}/.well-known/openid-configuration"
        self._processes.wait_until_ready(
            "issuer", lambda: responds(discovery), seconds=START_SECONDS
        )
        self._processes.wait_until_ready(
            "wns", lambda: responds(self.wns_control_url), seconds=START_SECONDS
        )
        self.wns = EmulatorControl(self.wns_control_url)
        self._signing_key = SigningKey.kept_in(state)
        self.operator = wait_for_aws(self._processes, self.ports.aws)
        deployment = deploy(
            self.operator,
            for_laptop(built.template, self._function_settings(), self.operator.endpoint_url),
            built.artifacts,
            {"PlayerTokenIssuer": self.issuer_url, "PlayerTokenAudience": PLAYER_AUDIENCE},
        )
        self.outputs, self.resources = deployment.outputs, deployment.resources
        opening.callback(self.write_function_logs)
        self.api_url = self.outputs["ApiUrl"]
        self._start_devices_page()

    def _start_devices_page(self) -> None:
        operator = self.operator
        self._start_module(
            "devices", "local.devices", "--port", self.ports.devices, "--api-url", self.api_url,
            "--issuer-url", self.issuer_url, "--wns-control-url", self.wns_control_url,
            "--aws-port", self.ports.aws, "--bus", self.outputs["GameEventBusName"],
            "--token-refresher", self.outputs["TokenRefresherFunctionName"],
            AWS_ACCESS_KEY_ID=operator.access_key_id,
            AWS_SECRET_ACCESS_KEY=operator.secret_access_key,
        )  # fmt: skip
        self._processes.wait_until_ready(
            "devices", lambda: responds(self.devices_url), seconds=START_SECONDS
        )

    def _start_module(self, name: str, module: str, *options: object, **settings: str) -> None:
        command = [sys.executable, "-m", module, *map(str, options)]
        self._processes.start(name, command, settings=settings, directory=ROOT)

    def _function_settings(self) -> dict[str, str]:
        """Return variables that send the functions' HTTPS to the WNS emulator, with its CA."""
        return {
            "HTTPS_PROXY": self.wns_proxy_url,
            "NO_PROXY": HOST,
            "SSL_CERT_FILE": str(self.ca_file),
            "REQUESTS_CA_BUNDLE": str(self.ca_file),
        }

    def run_state(self) -> RunState:
        """Return what another program needs to find and use this stack."""
        operator = self.operator
        return RunState(
            endpoint_url=operator.endpoint_url,
            region=REGION,
            stack=STACK_NAME,
            access_key_id=operator.access_key_id,
            secret_access_key=operator.secret_access_key,
        )

    @property
    def ca_file(self) -> Path:
        """The certificate authority of the WNS emulator."""
        return self._state / "wns/ca.pem"

    def client(self, service: str) -> Any:
        """Create a boto3 client with the operator's credentials."""
        return self.operator.client(service)

    def signed_request(self, method: str, path: str, json: object = None) -> requests.Response:
        """Call an operator route of the API."""
        return self.operator.signed_request(method, f"{self.api_url}{path}", json)

    def player_request(
        self, method: str, path: str, *, token: str | None, json: object = None
    ) -> requests.Response:
        """Call a player route of the API; `token` None sends no token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{self.api_url}{path}"
        return direct_http.request(method, url, json=json, headers=headers, timeout=REQUEST_SECONDS)

    def player_token(
        self,
        sub: str,
        *,
        aud: str | list[str] = PLAYER_AUDIENCE,
        key: SigningKey | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """Sign a player's token, with `key` or the issuer's own.

        `claims` replaces claims; a value of None removes one.
        """
        merged = player_claims(self.issuer_url, sub, aud, time.time()) | dict(claims or {})
        kept = {name: value for name, value in merged.items() if value is not None}
        return sign_token(key or self._signing_key, kept)

    def wait_until(
        self, predicate: Callable[[], Any], seconds: float, what: str = "the condition"
    ) -> Any:
        """Wait until `predicate()` is true and return its result.

        Raises:
            StackError: `seconds` have passed, or a server of the stack has ended.
        """
        deadline = time.monotonic() + seconds
        while not (found := predicate()):
            self.check_servers()
            if time.monotonic() > deadline:
                raise StackError(
                    f"not met within {seconds:g} s: {what} (the logs are in {self.logs})"
                )
            time.sleep(0.05)
        return found

    def write_function_logs(self) -> None:
        """Write the functions' logs so far into the folder of the logs."""
        # If the emulator itself has failed, its own log says why.
        with contextlib.suppress(BotoCoreError, ClientError):
            write_function_logs(self.operator, self.resources, self.logs)

    def check_servers(self) -> None:
        """Check that every server runs; raises StackError if one has ended."""
        if (name := self._processes.ended()) is not None:
            raise StackError(f"{name} has ended; {self._processes.log_end(name)}")
