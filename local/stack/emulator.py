"""Starts the AWS emulator: under its own interpreter, in front of its own `main`."""

from ministack import app
from ministack.services import scheduler

# How often it looks for due schedules. Its own ten seconds are long for someone at a terminal.
SCHEDULE_INTERVAL_SECONDS = 1

if not hasattr(scheduler, "_SCHEDULE_TICK_INTERVAL"):
    raise SystemExit("this ministack has its schedule interval elsewhere: see emulator.py")
scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULE_INTERVAL_SECONDS  # noqa: SLF001 (it has no setting)
app.main()
