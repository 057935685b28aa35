from __future__ import annotations

import dataclasses

import pytest

from drakkar import cel
from drakkar.api.features import Features
from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version

DEVICE = cel.DeviceView(
    "gpu.example.com",
    {
        "gpu.example.com": {
            "model": "a100",
            "count": 8,
            "ok": True,
            "version": Version.parse("1.2.3+x"),
            "l": (1, 2),
        },
        "other.io": {"for": "x", "namespace": "y"},
    },
    {"gpu.example.com": {"memory": Quantity.parse("80Gi")}},
)
A = 'device.attributes["gpu.example.com"]'
C = 'device.capacity["gpu.example.com"]'
MISSING = f"{A}.missing"


def answer(expression: str, device: cel.DeviceView = DEVICE) -> bool | cel.EvalError:
    selector = cel.compile(expression)
    assert isinstance(selector, cel.Selector), f"{expression}: {selector}"
    return selector.matches(device)


@pytest.mark.parametrize(
    "expression",
    [
        "device.driver == 'gpu.example.com'",
        f'{C}.memory == quantity("80Gi")',
        f'{C}.memory == quantity("81920Mi") && {A}.model == "a100"',
        f'{C}.memory.compareTo(quantity("40Gi")) >= 0 && {C}["memory"].isGreaterThan(quantity("1"))',
        f"{A}.count == 8.0 && {A}.count == 8u && 8 == {A}.count && {A}.count > 7.5",
        "device.attributes['nope'].size() == 0 && !('nope' in device.attributes)",
        "has(device.attributes.foo) && device.attributes[?'nope'].hasValue()",
        f"!has({MISSING}) && has({A}.model)",
        "size(device.attributes) == 2 && 'other.io' in device.attributes",
        "device.attributes['other.io'].for == 'x' && device.attributes['other.io'].namespace == 'y'",
        f"{MISSING} == 1 || true",
        f"true || {MISSING} == 1",
        f"!({MISSING} == 1 && false)",
        f"!(false && {MISSING} == 1)",
        f"[1, 2].exists(x, x == 2 || {MISSING} == x)",
        f"![1, 2].all(x, x == 2 && {MISSING} == 1 && x == 3)",
        f"![1, 2].all(x, {MISSING} == 1 && x == 3)",
        f"{A}.version == semver('1.2.3') && {A}.version.isLessThan(semver('1.10.0'))",
        f"{A}.version != 'x' && !('x' == {A}.version)",
        "semver('v01.2', true).compareTo(semver('1.2.0')) == 0 && semver('1.2.3').major() == 1",
        "isQuantity('1Gi') && !isQuantity('1GB') && isSemver('1.0.0') && !isSemver('v1.0.0') && isSemver('v1', true)",
        "sign(quantity('-1')) == -1 && quantity('1k').asInteger() == 1000 && !quantity('1m').isInteger()",
        "quantity('1').add(quantity('1')).sub(1) == quantity('1000m')",
        f"{A}.?missing.orValue('d') == 'd' && {A}.?model.orValue('d') == 'a100' && {A}[?'model'].hasValue()",
        f"optional.of(1).or({A}.?missing).value() == 1 && !optional.none().hasValue()",
        f"{A}.?model.optMap(m, m + '!').orValue('') == 'a100!'",
        f"{A}.model.upperAscii().matches('^A1') && {A}.model.lowerAscii().matches('^a1') && !{A}.model.upperAscii().matches('a')",
        f"{A}.model.upperAscii().matches('^A1') && dyn('\u00e9A').lowerAscii().matches('^\u00e9a$')",
        f"{A}.?model.orValue('').startsWith('a') && {A}.model.matches('^a[0-9]+$')",
        "'aBc'.lowerAscii() == 'abc' && ' x '.trim() == 'x' && 'a,b'.split(',') == ['a', 'b']",
        "'hello'.substring(1, 3) == 'el' && 'hello'.indexOf('l') == 2 && 'hello'.lastIndexOf('l') == 3",
        "['a', 'b'].join('-') == 'a-b' && 'aaa'.replace('a', 'b', 2) == 'bba' && 'abc'.charAt(3) == ''",
        "[1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6] && [1, 2].map(x, x > 1, x) == [2]",
        "[1, 2, 2].exists_one(x, x == 1) && ![1, 2, 2].exists_one(x, x == 2)",
        "device.attributes.exists(d, d == 'other.io')",
        f"cel.bind(a, {A}, a.model == 'a100' && a.count == 8)",
        f"{A}.model in ['h100', 'a100'] && !({A}.model in ['b'])",
        f"{A}.model.includes('a100') && {A}.l.includes(2) && 2 in {A}.l",
        "-7 / 2 == -3 && -7 % 2 == -1 && 7 - -3 == 10 && 1 + 2 * 3 == 7 && !!true",
        "{'a': 1}.a == 1 && {'a': 1}['a'] == 1 && 'a' in {'a': 1} && !(dyn(true) in {1: 1})",
        "(1 < 2 ? 'a' : 'b') == 'a' && \"\\u0061\\x62\\143\" == 'abc' && r'\\d' == '\\\\d' && b'\\xff' != b''",
        "!device.allowMultipleAllocations && has(device.driver)",
        "sets.contains([1, 2], [2]) && sets.intersects([1], [1, 2]) && [1, 2].first().value() == 1",
        "[3, 1, 2].sort() == [1, 2, 3] && [1, 2].isSorted() && [1, 2].min() == 1 && [1, 2].max() == 2 && [1, 2].sum() == 3",
        "[1, 1, 2].distinct() == [1, 2] && [1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2",
        "'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1'.findAll('.', 1) == ['a']",
        f"[{MISSING}].size() == 2 || true",
        "['a', 'b'].all(i, v, i < 2 && v != 'c') && {'a': 1}.exists(k, v, k == 'a' && v == 1)",
        "['a', 'b'].existsOne(i, v, v == 'b') && ['a', 'b'].transformList(i, v, i > 0, v + '!') == ['b!']",
        "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2) == {'b': 4} && [5].transformMap(i, v, v + i) == {0: 5}",
        "[1, 2].all(x, [3].all(y, [4].all(i, z, x < y && y < z && i == 0)))",
        f"device.attributes.exists(d, a, d == 'other.io' && a.namespace == 'y' && {MISSING} == 1 || a.for == 'x')",
        f"{A}.ok",
        " && ".join(["true"] * 1000),
    ],
)
def test_selected(expression: str) -> None:
    assert answer(expression) is True


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (f"{MISSING} == 1", "no such key: missing"),
        (f"{MISSING} == 1 || false", "no such key: missing"),
        (f"[string({MISSING})].distinct() == [] || true", "internal error: no such key: missing"),
        (f"['a'].sortBy(x, string({MISSING})) == [] || true", "internal error: no such key: missing"),
        ("[[1]].flatten(dyn('a')) == [] || true", "internal error: string is not a depth"),
        (f"true && {A}.count", "no such overload"),
        (f"{A}.count ? true : false", "no such overload"),
        (f"{A}.model", "could not be converted to bool"),
        (f"{A}.version == 'x'", "no such overload"),
        (f"{A}.version in ['a']", "unhashable"),
        (f"{A}.model < 1", "no such overload"),
        (f"{A}.count.lowerAscii().matches('8')", "no such overload"),
        ("9223372036854775807 + 1 > 0", "integer overflow"),
        ("1 / 0 == 1", "division by zero"),
        ("quantity('x') == quantity('1')", "not a quantity"),
        ("[].min() == 1", "empty list"),
        ("{'a': 1}.b == 1", "no such key: b"),
        ("[1][1] == 1", "index out of bounds"),
        (f"[1, 2].exists_one(x, x == 1 || {MISSING} == x)", "no such key"),
        (f"{A}.?missing.value() == 1", "optional.none() dereference"),
        (
            "lists.range(10000).all(x, lists.range(10000).all(y, x + y >= 0))",
            "actual cost limit exceeded",
        ),
        (
            "cel.bind(a, 'xxxxxxxxxx', "
            * 1
            + "lists.range(9).all(i, a.replace('', a).replace('', a).replace('', a)"
            ".replace('', a).replace('', a).replace('', a) == ''))",
            "actual cost limit exceeded",
        ),
    ],
)
def test_an_error_is_a_value(expression: str, message: str) -> None:
    found = answer(expression)
    assert isinstance(found, cel.EvalError)
    assert message in str(found)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "Syntax error"),
        ("device.driver ==", "Syntax error"),
        ("device.nope == 1", "undefined field 'nope'"),
        ("nope == 1", "undeclared reference to 'nope'"),
        ("nope()", "undeclared reference to 'nope'"),
        ("'x'.reverse() == 'x'", "no matching overload"),
        ("'x'", "must evaluate to bool"),
        ("1 == 'a'", "no matching overload"),
        ("1 + 1.0 == 2.0", "no matching overload"),
        ("true && 8", "expected type 'bool' but found 'int'"),
        (f"{C}.memory < quantity('1')", "no matching overload"),
        ("[1, 'a'] == []", "expected type 'int'"),
        (f"['a', {A}.x] == []", "expected type 'string'"),
        ("'a'.matches('(?=x)')", "invalid matches argument"),
        ("device.attributes['other.io'].in == 'x'", "Syntax error"),
        ("[1].existsOne(x, x == 1)", "undeclared reference to 'existsOne'"),
        ("has(device)", "invalid argument to has() macro"),
        ("9223372036854775808 == 1", "invalid int literal"),
        ("(" * 300 + "true" + ")" * 300, "recursion limit exceeded: 250"),
        ("true ||" + " " * 10240 + "true", "longer than 10240 bytes"),
    ],
)
def test_what_does_not_compile(expression: str, message: str) -> None:
    found = cel.compile(expression)
    assert isinstance(found, cel.CompileError)
    assert message in str(found)


def test_deep_but_legal_expressions_end_in_an_answer_or_an_error() -> None:
    for expression in (
        "1" + "+1" * 90 + " > 0",
        "1" + "+1" * 2000 + " > 0",
        "(" * 150 + "true" + ")" * 150,
        "!" * 3000 + "true",
    ):
        selector = cel.compile(expression)
        if isinstance(selector, cel.Selector):
            assert selector.matches(DEVICE) is True


def test_a_broken_device_fails_every_expression() -> None:
    assert answer("true", dataclasses.replace(DEVICE, broken="attribute v: bad")) == cel.EvalError(
        "attribute v: bad"
    )


def test_new_expressions_know_only_what_the_gates_allow() -> None:
    off = cel.compile("device.allowMultipleAllocations", Features())
    assert isinstance(off, cel.CompileError) and "undefined field" in str(off)
    assert isinstance(cel.compile("device.allowMultipleAllocations", Features.default()), cel.Selector)
    includes = cel.compile(f"{A}.l.includes(1)", Features.default())
    assert isinstance(includes, cel.CompileError) and "undeclared reference to 'includes'" in str(includes)


def test_an_expression_is_compiled_once() -> None:
    assert cel.compile("device.driver == 'once'") is cel.compile("device.driver == 'once'")


@pytest.mark.parametrize(("key", "once"), [("[]", True), ("[1]", True), ("[k]", False)])
def test_a_list_that_is_always_the_same_is_a_key_once(key: str, once: bool) -> None:
    answer = cel.evaluate(
        f"{{1: 2, 3: 4}}.transformMapEntry(k, v, {{{key}: 1}}).size()", cel.DeviceView("d", {}, {})
    )
    assert isinstance(answer, cel.EvalError) if once else answer == 2


def _comes_to(expression: str, expected: bool | None) -> None:
    """None stands for an error."""
    found = answer(expression)
    assert isinstance(found, cel.EvalError) if expected is None else found is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[optional.of({1: 2})][0][1] == optional.of(2)", None),
        ("[optional.of({1: 2})][0][?1] == optional.none()", True),
        ("optional.of({1: {2: 3}})[1][2] == optional.of(3)", True),
        ("dyn(optional.of({1: {2: 3}}))[1][2] == optional.of(3)", True),
        ("cel.bind(x, [optional.of({1: device.driver})], x[0][1] == optional.none())", None),
        ("has({'a': optional.of({'b': 1})}.a.b)", False),
        ("has(optional.of({'b': 1}).b)", True),
    ],
)
def test_an_optional_that_a_selection_came_upon_is_not_looked_into(
    expression: str, expected: bool | None
) -> None:
    _comes_to(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[] in {[]: 1}", False),
        ("cel.bind(e, [], e in {e: 1})", True),
        ("cel.bind(e, [[], []], e[0] in {e[1]: 1})", False),
        ("[].map(x, x) in {[].map(x, x): 1}", False),
        ("device in {device: 1}", False),
        ("cel.bind(d, device, d in {d: 1})", True),
        ("device.attributes in {device.attributes: 1}", True),
        (f"{A} in {{{A}: 1}}", False),
        (f"cel.bind(a, {A}, a in {{a: 1}})", True),
        (f"{A}.l in {{{A}.l: 1}}", False),
        ("dyn(b'a') in {1: 1}", None),
        ("dyn(b'a') in {}", False),
        ("dyn(b'a') in device.attributes", False),
        (f"dyn({A}.version) in {A}", False),
    ],
)
def test_as_a_key_a_list_or_map_is_found_by_itself_alone(expression: str, expected: bool | None) -> None:
    _comes_to(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f"dyn([{A}.version] + [{A}.version]) == dyn([1, 2])", None),
        (f"dyn([dyn({A}.version)] + [2]) == dyn([1, 1])", False),
        (f"dyn([{A}.version, {A}.version]) == dyn([1, 2])", True),
        (f"dyn([1, 2]) == dyn([{A}.version] + [{A}.version])", False),
        (f"dyn([{A}.version] + []) == dyn([1])", True),
        (f"[dyn([{A}.version] + [{A}.version])] == [dyn([1, 2])]", True),
        ("type([1] + [2]) == list && ([1] + [2])[1] == 2 && [1, 2] in [[1] + [2]]", True),
    ],
)
def test_a_list_made_of_two_says_when_its_elements_refuse_to_be_compared(
    expression: str, expected: bool | None
) -> None:
    _comes_to(expression, expected)


@pytest.mark.parametrize("start", ["device.attributes", "dyn(device.attributes)", "[device.attributes][0]"])
def test_the_attributes_of_a_device_that_has_none_are_a_plain_map_once_they_are_bound(start: str) -> None:
    expression = f"cel.bind(a, {start}, has(a.any) && !has(a.any.x))"
    assert answer(expression) is True
    assert answer(expression, cel.DeviceView("d", {}, {})) is False
    assert answer("has(device.attributes.any)", cel.DeviceView("d", {}, {})) is True


@pytest.mark.parametrize("word", ["||", "&&"])
def test_a_long_expression_is_compiled_when_it_is_first_asked(word: str) -> None:
    terms = [f"{A}.count == {number}" for number in range(8 if word == "||" else 9, 120)]
    for expression in (
        f" {word} ".join(terms),
        f" {word} ".join(reversed(terms)),
        f" {word} ".join([*terms, MISSING]),
    ):
        selectors = [cel.compile(expression + " " * spaces) for spaces in (0, 1)]
        assert all(isinstance(selector, cel.Selector) for selector in selectors)
        one, other = selectors
        assert isinstance(one, cel.Selector) and isinstance(other, cel.Selector)
        held = one.matches
        wanted = word == "||"
        assert [held(DEVICE), one.matches(DEVICE), held(DEVICE)] == [wanted] * 3
        assert one.matches is not held
        assert other.matches_all([DEVICE, DEVICE]) == [wanted] * 2
        assert other.matches_all([DEVICE]) == [wanted]
