"""The notification that every sender sends, and the protocol of the processes that are measured.

A process is asked for a round by a line of JSON on its standard input and answers by a line. CPU is
user and system time of the whole process, its threads included, around the round only.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CONCURRENCY = 64
TOKEN = "EgAcAQMAAAAALYAAY/c+Huwi3Fv4Ck10UrKNmtxRO6Njk2MgA=" * 16
HEADERS = {
    "Content-Type": "text/xml",
    "X-WNS-Type": "wns/toast",
    "X-WNS-RequestForStatus": "true",
    "X-WNS-TTL": "86400",
    "X-WNS-Tag": "0123456789abcdef",
    "Authorization": f"Bearer {TOKEN}",
}
BODY = (
    b'<toast launch="action=match&amp;id=42"><visual><binding template="ToastGeneric">'
    b"<text>Alex challenges you</text><text>Best of three on Dust Harbour</text></binding></visual>"
    b'<audio src="ms-winsoundevent:Notification.IM"/></toast>'
)


def path(number: int) -> str:
    """Return path and query of a channel URI."""
    return f"/?token=AwYAAAD8sfbDrL9h7mN%2bmwlkSkQZCIfv4QKeu1hYRipj2zNvXaMi9ZAax%2f6{number:08}"


def url(number: int) -> str:
    """Return the URL of a channel on the sink, for peers that send to any host."""
    return f"https://localhost:{os.environ['SINK_PORT']}{path(number)}"


def rss_mb() -> float:
    """Return this process's resident memory."""
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def serve(run: Callable[[Any], Any]) -> None:
    """Run a round for each line of standard input. What else is printed is a log: it is counted."""
    answers = os.fdopen(os.dup(1), "w")
    log = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the process lives
    os.dup2(log.fileno(), 1)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        log_before = os.fstat(1).st_size
        cpu, wall = time.process_time(), time.perf_counter()
        result = run(given)
        sys.stdout.flush()
        spent = {
            "cpu": time.process_time() - cpu,
            "wall": time.perf_counter() - wall,
            "rss_mb": rss_mb(),
            "log_bytes": os.fstat(1).st_size - log_before,
            "result": result,
        }
        print(json.dumps(spent), file=answers, flush=True)
