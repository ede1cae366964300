"""Windows Push Notification Services (WNS), the sending side, free of any cloud.

| module | what it answers |
|---|---|
| `channel_uri` | is this text a channel URI that may be sent to? |
| `toast`, `tile`, `badge`, `raw` | what can be shown, and the bytes that show it |
| `notification` | which headers and body a payload travels with |
| `oauth` | how an access token is got, for both identities |
| `client` | how many notifications are sent at once |
| `result` | what WNS's answer means |
| `request`, `transfer`, `connections`, `addresses` | how `client` does it with libcurl |
| `errors` | what can go wrong before anything is sent |
"""
