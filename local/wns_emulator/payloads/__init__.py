"""Payloads, parsed as Windows parses them."""
