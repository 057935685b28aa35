"""Rules in CEL of custom kinds: definitions good and bad, objects that keep and break them, and how they may change."""

from __future__ import annotations

import copy
from typing import Any

from .custom_definitions import changed, definition, schema, version

Object = dict[str, Any]
_TEXT: Object = {"type": "string", "maxLength": 10}
_NUMBER: Object = {"type": "integer"}
_NAMED: Object = {
    "type": "array",
    "maxItems": 5,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {"type": "object", "required": ["name"], "properties": {"name": _TEXT, "size": _NUMBER}},
}


def rule(text: str, **more: Any) -> Object:
    """A rule of a definition."""
    return {"rule": text, **more}


def ruled(base: Object, *rules: Object | str) -> Object:
    """A schema with rules."""
    given = [rule(one) if isinstance(one, str) else one for one in rules]
    return {**base, "x-kubernetes-validations": given}


def _object(**properties: Any) -> Object:
    return {"type": "object", "properties": properties}


def _defined(spec: Object, plural: str = "rules", kind: str = "Rule", **more: Any) -> Object:
    return definition(plural, kind, version("v1", schema=schema(spec=spec), **more))


_SPEC = _object(
    a=_NUMBER,
    s=_TEXT,
    when={"type": "string", "format": "date-time"},
    day={"type": "string", "format": "date"},
    span={"type": "string", "format": "duration"},
    data={"type": "string", "format": "byte", "maxLength": 20},
    either={"x-kubernetes-int-or-string": True},
    share={"type": "number"},
    flag={"type": "boolean"},
    named=_NAMED,
    tags={"type": "array", "maxItems": 5, "items": _TEXT, "x-kubernetes-list-type": "set"},
    plain={"type": "array", "maxItems": 5, "items": _TEXT},
    labels={"type": "object", "maxProperties": 5, "additionalProperties": _TEXT},
    free={"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    loose={"x-kubernetes-preserve-unknown-fields": True},
    inner=_object(x=_NUMBER, y=_NUMBER),
    namespace=_TEXT,
    **{"with-dash": _NUMBER, "with.dot": _NUMBER, "under__score": _NUMBER, "a/b": _NUMBER, "x y": _NUMBER},
)


def _on(*rules: Object | str) -> Object:
    return _defined(ruled(_SPEC, *rules))


def _within(name: str, part: Object) -> Object:
    return _defined({**_SPEC, "properties": {**_SPEC["properties"], name: part}})


_ITEMS = _NAMED["items"]
_LONG = {"type": "string"}
_LIST: Object = {"type": "array", "items": _LONG}
# What is asked of a definition, each time of a new one.
DEFINITIONS: dict[str, Object] = {
    "a rule": _on("self.a > 1"),
    "a rule of every format": _on(
        "self.when > timestamp('2020-01-01T00:00:00Z') && self.span < duration('1h')",
        "self.data == b'abc' && self.day < self.when",
    ),
    "a rule of an int or string": _on("type(self.either) == int ? self.either < 5 : self.either == 'x'"),
    "a rule of escaped names": _on(
        "self.with__dash__dash + self.with__dot__dot + self.under__underscores__score + self.a__slash__b > 0"
    ),
    "a rule of a reserved name": _on("self.__namespace__ == 'x'"),
    "a reserved name as it is": _on("self.namespace == 'x'"),
    "a name that cannot be written": _on("self.with-dash > 0"),
    "an undefined field": _on("self.nobody > 1"),
    "a field of what is preserved": _on("self.free.x > 1"),
    "what is preserved without a type": _on("self.loose == 1"),
    "a rule on what is preserved without a type": _within(
        "loose", ruled({"x-kubernetes-preserve-unknown-fields": True}, "true")
    ),
    "another type": _on("self.a == 'x'"),
    "a rule that is no bool": _on("self.a"),
    "a rule of anything": _on("self.either"),
    "no syntax": _on("self.a >"),
    "an empty rule": _on(""),
    "a blank rule": _on("  "),
    "an undeclared name": _on("other.a > 1"),
    "an unknown function": _on("self.s.reversed() == 'x'"),
    "a function of 1.37": _on("self.named.includes(self.named[0])"),
    "optionals": _on("self.?inner.?x.orValue(1) > 0"),
    "sets": _on("sets.contains(self.plain, ['x'])"),
    "two variables": _on("self.labels.all(k, v, k != v)"),
    "cel.bind": _on("cel.bind(x, self.a, x > 1)"),
    "quantities": _on("quantity(self.s).isGreaterThan(quantity('1'))"),
    "addresses": _on("isIP(self.s) && cidr('10.0.0.0/8').containsIP(ip(self.s))"),
    "formats": _on("!format.dns1123Label().validate(self.s).hasValue()"),
    "semver": _on("semver(self.s).major() > 1"),
    "urls": _on("url(self.s).getScheme() == 'http'"),
    "the authorizer": _on("authorizer.path('/').check('get').allowed()"),
    "a pattern that is none": _on("self.s.matches('a(')"),
    "a duration that is none": _on("self.span > duration('1x')"),
    "lists of several types": _on("self.a in [1, 'x']"),
    "a message": _on(rule("self.a > 1", message="too small")),
    "a blank message": _on(rule("self.a > 1", message="  ")),
    "a message of two lines": _on(rule("self.a > 1", message="too\nsmall")),
    "a rule of two lines": _on("self.a > 1 &&\nself.a < 9"),
    "a rule of two lines with a message": _on(rule("self.a > 1 &&\nself.a < 9", message="not so")),
    "a message expression": _on(rule("self.a > 1", messageExpression="'a is ' + string(self.a)")),
    "a blank message expression": _on(rule("self.a > 1", messageExpression=" ")),
    "a message expression that is a number": _on(rule("self.a > 1", messageExpression="self.a")),
    "a message expression that is none": _on(rule("self.a > 1", messageExpression="self.nobody")),
    "a message expression without syntax": _on(rule("self.a > 1", messageExpression="'a")),
    **{
        f"the reason {reason}": _on(rule("self.a > 1", reason=f"FieldValue{reason}"))
        for reason in ("Required", "Forbidden", "Invalid", "Duplicate", "TooLong")
    },
    "a field path": _on(rule("self.a > 1", fieldPath=".a")),
    "a field path below": _on(rule("self.a > 1", fieldPath=".inner.x")),
    "a field path in quotes": _on(rule("self.a > 1", fieldPath=r"['with.dot']")),
    "a field path into a map": _on(rule("self.a > 1", fieldPath=".labels['x']")),
    "a field path without a dot": _on(rule("self.a > 1", fieldPath="a")),
    "a field path to nobody": _on(rule("self.a > 1", fieldPath=".nobody")),
    "a field path into a list": _on(rule("self.a > 1", fieldPath=".named[0].size")),
    "a blank field path": _on(rule("self.a > 1", fieldPath=" ")),
    "a field path of two lines": _on(rule("self.a > 1", fieldPath=".a\n.b")),
    "a field path that ends early": _on(rule("self.a > 1", fieldPath=".inner.")),
    "a transition": _on("self.a >= oldSelf.a"),
    "an optional old value": _on(rule("!oldSelf.hasValue() || self.a >= oldSelf.value().a", optionalOldSelf=True)),
    "an old value that is not optional": _on(rule("oldSelf.hasValue()", optionalOldSelf=False)),
    "an optional old value of nobody": _on(rule("self.a > 1", optionalOldSelf=True)),
    "no optional old value of nobody": _on(rule("self.a > 1", optionalOldSelf=False)),
    "a field of an optional old value": _on(rule("oldSelf.a > 1", optionalOldSelf=True)),
    "a transition of items found by keys": _within(
        "named", {**_NAMED, "items": ruled(_ITEMS, "!has(oldSelf.size) || self.size >= oldSelf.size")}
    ),
    "a transition of items that are not found": _within(
        "plain", {"type": "array", "maxItems": 5, "items": ruled(_TEXT, "self == oldSelf")}
    ),
    "a transition of items of a set": _within(
        "tags",
        {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "set", "items": ruled(_TEXT, "self == oldSelf")},
    ),
    "a transition of a whole set": _within("tags", ruled(_SPEC["properties"]["tags"], "self == oldSelf")),
    "a transition of values of a map": _within(
        "labels", {**_SPEC["properties"]["labels"], "additionalProperties": ruled(_TEXT, "self == oldSelf")}
    ),
    "a transition below items that are not found": _within(
        "plain",
        {"type": "array", "maxItems": 3, "items": _object(deep={**_NAMED, "items": ruled(_ITEMS, "self == oldSelf")})},
    ),
    "a rule at the root": changed(
        _defined(_SPEC),
        *("spec", "versions", 0, "schema", "openAPIV3Schema"),
        value=ruled(_object(spec=_SPEC), "self.metadata.name.startsWith(self.kind.lowerAscii())"),
    ),
    "labels at the root": changed(
        _defined(_SPEC),
        *("spec", "versions", 0, "schema", "openAPIV3Schema"),
        value=ruled(_object(spec=_SPEC), "self.metadata.labels.size() > 1"),
    ),
    "rules of an embedded resource": _within(
        "template",
        ruled(
            {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
            "self.kind == 'Pod' && self.metadata.name != '' && self.apiVersion == 'v1'",
        ),
    ),
    "the spec of an embedded resource": _within(
        "template",
        ruled(
            {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
            "self.spec.x == 1",
        ),
    ),
    "a rule in allOf": _within("s", {**_TEXT, "allOf": [ruled({"minLength": 1}, "true")]}),
    "a rule in anyOf": _within("s", {**_TEXT, "anyOf": [ruled({"minLength": 1}, "true")]}),
    "a default that keeps a rule": _within("d", ruled({"type": "integer", "default": 5}, "self > 1")),
    "a default that breaks a rule": _within("d", ruled({"type": "integer", "default": 1}, "self > 1")),
    "a default that breaks a rule of what it is in": _within(
        "d", {**ruled(_object(x=_NUMBER), "self.x > 1"), "default": {"x": 1}}
    ),
    "a rule beside something else that is wrong": _on("self.nobody > 1", ""),
    "a rule that costs too much": _within("many", ruled(_LIST, "self.all(x, self.all(y, x == y))")),
    "a rule that costs too much by its place": _within(
        "many", {"type": "array", "items": ruled(_object(x=_LIST), "self.x.all(y, y.contains('x'))")}
    ),
    "a rule that costs little by its bounds": _within(
        "many", ruled({"type": "array", "maxItems": 10, "items": _TEXT}, "self.all(x, self.all(y, x == y))")
    ),
    "a rule that is barely too much": _within(
        "many", ruled({"type": "array", "maxItems": 1500, "items": _TEXT}, "self.all(x, self.all(y, x == y))")
    ),
    "a long text without bounds": _within("many", ruled(_LONG, "self.contains('x') && self.matches('^[a-z]+$')")),
    "a map without bounds": _within(
        "many", ruled({"type": "object", "additionalProperties": _NUMBER}, "self.all(k, self[k] > 0)")
    ),
    "values of a map without bounds": _within(
        "many", {"type": "object", "additionalProperties": ruled(_LONG, "self.startsWith('x')")}
    ),
    "a list of times": _within(
        "many", ruled({"type": "array", "items": {"type": "string", "format": "date-time"}}, "self.all(x, self.all(y, x <= y))")
    ),
    "a list of int or string": _within(
        "many", ruled({"type": "array", "items": {"x-kubernetes-int-or-string": True}}, "self.all(x, x == 1)")
    ),
    "a list of an enum": _within(
        "many", ruled({"type": "array", "maxItems": 100, "items": {"type": "string", "enum": ["ab", "c"]}},
              "self.all(x, x.contains('a'))")
    ),
    "many rules together": _within(
        "many",
        ruled(
            {"type": "array", "maxItems": 700, "items": _TEXT},
            *[f"self.all(x, self.all(y, x == y || x != '{at}'))" for at in range(30)],
        ),
    ),
    "a message expression that costs too much": _within(
        "many", ruled(_LIST, rule("size(self) < 3", messageExpression="self.map(x, self.map(y, y).join(',')).join(',')"))
    ),
    "items with a required size": _within(
        "many",
        {
            "type": "array",
            "items": ruled(
                {"type": "object", "required": ["first", "second"], "properties": {"first": _LONG, "second": _LONG}},
                "self.first == self.second",
            ),
        },
    ),
    "a constant": _on("true", "1 < 2", "'a'.size() == 1"),
    "a constant that fails": _on("1 / 0 == 1"),
    "the type of self": _on("type(self.a) == int"),
    "has": _on("has(self.a) && !has(self.inner.x)"),
    "an index into a struct": _on("self['a'] > 1"),
    "all of a struct": _on("self.inner.all(k, k == 'x')"),
    "an item of a list": _on("self.named[0].size > 1 && self.named.exists_one(n, n.name == 'a')"),
    "lists joined": _on("self.tags + ['x'] == self.tags && self.named + self.named == self.named"),
    "null": _on("self.inner == null"),
    "a number that is no integer": _on("self.share > 1"),
    "bytes as text": _on("self.data == 'abc'"),
}  # fmt: skip


# One definition whose objects are written.
_PORTS = ruled(
    {
        **_NAMED,
        "items": ruled(
            _ITEMS,
            rule(
                "!has(self.size) || !has(oldSelf.size) || self.size >= oldSelf.size",
                message="must not shrink",
            ),
        ),
    },
    "self.all(x, !has(x.size) || x.size < 100)",
)
_RULED_SPEC = ruled(
    {
        "type": "object",
        "properties": {
            **{
                name: copy.deepcopy(one)
                for name, one in _SPEC["properties"].items()
                if name not in ("named", "tags", "plain", "inner", "s", "loose")
            },
            "named": _PORTS,
            "s": ruled(
                {**_TEXT, "nullable": True},
                rule("self != 'bad'", message="  must not be bad ", reason="FieldValueForbidden"),
                rule("self.size() < 8", messageExpression="'too long: ' + self", reason="FieldValueRequired"),
            ),
            "tags": ruled(
                _SPEC["properties"]["tags"],
                "self == ['a', 'b'] || self.size() != 2",
                rule("oldSelf.all(x, x in self)", message="nothing may go"),
            ),
            "plain": {**_SPEC["properties"]["plain"], "items": ruled(_TEXT, rule("self != 'no'", reason="FieldValueDuplicate"))},
            "inner": ruled(_object(x=_NUMBER, y=_NUMBER), rule("self.x <= self.y", fieldPath=".y")),
            "loose": {"x-kubernetes-preserve-unknown-fields": True},
            "fixed": ruled(_NUMBER, rule("self == oldSelf", message="is fixed")),
            "grows": ruled(
                _NUMBER,
                rule(
                    "oldSelf.hasValue() ? self >= oldSelf.value() : self < 10",
                    optionalOldSelf=True,
                    messageExpression="oldSelf.hasValue() ? 'shrank' : 'may not begin so high'",
                ),
            ),
            "worded": ruled(
                _TEXT,
                rule("self != 'a'", message="the message", messageExpression="''"),
                rule("self != 'b'", message="the message", messageExpression="self + '\\n' + self"),
                rule("self != 'c'", message="the message", messageExpression="string(1 / 0)"),
                rule("self != 'd'", messageExpression="[self][3]"),
                rule("self != 'e'", messageExpression="'  ' + self + '  '"),
            ),
            "slow": ruled(
                {"type": "array", "maxItems": 900, "items": _NUMBER},
                "self.all(a, self.all(b, a + b < 1000000))",
            ),
            "template": ruled(
                {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
                rule("self.metadata.name == 'pod'", message="must be called pod"),
            ),
            "atom": {
                **ruled(_object(x=_NUMBER), "self.x >= oldSelf.x"),
                "x-kubernetes-map-type": "atomic",
            },
        },
    },
    "!has(self.a) || self.a > 1",
    "!has(self.either) || self.either < 5",
    "!has(self.when) || self.when > timestamp('2020-01-01T00:00:00Z')",
    "!has(self.day) || self.day.getDayOfWeek() != 0",
    "!has(self.span) || self.span <= duration('1h')",
    "!has(self.data) || string(self.data) == 'abc'",
    "!has(self.share) || self.share / 2.0 < 1.0",
    "!has(self.labels) || self.labels['x'] != 'y'",
    "!has(self.with__dash__dash) || self.with__dash__dash > self.with__dot__dot",
    "!has(self.named) || self.named.map(x, x.size).sum() < 50",
    "self == self && (!has(self.free) || self.free == self.free)",
    rule("has(oldSelf.flag) ? has(self.flag) : true", message="flag stays"),
)  # fmt: skip
RULED = _defined(
    _RULED_SPEC,
    "ruleds",
    "Ruled",
    subresources={"status": {}},
)
RULED["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = ruled(
    _object(
        spec=_RULED_SPEC,
        status=_object(
            ready=ruled(_NUMBER, rule("self >= 0", message="must be positive")),
            seen=ruled(_NUMBER, "self >= oldSelf"),
        ),
    ),
    rule("self.metadata.name != 'forbidden'", message="nobody is called so"),
    rule("!has(self.status) || !has(self.status.ready) || self.status.ready < 50", fieldPath=".status.ready"),
)
# The same kind before it has its rules, for what was stored before them.
UNRULED = copy.deepcopy(RULED)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items() if key != "x-kubernetes-validations"}
    return [_without(one) for one in value] if isinstance(value, list) else value


UNRULED = _without(UNRULED)


def one(name: str = "one", **spec: Any) -> Object:
    """An object."""
    return {
        "apiVersion": "stable.example.com/v1",
        "kind": "Ruled",
        "metadata": {"name": name},
        "spec": spec,
    }


# Specs of new objects.
SPECS: dict[str, Object] = {
    "nothing": {},
    "a that is enough": {"a": 2},
    "a that is too small": {"a": 1},
    "an integer": {"either": 4},
    "an integer too large": {"either": 5},
    "a string where an integer is wanted": {"either": "4"},
    "a late time": {"when": "2021-01-01T00:00:00Z"},
    "an early time": {"when": "2019-01-01T00:00:00Z"},
    "a time without a zone": {"when": "2021-01-01T00:00:00"},
    "a time with a zone": {"when": "2020-01-01T00:30:00.5+01:00"},
    "a day": {"day": "2024-01-01"},
    "a sunday": {"day": "2023-12-31"},
    "a short span": {"span": "30m"},
    "a long span": {"span": "2h"},
    "a span in words": {"span": "3 hours"},
    "the bytes": {"data": "YWJj"},
    "other bytes": {"data": "YWI="},
    "a small share": {"share": 1},
    "a large share": {"share": 2.5},
    "labels": {"labels": {"x": "z"}},
    "a label that must not be": {"labels": {"x": "y"}},
    "a label that is missing": {"labels": {"z": "y"}},
    "dashes": {"with-dash": 2, "with.dot": 1},
    "dashes in the wrong order": {"with-dash": 1, "with.dot": 1},
    "a dash without a dot": {"with-dash": 1},
    "named": {"named": [{"name": "a", "size": 1}]},
    "named without a size": {"named": [{"name": "a"}]},
    "named too large": {"named": [{"name": "a", "size": 100}]},
    "several that are too large": {"named": [{"name": "a", "size": 100}, {"name": "b", "size": 200}]},
    "tags": {"tags": ["a", "b"]},
    "tags in another order": {"tags": ["b", "a"]},
    "other tags": {"tags": ["a", "c"]},
    "plain": {"plain": ["yes", "no", "no"]},
    "inner": {"inner": {"x": 1, "y": 2}},
    "inner in the wrong order": {"inner": {"x": 3, "y": 2}},
    "inner without y": {"inner": {"x": 3}},
    "null": {"s": None},
    "bad": {"s": "bad"},
    "too long": {"s": "far too l"},
    "longer than the schema says": {"s": "far too long", "a": 1},
    "fixed, new": {"fixed": 1},
    "growing, new": {"grows": 5},
    "growing, too much": {"grows": 10},
    **{f"worded {letter}": {"worded": letter} for letter in "abcdef"},
    "slow, a few": {"slow": [1, 2, 3]},
    "slow, many": {"slow": list(range(600))},
    "a template": {"template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}}},
    "another template": {"template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}},
    "a template without a name": {"template": {"apiVersion": "v1", "kind": "Pod", "metadata": {}}},
    "what is free": {"free": {"x": 1, "y": [1, {"z": None}]}, "loose": [1, "x"]},
    "much that is wrong": {"a": 1, "s": "bad", "inner": {"x": 3, "y": 2}, "plain": ["no"]},
    "atomic": {"atom": {"x": 1}},
}


# What rules come to is shown by a default that they are asked of with its definition: a rule or its contrary is told.
_SHOWN = {
    "number": 3,
    "share": 2,
    "when": "2024-05-01T10:00:00.5+02:00",
    "day": "2024-05-01",
    "span": "1h30m",
    "data": "YWJj",
    "either": "5",
    "gone": None,
    "loose": [1, {"x": 2}],
    "free": {"x": 1, "y": None},
    "named": [{"name": "a", "size": 1}, {"name": "b", "size": 2}],
    "again": [{"name": "b", "size": 2}, {"name": "a", "size": 1}],
    "tags": ["x", "y"],
    "turned": ["y", "x"],
    "plain": ["x", "y"],
    "numbers": [3, 1, 2],
    "nulls": [None, "x"],
    "times": ["2024-05-01T08:00:00Z", "2023-05-01T08:00:00Z"],
    "mixed": [1, "a", 2],
    "labels": {"one": "1", "two": "2"},
    "nested": [[1, 2], [3]],
    "empty": {},
    "a-b": 1,
}
_SHOWN_SCHEMA = _object(
    number=_NUMBER,
    share={"type": "number"},
    when={"type": "string", "format": "date-time"},
    day={"type": "string", "format": "date"},
    span={"type": "string", "format": "duration"},
    data={"type": "string", "format": "byte", "maxLength": 20},
    either={"x-kubernetes-int-or-string": True, "maxLength": 5},
    gone={**_TEXT, "nullable": True},
    missing=_TEXT,
    loose={"x-kubernetes-preserve-unknown-fields": True},
    free={"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    named=_NAMED,
    again=_NAMED,
    tags={"type": "array", "maxItems": 5, "items": _TEXT, "x-kubernetes-list-type": "set"},
    turned={"type": "array", "maxItems": 5, "items": _TEXT, "x-kubernetes-list-type": "set"},
    plain={"type": "array", "maxItems": 5, "items": _TEXT},
    numbers={"type": "array", "maxItems": 5, "items": _NUMBER},
    nulls={"type": "array", "maxItems": 5, "items": {**_TEXT, "nullable": True}},
    times={"type": "array", "maxItems": 5, "items": {"type": "string", "format": "date-time"}},
    mixed={"type": "array", "maxItems": 5, "items": {"x-kubernetes-int-or-string": True, "maxLength": 5}},
    labels={"type": "object", "maxProperties": 5, "additionalProperties": _TEXT},
    nested={"type": "array", "maxItems": 3, "items": {"type": "array", "maxItems": 3, "items": _NUMBER}},
    empty={"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    **{"a-b": _NUMBER},
)
_ASKED = """
self.tags == self.turned
self.tags == self.plain
self.plain == self.turned
self.turned == self.plain
self.plain == self.tags
self.tags == ['y', 'x']
['y', 'x'] == self.tags
self.tags != ['x', 'z']
self.tags == ['x', 'x']
self.named == self.again
self.again == self.named
self.named + self.again == self.named
(self.named + self.again).size() == 2
(self.tags + self.plain).size() == 2
(self.plain + self.tags).size() == 4
self.plain + self.tags == self.tags + self.plain
(self.tags + ['z']) == ['z', 'y', 'x']
([] + self.tags) == ['y', 'x']
(self.tags + []) == ['y', 'x']
self.named.map(x, x.size).sum() == 3
self.numbers.sum() == 6 && self.numbers.max() == 3 && self.numbers.min() == 1
self.numbers.isSorted() || self.plain.isSorted()
self.numbers.sort() == [1, 2, 3]
self.numbers.indexOf(2) == 2 && self.plain.lastIndexOf('y') == 1
self.plain.join(',') == 'x,y'
self.numbers.slice(1, 3) == [1, 2]
self.nested.flatten() == [1, 2, 3]
self.nested == [[1, 2], [3]]
self.numbers.distinct().size() == 3
self.numbers.reverse() == [2, 1, 3]
self.plain.first().orValue('') == 'x'
self.named.first().hasValue()
[self.number, 4] == [3, 4]
'x' in self.tags && 3 in self.numbers
self.named[0] in self.again
'one' in self.labels && !('three' in self.labels)
'z' in self.nulls
self.nulls.all(x, x == 'x')
self.nulls.exists(x, x == 'x')
self.nulls.exists(x, x.startsWith('x'))
self.nulls.map(x, x) == ['x']
type(self.nulls[0]) == null_type
self.mixed.exists(x, x == 'a')
self.mixed.all(x, type(x) == int || x == 'a')
self.mixed.filter(x, type(x) == int).size() == 2
self.mixed.map(x, string(x)).join('') == '1a2'
self.mixed[0] + 1 == 2
self.mixed[1] + 1 == 2
self.either.startsWith('5')
int(self.either) == 5
self.either == 5
self.times[0] > self.times[1]
self.times.all(t, t.getFullYear() > 2022)
self.times.max() == self.times[0]
self.when.getHours() == 8
string(self.when) == '2024-05-01T10:00:00.5+02:00'
self.day + duration('24h') > self.when
string(self.span) == '5400s'
self.span.getMinutes() == 90
self.data.size() == 3 && string(self.data) == 'abc'
has(self.gone)
has(self.missing)
self.missing == ''
self.?missing.orValue('none') == 'none'
self.?gone.hasValue()
self.labels.all(k, v, k.size() > v.size())
self.labels.map(k, self.labels[k]).sort() == ['1', '2']
self.labels['three'] == 'x'
self.labels[?'three'].hasValue()
self.labels == {'one': '1', 'two': '2'}
{'one': '1', 'two': '2'} == self.labels
self.labels.transformMap(k, v, k + v).size() == 2
self.labels.size() == 2 && size(self.named) == 2
self.free == self.empty
self.empty == self.empty
self == self
type(self.share) == double && self.share == 2.0
self.share / 0.0 > 1.0
self.number / 0 == 1
self.number % 2 == 1
self.numbers[5] == 1
self.numbers[self.number] == 1
sets.equivalent(self.tags, self.turned)
sets.contains(self.numbers, [1, 2]) && sets.intersects(self.plain, self.tags)
self.named.exists_one(x, x.name == 'a')
self.named.all(i, x, x.size == i + 1)
optional.ofNonZeroValue(self.numbers).hasValue()
optional.ofNonZeroValue(self.free).hasValue()
optional.ofNonZeroValue(self.number).hasValue()
'%d %s'.format([self.number, self.plain]) == '3 [x, y]'
'%s'.format([self.labels]) == ''
dyn(self.labels).one == '1'
dyn(self.named)[0].name == 'a'
dyn(self).nobody == 1
dyn(self).number == 3
dyn(self).loose == dyn(self).loose
dyn(self.numbers) == 1
dyn(self.labels) == 1
type(self.labels) == map && type(self.named) == list
type(self) == map
self.a__dash__b == 1
""".strip().splitlines()


def shown(text: str) -> Object:
    """A definition that tells what a rule comes to."""
    part = {**ruled(_SHOWN_SCHEMA, text, f"!({text})"), "default": _SHOWN}
    return _defined(_object(d=part))


OUTCOMES = {one: shown(one) for one in _ASKED}
