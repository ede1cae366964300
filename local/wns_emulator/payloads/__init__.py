"""Payloads as Windows reads them."""
