"""Channel URIs: which are accepted, and that no URL parser sees another host."""

from __future__ import annotations

import pickle
import string
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pycurl
import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from wns.channel_uri import MAX_LENGTH, parse_channel_uri
from wns.errors import InvalidChannelUriError, WnsError

if TYPE_CHECKING:
    from tests.unit.wns.tls_server import TlsServer

# From Microsoft's pages and the issue trackers of public senders.
TOKEN = (
    "AwYAAACiCjNyPa14HEYKp8hYDoV7uUBrjXCGI%2bK3XXuhpR5jT7AzM1Yq6sAg6ZfPp%2f6ZnV0PIQ"
    "d9JBm6QlBqG7c3bkGD9d6cS9KvMpnRcAFH6tj4WkCjmAwQbTyE3Vwz%2bgqT2bI%3d"
)
REAL = [
    *(
        f"https://{name}notify.windows.com/?token={TOKEN}"
        for name in (
            "",
            "cloud.",
            "bn1.",
            "db3.",
            "db5.",
            "hk2.",
            "sg2p.",
            "par02p.",
            "dm3p.",
            "wns2-by3p.",
            "wns2-par02p.",
            "wns2-sg2p.",
            "wns2-bl2p.",
            "wns2-pn1p.",
            "wns2-am3p.",
            "wns2-db5p.",
        )
    ),
    f"https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD%2bhd%2f{'A' * 380}%3d%3d",
    "https://bn1.notify.windows.com:443/?token=AgYAAACE2f9Lx",
    "https://a.new.kind.of.front-end.notify.windows.com/?token=AgYAAACE2f9Lx",
    "HTTPS://DB5.Notify.Windows.COM/?token=AgYAAACE2f9Lx",
    "https://db5.notify.windows.com/?token=a+b/c==&x=y;z?@:!$'()*,~",
    "https://db5.notify.windows.com/a/.b/..c/%2e%2e%2e/...?t",
    "https://cloud.notify.windows.com/?token=AQE%bU%2fSjZOCvRjjpILow%3d%3d",
    "https://db5.notify.windows.com/?token=%",
    "https://db5.notify.windows.com/?token=%2",
    "https://db5.notify.windows.com/?token=%zz",
]

HOSTILE = [
    "",
    " ",
    "https://",
    "https:///?token=1",
    "https://?token=1",
    "notify.windows.com/?token=1",
    "//db5.notify.windows.com/?token=1",
    "https:db5.notify.windows.com/?token=1",
    "https:/db5.notify.windows.com/?token=1",
    "https:\\\\db5.notify.windows.com/?token=1",
    "http://db5.notify.windows.com/?token=1",
    "ftp://db5.notify.windows.com/?token=1",
    "file://db5.notify.windows.com/?token=1",
    "gopher://db5.notify.windows.com/?token=1",
    "http\u017f://db5.notify.windows.com/?token=1",
    "javascript:https://db5.notify.windows.com/?token=1",
    " https://db5.notify.windows.com/?token=1",
    "\nhttps://db5.notify.windows.com/?token=1",
    "\ufeffhttps://db5.notify.windows.com/?token=1",
    "https://evil.example/?token=1",
    "https://windows.com/?token=1",
    "https://wns.windows.com/?token=1",
    "https://notify.live.net/?token=1",
    "https://evilnotify.windows.com/?token=1",
    "https://xnotify.windows.com/?token=1",
    "https://notify-windows.com/?token=1",
    "https://notify.windows.com.evil.example/?token=1",
    "https://notify.windows.comevil.example/?token=1",
    "https://notify.windows.co/?token=1",
    "https://notify.windows.com./?token=1",
    "https://db5.notify.windows.com../?token=1",
    "https://.notify.windows.com/?token=1",
    "https://db5..notify.windows.com/?token=1",
    "https://-db5.notify.windows.com/?token=1",
    "https://db5-.notify.windows.com/?token=1",
    "https://db_5.notify.windows.com/?token=1",
    "https://*.notify.windows.com/?token=1",
    f"https://{'a' * 64}.notify.windows.com/?token=1",
    f"https://{'a.' * 118}notify.windows.com/?token=1",
    "https://evil.example/notify.windows.com/?token=1",
    "https://evil.example/?https://db5.notify.windows.com/?token=1",
    "https://evil.example?.notify.windows.com/?token=1",
    "https://evil.example#.notify.windows.com/?token=1",
    "https://evil.example\\.notify.windows.com/?token=1",
    "https://evil.example\\@db5.notify.windows.com/?token=1",
    "https://evil.example/\\db5.notify.windows.com/?token=1",
    "https://db5.notify.windows.com\\@evil.example/?token=1",
    "https://db5.notify.windows.com\\.evil.example/?token=1",
    "https://db5.notify.windows.com@evil.example/?token=1",
    "https://evil.example@db5.notify.windows.com/?token=1",
    "https://user:password@db5.notify.windows.com/?token=1",
    "https://@db5.notify.windows.com/?token=1",
    "https://:@db5.notify.windows.com/?token=1",
    "https://db5.notify.windows.com:443@evil.example/?token=1",
    "https://db5.notify.windows.com:@evil.example/?token=1",
    "https://evil.example:443@db5.notify.windows.com@evil.example/?token=1",
    "https://db5.notify.windows.com%40evil.example/?token=1",
    "https://db5.notify.windows.com%2eevil.example/?token=1",
    "https://db5%2enotify%2ewindows%2ecom/?token=1",
    "https://evil.example%2f.notify.windows.com/?token=1",
    "https://evil.example%00.notify.windows.com/?token=1",
    "https://evil.example\x00.notify.windows.com/?token=1",
    "https://evil.example\t.notify.windows.com/?token=1",
    "https://evil.example\r\n.notify.windows.com/?token=1",
    "https://evil.example .notify.windows.com/?token=1",
    "https://db5.notify.windows.com\n.evil.example/?token=1",
    "https://db5.notify.windows.com\x7f/?token=1",
    "https://db5.notify.windows.com:80/?token=1",
    "https://db5.notify.windows.com:8443/?token=1",
    "https://db5.notify.windows.com:/?token=1",
    "https://db5.notify.windows.com:0443/?token=1",
    "https://db5.notify.windows.com:+443/?token=1",
    "https://db5.notify.windows.com:443:443/?token=1",
    "https://db5.notify.windows.com:65979/?token=1",
    "https://db5.notify.windows.com:\u0664\u0664\u0663/?token=1",
    "https://db5.notify.windows.com:443.evil.example/?token=1",
    "https://[::1]/?token=1",
    "https://[::1].notify.windows.com/?token=1",
    "https://[::ffff:127.0.0.1]/?db5.notify.windows.com",
    "https://[db5.notify.windows.com]/?token=1",
    "https://[evil.example]db5.notify.windows.com/?token=1",
    "https://127.0.0.1/?token=1",
    "https://2130706433/?db5.notify.windows.com",
    "https://169.254.169.254/latest/meta-data/?notify.windows.com",
    "https://evil.example;.notify.windows.com/?token=1",
    "https://evil.example,db5.notify.windows.com/?token=1",
    "https://evil.example&.notify.windows.com/?token=1",
    "https://db5.notify.window\u017f.com/?token=1",
    "https://db5.notify.windows.com\u3002evil.example/?token=1",
    "https://db5.notify\uff0ewindows\uff0ecom/?token=1",
    "https://evil.example\uff0f.notify.windows.com/?token=1",
    "https://evil.example\u2100.notify.windows.com/?token=1",
    "https://evil.example\uff03@db5.notify.windows.com/?token=1",
    "https://db5.n\u043etify.windows.com/?token=1",
    "https://db5.notify.windows.com\u00ad/?token=1",
    "https://db5.notify.windows.com",
    "https://db5.notify.windows.com/",
    "https://db5.notify.windows.com/?",
    "https://db5.notify.windows.com?token=1",
    "https://db5.notify.windows.com/?token=1#",
    "https://db5.notify.windows.com/?token=1#@evil.example/",
    "https://db5.notify.windows.com/?token=1\n",
    "https://db5.notify.windows.com/?token=1\r\nHost: evil.example",
    "https://db5.notify.windows.com/?token=1 HTTP/1.1",
    "https://db5.notify.windows.com/%?token=1",
    "https://db5.notify.windows.com/%2?token=1",
    "https://db5.notify.windows.com/%zz/?token=1",
    "https://db5.notify.windows.com/?token=a\\b",
    "https://db5.notify.windows.com/?token={a}",
    'https://db5.notify.windows.com/?token="a"',
    "https://db5.notify.windows.com/?token=<a>",
    "https://db5.notify.windows.com/?token=caf\u00e9",
    "https://db5.notify.windows.com/?token=\ud800",
    "https://db5.notify.windows.com/a\\b?token=1",
    "https://db5.notify.windows.com/../?token=1",
    "https://db5.notify.windows.com/a/./b?token=1",
    "https://db5.notify.windows.com/..?token=1",
    "https://db5.notify.windows.com/%2E%2e/?token=1",
    "https://db5.notify.windows.com/.%2e?token=1",
    "https://db5.notify.windows.com/?token=" + "a" * (MAX_LENGTH - 37),
    "https://" + "a" * 100_000,
    "https://db5.notify.windows.com/" + "%2e/" * 100_000,
]


@pytest.mark.parametrize("uri", REAL)
def test_real_channel_uri_is_returned_unchanged(uri: str) -> None:
    assert parse_channel_uri(uri) == uri


def test_uri_of_maximum_length_is_accepted() -> None:
    uri = "https://db5.notify.windows.com/?token="
    uri += "a" * (MAX_LENGTH - len(uri))

    assert parse_channel_uri(uri) == uri


@pytest.mark.parametrize("uri", HOSTILE, ids=lambda uri: ascii(uri[:60]))
def test_hostile_uri_is_refused_without_being_repeated(uri: str) -> None:
    with pytest.raises(InvalidChannelUriError) as caught:
        parse_channel_uri(uri)

    error = caught.value
    assert isinstance(error, WnsError)
    assert isinstance(error, ValueError)
    assert str(error) == error.reason
    assert error.reason.endswith(".")
    assert "evil" not in error.reason
    assert "token" not in error.reason
    assert pickle.loads(pickle.dumps(error)).reason == error.reason  # noqa: S301


def test_hostile_uris_are_many_and_distinct() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60


@pytest.mark.parametrize(
    ("uri", "part_of_reason"),
    [
        ("https://db5.notify.windows.com/?t=" + "a" * MAX_LENGTH, "at most 2,048"),
        ("http://db5.notify.windows.com/?t", "start with https://"),
        ("https://db5.notify.windows.com/?t#f", "fragment"),
        ("https://db5.notify.windows.com/?t t", "character"),
        ("https://db5.notify.windows.com/%2?t", "percent sign"),
        ("https://me@db5.notify.windows.com/?t", "user name"),
        ("https://db5.notify.windows.com:80/?t", "port"),
        ("https://evil.example/?t", "host"),
        ("https://db5.notify.windows.com/", "a path and a query"),
        ("https://db5.notify.windows.com/../?t", "dot segments"),
    ],
)
def test_reason_names_the_broken_rule(uri: str, part_of_reason: str) -> None:
    with pytest.raises(InvalidChannelUriError, match=part_of_reason):
        parse_channel_uri(uri)


def hosts_seen_by_parsers(uri: str) -> set[str | None]:
    prepared = requests.Request("POST", uri).prepare()
    return {
        urlsplit(uri).hostname,
        parse_url(uri).host,
        urlsplit(prepared.url or "").hostname,
        (pycurl.CurlUrl(uri).host or "").lower(),
        (pycurl.CurlUrl(uri, pycurl.U_PATH_AS_IS).host or "").lower(),
    }


def assert_parsers_agree(uri: str) -> None:
    (host,) = hosts_seen_by_parsers(uri)
    assert host is not None
    assert host == "notify.windows.com" or host.endswith(".notify.windows.com")
    assert urlsplit(uri).port in {None, 443}
    seen_by_curl = pycurl.CurlUrl(uri, pycurl.U_PATH_AS_IS)
    assert seen_by_curl.user is None
    assert f"{seen_by_curl.path}?{seen_by_curl.query}" == uri[uri.index("/", len("https://")) :]


@pytest.mark.parametrize("uri", REAL)
def test_parsers_agree_on_the_host_of_real_uris(uri: str) -> None:
    assert_parsers_agree(uri)


PIECES = st.sampled_from(
    [
        *(
            "https://",
            "http://",
            "//",
            "/",
            "\\",
            "?",
            "#",
            "@",
            ":",
            ":443",
            ":80",
            ".",
            "..",
            "-",
        ),
        *(
            "notify.windows.com",
            "db5.",
            ".evil.example",
            "evil.example",
            "windows",
            "[::1]",
            "[",
            "]",
        ),
        *("%2e", "%2f", "%40", "%00", "%", "%5c", "token=", "=", "&", ";", "a", "A", "0", "_", "*"),
        *(" ", "\t", "\r\n", "\0", "\u017f", "\u3002", "\uff0e", "\uff0f", "\u212a", "\u00ad", "é"),
    ]
)
NEAR_URIS = st.builds(
    lambda scheme, host, tail: scheme + host + tail,
    st.sampled_from(["https://", "HTTPS://", "https:/", "https:\\\\"]),
    st.lists(PIECES, max_size=5).map("".join),
    st.lists(PIECES, max_size=6).map("".join),
) | st.builds(
    lambda before, middle, after: f"https://{before}notify.windows.com{middle}/?{after}",
    st.text(max_size=12) | st.from_regex(r"([a-z0-9-]{1,9}\.){0,3}", fullmatch=True),
    st.just("") | st.text(max_size=6),
    st.text(min_size=1, max_size=20) | st.from_regex(r"[!-~]{1,40}", fullmatch=True),
)


@given(NEAR_URIS)
@example("https://db5.notify.windows.com/?a")
def test_accepted_uri_is_returned_unchanged_and_parsers_agree_on_its_host(uri: str) -> None:
    try:
        parsed = parse_channel_uri(uri)
    except InvalidChannelUriError:
        return
    assert parsed == uri
    assert_parsers_agree(uri)


ALPHANUMERIC = string.ascii_letters + string.digits
ACCEPTED = st.builds(
    lambda labels, port, path, query: (
        f"https://{''.join(labels)}notify.windows.com{port}/{path}?{''.join(query)}"
    ),
    st.lists(
        st.text(ALPHANUMERIC, min_size=1, max_size=9)
        .flatmap(lambda label: st.sampled_from([label, f"{label}-{label}"]))
        .map("{}.".format),
        max_size=3,
    ),
    st.sampled_from(["", ":443"]),
    st.text(ALPHANUMERIC + "/_~!$&'()*+,;=:@-", max_size=9),
    st.lists(
        st.sampled_from([*ALPHANUMERIC, *"._~!$&'()*+,;=:@/?-%", "%2f", "%2B", "%00", "%e9"]),
        min_size=1,
        max_size=40,
    ),
)


@given(ACCEPTED)
def test_every_valid_channel_uri_is_accepted(uri: str) -> None:
    assert parse_channel_uri(uri) == uri
    assert_parsers_agree(uri)


@given(ACCEPTED, st.data())
def test_one_bad_character_anywhere_is_refused(uri: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(uri)))
    bad = data.draw(
        st.characters(exclude_characters=None, min_codepoint=0x80)
        | st.sampled_from('\\ \t\r\n\0#"<>^`{|}')
    )
    with pytest.raises(InvalidChannelUriError):
        parse_channel_uri(uri[:at] + bad + uri[at:])


@pytest.mark.enable_socket
def test_libcurl_connects_to_the_host_of_real_uris_and_to_other_hosts_for_hostile_ones(
    server: TlsServer,
) -> None:
    server.proxy_answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"

    def host_connected_to(uri: str) -> str | None:
        before = len(server.connects)
        easy = pycurl.Curl()
        try:
            easy.setopt(pycurl.PROXY, server.url)
            easy.setopt(pycurl.HTTPPROXYTUNNEL, 1)
            easy.setopt(pycurl.WRITEFUNCTION, len)
            easy.setopt(pycurl.URL, uri)
            easy.perform()
        except (pycurl.error, ValueError, UnicodeError):
            pass
        finally:
            easy.close()
        if len(server.connects) == before:
            return None
        return server.connects[-1].line.split(" ")[1].lower()

    for uri in REAL:
        host = urlsplit(uri).hostname
        assert host_connected_to(uri) == f"{host}:443"

    outside = [
        uri
        for uri in HOSTILE
        if not (host_connected_to(uri) or "windows.com:443").endswith("windows.com:443")
    ]
    assert len(outside) >= 20
