"""The library behind pushctl: calls to the two operator APIs and the few AWS reads beside them.

It prints nothing and asks nothing. Every result is a pydantic model; every failure is a
`PushctlError`.
"""
