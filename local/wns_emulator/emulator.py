"""The emulator in a thread of the calling process."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.wns_emulator.control.controls import Controls
from local.wns_emulator.errors import ControlError
from local.wns_emulator.server import EmulatorServer, listen

if TYPE_CHECKING:
    import os
    from typing import Self


class WnsEmulator(Controls):
    """Run WNS on two ports of 127.0.0.1; use it in a `with` statement.

    The certificate authority is kept in `directory`; `seed` fixes which requests `fail_share`
    selects. `proxy_url`, `control_url` and `ca_file` are set inside the `with` block.
    """

    proxy_url: str
    control_url: str
    ca_file: str

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        proxy_port: int = 0,
        control_port: int = 0,
        seed: int | None = None,
    ) -> None:
        self._directory = Path(directory)
        self._ports = (proxy_port, control_port)
        self._seed = seed
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        """Start the emulator.

        Raises:
            PortInUseError: one of the ports is in use.
        """
        with contextlib.ExitStack() as undo:
            proxy = undo.enter_context(listen(self._ports[0], "proxy port"))
            control = undo.enter_context(listen(self._ports[1], "control port"))
            self._server = EmulatorServer(self._directory, proxy, control, seed=self._seed)
            undo.pop_all()
        self.proxy_url = self._server.proxy_url
        self.control_url = self._server.control_url
        self.ca_file = self._server.ca_file
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run_loop, args=(started,), name="wns-emulator", daemon=True
        )
        self._thread.start()
        started.result()
        return self

    def __exit__(self, *_: object) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def call(self, name: str, /, **arguments: Any) -> Any:
        loop = self._loop
        if loop is None:
            raise ControlError("not_running", "the emulator runs only inside its with block")
        future = asyncio.run_coroutine_threadsafe(self._run(name, arguments), loop)
        return future.result()

    def _run_loop(self, started: Future[None]) -> None:
        try:
            asyncio.run(self._serve(started))
        finally:
            started.cancel()

    async def _run(self, name: str, arguments: dict[str, Any]) -> Any:
        result = self._server.runner.call(name, **arguments)
        return await result if inspect.isawaitable(result) else result

    async def _serve(self, started: Future[None]) -> None:
        self._stopping = asyncio.Event()
        await self._server.start()
        self._loop = asyncio.get_running_loop()
        started.set_result(None)
        await self._stopping.wait()
        await self._server.stop()
