"""What names look like, and how long they may be."""

from __future__ import annotations

import pytest

from drakkar.api.names import is_key, is_label, is_subdomain


@pytest.mark.parametrize("text", ["a", "0", "my-name", "123-abc", "a" * 63])
def test_labels(text: str) -> None:
    assert is_label(text) and is_subdomain(text) and is_key(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a_b", "a.b", "a\n", "ä", "a" * 64])
def test_what_is_no_label(text: str) -> None:
    assert not is_label(text)


@pytest.mark.parametrize(("text", "so"), [("a.b-c.d", True), ("a" * 253, True), ("a" * 254, False)])
def test_domains(text: str, so: bool) -> None:
    assert is_subdomain(text) is so


@pytest.mark.parametrize("text", ["", ".a", "a.", "a..b", "A.b", "a.b\n", "a_b.c"])
def test_what_is_no_domain(text: str) -> None:
    assert not is_subdomain(text)


@pytest.mark.parametrize(
    ("text", "so"),
    [
        *(("MyName", True), ("my.name", True), ("a_b", True), ("a" * 63, True)),
        *(("", False), ("_a", False), ("a.", False), ("a/b", False), ("a\n", False), ("a" * 64, False)),
    ],
)
def test_keys(text: str, so: bool) -> None:
    assert is_key(text) is so
