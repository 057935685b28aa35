"""Protobuf bodies, written here byte by byte, decode to what JSON would have said."""

from __future__ import annotations

import base64
import json

import pytest

from drakkar.apiserver.wire.protobuf import MAGIC, ProtobufError, decode, kinds


def number(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def i(field: int, value: int) -> bytes:
    return number(field << 3) + number(value)


def b(field: int, *parts: bytes | str) -> bytes:
    data = b"".join(p.encode() if isinstance(p, str) else p for p in parts)
    return number(field << 3 | 2) + number(len(data)) + data


def entry(field: int, key: str, value: bytes | str) -> bytes:
    return b(field, b(1, key), b(2, value))


def body(api_version: str, kind: str, *parts: bytes) -> bytes:
    return MAGIC + b(1, b(1, api_version), b(2, kind)) + b(2, *parts) + b(3) + b(4)


def test_namespace_as_go_writes_it() -> None:
    # All non-pointer fields are there, most of them empty; the zero time is an empty message.
    meta = b(1, b(1, "lab"), b(2), b(3), b(4), b(5), b(6), i(7, 0), b(8))
    assert decode(body("v1", "Namespace", meta, b(2), b(3, b(1)))) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "lab"},
    }


def test_a_definition_has_schemas_and_what_may_stand_in_their_place() -> None:
    string = b(5, "string")
    properties = (
        entry(29, "one", b"".join((string, b(8, b(1, '"x"'))))),
        entry(29, "list", b"".join((b(5, "array"), b(24, b(1, string))))),
        entry(29, "pair", b"".join((b(5, "array"), b(24, b(2, string), b(2, b(5, "integer")))))),
        entry(29, "closed", b"".join((b(5, "object"), b(30, i(1, 0))))),
        entry(29, "open", b"".join((b(5, "object"), b(30, i(1, 1))))),
        entry(29, "map", b"".join((b(5, "object"), b(30, i(1, 0), b(2, string))))),
        entry(29, "needs", b"".join((b(5, "object"), b(32, b(1, "a"), b(2, b(2, "b"), b(2, "c")))))),
    )
    version = b(7, b(1, "v1"), i(2, 1), i(3, 1), b(4, b(1, b(5, "object"), *properties)))
    names = b(3, b(1, "foos"), b(2, "foo"), b(4, "Foo"), b(5, "FooList"))
    spec = b(2, b(1, "example.com"), names, b(4, "Namespaced"), version, i(10, 0))
    definition = body(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", b(1, b(1, "foos.example.com")), spec
    )
    decoded = decode(definition)["spec"]
    assert decoded["names"] == {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"}
    (found,) = decoded["versions"]
    assert found["schema"]["openAPIV3Schema"]["properties"] == {
        "one": {"type": "string", "default": "x"},
        "list": {"type": "array", "items": {"type": "string"}},
        "pair": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}]},
        "closed": {"type": "object", "additionalProperties": False},
        "open": {"type": "object", "additionalProperties": True},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "needs": {"type": "object", "dependencies": {"a": ["b", "c"]}},
    }


def test_an_admission_policy_has_rules_within_rules_that_json_does_not_show() -> None:
    rule = b(2, b(1, "apps"), b(2, "v1"), b(3, "deployments"), b(4, "*"))
    named = b(3, b(1, "a"), b(2, b(1, "CREATE"), rule))
    spec = b(2, b(2, b(1), b(2), named, b(7, "Exact")), b(3, b(1, "true"), b(2, "no")), b(4, "Fail"))
    policy = body("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", b(1, b(1, "p")), spec)
    assert decode(policy)["spec"] == {
        "matchConstraints": {
            "namespaceSelector": {},
            "objectSelector": {},
            "matchPolicy": "Exact",
            "resourceRules": [
                {
                    "resourceNames": ["a"],
                    "operations": ["CREATE"],
                    "apiGroups": ["apps"],
                    "apiVersions": ["v1"],
                    "resources": ["deployments"],
                    "scope": "*",
                }
            ],
        },
        "validations": [{"expression": "true", "message": "no"}],
        "failurePolicy": "Fail",
    }


def test_secret_data_is_base64() -> None:
    secret = body("v1", "Secret", entry(2, "k", b"\x00\xff"), b(3, "Opaque"), entry(4, "s", "plain"), i(5, 0))
    assert decode(secret) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "data": {"k": base64.b64encode(b"\x00\xff").decode()},
        "type": "Opaque",
        "stringData": {"s": "plain"},
        "immutable": False,
    }


def test_times() -> None:
    lease = decode(
        body(
            "coordination.k8s.io/v1",
            "Lease",
            b(1, b(8, i(1, 0), i(2, 0)), b(9, i(1, 1_700_000_000), i(2, 5))),
            b(2, b(1, "me"), i(2, 40), b(4, i(1, 1_700_000_000), i(2, 12_345_678))),
        )
    )
    assert lease["metadata"] == {
        "creationTimestamp": "1970-01-01T00:00:00Z",
        "deletionTimestamp": "2023-11-14T22:13:20Z",
    }
    assert lease["spec"] == {
        "holderIdentity": "me",
        "leaseDurationSeconds": 40,
        "renewTime": "2023-11-14T22:13:20.012345Z",
    }


def test_resource_slice_keeps_pointers_that_are_zero() -> None:
    attributes = entry(2, "healthy", i(3, 0)) + entry(2, "cores", i(2, -3)) + entry(2, "model", b(4, "T"))
    device = b(1, "gpu-0") + attributes + entry(3, "memory", b(1, b(1, "80Gi")))
    spec = b(2, b(1, "gpu.example.com"), b(2, b(1, "node"), i(2, 0), i(3, 1)), b(3, "node"), b(6, device))
    got = decode(body("resource.k8s.io/v1", "ResourceSlice", spec))["spec"]
    assert got["pool"] == {"name": "node", "generation": 0, "resourceSliceCount": 1}
    assert got["devices"] == [
        {
            "name": "gpu-0",
            "attributes": {"healthy": {"bool": False}, "cores": {"int": -3}, "model": {"string": "T"}},
            "capacity": {"memory": {"value": "80Gi"}},
        }
    ]


def test_int_or_string_inline_and_raw() -> None:
    action = b(2, b(1, "/"), b(2, i(1, 0), i(2, 8080)))
    probe = b(10, b(1, action), i(3, 5))
    named = b(11, b(1, b(2, b(2, i(1, 1), i(2, 0), b(3, "http")))))
    pod = decode(
        body("v1", "Pod", b(2, b(1, b(1, "v"), b(2, b(2, b(1), b(2)))), b(2, b(1, "c"), probe, named)))
    )
    container = pod["spec"]["containers"][0]
    assert container["livenessProbe"] == {"httpGet": {"path": "/", "port": 8080}, "timeoutSeconds": 5}
    assert container["readinessProbe"]["httpGet"]["port"] == "http"
    assert pod["spec"]["volumes"] == [{"name": "v", "emptyDir": {"sizeLimit": "0"}}]
    revision = decode(body("apps/v1", "ControllerRevision", b(2, b(1, json.dumps({"a": [1]}))), i(3, 7)))
    assert revision["data"] == {"a": [1]}
    assert revision["revision"] == 7


def test_reviews() -> None:
    review = body(
        "authorization.k8s.io/v1",
        "SubjectAccessReview",
        b(2, b(3, "u"), entry(5, "x", b(1, "1") + b(1, "2"))),
    )
    assert decode(review)["spec"] == {"user": "u", "extra": {"x": ["1", "2"]}}
    token = body("authentication.k8s.io/v1", "TokenRequest", b(2, b(1, "api"), i(4, 3600)))
    assert decode(token)["spec"] == {"audiences": ["api"], "expirationSeconds": 3600}


def test_delete_options_come_under_any_group() -> None:
    parts = (i(1, 0), b(2, b(1, "U")), b(4, "Background"), b(5, "All"))
    wanted = {
        "gracePeriodSeconds": 0,
        "preconditions": {"uid": "U"},
        "propagationPolicy": "Background",
        "dryRun": ["All"],
    }
    for api_version in ("v1", "resource.k8s.io/v1"):
        got = decode(body(api_version, "DeleteOptions", *parts))
        assert got == {"apiVersion": api_version, "kind": "DeleteOptions", **wanted}


def test_packed_numbers_and_unknown_fields() -> None:
    packed = b(2, b(14, b(4, number(5), number(6)), i(4, 7), b(99, "of a newer version"), i(98, 1)))
    assert decode(body("v1", "Pod", packed))["spec"] == {"securityContext": {"supplementalGroups": [5, 6, 7]}}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "mark"),
        (b"{}", "mark"),
        (body("v1", "Nonsense"), "Nonsense"),
        (MAGIC, "without a kind"),
        (body("v1", "Pod", b"\x0a\x7f"), "longer"),
        (body("v1", "Pod", b"\x0a"), "ends inside"),
        (body("v1", "Pod", b"\xff" * 11), "64 bits"),
        (body("v1", "Pod", i(1, 1)), "wire type"),
        (body("v1", "Pod", b"\x0b"), "wire type"),
        (body("v1", "Pod", b"\x02\x00"), "number 0"),
        (body("v1", "Namespace", b(1, b(1, b"\xff"))), "UTF-8"),
        (body("apps/v1", "ControllerRevision", b(2, b(1, "{"))), "JSON"),
        (body("v1", "Namespace", b(1, b(8, i(1, 1 << 62)))), "range"),
        (MAGIC + b(1, b(1, "v1"), b(2, "Pod")) + b(3, "gzip"), "encoding"),
        (MAGIC + i(2, 5), "wire type"),
    ],
)
def test_broken_bodies_are_errors(data: bytes, said: str) -> None:
    with pytest.raises(ProtobufError, match=said):
        decode(data)


def test_every_cut_of_a_message_is_an_error_or_an_object() -> None:
    whole = body("v1", "Secret", b(1, b(1, "n"), b(8, i(1, 5))), entry(2, "k", b"\x00\xff"), b(3, "Opaque"))
    outcomes = set()
    for end in range(len(whole) + 1):
        try:
            outcomes.add(type(decode(whole[:end])))
        except ProtobufError:
            outcomes.add(ProtobufError)
    assert outcomes == {dict, ProtobufError}


def test_bounds() -> None:
    with pytest.raises(ProtobufError, match="larger"):
        decode(body("v1", "Pod", b(1, b(1, "x" * 100))), max_bytes=50)
    with pytest.raises(ProtobufError, match="JSON"):
        decode(body("apps/v1", "ControllerRevision", b(2, b(1, "[" * 200_000))))


def test_the_kinds_that_clients_send() -> None:
    wanted = {
        ("v1", "Event"),
        ("events.k8s.io/v1", "Event"),
        ("resource.k8s.io/v1", "ResourceClaim"),
        ("v1", "Binding"),
    }
    wanted |= {
        ("storage.k8s.io/v1", "CSINode"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("*", "DeleteOptions"),
    }
    assert wanted <= kinds()
