"""AWS in a process of its own: `python -m benchmarks.aws_stub`; prints its port.

It answers what the handlers ask through the real botocore, late by a settable time, and counts
calls, bytes, capacity units and billed requests. `/control/…` is for the benchmarks.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
import zlib
from typing import Any

import httptools

from benchmarks.aws_stub.dynamodb import AwsError, DynamoDb
from benchmarks.aws_stub.population import Population
from benchmarks.aws_stub.services import Services
from benchmarks.aws_stub.tables import Table
from benchmarks.aws_stub.units import Usage

Json = dict[str, Any]
_SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
    "secretsmanager": "secretsmanager",
}


class Stub:
    """What all connections share."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.dynamodb = DynamoDb(self.usage)
        self.services = Services(self.usage)
        self.delay_s = 0.0
        self._populations: dict[int, Population] = {}

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Answer a call of AWS; return status and body."""
        prefix, _, operation = target.partition(".")
        service = _SERVICES.get(prefix, "scheduler")
        given = json.loads(body or b"{}")
        status = 200
        try:
            if service == "dynamodb":
                answer = self.dynamodb.call(operation, given)
            elif service == "scheduler":
                answer = {"ScheduleArn": "arn:aws:scheduler:::schedule/stub"}
            else:
                answer = self.services.call(service, operation, given, len(body))
        except AwsError as error:
            status = 400
            answer = {"__type": f"com.amazonaws#{error.code}", "message": error.code}
            answer |= error.details
        text = json.dumps(answer, separators=(",", ":")).encode()
        self.usage.note_call(f"{service}.{operation or 'Schedule'}", len(body), len(text))
        return status, text

    def control(self, path: str, given: Any) -> Any:
        """Answer a request of the benchmarks."""
        match path.removeprefix("/control/"):
            case "delay":
                self.delay_s = given
            case "counts":
                return self.usage.as_json()
            case "reset":
                self.usage.reset()
            case "tables":
                for each in given:
                    self.dynamodb.tables[each["TableName"]] = Table(each)
            case "populate":
                self._populate(**given)
            case "clear":
                self.dynamodb.tables[given].clear()
                gc.collect()
            case "take":
                return self.services.take(**given)
        return None

    def _populate(self, table: str, index: str, prototype: Json, count: int) -> None:
        where = self.dynamodb.tables[table]
        keys = where.indexes[index]
        place = (index, keys.hash, str(keys.range))
        key = (where.hash, str(where.range))
        if count not in self._populations:
            self._populations[count] = Population(prototype, place, key, count)
        where.population = self._populations[count]


class Connection(asyncio.Protocol):
    """One kept-alive connection of HTTP/1.1."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._target, self._path, self._body = "", b"", b""

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-amz-target":
            self._target = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        path = self._path.decode()
        if path.startswith("/control/"):
            given = json.loads(self._body) if self._body else None
            self._send(200, json.dumps(self._stub.control(path, given)).encode())
            return
        status, body = self._stub.answer(self._target, self._body)
        if self._stub.delay_s:
            self._loop.call_later(self._stub.delay_s, self._send, status, body)
        else:
            self._send(status, body)

    def _send(self, status: int, body: bytes) -> None:
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Content-Length: {len(body)}\r\nx-amzn-RequestId: 4KTN7F8JAHV5T1R6M6S1HP5I6RVV4KQNSO5A"
            f"EMVJF66Q9ASUAAJG\r\nx-amz-crc32: {zlib.crc32(body)}\r\nServer: Server\r\n\r\n"
        )
        transport: Any = self._transport
        transport.write(head.encode() + body)


def _end_with_parent() -> None:
    """End this process when its standard input ends, which a killed parent's does."""
    sys.stdin.read()
    os._exit(0)


async def _serve() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    stub = Stub()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(stub), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
