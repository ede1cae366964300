"""The local console: a web page on this machine for apps, messages, players and operations."""

from pathlib import Path

STATIC = Path(__file__).with_name("static")
WINDOWS = STATIC / "windows"
"""The rendering of toasts, tiles and badges, which the devices page shares."""
