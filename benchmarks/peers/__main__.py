"""Other senders, each alone: `python -m benchmarks.peers NAME`; see `benchmarks.workload`.

Each is used as its documentation shows, with one kept-alive session if it has such a thing, and
CONCURRENCY sends at once if it can.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from benchmarks.workload import BODY, CONCURRENCY, HEADERS, TOKEN, serve, url

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine


def requests_session() -> Callable[[int], None]:
    requests: Any = importlib.import_module("requests")
    session = requests.Session()

    def run(count: int) -> None:
        for number in range(count):
            session.post(url(number), data=BODY, headers=HEADERS).raise_for_status()

    return run


def requests_threads() -> Callable[[int], None]:
    requests: Any = importlib.import_module("requests")
    session = requests.Session()
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=16))
    pool = ThreadPoolExecutor(16)

    def send(number: int) -> None:
        session.post(url(number), data=BODY, headers=HEADERS).raise_for_status()

    def run(count: int) -> None:
        for _ in pool.map(send, range(count)):
            pass

    return run


def _concurrently(
    count: int, send: Callable[[int], Awaitable[None]], at_once: int = CONCURRENCY
) -> Coroutine[Any, Any, None]:
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await send(number)

    async def run() -> None:
        await asyncio.gather(*(work() for _ in range(at_once)))

    return run()


def aiohttp(*, uvloop: bool = False) -> Callable[[int], None]:
    library: Any = importlib.import_module("aiohttp")
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    loop: Any = importlib.import_module("uvloop").new_event_loop() if uvloop else None
    loop = loop or asyncio.new_event_loop()

    async def open_session() -> Any:
        connector = library.TCPConnector(limit=CONCURRENCY, ssl=context)
        return library.ClientSession(connector=connector)

    session = loop.run_until_complete(open_session())

    async def send(number: int) -> None:
        async with session.post(url(number), data=BODY, headers=HEADERS) as response:
            response.raise_for_status()
            await response.read()

    return lambda count: loop.run_until_complete(_concurrently(count, send))


def httpx() -> Callable[[int], None]:
    library: Any = importlib.import_module("httpx")
    loop = asyncio.new_event_loop()
    at_once = 4  # it is fastest with few: its pool inspects every connection at each request
    limits = library.Limits(max_keepalive_connections=at_once, keepalive_expiry=60)
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    client = library.AsyncClient(limits=limits, verify=context)

    async def send(number: int) -> None:
        (await client.post(url(number), content=BODY, headers=HEADERS)).raise_for_status()

    return lambda count: loop.run_until_complete(_concurrently(count, send, at_once))


def pyreqwest() -> Callable[[int], None]:
    library: Any = importlib.import_module("pyreqwest.client")
    loop = asyncio.new_event_loop()
    with open(os.environ["SSL_CERT_FILE"], "rb") as file:  # noqa: PTH123
        client = library.ClientBuilder().add_root_certificate_pem(file.read()).build()

    async def send(number: int) -> None:
        response = await client.post(url(number)).headers(HEADERS).body_bytes(BODY).build().send()
        if response.status != 200:  # noqa: PLR2004
            raise RuntimeError(f"status {response.status}")

    return lambda count: loop.run_until_complete(_concurrently(count, send))


def django_push_notifications() -> Callable[[int], None]:
    settings: Any = importlib.import_module("django.conf").settings
    settings.configure(PUSH_NOTIFICATIONS_SETTINGS={})
    wns: Any = importlib.import_module("push_notifications.wns")
    # Its token request per message is left out, in its favour.
    wns._wns_authenticate = lambda **_: TOKEN  # noqa: SLF001

    def run(count: int) -> None:
        for number in range(count):
            wns._wns_send(url(number), BODY, "wns/toast")  # noqa: SLF001

    return run


PEERS: dict[str, Callable[[], Callable[[int], None]]] = {
    "requests": requests_session,
    "requests, 16 threads": requests_threads,
    "aiohttp": aiohttp,
    "aiohttp + uvloop": lambda: aiohttp(uvloop=True),
    "httpx": httpx,
    "pyreqwest": pyreqwest,
    "django-push-notifications": django_push_notifications,
}

if __name__ == "__main__":
    serve(PEERS[sys.argv[1]]())
