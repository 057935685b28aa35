"""YAML bodies mean what sigs.k8s.io/yaml 1.6.0, which kube-apiserver reads them with, makes of them; and a small one
never stands for a large one."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from typing import Any

import pytest
from work_units import work

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.wire import body, nesting, yaml_body

YAML = "application/yaml"


def read(text: str | bytes) -> Any:
    return body.decode(YAML, text.encode() if isinstance(text, str) else text).value


def refusal(text: str | bytes) -> StatusError:
    with pytest.raises(StatusError) as refused:
        read(text)
    return refused.value


# Every answer here is the original's.
SCALARS: dict[str, Any] = {
    # times of day and dates are text
    "1:1": "1:1", "1:1:1.5": "1:1:1.5", "-1:30": "-1:30", "190:20:30": "190:20:30",
    "2001-01-01": "2001-01-01", "2001-01-01T00:00:00Z": "2001-01-01T00:00:00Z",
    "2001-12-14 21:59:43.10 -5": "2001-12-14 21:59:43.10 -5", "!!timestamp 2001-01-01": "2001-01-01",
    # integers in other bases, with underscores
    "010": 8, "0777": 511, "0o10": 8, "0O7": 7, "0o8": "0o8", "08": 8, "00": 0, "0_7": 7,
    "0b11": 3, "-0b11": -3, "+0b11": 3, "0B11": 3, "0b1_1": 3, "0b2": "0b2",
    "0x1F": 31, "0X1f": 31, "-0x1F": -31, "0x_1": 1, "0x": "0x", "0xfffffffffffffffff": "0xfffffffffffffffff",
    "1_000": 1000, "1__0": 10, "1_": 1, "_1": "_1", "+1": 1, "-0": 0, "+ 1": "+ 1", "1,000": "1,000",
    "9223372036854775807": 2**63 - 1, "9223372036854775808": 2**63, "18446744073709551616": 18446744073709552000,
    "-9223372036854775809": -9223372036854776000, "123456789012345678901234567890": 1.2345678901234568e29,
    # floats
    "1.": 1, "1.5": 1.5, ".5": 0.5, "+.5": 0.5, "1e3": 1000, "1E3": 1000, "1.e3": 1000, ".5e1": 5, "1_0.5": 10.5,
    "1e21": 1e21, "1e-400": 0, "1e400": "1e400", "1e": "1e", "0x1p4": "0x1p4", "inf": "inf", "nan": "nan",
    # words
    "yes": True, "on": True, "y": True, "TRUE": True, "no": False, "Off": False, "n": False, "nUll": "nUll",
    "~": None, "": None, "Null": None, "=": "=", "<<": "<<",
    # tags
    "!!str 1": "1", '!!int "1"': 1, "!!int 0o7": 7, "!!float 1": 1, "!!bool yes": True, "! 1": "1", "!foo 1": "1",
    "!!binary aGk=": "hi", "!!set {a}": {"a": None}, "!!omap [a: 1]": [{"a": 1}], "!!str [a]": ["a"], "!!map x": "x",
    "!!python/none ''": "",
}  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_what_a_scalar_means(text: str) -> None:
    found = read(f"a: {text}")["a"]
    assert found == SCALARS[text] and type(found) is type(SCALARS[text])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1: x", {"1": "x"}),
        ("yes: x", {"true": "x"}),
        ("0x10: x", {"16": "x"}),
        ("1:1: x", {"1:1": "x"}),
        ("2001-01-01: x", {"2001-01-01": "x"}),
        ("a: 1\na: 2", {"a": 2}),
        ("<<: {a: 1}\nb: 2", {"a": 1, "b": 2}),
        ("b: 2\na: 0\n<<: {a: 1, c: 3}", {"a": 1, "b": 2, "c": 3}),
        ("<<: [{a: 1}, {a: 2, b: 3}]", {"a": 1, "b": 3}),
        ("d: &a {b: 1}\ne: {b: 2, <<: *a}", {"d": {"b": 1}, "e": {"b": 1}}),
        ('"<<": {a: 1}', {"<<": {"a": 1}}),
        ("!!merge <<: {a: 1}", {"a": 1}),
        ("{&m <<: {a: 1}, b: *m}", {"a": 1, "b": "<<"}),
        ("a: &a 1\nb: &a 2\nc: *a", {"a": 1, "b": 2, "c": 2}),
        ("&a x: *a", {"x": "x"}),
        ("a: 1\n---\nb: 2", {"a": 1}),
        ("# nothing", None),
        ("a: |\n  1\n", {"a": "1\n"}),
        ("a: 1".encode("utf-16"), {"a": 1}),
    ],
)
def test_keys_merges_and_documents(text: str | bytes, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: .nan", "json: unsupported value"),
        ("a: -.inf", "json: unsupported value"),
        ("a: !!int x", "cannot decode"),
        ("a: !!null x", "cannot decode"),
        ("a: !!binary x", "!!binary value contains invalid base64 data"),
        ("~: x", "unsupported map key"),
        ("? [a]\n: x", "invalid map key"),
        ("18446744073709551615: x", "unsupported map key of type: uint64"),
        ("<<: x", "map merge requires map or sequence of maps as the value"),
        ("<<: [[{a: 1}]]", "map merge requires map or sequence of maps as the value"),
        ("a: &a {<<: *a}", "anchor 'a' value contains itself"),
        ("a: &a [*a]", "anchor 'a' value contains itself"),
        ("a: *u", "unknown anchor 'u' referenced"),
        ("a: -", "yaml: "),
        # The original takes these; what its parser and ours do with them is not linear.
        ("%TAG !e! tag:x\n---\na: 1", "%TAG directives are not supported"),
        ("%TAG !e! tag:x\n---\na: 1".encode("utf-16"), "%TAG directives are not supported"),
    ],
)
def test_what_is_refused(text: str | bytes, why: str) -> None:
    refused = refusal(text)
    assert refused.code == 400 and refused.status["message"].startswith("error converting YAML to JSON: ")
    assert why in refused.status["message"]


def test_an_alias_is_a_value_of_its_own() -> None:
    found = read("a: &a {b: [1]}\nc: *a\nd: {<<: *a}")
    found["a"]["b"].append(2)
    assert found == {"a": {"b": [1, 2]}, "c": {"b": [1]}, "d": {"b": [1]}}


def merges(keys: int, times: int) -> str:
    return "x: &b {" + ", ".join(f"{n}: z" for n in range(keys)) + "}\ny:\n" + "- {<<: *b }\n" * times


def doubling(levels: int) -> str:
    return "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, levels))


EXCESSIVE = {
    "merges": merges(800, 600),
    "more merges": merges(2_000, 1_500),
    "doubling": doubling(40),
    "doubling merges": "a0: &a0 {k: v}\n"
    + "".join(f"a{n}: &a{n} {{x{n}: *a{n - 1}, y{n}: *a{n - 1}}}\n" for n in range(1, 40)),
    "a long text": "a: &a '" + "x" * 1_000_000 + "'\nb: [" + "*a, " * 1_000 + "]",
    "a long text merged": "a: &a {k: '" + "x" * 1_000_000 + "'}\nb:\n" + "- {<<: *a}\n" * 1_000,
    "a long key": "b: &b {? '" + "x" * 100_000 + "' : 1}\nc: [" + "*b, " * 1_000 + "]",
}


@pytest.mark.parametrize("name", EXCESSIVE)
def test_a_small_document_stands_for_no_large_one(name: str) -> None:
    text = EXCESSIVE[name].encode()
    tracemalloc.start()
    began = time.process_time()
    refused = refusal(text)
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.code == 400 and "excessive aliasing" in refused.status["message"]
    assert spent < 2 and peak < 20 * len(text) + 2_000_000, (spent, peak)


def test_ordinary_aliases_are_followed() -> None:
    labels = "labels: &l {" + ", ".join(f"k{n}: some value" for n in range(20)) + "}\n"
    found = read(labels + "spec:\n" + "".join(f"- {{n: {n}, labels: *l, <<: *l}}\n" for n in range(30)))
    assert all(len(one) == 22 and one["labels"] == found["labels"] for one in found["spec"])
    sent = body.decode(YAML, merges(100, 60).encode())
    # What is done with it is as much work as what it stands for.
    assert sent.weight > 60_000 > 20 * len(sent.raw)


LONG = {
    "times": "a: " + "1:" * 500_000 + "1",
    "times with fractions": "a: " + "1:" * 500_000 + "1.5",
    "digits": "a: 0x" + "1" * 1_000_000,
    "underscores": "a: " + "1_" * 500_000,
    "tags": "%TAG !e! tag:" + "x" * 500_000 + "\n---\n[" + "!e!a b," * 70_000 + "c]",
    "tag directives": "".join(f"%TAG !e{n}! t:x\n" for n in range(60_000)) + "---\na: 1",
}


@pytest.mark.parametrize("name", LONG)
def test_no_scalar_and_no_tag_takes_long(name: str) -> None:
    with work() as done, contextlib.suppress(StatusError):
        read(LONG[name])
    assert done.units < 150


def test_nesting_and_number_are_bounded_while_reading() -> None:
    assert "nested deeper than 200" in refusal("[" * 900 + "{}," * 900_000).status["message"]
    deep = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 300))
    assert "nested deeper than 200" in refusal(deep).status["message"]
    many = refusal("[" + "{}," * (nesting.MOST + 1) + "]")
    assert many.code == 413 and many.status["message"].startswith("the body holds more than")


def test_a_key_that_is_given_twice_is_told_with_its_line() -> None:
    text = b"a: 1\nb:\n  c: 1\n  c: 2\na: 3\nd:\n  <<: {e: 1}\n  e: 2\n"
    found = yaml_body.load(text, 1000)
    assert found.value == {"a": 3, "b": {"c": 2}, "d": {"e": 2}}
    assert found.twice == ['line 4: key "c" already set in map', 'line 5: key "a" already set in map']
