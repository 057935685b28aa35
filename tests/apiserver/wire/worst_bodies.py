"""The worst requests that we can think of, one verb after the other, each as large as the server reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from drakkar.apiserver.wire import protobuf

LIMIT = 3 * 1024 * 1024
# What can be stored; a larger body is read, and then refused before most of the work.
STORED = 1_300_000
MAPS = "/api/v1/namespaces/a/configmaps"
PODS = "/api/v1/namespaces/a/pods"
CLAIMS = "/apis/resource.k8s.io/v1/namespaces/a/resourceclaims"
SLICES = "/apis/resource.k8s.io/v1/resourceslices"
CLASSES = "/apis/resource.k8s.io/v1/deviceclasses"
JSON = "application/json"
MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"


_size = [LIMIT]


class Case(NamedTuple):
    """One request; `before` are requests that make what it is about."""

    name: str
    method: str
    path: str
    media: str
    body: bytes
    before: tuple[tuple[str, str, str, bytes], ...] = ()


def filled(head: str, piece: str, tail: str, joint: str = ",") -> bytes:
    """As many pieces as there is room for; `{n}` in a piece counts them."""
    room = _size[0] - len(head) - len(tail) - 16
    pieces, used = [], 0
    while True:
        one = piece.replace("{n}", str(len(pieces)))
        used += len(one) + len(joint)
        if used > room:
            return (head + joint.join(pieces) + tail).encode()
        pieces.append(one)


def _object(fields: str) -> str:
    return '{"metadata":{"name":"worst"},' + fields


def bodies() -> Iterator[tuple[str, str, bytes]]:
    """Objects to create: a name, where to, the JSON."""
    yield "one key twice, again and again", MAPS, filled(_object('"data":{'), '"a":"b"', "}}")
    yield "each key twice", MAPS, filled(_object('"data":{'), '"{n}":"","{n}":""', "}}")
    yield "unknown fields", MAPS, filled(_object('"x0":1,'), '"x{n}":1', "}")
    yield "unknown fields in a list", PODS, filled(_object('"spec":{"containers":['), '{"x":1}', "]}}")
    yield "empty lists in a list", MAPS, filled(_object('"data":['), "[]", "]}")
    yield "empty objects in a list", MAPS, filled(_object('"x":['), "{}", "]}")
    yield "lists in lists", MAPS, (_object('"x":') + "[" * 1_500_000 + "]" * 1_500_000 + "}").encode()
    yield "many annotations", MAPS, filled('{"metadata":{"name":"worst","annotations":{', '"a{n}":""', "}}}")
    yield "many labels", MAPS, filled('{"metadata":{"name":"worst","labels":{', '"a{n}":""', "}}}")
    yield "bad labels", MAPS, filled('{"metadata":{"name":"worst","labels":{', '"_{n}":"_"', "}}}")
    yield "many finalizers", MAPS, filled('{"metadata":{"name":"worst","finalizers":[', '"a.b/c{n}"', "]}}")
    yield (
        "many owners",
        MAPS,
        filled('{"metadata":{"name":"worst","ownerReferences":[', '{"uid":"{n}"}', "]}}"),
    )
    yield "a long name", MAPS, ('{"metadata":{"name":"' + "a" * (LIMIT - 40) + '"}}').encode()
    yield "a long name of dots", MAPS, ('{"metadata":{"name":"' + "a." * (LIMIT // 2 - 40) + '"}}').encode()
    yield (
        "a long label",
        MAPS,
        ('{"metadata":{"name":"w","labels":{"' + "a." * (LIMIT // 2 - 40) + '":""}}}').encode(),
    )
    yield (
        "a long namespace",
        MAPS,
        ('{"metadata":{"name":"w","namespace":"' + "a" * (LIMIT - 60) + '"}}').encode(),
    )
    yield "a long kind", MAPS, ('{"kind":"' + "a" * (LIMIT - 60) + '"}').encode()
    yield "a long uid", MAPS, ('{"metadata":{"name":"w","uid":"' + "a" * (LIMIT - 60) + '"}}').encode()
    yield "a long generateName", MAPS, ('{"metadata":{"generateName":"' + "a" * (LIMIT - 60) + '"}}').encode()
    yield "many keys of data", MAPS, filled(_object('"data":{'), '"k{n}":""', "}}")
    yield "bad keys of data", MAPS, filled(_object('"data":{'), '"/{n}":""', "}}")
    yield (
        "managed fields",
        MAPS,
        filled(
            '{"metadata":{"name":"worst","managedFields":[{"manager":"m","operation":"Update","apiVersion":"v1",'
            '"fieldsType":"FieldsV1","fieldsV1":{"f:data":{',
            '"f:{n}":{}',
            "}}}]}}",
        ),
    )
    yield (
        "managers",
        MAPS,
        filled(
            '{"metadata":{"name":"worst","managedFields":[',
            '{"manager":"{n}","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:{n}":{}}}}',
            "]}}",
        ),
    )
    deep = "".join('"f:a":{' for _ in range(200_000)) + "}" * 200_000
    yield (
        "deep managed fields",
        MAPS,
        (
            '{"metadata":{"name":"worst","managedFields":[{"manager":"m","operation":"Update","apiVersion":"v1",'
            '"fieldsType":"FieldsV1","fieldsV1":{' + deep + "}}]}}"
        ).encode(),
    )
    stairs = (
        "".join('"f:' + "a" * 20 + f'{n}":{{".":{{}},' + '"f:b":{},' for n in range(90))
        + '"f:c":{}'
        + "}" * 90
    )
    yield (
        "managed fields of many depths",
        MAPS,
        filled(
            '{"metadata":{"name":"worst","managedFields":[',
            '{"manager":"m{n}","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{'
            + stairs
            + "}}",
            "]}}",
        ),
    )
    container = '{"name":"c{n}","image":"i"}'
    yield "containers", PODS, filled(_object('"spec":{"containers":['), container, "]}}")
    yield (
        "containers of one name",
        PODS,
        filled(_object('"spec":{"containers":['), '{"name":"c","image":"i"}', "]}}"),
    )
    yield "empty containers", PODS, filled(_object('"spec":{"containers":['), "{}", "]}}")
    yield "bad containers", PODS, filled(_object('"spec":{"containers":['), '{"name":"_"}', "]}}")
    yield "wrong types", PODS, filled(_object('"spec":{"containers":['), "1", "]}}")
    yield (
        "volumes",
        PODS,
        filled(_object('"spec":{"containers":[' + container + '],"volumes":['), '{"name":"v{n}"}', "]}}"),
    )
    yield (
        "mounts",
        PODS,
        filled(
            _object('"spec":{"containers":[{"name":"c","image":"i","volumeMounts":['),
            '{"name":"v","mountPath":"/{n}"}',
            "]}]}}",
        ),
    )
    yield (
        "environment",
        PODS,
        filled(_object('"spec":{"containers":[{"name":"c","image":"i","env":['), '{"name":"a{n}"}', "]}]}}"),
    )
    yield (
        "ports",
        PODS,
        filled(
            _object('"spec":{"containers":[{"name":"c","image":"i","ports":['), '{"containerPort":1}', "]}]}}"
        ),
    )
    yield (
        "tolerations",
        PODS,
        filled(
            _object('"spec":{"containers":[' + container + '],"tolerations":['),
            '{"operator":"Exists"}',
            "]}}",
        ),
    )
    yield (
        "quantities",
        PODS,
        filled(
            _object('"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{'),
            '"a.b/{n}":"1"',
            "}}}]}}",
        ),
    )
    yield (
        "quantities of many digits",
        PODS,
        filled(
            _object('"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{'),
            '"a.b/{n}":"' + "9" * 3000 + '"',
            "}}}]}}",
        ),
    )
    yield (
        "a quantity of a million digits",
        PODS,
        (
            _object('"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"')
            + "9" * (LIMIT - 200)
            + '"}}}]}}'
        ).encode(),
    )
    yield (
        "a number of a million digits",
        PODS,
        (
            _object('"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":')
            + "9" * (LIMIT - 200)
            + "}}}]}}"
        ).encode(),
    )
    yield (
        "quantities with exponents",
        PODS,
        filled(
            _object('"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{'),
            '"a.b/{n}":"1e999999999"',
            "}}}]}}",
        ),
    )
    yield (
        "a time of a million letters",
        PODS,
        ('{"metadata":{"name":"w","creationTimestamp":"' + "1" * (LIMIT - 200) + '"}}').encode(),
    )
    request = '"devices":{"requests":['
    yield (
        "requests for devices",
        CLAIMS,
        filled(_object('"spec":{' + request), '{"name":"r{n}","exactly":{"deviceClassName":"c"}}', "]}}}"),
    )
    selector = '{"cel":{"expression":"device.driver==\\"{n}\\""}}'
    yield (
        "selectors",
        CLAIMS,
        filled(
            _object('"spec":{' + request + '{"name":"r","exactly":{"deviceClassName":"c","selectors":['),
            selector,
            "]}}]}}}",
        ),
    )
    yield (
        "requests with selectors",
        CLAIMS,
        filled(
            _object('"spec":{' + request),
            '{"name":"r{n}","exactly":{"deviceClassName":"c","selectors":['
            + ",".join(selector.replace("{n}", f"{{n}}.{m}") for m in range(32))
            + "]}}",
            "]}}}",
        ),
    )
    long = "true" + " && true" * 1200
    yield (
        "long selectors",
        CLASSES,
        filled(_object('"spec":{"selectors":['), '{"cel":{"expression":"' + long + '"}}', "]}}"),
    )
    yield (
        "a selector of a megabyte",
        CLASSES,
        (
            _object('"spec":{"selectors":[{"cel":{"expression":"') + "true && " * 300_000 + 'true"}}]}}'
        ).encode(),
    )
    yield (
        "selectors of brackets",
        CLASSES,
        filled(
            _object('"spec":{"selectors":['),
            '{"cel":{"expression":"' + "(" * 4000 + "true" + ")" * 4000 + '"}}',
            "]}}",
        ),
    )
    yield (
        "selectors of comprehensions",
        CLASSES,
        filled(
            _object('"spec":{"selectors":['),
            '{"cel":{"expression":"' + "[1].all(x," * 200 + "true" + ")" * 200 + '"}}',
            "]}}",
        ),
    )
    yield (
        "selectors with patterns",
        CLASSES,
        filled(
            _object('"spec":{"selectors":['),
            '{"cel":{"expression":"device.driver.matches(\\"' + "(a{1,30}){1,30}" * 20 + '\\")"}}',
            "]}}",
        ),
    )
    parameters = '"devices":{"config":[{"opaque":{"driver":"d.x","parameters":'
    yield (
        "deep parameters",
        CLAIMS,
        (_object('"spec":{' + parameters) + '{"a":' * 400_000 + "1" + "}" * 400_000 + "}}]}}}").encode(),
    )
    yield "wide parameters", CLAIMS, filled(_object('"spec":{' + parameters + "{"), '"a{n}":[{}]', "}}}]}}}")
    device = '{"name":"d{n}","attributes":{"a":{"int":1}},"capacity":{"c":{"value":"1"}}}'
    head = '"spec":{"driver":"d.x","nodeName":"n","pool":{"name":"p","resourceSliceCount":1},"devices":['
    yield "devices", SLICES, filled(_object(head), device, "]}}")
    yield (
        "a device of attributes",
        SLICES,
        filled(_object(head + '{"name":"d","attributes":{'), '"a{n}":{"int":1}', "}}]}}"),
    )
    yield (
        "counters",
        SLICES,
        filled(
            _object(
                '"spec":{"driver":"d.x","nodeName":"n","pool":{"name":"p","resourceSliceCount":1},"sharedCounters":['
            ),
            '{"name":"c{n}","counters":{"a":{"value":"1"}}}',
            "]}}",
        ),
    )
    yield "not JSON", MAPS, filled('{"a":[', '{"b":1}', ",")
    yield "escapes", MAPS, filled(_object('"data":{"k":"'), "\\u0001", '"}}', "")


def patches() -> Iterator[tuple[str, str, bytes]]:
    """Patches of a large ConfigMap: a name, the media type, the patch."""
    yield "merge: many keys", MERGE, filled('{"data":{', '"k{n}":"v"', "}}")
    yield "merge: unknown fields", MERGE, filled("{", '"x{n}":{}', "}")
    yield "merge: deep", MERGE, ('{"a":' * 400_000 + "1" + "}" * 400_000).encode()
    yield (
        "json: many operations",
        JSON_PATCH,
        filled("[", '{"op":"test","path":"/kind","value":"ConfigMap"}', "]"),
    )
    few = LIMIT // 9_990
    yield (
        "json: ten thousand additions",
        JSON_PATCH,
        _operations('{"op":"add","path":"/data/a{n}","value":"' + "x" * (few - 70) + '"}'),
    )
    yield (
        "json: ten thousand insertions at the front",
        JSON_PATCH,
        _operations(
            '{"op":"add","path":"/metadata/finalizers/0","value":"a.b/{n}"}',
            '{"op":"add","path":"/metadata/finalizers","value":["a.b/c"]}',
        ),
    )
    yield (
        "json: ten thousand tests of everything",
        JSON_PATCH,
        _operations('{"op":"test","path":"","value":{}}'),
    )
    yield (
        "json: tests of a large value",
        JSON_PATCH,
        _operations('{"op":"test","path":"/data","value":{"a":"b"}}'),
    )
    yield (
        "json: copies that double",
        JSON_PATCH,
        _operations('{"op":"copy","from":"/data","path":"/data/a{n}"}', count=100),
    )
    yield "json: copies of everything", JSON_PATCH, _operations('{"op":"copy","from":"","path":"/data/a{n}"}')
    yield "json: moves", JSON_PATCH, _operations('{"op":"move","from":"/data","path":"/data"}')
    yield (
        "json: long pointers",
        JSON_PATCH,
        filled("[", '{"op":"add","path":"' + "/a" * 5000 + '","value":1}', "]"),
    )
    yield (
        "json: one pointer of a megabyte",
        JSON_PATCH,
        ('[{"op":"add","path":"' + "/a" * (LIMIT // 2 - 60) + '","value":1}]').encode(),
    )
    yield "strategic: many keys", STRATEGIC, filled('{"data":{', '"k{n}":"v"', "}}")
    yield "strategic: finalizers", STRATEGIC, filled('{"metadata":{"finalizers":[', '"a.b/c{n}"', "]}}")
    yield "strategic: deep", STRATEGIC, ('{"data":' * 300_000 + "1" + "}" * 300_000).encode()
    yield "strategic: directives", STRATEGIC, filled('{"$retainKeys":[', '"{n}"', '],"data":{}}')
    yield (
        "strategic: keys and as many to retain",
        STRATEGIC,
        (
            b'{"data":{"$retainKeys":['
            + b",".join(b'"k%d"' % n for n in range(120_000))
            + b"],"
            + b",".join(b'"k%d":"v"' % n for n in range(120_000))
            + b"}}"
        ),
    )
    head = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"large"},'
    yield "apply: many keys", APPLY, filled(head + '"data":{', '"k{n}":"v"', "}}")
    yield (
        "apply: finalizers",
        APPLY,
        filled(
            '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"large","finalizers":[',
            '"a.b/c{n}"',
            "]}}",
        ),
    )
    yield "apply: YAML", APPLY, filled("data:\n", "  k{n}: v", "\n", "\n")
    yield (
        "apply: YAML of aliases",
        APPLY,
        (
            b"a: &a [x,x,x,x,x,x,x,x,x]\n"
            + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c]\n" % (n, n, *[n - 1] * 6) for n in range(98, 122))
        ),
    )
    yield "apply: YAML in flow", APPLY, filled("[", "[]", "]")
    yield "apply: deep YAML", APPLY, b"[" * 1_000_000


def _operations(piece: str, first: str = "", count: int = 9_990) -> bytes:
    pieces = ([first] if first else []) + [piece.replace("{n}", str(n)) for n in range(count)]
    return f"[{','.join(pieces)}]".encode()


def pod_patches() -> Iterator[tuple[str, str, bytes]]:
    """Patches of a pod, whose lists merge by keys."""
    yield (
        "strategic: environment",
        STRATEGIC,
        filled('{"spec":{"containers":[{"name":"c","env":[', '{"name":"a{n}","value":""}', "]}]}}"),
    )
    yield "strategic: containers", STRATEGIC, filled('{"spec":{"containers":[', '{"name":"a{n}"}', "]}}")
    yield (
        "strategic: order",
        STRATEGIC,
        filled(
            '{"spec":{"$setElementOrder/containers":[', '{"name":"a{n}"}', '],"containers":[{"name":"c"}]}}'
        ),
    )
    yield (
        "strategic: conditions",
        STRATEGIC,
        filled('{"status":{"conditions":[', '{"type":"a{n}","$patch":"delete"}', "]}}"),
    )
    head = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i",'
    yield "apply: environment", APPLY, filled(head + '"env":[', '{"name":"a{n}","value":""}', "]}]}}")
    yield "apply: ports", APPLY, filled(head + '"ports":[', '{"containerPort":{n}}', "]}]}}")


def _protobuf() -> Iterator[tuple[str, bytes]]:
    def field(number: int, data: bytes) -> bytes:
        size, length = len(data), b""
        while size > 127:
            length, size = length + bytes([size & 127 | 128]), size >> 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + data

    def message(raw: bytes) -> bytes:
        return protobuf.MAGIC + field(1, field(1, b"v1") + field(2, b"ConfigMap")) + field(2, raw)

    meta = field(1, field(1, b"worst"))
    entries = b"".join(field(2, field(1, b"k%d" % n) + field(2, b"")) for n in range(200_000))
    yield "protobuf: entries", message(meta + entries)
    yield "protobuf: empty messages", message(meta + field(1, b"") * 1_500_000)
    yield "protobuf: empty entries", message(meta + field(2, b"") * 1_500_000)
    yield "protobuf: unknown fields", message(meta + b"\xf8\x01\x01" * 1_000_000)


def cases(size: int = LIMIT) -> list[Case]:
    """All of them, of about that size."""
    _size[0] = size
    return list(_cases())


def _cases() -> Iterator[Case]:
    for name, path, body in bodies():
        yield Case(f"create: {name}", "POST", path, JSON, body)
        if path in (MAPS, PODS) and name in ("many keys of data", "containers", "unknown fields"):
            yield Case(f"update: {name}", "PUT", f"{path}/worst", JSON, body)
    for name, media, body in patches():
        yield Case(
            f"patch: {name}",
            "PATCH",
            f"{MAPS}/large?fieldManager=m&force=true" if media == APPLY else f"{MAPS}/large",
            media,
            body,
        )
    for name, media, body in pod_patches():
        yield Case(
            f"patch: {name}",
            "PATCH",
            f"{PODS}/p?fieldManager=m&force=true" if media == APPLY else f"{PODS}/p",
            media,
            body,
        )
    for name, body in _protobuf():
        yield Case(f"create: {name}", "POST", MAPS, protobuf.MEDIA_TYPE, body)
    options = filled('{"preconditions":{"uid":"', "a", '"}}', "")
    yield Case("delete: options", "DELETE", f"{MAPS}/large", JSON, options)
    yield Case("delete: dry run", "DELETE", f"{MAPS}/large", JSON, filled('{"dryRun":["All",', '"All"', "]}"))
    yield Case("delete all: options", "DELETE", MAPS, JSON, filled('{"dryRun":["All",', '"All"', "]}"))
    selectors = (
        "a" * 60_000,
        "a,",
        "a in (" + "b," * 20_000 + "b)",
        "a=" + "b" * 60_000,
        "(" * 60_000,
        "!" * 60_000,
    )
    for text in selectors:
        repeated = text if len(text) > 100 else text * 15_000 + "a"
        for which in ("labelSelector", "fieldSelector", "continue", "resourceVersion", "limit"):
            yield Case(f"list: {which} {text[:6]}", "GET", f"{MAPS}?{which}={repeated}", JSON, b"")
    yield Case("list: parameters", "GET", MAPS + "?" + "&".join(["a=b"] * 900), JSON, b"")
    yield Case(
        "watch: labelSelector",
        "GET",
        f"{MAPS}?watch=1&timeoutSeconds=1&labelSelector=" + "a," * 30_000 + "a",
        JSON,
        b"",
    )
    yield Case("list: everything as a table", "GET", MAPS, JSON, b"")
    reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    yield Case(
        "create: a review",
        "POST",
        reviews,
        JSON,
        filled('{"spec":{"resourceAttributes":{"verb":"', "a", '"}}}', ""),
    )
    tokens = "/apis/authentication.k8s.io/v1/tokenreviews"
    yield Case("create: a token review", "POST", tokens, JSON, filled('{"spec":{"token":"', "a.", '"}}', ""))
    yield Case(
        "create: audiences",
        "POST",
        tokens,
        JSON,
        filled('{"spec":{"token":"a.b.c","audiences":[', '"{n}"', "]}}"),
    )


def large(count: int = 4_500) -> bytes:
    """The ConfigMap that the patches are for, two thirds of what is stored at most."""
    return json.dumps(
        {"metadata": {"name": "large"}, "data": {f"key{n}": "x" * 200 for n in range(count)}}
    ).encode()
