"""The push service: nouns with their storage, then the use cases that connect them.

Nouns: apps, credentials, access_tokens, channels, owners, topics, presence, templates, requests,
deliveries, notifications.
Use cases: registering, refreshing, dispatching, sending. Errors, identifiers, keys and transactions
serve both.
"""
