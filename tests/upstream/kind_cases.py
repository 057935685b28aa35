"""Objects of kinds that few people make, each with something else about it: some of it is well."""

from __future__ import annotations

import base64
from typing import Any

from certificate_bodies import certificate, request

from drakkar.apiserver.kinds.built_in import KINDS
from drakkar.apiserver.kinds.kind import Kind

from .object_kinds import legal

Object = dict[str, Any]
_AUTHORITY = certificate(authority=True)
_PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def _text(given: str) -> str:
    return base64.b64encode(given.encode()).decode()


def _level(limited: Any, **more: Any) -> Object:
    return {"spec": {"type": "Limited", "limited": limited, **more}}


def _queuing(**queuing: int) -> Object:
    return _level({"limitResponse": {"type": "Queue", "queuing": queuing}})


def _rule(**rule: Any) -> Object:
    whole = {"subjects": [{"kind": "User", "user": {"name": "u"}}]}
    return {"spec": {"rules": [{**whole, **rule}]}}


def _resources(**rule: Any) -> Object:
    whole = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}
    return _rule(resourceRules=[{**whole, **rule}])


def _others(**rule: Any) -> Object:
    return _rule(nonResourceRules=[{"verbs": ["get"], "nonResourceURLs": ["/x"], **rule}])


def _subject(**subject: Any) -> Object:
    rule = {"verbs": ["get"], "nonResourceURLs": ["*"]}
    return {"spec": {"rules": [{"subjects": [subject], "nonResourceRules": [rule]}]}}


def _mutation(*mutations: Any) -> Object:
    return {"spec": {"mutations": list(mutations)}}


def _operations(*operations: str) -> Object:
    rule = {"apiGroups": ["x"], "apiVersions": ["v1"], "resources": ["y"], "operations": list(operations)}
    return {"resourceRules": [rule]}


_EXPRESSION = {"expression": "Object{}"}
_PATCH = {"expression": "[JSONPatch{op: 'remove', path: '/a'}]"}
_SERVICE = {"spec": {"service": {"namespace": "n", "name": "s"}}}

# By kind, what is laid over a legal object: lists as they are, None takes away, `name` is that of the object.
CASES: dict[str, dict[str, Object]] = {
    "CertificateSigningRequest": {
        "nothing": {},
        "no request": {"spec": {"request": None}},
        "no PEM": {"spec": {"request": _text("x")}},
        "another block": {"spec": {"request": _text(_PEM)}},
        "text around it": {
            "spec": {
                "request": _text(f"x\n{base64.b64decode(request()).decode()}y"),
            }
        },
        "no usages": {"spec": {"usages": []}},
        "usages that are none": {"spec": {"usages": ["x", "any", "any"]}},
        "no signer": {"spec": {"signerName": None}},
        "a signer without a path": {"spec": {"signerName": "a.example"}},
        "a signer of one label": {"spec": {"signerName": "a/b"}},
        "a signer in capitals": {"spec": {"signerName": "A.example/B"}},
        "a signer of two paths": {"spec": {"signerName": "a.example/b/c"}},
        "a long signer": {"spec": {"signerName": f"{'a.' * 127}a/{'b' * 254}"}},
        "the legacy signer": {"spec": {"signerName": "kubernetes.io/legacy-unknown"}},
        "a short time": {"spec": {"expirationSeconds": 599}},
        "a time": {"spec": {"expirationSeconds": 600}},
        "somebody else": {"spec": {"username": "x", "groups": ["y"], "uid": "z", "extra": {"a": ["b"]}}},
        "a status": {"status": {"certificate": _text(_PEM), "conditions": [{"type": "Approved"}]}},
        "masters": {
            "spec": {
                "signerName": "kubernetes.io/kube-apiserver-client",
                "request": request("system:masters"),
            }
        },
        "masters elsewhere": {"spec": {"request": request("system:masters")}},
        "a name": {"name": "A name: x"},
    },
    "ClusterTrustBundle": {
        "nothing": {},
        "no bundle": {"spec": {"trustBundle": None}},
        "no PEM": {"spec": {"trustBundle": "x"}},
        "no certificate": {"spec": {"trustBundle": _PEM}},
        "the same twice": {"spec": {"trustBundle": _AUTHORITY * 2}},
        "another block": {"spec": {"trustBundle": _PEM.replace("CERTIFICATE", "X") + _AUTHORITY}},
        "headers": {
            "spec": {"trustBundle": _AUTHORITY.replace("CERTIFICATE-----\n", "CERTIFICATE-----\na: b\n\n", 1)}
        },
        "within another one": {"spec": {"trustBundle": f"-----BEGIN X-----\n{_AUTHORITY}"}},
        "a signer": {"spec": {"signerName": "a.example/s"}},
        "a signer and its name": {"spec": {"signerName": "a.example/s"}, "name": "a.example:s:x"},
        "a signer and a bad name": {"spec": {"signerName": "a.example/s"}, "name": "a.example:s:X"},
        "a colon": {"name": "a:b"},
        "a signer that is none": {"spec": {"signerName": "a"}, "name": "a:b"},
    },
    "PodCertificateRequest": {
        "nothing": {},
        "no key": {"spec": {"stubPKCS10Request": None}},
        "a bad key": {"spec": {"stubPKCS10Request": _text("x")}},
        "both keys": {"spec": {"pkixPublicKey": _text("x"), "proofOfPossession": _text("y")}},
        "a bad public key": {
            "spec": {
                "stubPKCS10Request": None,
                "pkixPublicKey": _text("x"),
                "proofOfPossession": _text("y"),
            }
        },
        "a short time": {"spec": {"maxExpirationSeconds": 3599}},
        "a long time": {"spec": {"maxExpirationSeconds": 91 * 86400 + 1}},
        "a long time for Kubernetes": {
            "spec": {"maxExpirationSeconds": 86401, "signerName": "kubernetes.io/x"},
        },
        "no names": {"spec": {"podName": "", "nodeName": "", "serviceAccountName": ""}},
        "no ids": {"spec": {"podUID": "", "nodeUID": "", "serviceAccountUID": ""}},
        "long ids": {"spec": {"podUID": "x" * 129}},
        "annotations": {"spec": {"unverifiedUserAnnotations": {"a.b/C": "x"}}},
        "bad annotations": {"spec": {"unverifiedUserAnnotations": {"a": "x", "b c/d": "y"}}},
    },
    "FlowSchema": {
        "nothing": {},
        "no level": {"spec": {"priorityLevelConfiguration": None}},
        "a bad level": {"spec": {"priorityLevelConfiguration": {"name": "A"}}},
        "precedence below zero": {"spec": {"matchingPrecedence": -1}},
        "a high precedence": {"spec": {"matchingPrecedence": 10001}},
        "the first precedence": {"spec": {"matchingPrecedence": 1}},
        "a method": {"spec": {"distinguisherMethod": {"type": "X"}}},
        "another exempt": {"name": "exempt"},
        "no subjects": {
            "spec": {"rules": [{"nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}]}]}
        },
        "no rules": _rule(),
        "a subject of no kind": _subject(),
        "a user without one": _subject(kind="User"),
        "a user without a name": _subject(kind="User", user={"name": ""}),
        "a user and a group": _subject(kind="User", user={"name": "u"}, group={"name": "g"}),
        "a group and an account": _subject(
            kind="Group", group={"name": "g"}, serviceAccount={"name": "a", "namespace": "n"}
        ),
        "an account": _subject(kind="ServiceAccount", serviceAccount={"name": "*", "namespace": "n"}),
        "a bad account": _subject(kind="ServiceAccount", serviceAccount={"name": "A b", "namespace": "N"}),
        "an empty account": _subject(kind="ServiceAccount", serviceAccount={"name": "", "namespace": ""}),
        "resources": _resources(),
        "no verbs": _resources(verbs=[]),
        "odd verbs": _resources(verbs=["x", "get"]),
        "all verbs and one": _resources(verbs=["*", "get"]),
        "no groups": _resources(apiGroups=[]),
        "all groups and one": _resources(apiGroups=["*", "x"]),
        "no resources": _resources(resources=[]),
        "all resources and one": _resources(resources=["*", "x"]),
        "no namespaces": _resources(namespaces=[]),
        "the cluster": _resources(namespaces=[], clusterScope=True),
        "all namespaces and one": _resources(namespaces=["*", "x"]),
        "a namespace that is none": _resources(namespaces=["A_b"]),
        "no paths": _others(nonResourceURLs=[]),
        "paths": _others(nonResourceURLs=["", "/", "a", "/a b", "//", "/*/a", "/a*", "/a/*"]),
    },
    "PriorityLevelConfiguration": {
        "nothing": {},
        "another exempt": {"name": "exempt"},
        "another catch-all": {"name": "catch-all"},
        "no type": {"spec": {"type": None}},
        "another type": {"spec": {"type": "X"}},
        "exempt": {"spec": {"type": "Exempt"}},
        "limited and exempt": _level({"limitResponse": {"type": "Reject"}}, exempt={}),
        "no limit": _level(None),
        "no response": _level({"limitResponse": None}),
        "another response": _level({"limitResponse": {"type": "X"}}),
        "refused and queued": _level({"limitResponse": {"type": "Reject", "queuing": {}}}),
        "queued without queues": _level({"limitResponse": {"type": "Queue", "queuing": None}}),
        "amounts": _level(
            {
                "limitResponse": {"type": "Reject", "queuing": None},
                "nominalConcurrencyShares": -1,
                "lendablePercent": 101,
                "borrowingLimitPercent": -1,
            }
        ),
        "queues below zero": _queuing(queues=-1, handSize=-1, queueLengthLimit=-1),
        "many queues": _queuing(queues=10_000_001),
        "a hand of more than there are": _queuing(queues=4, handSize=5),
        "a large hand": _queuing(queues=1000, handSize=10),
        "the old annotation": {
            "metadata": {"annotations": {"flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares": ""}}
        },
    },
    "ServiceCIDR": {
        "nothing": {},
        "none": {"spec": {"cidrs": []}},
        "three": {"spec": {"cidrs": ["10.0.0.0/8"] * 3}},
        "two of one family": {"spec": {"cidrs": ["10.0.0.0/8", "11.0.0.0/8"]}},
        "two": {"spec": {"cidrs": ["10.0.0.0/8", "fd00::/64"]}},
        **{
            f"the range {given}": {"spec": {"cidrs": [given]}}
            for given in (
                *("x", "10.0.0.0", "10.0.0.1/8", "010.0.0.0/8", "10.0.0.0/08", "10.0.0.0/33", "fd00::0/64"),
                *("FD00::/64", "::ffff:10.0.0.0/104", "fd00::1/64", "", "10.0.0.0/-1", "fe80::%1/64"),
            )
        },
    },
    "IPAddress": {
        "no parent": {"spec": None},
        "a parent": {"spec": {"parentRef": {"resource": "r", "name": "n"}}, "name": "10.1.2.3"},
        "an empty parent": {"spec": {"parentRef": {}}, "name": "10.1.2.3"},
        "a bad parent": {
            "spec": {"parentRef": {"group": "A", "resource": "a/b", "name": "..", "namespace": "%"}},
            "name": "10.1.2.3",
        },
        **{
            f"the address {name}": {"name": name, "spec": {"parentRef": {"resource": "r", "name": "n"}}}
            for name in ("x", "010.1.2.3", "fd00::1", "fd00::0:1", "FD00::1", "::ffff:1.2.3.4", "10.1.2")
        },
    },
    "VolumeAttributesClass": {
        "nothing": {},
        "no driver": {"driverName": None},
        "a driver": {"driverName": "A.b/C"},
        "a bad driver": {"driverName": "a b"},
        "no parameters": {"parameters": None},
        "a parameter without a name": {"parameters": {"": "x"}},
        "many parameters": {"parameters": {str(at): "" for at in range(513)}},
        "large parameters": {"parameters": {"a": "x" * 256 * 1024}},
    },
    "StorageVersionMigration": {
        "nothing": {},
        "no resource": {"spec": {"resource": None}},
        "a bad resource": {"spec": {"resource": {"resource": "A"}}},
        "a bad group": {"spec": {"resource": {"group": "A"}}},
    },
    "MutatingAdmissionPolicy": {
        "nothing": {},
        "no mutations": {"spec": {"mutations": None}},
        "no type": _mutation({"applyConfiguration": _EXPRESSION}),
        "another type": _mutation({"patchType": "X"}),
        "no patch": _mutation({"patchType": "JSONPatch"}, {"patchType": "ApplyConfiguration"}),
        "both": _mutation(
            {"patchType": "JSONPatch", "jsonPatch": _PATCH, "applyConfiguration": _EXPRESSION},
            {"patchType": "ApplyConfiguration", "jsonPatch": _PATCH, "applyConfiguration": _EXPRESSION},
        ),
        "no expression": _mutation({"patchType": "JSONPatch", "jsonPatch": {"expression": " "}}),
        "no reinvocation": {"spec": {"reinvocationPolicy": None}},
        "another reinvocation": {"spec": {"reinvocationPolicy": "X"}},
        "deletions": {"spec": {"matchConstraints": _operations("DELETE", "CREATE")}},
        "everything": {"spec": {"matchConstraints": _operations("*")}},
        "no constraints": {"spec": {"matchConstraints": None}},
        "a variable": {"spec": {"variables": [{"name": "a b", "expression": ""}]}},
        "a bad variable": {"spec": {"variables": [{"name": "v", "expression": "1 +"}]}},
        "a condition": {"spec": {"matchConditions": [{"name": "", "expression": "1"}]}},
        "a failure policy": {"spec": {"failurePolicy": "X"}},
    },
    "MutatingAdmissionPolicyBinding": {
        "nothing": {},
        "no policy": {"spec": {"policyName": None}},
        "a bad policy": {"spec": {"policyName": "A"}},
        "deletions": {"spec": {"matchResources": _operations("DELETE")}},
        "parameters": {"spec": {"paramRef": {"name": "n", "selector": {}}}},
        "no parameters": {"spec": {"paramRef": {}}},
    },
    "APIService": {
        "nothing": {"name": "v1.a.example"},
        "another name": {"name": "v1.b.example"},
        "no group": {"spec": {"group": None}, "name": "v1."},
        "no group in v2": {"spec": {"group": None, "version": "v2"}, "name": "v2."},
        "a bad group": {"spec": {"group": "A"}, "name": "v1.A"},
        "a bad version": {"spec": {"version": "1"}, "name": "1.a.example"},
        "no version": {"spec": {"version": None}, "name": ".a.example"},
        "no priorities": {
            "spec": {"groupPriorityMinimum": 0, "versionPriority": None},
            "name": "v1.a.example",
        },
        "high priorities": {
            "spec": {"groupPriorityMinimum": 20001, "versionPriority": 1001},
            "name": "v1.a.example",
        },
        "a bundle": {"spec": {"caBundle": _text("x")}, "name": "v1.a.example"},
        "no checks": {"spec": {"insecureSkipTLSVerify": True}, "name": "v1.a.example"},
        "a service": {**_SERVICE, "name": "v1.a.example"},
        "an empty service": {"spec": {"service": {}}, "name": "v1.a.example"},
        "a port": {"spec": {"service": {"port": 65536}}, "name": "v1.a.example"},
        "a bundle and no checks": {
            "spec": {
                **_SERVICE["spec"],
                "caBundle": _text(_AUTHORITY),
                "insecureSkipTLSVerify": True,
            },
            "name": "v1.a.example",
        },
    },
}
_MORE: dict[str, Object] = {
    "APIService": {
        "spec": {
            "group": "a.example",
            "version": "v1",
            "groupPriorityMinimum": 1,
            "versionPriority": 1,
        }
    },
    "MutatingAdmissionPolicy": {"spec": {"paramKind": None}},
}


def laid(under: Any, over: Any) -> Any:
    """One object over another: maps are joined, None takes away."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    joined = {**under, **{key: laid(under.get(key), value) for key, value in over.items()}}
    return {key: value for key, value in joined.items() if value is not None}


def kind_of(name: str) -> Kind:
    """The kind of a name, in the version in which it is stored."""
    return next(kind for kind in KINDS if kind.kind == name and kind.stored)


def made(name: str, change: Object) -> Object:
    """A legal object of the kind with something else about it."""
    change = dict(change)
    called = change.pop("name", "some-name")
    body: Object = laid(laid(legal(kind_of(name), called), _MORE.get(name, {})), change)
    return body
