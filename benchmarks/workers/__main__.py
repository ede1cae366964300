"""The product and libcurl, each measured alone: `python -m benchmarks.workers NAME [FUNCTION]`.

`handler FUNCTION` gets a list of Lambda events and answers with the last response; the others
get a number
of notifications. See `benchmarks.workload`.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any

from benchmarks.workload import BODY, CONCURRENCY, HEADERS, TOKEN, path, serve

if TYPE_CHECKING:
    from collections.abc import Callable


class Context:
    """The context that Lambda passes to a handler."""

    memory_limit_in_mb = 512
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def __init__(self, function: str, seconds: float = 60) -> None:
        self.function_name = function
        self.invoked_function_arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{function}"
        self._ends_at = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends_at - time.monotonic()) * 1000)


def handler(function: str) -> Callable[[list[Any]], Any]:
    """Return a round of a function's handler."""
    handle = importlib.import_module(f"functions.{function}.app").lambda_handler

    def run(events: list[Any]) -> Any:
        for event in events:
            response = handle(event, Context(function))
            failed = response.get("batchItemFailures") or response.get("statusCode", 200) >= 300  # noqa: PLR2004
            if failed:
                raise SystemExit(f"{function}: {response}")
        return response

    return run


def wns_client() -> Callable[[int], None]:
    """Return a round of `WnsClient` alone."""
    client_module = importlib.import_module("wns.client")
    notification_module = importlib.import_module("wns.notification")
    headers = {name: value for name, value in HEADERS.items() if name != "Authorization"}
    notification = notification_module.Notification(kind="toast", body=BODY, headers=headers)
    client = client_module.WnsClient(ca_file=os.environ["SSL_CERT_FILE"])
    host = os.environ["WNS_HOST"]

    def run(count: int) -> None:
        sends = (
            client_module.Send(
                channel_uri=f"https://{host}{path(number)}",
                access_token=TOKEN,
                notification=notification,
                reference=number,
            )
            for number in range(count)
        )
        delivered = sum(each.outcome == "delivered" for each in client.send_all(sends))
        if delivered != count:
            raise SystemExit(f"{delivered} of {count} delivered")

    return run


def libcurl(*, header_fields: bool) -> Callable[[int], None]:
    """Return a round of libcurl as Python can use it at its barest: what differs between
    notifications is set for each (URL, header fields, body), only the status is read.

    Args:
        header_fields: whether Python receives the response's header fields too, as any sender must
            that wants to know what WNS has done.
    """
    import pycurl  # noqa: PLC0415 - only here

    def easy() -> pycurl.Curl:
        made = pycurl.Curl()
        made.setopt(pycurl.PROXY, os.environ["HTTPS_PROXY"])
        made.setopt(pycurl.CAINFO, os.environ["SSL_CERT_FILE"])
        made.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        if header_fields:
            made.setopt(pycurl.HEADERFUNCTION, received.append)
        return made

    received: list[bytes] = []
    host = os.environ["WNS_HOST"]
    headers = [f"{name}: {value}" for name, value in HEADERS.items()]
    multi = pycurl.CurlMulti()
    idle = [easy() for _ in range(CONCURRENCY)]
    numbers = cycle(range(10_000))

    def run(count: int) -> None:
        started = ended = 0
        while ended < count:
            while idle and started < count:
                handle = idle.pop()
                handle.setopt(pycurl.URL, f"https://{host}{path(next(numbers))}")
                handle.setopt(pycurl.HTTPHEADER, headers)
                handle.setopt(pycurl.POSTFIELDS, BODY)
                multi.add_handle(handle)
                started += 1
            multi.perform()
            _, done, failed = multi.info_read()
            if failed:
                raise SystemExit(f"libcurl: {failed[0][2]}")
            for handle in done:
                if handle.getinfo(pycurl.RESPONSE_CODE) != 200:  # noqa: PLR2004
                    raise SystemExit("libcurl: not delivered")
                multi.remove_handle(handle)
                idle.append(handle)
            received.clear()
            ended += len(done)
            if not done:
                multi.select(0.1)

    return run


def main(arguments: list[str]) -> None:
    match arguments:
        case ["handler", function]:
            serve(handler(function))
        case ["wns_client"]:
            serve(wns_client())
        case ["libcurl"]:
            serve(libcurl(header_fields=True))
        case ["libcurl_status"]:
            serve(libcurl(header_fields=False))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
