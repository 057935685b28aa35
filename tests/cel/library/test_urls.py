"""URLs: every expected value is what Kubernetes' CEL library gave for the same call."""

from __future__ import annotations

import pytest

from drakkar.cel.library.urls import FUNCTIONS, URL, url
from drakkar.cel.outcome import Fault

# scheme, host, hostname, port, escaped path
PARTS: dict[str, tuple[str, str, str, str, str]] = {
    "http://h": ("http", "h", "h", "", ""),
    "HTTP://H:80/": ("http", "H:80", "H", "80", "/"),
    "http://h:/a b": ("http", "h:", "h", "", "/a%20b"),
    "http://u:p@h": ("http", "h", "h", "", ""),
    "http://u@v@h": ("http", "h", "h", "", ""),
    "https://[::1]:80/a%2Fb": ("https", "[::1]:80", "::1", "80", "/a%2Fb"),
    "http://[fe80::1%25en0]": ("http", "[fe80::1%en0]", "fe80::1%en0", "", ""),
    "foo://h:1:2": ("foo", "h:1:2", "h:1", "2", ""),
    "http://h/[x]?q#f": ("http", "h", "h", "", "/[x]"),
    "http://h/é": ("http", "h", "h", "", "/%C3%A9"),
    "http://a%ff/": ("http", "a\udcff", "a\udcff", "", "/"),
    "mailto:x@y": ("mailto", "", "", "", ""),
    "/a#b": ("", "", "", "", "/a"),
    "//h/p": ("", "h", "h", "", "/p"),
    "*": ("", "", "", "", "*"),
}
GETTERS = ("url_get_scheme", "url_get_host", "url_get_hostname", "url_get_port", "url_get_escaped_path")
REFUSED = [
    "",
    "b",
    "a/b:c",
    ":",
    "://h",
    "http://h/%zz",
    "http://ho%20st",
    "http://us er@h",
    "http://[::1",
    "http://[::1]x",
    "http://[1.2.3.4]",
    "http://[v1.x]",
    "http://h:8a",
    "http://h::",
    "https://h:1:2",
    "http://h/\x7f",
    "http://h\n",
]
QUERIES: dict[str, dict[str, tuple[str, ...]]] = {
    "http://h/path": {},
    "http://h/path?": {},
    "http://h/?k1=a&k2=b&k2=c": {"k1": ("a",), "k2": ("b", "c")},
    "http://h/?key with spaces=a+b%20c": {"key with spaces": ("a b c",)},
    "http://h/?q=;a&b&=c&&d=%zz&%zz=d&e=1=2": {"b": ("",), "": ("c",), "e": ("1=2",)},
    "http://h/?%ff=%fe": {"\udcff": ("\udcfe",)},
}
EQUAL: list[tuple[str, str, bool]] = [
    ("HTTP://h", "http://h", True),
    ("http://h", "http://h/", False),
    ("http://h/a%2Fb", "http://h/a%2fb", False),
    ("http://h?", "http://h", False),
    ("http://h/#", "http://h/", True),
    ("http://h/#f", "http://h/", False),
]


@pytest.mark.parametrize(("text", "parts"), PARTS.items())
def test_parts(text: str, parts: tuple[str, ...]) -> None:
    assert FUNCTIONS["is_url_string"](text) is True
    assert tuple(FUNCTIONS[getter](url(text)) for getter in GETTERS) == parts


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_url(text: str) -> None:
    assert FUNCTIONS["is_url_string"](text) is False
    with pytest.raises(Fault):
        FUNCTIONS["string_to_url"](text)


@pytest.mark.parametrize("text", ["http://h/#%zz", "///a:b#%"])
def test_a_bad_fragment_is_seen_by_url_alone(text: str) -> None:
    with pytest.raises(Fault):
        url(text)


@pytest.mark.parametrize(("text", "query"), QUERIES.items())
def test_query(text: str, query: dict[str, tuple[str, ...]]) -> None:
    assert FUNCTIONS["url_get_query"](url(text)) == query


@pytest.mark.parametrize(("left", "right", "expected"), EQUAL)
def test_urls_are_equal_as_they_are_written(left: str, right: str, expected: bool) -> None:
    assert (url(left) == url(right)) is expected
    assert URL.cel_type == "kubernetes.URL"


def test_a_query_of_too_many_parameters_is_empty() -> None:
    assert FUNCTIONS["url_get_query"](url("/?" + "a&" * 9_999)) == {"a": ("",) * 9_999}
    assert FUNCTIONS["url_get_query"](url("/?" + "a&" * 10_000)) == {}
