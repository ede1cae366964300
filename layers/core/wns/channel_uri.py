"""Validation of channel URIs, so that requests only go to WNS, and their identity.

A server that sends to any URI would hand its access token and its players' notifications to
whoever registers a URI of their own. Microsoft, "Windows Push Notification Services (WNS)
overview": verify that the domain is `notify.windows.com` before sending; the subdomain may change
and is not part of the check; the URI is opaque. A sample on that page has a percent sign that
escapes nothing (`?token=AQE%bU%2f…`), so the query is not checked for that.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from wns.errors import InvalidChannelUriError

MAX_LENGTH = 2048
"""In characters. WNS documents no maximum; the longest known ones have 424."""

_HOST = r"(?![^/?:]{254})(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*notify\.windows\.com"
# Both cases are spelled out: without regard to case, a match takes twice as long.
_PLAIN = r"A-Za-z0-9._~!$&'()*+,;=:@\-"
_ESCAPE = r"%[0-9A-Fa-f]{2}"
# Without ASCII, ignoring case would match U+017F as an "s".
_FLAGS = re.ASCII | re.DOTALL | re.IGNORECASE

# Two expressions for all rules, which read a URI in one way only: everything that URL parsers might
# disagree about (user-info, backslashes, white space, brackets, ...) is excluded. The first ends
# before the first slash after `https://`. It is slow, and the hosts of a million URIs are few.
_ORIGIN = re.compile(rf"https://{_HOST}(?::443)?", _FLAGS)
_TARGET = re.compile(
    rf"(?:/(?!(?:\.|%2[Ee]){{1,2}}[/?])(?:[{_PLAIN}]++|{_ESCAPE})*+)++\?[{_PLAIN}/?%]++",
    _FLAGS & ~re.IGNORECASE,
)
_ORIGINS_KEPT = 256
_RULES = (
    (rf".{{0,{MAX_LENGTH}}}", f"A channel URI must have at most {MAX_LENGTH:,} characters."),
    (r"https://.*", "A channel URI must start with https://."),
    (r"[^#]*", "A channel URI must not have a fragment (#)."),
    (rf"[{_PLAIN}/?%]*", "A channel URI must not contain a character that needs escaping."),
    (
        rf"(?:[^%?]|{_ESCAPE})*(?:\?.*)?",
        "A percent sign in the path of a channel URI must be followed by two hexadecimal digits.",
    ),
    (r"https://[^/?@]*(?:[/?].*)?", "A channel URI must not have a user name or password."),
    (r"https://[^/?:]*(?::443)?(?:[/?].*)?", "A channel URI must not have a port other than 443."),
    (
        rf"https://{_HOST}(?::443)?(?:[/?].*)?",
        "The host of a channel URI must be notify.windows.com or end with .notify.windows.com.",
    ),
    (
        r"https://[^/?]*/[^?]*\?.+",
        "A channel URI must have a path and a query: send it as Windows returned it.",
    ),
    (_ORIGIN.pattern + _TARGET.pattern, "The path of a channel URI must not have dot segments."),
)


def parse_channel_uri(text: str) -> str:
    """Return `text` unchanged if it is a channel URI of WNS.

    Call it when a channel is registered and again when sending.

    Raises:
        InvalidChannelUriError: not a channel URI of WNS; `reason` names the rule that it breaks.
    """
    end = text.find("/", len("https://"))
    if (
        0 < end < len(text) <= MAX_LENGTH
        and _TARGET.fullmatch(text, end)
        and _is_origin_of_wns(text[:end])
    ):
        return text
    raise InvalidChannelUriError(
        next(reason for rule, reason in _RULES if not re.fullmatch(rule, text, _FLAGS))
    )


@lru_cache(_ORIGINS_KEPT)
def _is_origin_of_wns(text: str) -> bool:
    return _ORIGIN.fullmatch(text) is not None


def is_web_push_endpoint(channel_uri: str) -> bool:
    """Return whether a valid channel URI is an endpoint that a browser gave for Web Push.

    They are on WNS's hosts, under the path `/w/`, and take the requests of RFC 8030 and RFC 8292
    only: WNS answers 401 to the access token of a game.
    """
    path = unquote(urlsplit(channel_uri).path).lower()
    return re.match(r"/+w(/|$)", path) is not None


def channel_identity(channel_uri: str) -> str:
    """Return a text that is the same for every spelling of a channel URI that reaches the channel.

    It is to be compared only: requests go to the URI as Windows gave it. A channel is named by its
    token, escaped in whatever way, on a host in whatever case; a port 443 and further parameters
    change nothing.
    """
    try:
        parts = urlsplit(channel_uri)
        host = parts.hostname
    except ValueError:
        return channel_uri
    parameters = [each.partition("=") for each in parts.query.split("&")]
    tokens = [value for name, _, value in parameters if unquote(name).lower() == "token"]
    shown = (host or "", parts.path, tokens[0] if tokens else parts.query)
    # Latin-1, because it has a character for every byte.
    return "\n".join(unquote(part, "latin-1") for part in shown)
