"""Payload models as XML."""
