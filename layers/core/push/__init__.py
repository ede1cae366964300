"""The push service, one room per concern.

| room | concern |
|---|---|
| `api` | what the HTTP functions share |
| `apps` | settings, credentials, access tokens |
| `templates` | stored, localized content |
| `channels` | registration, owners of channel URIs, topics, presence |
| `notifications` | the record of a notification and its counters |
| `requests` | intake, rendering, schedules |
| `dispatch` | from a request to deliveries |
| `delivery` | claims, sending, outcomes |
| `aws` | DynamoDB, SQS and Secrets Manager behind typed errors |

In each room `models` are contracts, `table` and `queue` storage, the rest use cases. Rooms import
only rooms below them (the import contracts in pyproject.toml).
"""
