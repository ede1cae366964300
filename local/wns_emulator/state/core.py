"""The state that sites and controls of one emulator share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.wns_emulator.state.access_tokens import AccessTokens
from local.wns_emulator.state.apps import Apps
from local.wns_emulator.state.channels import Channels
from local.wns_emulator.state.devices import Devices
from local.wns_emulator.state.events import Events
from local.wns_emulator.state.faults import Faults
from local.wns_emulator.state.request_log import RequestLog
from local.wns_emulator.state.switches import Switches

if TYPE_CHECKING:
    import random

    from local.wns_emulator.state.clock import Clock


class Core:
    """The state of one emulator. Used on the event loop's thread only, so it needs no locks."""

    def __init__(self, clock: Clock, random_source: random.Random, token_key: bytes) -> None:
        self.clock = clock
        self.random = random_source
        self.switches = Switches()
        self.events = Events(keep=2000)
        self.apps = Apps()
        self.tokens = AccessTokens(self.apps, token_key)
        self.devices = Devices()
        self.channels = Channels()
        self.faults = Faults(random_source)
        self.log = RequestLog(self.events, keep=1000)
