"""The push service: nouns with their storage, then the use cases that connect them.

Nouns: apps, credentials, access_tokens, channels, templates, requests, deliveries, notifications.
Use cases: registering, refreshing, dispatching, sending. Errors and identifiers serve both.
"""
