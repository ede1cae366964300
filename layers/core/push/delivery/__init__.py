"""Deliveries: claims, sending, outcomes."""
