"""The emulated hosts: both token endpoints and WNS."""
