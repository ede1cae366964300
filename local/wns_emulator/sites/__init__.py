"""The hosts that the emulator plays: token endpoints and WNS."""
