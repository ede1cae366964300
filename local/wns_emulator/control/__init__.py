"""The controls of the emulator: declared once, offered in process and over HTTP."""
