"""Any text is a selector or an error, soon: soups of characters and of tokens, broken selectors, and towers of brackets.

DRAKKAR_FUZZ sets how many texts there are; a long run also holds the slowest of them to a limit.
"""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Callable
from typing import Final

import pytest

from drakkar import cel
from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version

USUAL: Final = 20_000
COUNT: Final = int(os.environ.get("DRAKKAR_FUZZ", USUAL))
SEED: Final = int(os.environ.get("DRAKKAR_FUZZ_SEED", "7"))
PARTS: Final = 4
SLOWEST_S: Final = 0.050
D: Final = "device.attributes['d.io']"
DEVICE: Final = cel.DeviceView(
    "d.io",
    {"d.io": {"a": 1, "s": "x", "b": True, "v": Version.parse("1.2.3"), "l": (1, 2)}},
    {"d.io": {"m": Quantity.parse("1Gi")}},
)
# fmt: off
VALID: Final = (
    f"{D}.s == 'x' && {D}.a > 0", f"has({D}.b) ? {D}.b : false", f"{D}.?s.orValue('') != ''", f"'s' in {D}",
    "device.capacity['d.io'].m.compareTo(quantity('40Gi')) >= 0", f"{D}.v.isLessThan(semver('2.0.0'))",
    f"cel.bind(d, {D}, d.a == 1 && d.s.matches('^x+$'))", f"{D}.l.exists(x, x == 2)", f"{D}[?'a'].hasValue()",
    "[1, 2, 3].map(x, x * 2).filter(y, y > 2).all(z, z in [4, 6])", "{'a': 1, 'b': 2}.all(k, v, k != '' && v > 0)",
    "[3, 1, 2].sortBy(x, -x) == [3, 2, 1]", "{'a': [1, 2]}.a[0] == 1 || 1 / 0 == 1", "'%s %d'.format(['a', 1]) == 'a 1'",
    "timestamp('2024-01-02T03:04:05Z').getFullYear('Europe/Berlin') == 2024", "duration('1h') < duration('90m')",
    "b'\\xff\\001' != bytes('\\u00e4')", "r'\\d+' == '\\\\d+'", "'''a'b''' == \"a'b\"", "0x1F == 31 && 1u < 2u && 1e3 > .5",
    "ip('10.0.0.1') in [ip('::1')] || cidr('10.0.0.0/8').containsIP('10.1.1.1')", "url('http://a/b?c=d').getQuery().size() == 1",
    "optional.of(1).optMap(x, x + 1).or(optional.none()).value() == 2", "[?optional.of(1), 2].size() == 2", "!(!true)",
    "[1, 2].transformMap(i, v, v > 1, i) == {1: 1}", "{?'a': optional.none()}.size() == 0", "- -1 == 1 // remark",
    "format.dns1123Label().validate('a').hasValue()", "sets.contains([1, 2], [1])", "lists.range(3).sum() == 3",
    f"{D}.`a-b` == 'x'", "type(1) == int", "device.driver.startsWith('d') && device.allowMultipleAllocations == false",
)
TOKENS: Final = (
    "device", ".", ".", "attributes", "capacity", "[", "]", "(", ")", "(", ")", "{", "}", "'d.io'", '"x"', "a", "s", "b", "m",
    "1", "2u", "3.5", "-1", "0x1F", "1e400", "99999999999999999999", "true", "false", "null", "==", "!=", "<", ">=", "&&", "||",
    "!", "-", "+", "*", "/", "%", "?", ":", ",", "in", "has", "all", "exists", "exists_one", "map", "filter", "size", "x", "y",
    "quantity('1Gi')", "semver('1.2.3')", ".?", "[?", "{?", "orValue", "optMap", "cel.bind", "r'\\d'", "b'z'", "'\\u00e4'",
    "'\\q'", "transformList", "transformMapEntry", "sortBy", "format", "type", "dyn", "int", "string", "list", "`a`", "//",
    "\n", "'''",
    "optional.none()", "optional.of", "lists.range", "sets", "if", "for", "@", "#", "$", "&", "|", "=", "\\", "_", "__result__",
)
TOWERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("(", "1", ")"), ("[", "1", "]"), ("{1: ", "1", "}"), ("!", "true", ""), ("-", "1", ""), ("- ", "1", ""), ("!(", "true", ")"),
    ("1 + ", "1", ""), ("", "1", " + 1"), ("true && ", "true", ""), ("", "false", " || false"), ("true ? true : ", "true", ""),
    ("true ? ", "true", " : true"), ("", "true", " ? true : true"), ("", "1", " == 1"), ("", "[1]", "[0]"), ("", "device", ".a"),
    ("", "device", ".?a"), ("", "device", "[?'a']"), ("dyn(", "1", ")"), ("size([", "1", "])"), ("", "'a'", ".trim()"),
    ("[1].all(x, ", "true", ")"), ("[1].map(x, ", "x", ")"), ("cel.bind(x, 1, ", "x == 1", ")"), ("cel.bind(x, ", "1", ", x)"),
    ("[[1]].exists(i, v, ", "true", ")"), ("optional.of(", "1", ")"), ("{'a': ", "1", "}.a"), ("[?optional.of(", "1", ")]"),
    ("has(", "device.driver", ")"), ("'%s'.format([", "1", "])"), ("[1].sortBy(x, ", "1", ")[0]"),
    ("{1: 2}.transformMap(k, v, ", "v", ")"),
    ("", "'a'", " + 'a'"), ("", "1", " in [1]"), ("(((", "1", ")))"), ("[(", "1", ")]"), ("(", "1", ""),
    ("[", "", ""), ("{", "", ""),
    ("", "1", ")"), ("`", "a", "`"), ("// ", "1", "\n"), ("\n", "true", "\n"), ("1,", "1", ""),
    ("f(", "1", ")"), ("", "a", ".b(1)"),
    ("[1, ", "1", ", 2]"), ("optional.of(1).optMap(x, ", "x", ")"), ("{?1: optional.of(", "1", ")}"), ("Msg{a: ", "1", "}"),
)
# fmt: on


def _characters(rng: random.Random) -> str:
    ranges = ((1, 128), (0, 256), (32, 127), (0, 0x3000), (0xD7F0, 0xE010), (0x1F5FF, 0x1F650), (0, 0x110000))
    low, high = rng.choice(ranges)
    return "".join(chr(rng.randrange(low, high)) for _ in range(rng.randrange(60)))


def _soup(rng: random.Random) -> str:
    return rng.choice(("", " ", " ")).join(rng.choice(TOKENS) for _ in range(rng.randrange(25)))


def _broken(rng: random.Random) -> str:
    text = rng.choice(VALID)
    for _ in range(rng.randrange(1, 4)):
        start = rng.randrange(len(text) + 1)
        end = start + rng.choice((0, 0, 1, 1, 2, 5))
        other = rng.choice(VALID)
        cut = rng.randrange(len(other))
        put = rng.choice(
            ("", rng.choice(TOKENS), chr(rng.randrange(0x250)), other[cut : cut + rng.randrange(12)])
        )
        text = text[:start] + put + text[end:]
    return text


def _tower(rng: random.Random) -> str:
    count = rng.choice((rng.randrange(30), rng.randrange(400), rng.randrange(4000)))
    kinds = rng.choices(TOWERS, k=rng.choice((1, 1, 2, 3)))
    before, after = "", ""
    for floor in range(count):
        left, _, right = kinds[floor % len(kinds)]
        if len(before) + len(after) + len(left) + len(right) > 11_000:
            break
        before, after = before + left, right + after
    return before + kinds[-1][1] + after


def _long(rng: random.Random) -> str:
    count = rng.choice((rng.randrange(200), rng.randrange(10_500)))
    few = max(1, count // rng.choice((2, 4, 8, 16)))
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"'{'a' * count}' == 'a'",
        lambda: f"{'9' * count} == 1",
        lambda: f"0x{'f' * count}u == 1u",
        lambda: f"1.{'3' * count}e{'9' * rng.randrange(9)} == 1.0",
        lambda: "'" + "\\u00e4" * few + "' == ''",
        lambda: "a" * count,
        lambda: f"[{', '.join(['1'] * few)}].size() == 1",
        lambda: "{" + ", ".join(f"{number}: 1" for number in range(few)) + "}.size() == 1",
        lambda: f"[{', '.join([D + '.a'] * few)}].exists(x, x == 1)",
        lambda: " && ".join(["true"] * few),
        lambda: " || ".join([f"{D}.a == 2"] * max(1, few // 4)),
        lambda: " + ".join(["1"] * few) + " == 1",
        lambda: " " * count + "true",
        lambda: "true //" + "x" * count,
        lambda: f"'a'.matches('{'(a|b)*' * few}')",
        lambda: f"'a'.matches('{'a{100}' * rng.randrange(9)}')",
        lambda: f"'%{'0' * few}.{'9' * few}f'.format([1.0]) == ''",
        lambda: f"'{'%s' * few}'.format([]) == ''",
        lambda: f"duration('{'1' * few}h') == duration('1h')",
        lambda: f"quantity('{'1' * few}.{'1' * few}Gi') == quantity('1')",
        lambda: f"semver('1.2.3-{'a.' * few}a') == semver('1.2.3')",
        lambda: f"f({', '.join(['1'] * few)})",
        lambda: f"Message{{{', '.join(['a: 1'] * few)}}}",
        lambda: f"'{'a' * few}'.replace('', '{'b' * few}').size() > 0",
    )
    return rng.choice(forms)()


def _text(rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.2:
        return _characters(rng)
    if roll < 0.5:
        return _soup(rng)
    if roll < 0.95:
        return _broken(rng)
    return _tower(rng) if roll < 0.98 else _long(rng)


def _took(text: str) -> float:
    # What the collector would find in the rest of the process is no part of compiling a text; what the text leaves it, is.
    gc.collect()
    began = time.thread_time()
    cel.compile(text)
    return time.thread_time() - began


@pytest.mark.parametrize("part", range(PARTS))
def test_any_text_is_a_selector_or_an_error(part: int) -> None:
    rng = random.Random(SEED * PARTS + part)
    slowest: list[tuple[float, str]] = []
    for _ in range(COUNT // PARTS):
        text = _text(rng)
        began = time.thread_time()
        try:
            selector = cel.compile(text)
            took = time.thread_time() - began
            if isinstance(selector, cel.Selector):
                assert isinstance(selector.matches(DEVICE), bool | cel.EvalError), text
            else:
                assert isinstance(selector, cel.CompileError), text
                assert 0 <= selector.position <= len(text), text
        except Exception as crash:
            crash.add_note(f"for {text[:2000]!r}")
            raise
        slowest = sorted([(took, text), *slowest], reverse=True)[:20]
    if COUNT > USUAL:
        # Once more, against whatever else the machine did; what was compiled lately would be remembered.
        for number in range(5000):
            cel.compile(f"{number} == 0")
        slowest = sorted(((_took(text), text) for _, text in slowest), reverse=True)
    print(
        *(f"{took * 1e3:6.1f} ms, {len(text)} characters: {text[:100]!r}" for took, text in slowest[:5]),
        sep="\n",
    )
    if COUNT > USUAL:
        took, text = slowest[0]
        assert took <= SLOWEST_S, f"{took * 1e3:.1f} ms for {text!r}"
