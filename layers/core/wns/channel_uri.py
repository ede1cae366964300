"""Which texts are channel URIs that may be sent to.

A server that sends to any URI it is given hands its access token and its players' notifications to
whoever registers a URI of their own. Microsoft, "Windows Push Notification Services (WNS)
overview": verify that the domain is `notify.windows.com` before sending; the subdomain may change
and is not part of the check; the URI is opaque.
"""

from __future__ import annotations

import re

from wns.errors import InvalidChannelUriError

MAX_LENGTH = 2048
"""Characters. WNS documents no maximum; the longest seen in use have 424."""

_HOST = r"(?![^/?:]{254})(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*notify\.windows\.com"
_PLAIN = r"a-z0-9._~!$&'()*+,;=:@\-"
_ESCAPE = r"%[0-9a-f]{2}"
# ASCII: without it, ignoring case would take U+017F for an "s".
_FLAGS = re.ASCII | re.DOTALL | re.IGNORECASE

# The whole rule, in one expression that can read a URI in one way only: what could make two URL
# parsers see two hosts (user-info, backslashes, white space, brackets, ...) has no place in it.
_CHANNEL_URI = re.compile(
    rf"https://{_HOST}(?::443)?"
    rf"(?:/(?!(?:\.|%2e){{1,2}}[/?])(?:[{_PLAIN}]++|{_ESCAPE})*+)++"
    rf"\?(?:[{_PLAIN}/?]++|{_ESCAPE})++",
    _FLAGS,
)
_RULES = (
    (rf".{{0,{MAX_LENGTH}}}", f"A channel URI has at most {MAX_LENGTH:,} characters."),
    (r"https://.*", "A channel URI starts with https://."),
    (r"[^#]*", "A channel URI has no fragment."),
    (rf"[{_PLAIN}/?%]*", "A channel URI holds no character that a URI would have to escape."),
    (rf"(?:[^%]|{_ESCAPE})*", "A percent sign is followed by two hexadecimal digits."),
    (r"https://[^/?@]*(?:[/?].*)?", "A channel URI has no user name or password."),
    (r"https://[^/?:]*(?::443)?(?:[/?].*)?", "A channel URI has no port but 443."),
    (
        rf"https://{_HOST}(?::443)?(?:[/?].*)?",
        "The host of a channel URI is notify.windows.com or ends with .notify.windows.com.",
    ),
    (r"https://[^/?]*/[^?]*\?.+", "A channel URI has a path and a query, as Windows gave them."),
    (_CHANNEL_URI.pattern, "The path of a channel URI has no dot segments."),
)


def parse_channel_uri(text: str) -> str:
    """Return `text` itself, character for character, if it is a channel URI of WNS.

    Run it when a channel is registered and again at the moment of sending.

    Raises:
        InvalidChannelUriError: it is not; `reason` says which rule it breaks.
    """
    if len(text) <= MAX_LENGTH and _CHANNEL_URI.fullmatch(text):
        return text
    raise InvalidChannelUriError(
        next(sentence for rule, sentence in _RULES if not re.fullmatch(rule, text, _FLAGS))
    )
