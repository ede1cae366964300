"""Windows Push Notification Services (WNS), the sender's side of the protocol, without AWS.

| module | content |
|---|---|
| `channel_uri` | validation of channel URIs |
| `toast`, `tile`, `badge`, `raw` | payload models, and the bytes that they become |
| `notification` | a payload with its headers |
| `oauth` | access tokens, for both identities |
| `client` | sending many notifications concurrently |
| `result` | outcome of a send, from WNS's response |
| `errors` | exceptions |

Private: `_schema` turns payload models into XML, `_transport` sends requests with libcurl.
"""
