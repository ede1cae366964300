"""Lambda's Runtime API, and functions that run under AWS's own interface client.

The protocol is that of AWS Lambda, "Using the Lambda runtime API"; the client (awslambdaric) is
what Lambda's Python runtime is made of.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = ROOT / ".tools/lambda/bin/python"
API = "/2018-06-01/runtime"
INVOKE_SECONDS = 60.0


class InvocationError(Exception):
    """Raised when a function fails to start or raises; contains its log."""


class Function:
    """A built function in a process of its own; leaving the context ends it.

    Its environment is what Lambda sets, the template's variables, the layers, the runtime's own
    boto3 behind them, and nothing of this machine.
    """

    def __init__(self, build: Path, name: str, variables: dict[str, str], log: Path) -> None:
        self._events: queue.Queue[bytes | None] = queue.Queue()
        self._results: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._build, self._name, self._variables, self._log = build, name, variables, log
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(PYTHON), "-m", "awslambdaric", "app.lambda_handler"],
                cwd=self._build / self._name,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: Any) -> Any:
        """Invoke the function and return its result.

        Raises:
            InvocationError: it did not start, raised, or took longer than 60 s.
        """
        self._events.put(json.dumps(event).encode())
        deadline = time.monotonic() + INVOKE_SECONDS
        while time.monotonic() < deadline:
            try:
                kind, content = self._results.get(timeout=0.2)
            except queue.Empty:
                if self._process.poll() is None:
                    continue
                kind, content = "ended", self._process.returncode
            if kind == "response":
                return content
            raise InvocationError(f"{self._name}: {kind} {content}\n{self.log()}")
        raise InvocationError(f"{self._name}: no response\n{self.log()}")

    def log(self) -> str:
        return self._log.read_text()

    def _environment(self) -> dict[str, str]:
        layers = [self._build / layer / "python" for layer in ("DependenciesLayer", "CoreLayer")]
        port = self._server.server_address[1]
        return {
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_NAME": self._name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "LAMBDA_TASK_ROOT": str(self._build / self._name),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",  # on Lambda the folders are read-only
            "PYTHONPATH": ":".join(map(str, layers)),
            "TZ": ":UTC",
            "_HANDLER": "app.lambda_handler",
            **self._variables,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        events, results, name = self._events, self._results, self._name

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                event = events.get()
                if event is None:
                    return
                arn = f"arn:aws:lambda:eu-west-1:000000000000:function:{name}"
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", f"{time.time_ns()}")
                self.send_header(
                    "Lambda-Runtime-Deadline-Ms", str(int((time.time() + INVOKE_SECONDS) * 1000))
                )
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", arn)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kind = self.path.rpartition("/")[2]  # response or error
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                results.put((kind, json.loads(body or b"null")))

            def log_message(self, *_: object) -> None: ...

        return Handler
