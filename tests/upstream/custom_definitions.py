"""Definitions of custom kinds, good and bad, for a conversation with both servers."""

from __future__ import annotations

import copy
from typing import Any

Object = dict[str, Any]
GROUP = "stable.example.com"
_STRING = {"type": "string"}
_ITEM = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "port": {"type": "integer", "default": 80},
        "note": {"type": "string"},
    },
}
SPEC: Object = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 0, "maximum": 100},
        "half": {"type": "integer", "multipleOf": 2, "exclusiveMinimum": True, "minimum": 0},
        "ratio": {"type": "number", "maximum": 1.5, "exclusiveMaximum": True},
        "step": {"type": "number", "multipleOf": 0.5},
        "small": {"type": "integer", "format": "int32"},
        "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"},
        "level": {"type": "integer", "enum": [1, 2, 3]},
        "code": {"type": "string", "pattern": "^[a-z]{2,4}$"},
        "text": {"type": "string", "minLength": 2, "maxLength": 5},
        "flag": {"type": "boolean"},
        "gone": {"type": "string", "nullable": True},
        "full": {"type": "string", "nullable": True, "default": "filled"},
        "either": {"x-kubernetes-int-or-string": True},
        "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 2},
        "free": {"type": "object", "additionalProperties": True},
        "tags": {"type": "array", "items": _STRING, "x-kubernetes-list-type": "set", "maxItems": 4},
        "items": {
            "type": "array",
            "items": _ITEM,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name", "port"],
        },
        "plain": {"type": "array", "items": _ITEM, "minItems": 1},
        "atom": {
            "type": "object",
            "x-kubernetes-map-type": "atomic",
            "properties": {"a": _STRING, "b": _STRING},
        },
        "choice": {
            "type": "object",
            "properties": {"a": _STRING, "b": _STRING, "c": {"type": "integer"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        "some": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": _STRING},
            "anyOf": [{"properties": {"a": {"minimum": 5}}, "required": ["a"]}, {"required": ["b"]}],
        },
        "every": {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "allOf": [{"properties": {"a": {"minimum": 5}}}, {"properties": {"a": {"maximum": 9}}}],
        },
        "never": {"type": "string", "not": {"enum": ["bad"]}},
        "made": {
            "type": "object",
            "default": {"inner": "given"},
            "properties": {"inner": _STRING, "more": {"type": "integer", "default": 7}},
        },
        "template": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
        "strict": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "properties": {"spec": {"type": "object", "properties": {"a": _STRING}}},
        },
        **{
            f"f_{name.replace('-', '_')}": {"type": "string", "format": name}
            for name in (
                "date-time",
                "date",
                "duration",
                "email",
                "hostname",
                "ipv4",
                "ipv6",
                "cidr",
                "mac",
                "uuid",
                "uri",
                "byte",
                "hexcolor",
                "k8s-short-name",
            )
        },
    },
}
STATUS: Object = {
    "type": "object",
    "properties": {
        "replicas": {"type": "integer"},
        "selector": _STRING,
        "phase": {"type": "string", "enum": ["Ready", "Failed"]},
        "since": {"type": "string", "format": "date-time"},
        "conditions": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
            "items": {
                "type": "object",
                "required": ["type", "status"],
                "properties": {"type": _STRING, "status": _STRING},
            },
        },
    },
}
_COLUMNS = [
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
    {"name": "Mode", "type": "string", "jsonPath": ".spec.mode", "description": "How it runs", "priority": 1},
    {"name": "Ratio", "type": "number", "jsonPath": ".spec.ratio", "format": "float"},
    {"name": "Flag", "type": "boolean", "jsonPath": ".spec.flag"},
    {"name": "First", "type": "string", "jsonPath": ".spec.items[0].name"},
    {"name": "Names", "type": "string", "jsonPath": ".spec.items[*].name"},
    {
        "name": "Ready",
        "type": "string",
        "jsonPath": '.status.conditions[?(@.type=="Ready")].status',
    },
    {"name": "Labels", "type": "string", "jsonPath": ".spec.labels"},
    {"name": "Since", "type": "date", "jsonPath": ".status.since"},
    {"name": "Dotted", "type": "string", "jsonPath": r".metadata.labels.example\.com/name"},
    {"name": "Wrong", "type": "integer", "jsonPath": ".spec.mode"},
]
_SUBRESOURCES = {
    "status": {},
    "scale": {
        "specReplicasPath": ".spec.size",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    },
}


def schema(**properties: Any) -> Object:
    """A schema of an object."""
    return {"openAPIV3Schema": {"type": "object", "properties": properties}}


def version(name: str, storage: bool = True, **more: Any) -> Object:
    """A version of a definition."""
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "schema": schema(spec={"type": "object"}),
        **more,
    }


def definition(plural: str, kind: str, *versions: Object, group: str = GROUP, **more: Any) -> Object:
    """A definition; `more` goes into its spec."""
    names = {"plural": plural, "kind": kind}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": names,
            "versions": list(versions) or [version("v1")],
            **more,
        },
    }


WIDGETS = definition(
    "widgets",
    "Widget",
    version(
        "v1",
        schema=schema(spec=SPEC, status=STATUS),
        subresources=_SUBRESOURCES,
        additionalPrinterColumns=_COLUMNS,
        selectableFields=[{"jsonPath": ".spec.mode"}, {"jsonPath": ".spec.size"}, {"jsonPath": ".spec.flag"}],
    ),
    names={
        "plural": "widgets",
        "singular": "widget",
        "kind": "Widget",
        "shortNames": ["wd", "wdg"],
        "categories": ["all", "gadgets"],
    },
)
# Cluster scope, no subresources, two versions that know different fields.
PLANETS = definition(
    "planets",
    "Planet",
    version(
        "v1beta1",
        False,
        schema=schema(spec={"type": "object", "properties": {"old": _STRING, "both": _STRING}}),
        deprecated=True,
    ),
    version(
        "v1",
        schema=schema(
            spec={"type": "object", "properties": {"new": _STRING, "both": _STRING}},
            status={"type": "object", "properties": {"ok": {"type": "boolean"}}},
        ),
    ),
    scope="Cluster",
)


def changed(base: Object, *path: Any, value: Any) -> Object:
    """A copy with another value at a path; None takes it out."""
    made = copy.deepcopy(base)
    place: Any = made
    for part in path[:-1]:
        place = place[part]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


_SMALL = definition("things", "Thing")
_ROOT = ("spec", "versions", 0, "schema", "openAPIV3Schema")


def _with(**properties: Any) -> Object:
    return changed(_SMALL, *_ROOT, "properties", value={"spec": {"type": "object", "properties": properties}})


def _root(**more: Any) -> Object:
    return changed(_SMALL, *_ROOT, value={"type": "object", **more})


def _versions(*versions: Object) -> Object:
    return changed(_SMALL, "spec", "versions", value=list(versions))


def _one(**more: Any) -> Object:
    return _versions(version("v1", **more))


_LIST_OF = {
    "type": "array",
    "items": {"type": "object", "properties": {"k": _STRING, "o": {"type": "object"}}},
}
BAD: dict[str, Object] = {
    "nothing wrong": _SMALL,
    "another name": changed(_SMALL, "metadata", "name", value="other.stable.example.com"),
    "no group": changed(_SMALL, "spec", "group", value=""),
    "a group without a dot": changed(_SMALL, "spec", "group", value="example"),
    "a group that is no domain": changed(_SMALL, "spec", "group", value="Example_.com"),
    "no scope": changed(_SMALL, "spec", "scope", value=""),
    "another scope": changed(_SMALL, "spec", "scope", value="Galaxy"),
    "no plural": changed(_SMALL, "spec", "names", "plural", value=""),
    "no kind": changed(_SMALL, "spec", "names", "kind", value=""),
    "a kind that is none": changed(_SMALL, "spec", "names", "kind", value="4Thing"),
    "a plural in capitals": changed(_SMALL, "spec", "names", "plural", value="Things"),
    "a singular that is none": changed(_SMALL, "spec", "names", "singular", value="a_b"),
    "a short name that is none": changed(_SMALL, "spec", "names", "shortNames", value=["X", "ok"]),
    "a category that is none": changed(_SMALL, "spec", "names", "categories", value=["9"]),
    "kind and list kind alike": changed(_SMALL, "spec", "names", "listKind", value="Thing"),
    "no versions": changed(_SMALL, "spec", "versions", value=[]),
    "no storage version": _versions(version("v1", False)),
    "two storage versions": _versions(version("v1"), version("v2")),
    "two versions of a name": _versions(version("v1"), version("v1", False)),
    "a version that is none": _versions(version("V1")),
    "no schema": changed(_SMALL, *_ROOT[:-1], value=None),
    "a protected group": definition("things", "Thing", group="things.k8s.io"),
    "a protected group, not approved": changed(
        definition("things", "Thing", group="things.k8s.io"),
        "metadata",
        "annotations",
        value={"api-approved.kubernetes.io": "unapproved, a test"},
    ),
    "a protected group, approved by nobody": changed(
        definition("things", "Thing", group="things.k8s.io"),
        "metadata",
        "annotations",
        value={"api-approved.kubernetes.io": "yes"},
    ),
    "unknown fields preserved": changed(_SMALL, "spec", "preserveUnknownFields", value=True),
    "a root of another type": _root(type="string"),
    "a root without a type": changed(_SMALL, *_ROOT, value={"properties": {"a": _STRING}}),
    "a root that may be null": _root(nullable=True),
    "a root with additional properties": _root(additionalProperties=_STRING),
    "a field without a type": _with(a={"description": "none"}),
    "a field of an unknown type": _with(a={"type": "text"}),
    "a field of type null": _with(a={"type": "null"}),
    "an array without items": _with(a={"type": "array"}),
    "an array of items without a type": _with(a={"type": "array", "items": {"description": "x"}}),
    "unique items": _with(a={"type": "array", "items": _STRING, "uniqueItems": True}),
    "properties and additional ones": _with(
        a={"type": "object", "properties": {"b": _STRING}, "additionalProperties": _STRING}
    ),
    "a pattern that is none": _with(a={"type": "string", "pattern": "a("}),
    "a type in anyOf": _with(a={"type": "string", "anyOf": [{"type": "string"}]}),
    "a default in allOf": _with(a={"type": "string", "allOf": [{"default": "x"}]}),
    "a description in oneOf": _with(a={"type": "string", "oneOf": [{"description": "x", "title": "y"}]}),
    "something nullable in not": _with(a={"type": "string", "not": {"nullable": True}}),
    "a field in anyOf alone": _with(a={"type": "object", "anyOf": [{"properties": {"b": {"minimum": 1}}}]}),
    "items in allOf alone": _with(a={"type": "object", "allOf": [{"items": {"minLength": 1}}]}),
    "additional properties in allOf": _with(
        a={
            "type": "object",
            "additionalProperties": _STRING,
            "allOf": [{"additionalProperties": {"minLength": 1}}],
        }
    ),
    "metadata in anyOf": _root(
        properties={"metadata": {"type": "object"}}, anyOf=[{"properties": {"metadata": {}}}]
    ),
    "names in the metadata": _root(
        properties={
            "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}
        }
    ),
    "labels in the metadata": _root(
        properties={"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}
    ),
    "a description of the metadata": _root(properties={"metadata": {"type": "object", "description": "x"}}),
    "metadata of another type": _root(properties={"metadata": {"type": "string"}}),
    "a kind of another type": _root(properties={"kind": {"type": "integer"}}),
    "int or string": _with(a={"x-kubernetes-int-or-string": True}),
    "int or string of two types": _with(
        a={"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
    ),
    "int or string of two types, refined": _with(
        a={
            "x-kubernetes-int-or-string": True,
            "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"pattern": "^a"}],
        }
    ),
    "int or string, preserved": _with(
        a={"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True}
    ),
    "preserve is false": _with(a={"type": "object", "x-kubernetes-preserve-unknown-fields": False}),
    "an embedded resource of no type": _with(a={"x-kubernetes-embedded-resource": True}),
    "an embedded string": _with(a={"type": "string", "x-kubernetes-embedded-resource": True}),
    "an embedded resource without fields": _with(
        a={"type": "object", "x-kubernetes-embedded-resource": True}
    ),
    "a map without keys": _with(a={**_LIST_OF, "x-kubernetes-list-type": "map"}),
    "a map by a key that is none": _with(
        a={**_LIST_OF, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["z"]}
    ),
    "a map by an object": _with(
        a={**_LIST_OF, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["o", "k"]}
    ),
    "a map by a key twice": _with(
        a={**_LIST_OF, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k", "k"]}
    ),
    "a map of strings": _with(
        a={
            "type": "array",
            "items": _STRING,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["k"],
        }
    ),
    "a map of what may be null": _with(
        a={
            "type": "array",
            "items": {
                "type": "object",
                "nullable": True,
                "required": ["k"],
                "properties": {"k": {"type": "string", "nullable": True}},
            },
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["k"],
        }
    ),
    "keys without a map": _with(a={**_LIST_OF, "x-kubernetes-list-map-keys": ["k"]}),
    "keys of a set": _with(
        a={
            "type": "array",
            "items": _STRING,
            "x-kubernetes-list-type": "set",
            "x-kubernetes-list-map-keys": ["k"],
        }
    ),
    "a set of objects": _with(a={**_LIST_OF, "x-kubernetes-list-type": "set"}),
    "a set of lists that are sets": _with(
        a={
            "type": "array",
            "x-kubernetes-list-type": "set",
            "items": {"type": "array", "items": _STRING, "x-kubernetes-list-type": "set"},
        }
    ),
    "a list of another type": _with(a={**_LIST_OF, "x-kubernetes-list-type": "bag"}),
    "a list type of a string": _with(a={"type": "string", "x-kubernetes-list-type": "atomic"}),
    "a list type of nothing": _with(
        a={"x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-list-type": "atomic"}
    ),
    "a map type of a string": _with(a={"type": "string", "x-kubernetes-map-type": "atomic"}),
    "a map type of another name": _with(a={"type": "object", "x-kubernetes-map-type": "loose"}),
    "a default of another type": _with(a={"type": "string", "default": 5}),
    "a default beyond its bounds": _with(a={"type": "integer", "default": 5, "maximum": 3}),
    "a default with unknown fields": _with(
        a={"type": "object", "properties": {"b": _STRING}, "default": {"c": 1}}
    ),
    "a default that lacks what is required": _with(
        a={"type": "object", "required": ["b"], "properties": {"b": _STRING}, "default": {}}
    ),
    "a default of null": _with(a={"type": "string", "default": None, "nullable": True}),
    "a default in the metadata": _root(
        properties={
            "metadata": {"type": "object", "properties": {"name": {"type": "string", "default": "x"}}}
        }
    ),
    "an id": _with(a={"type": "string", "id": "x"}),
    "a reference": _with(a={"type": "string", "$ref": "#/x"}),
    "definitions": _with(a={"type": "string", "definitions": {"b": _STRING}}),
    "dependencies": _with(a={"type": "object", "dependencies": {"b": ["c"]}}),
    "pattern properties": _with(a={"type": "object", "patternProperties": {"b": _STRING}}),
    "additional items": _with(a={"type": "array", "items": _STRING, "additionalItems": False}),
    "items that are many": _with(a={"type": "array", "items": [_STRING, _STRING]}),
    "an unknown format": _with(a={"type": "string", "format": "zip-code"}),
    "an unknown format of a number": _with(a={"type": "integer", "format": "uint8"}),
    "an unknown field of a schema": _with(a={"type": "string", "maxLen": 5}),
    "a field of a schema of another type": _with(a={"type": "string", "maxLength": "x"}),
    "refined at the root with a status": changed(
        _one(subresources={"status": {}}), *_ROOT, "oneOf", value=[{"required": ["spec"]}]
    ),
    "a column without anything": _one(additionalPrinterColumns=[{}]),
    "a column of another type": _one(
        additionalPrinterColumns=[{"name": "A", "type": "text", "jsonPath": ".spec.a", "format": "x"}]
    ),
    "a column of a path without a dot": _one(
        additionalPrinterColumns=[{"name": "A", "type": "string", "jsonPath": "spec.a"}]
    ),
    "a scale without paths": _one(subresources={"scale": {"specReplicasPath": ""}}),
    "a scale of other paths": _one(
        subresources={
            "scale": {
                "specReplicasPath": ".status.a",
                "statusReplicasPath": "status.b",
                "labelSelectorPath": ".metadata.c",
            }
        }
    ),
    "a selectable field without a path": _one(selectableFields=[{"jsonPath": ""}]),
    "a selectable field that is not there": _one(selectableFields=[{"jsonPath": ".spec.a"}]),
    "a selectable field of an object": _one(selectableFields=[{"jsonPath": ".spec"}]),
    "a selectable field of a list": _one(selectableFields=[{"jsonPath": ".spec[0]"}]),
    "selectable fields, two alike": _one(
        schema=schema(spec={"type": "object", "properties": {"a": _STRING}}),
        selectableFields=[{"jsonPath": ".spec.a"}, {"jsonPath": ".spec.a"}],
    ),
    "selectable fields, nine": _one(
        schema=schema(spec={"type": "object", "properties": {f"a{n}": _STRING for n in range(9)}}),
        selectableFields=[{"jsonPath": f".spec.a{n}"} for n in range(9)],
    ),
    "a warning of no deprecation": _one(deprecationWarning="old"),
    "an empty warning": _one(deprecated=True, deprecationWarning=""),
    "a long warning": _one(deprecated=True, deprecationWarning="x" * 257),
    "a warning that cannot be printed": _one(deprecated=True, deprecationWarning="a\u0007"),
    "another conversion": changed(_SMALL, "spec", "conversion", value={"strategy": "Magic"}),
    "a webhook of no conversion": changed(
        _SMALL,
        "spec",
        "conversion",
        value={"strategy": "None", "webhook": {"conversionReviewVersions": ["v1"]}},
    ),
    "a rule of nothing": _with(a={"type": "string", "x-kubernetes-validations": [{"rule": " "}]}),
    "a rule with an empty message": _with(
        a={"type": "string", "x-kubernetes-validations": [{"rule": "true", "message": " "}]}
    ),
    "a rule of two lines": _with(
        a={"type": "string", "x-kubernetes-validations": [{"rule": "true ||\nfalse"}]}
    ),
    "a rule of another reason": _with(
        a={"type": "string", "x-kubernetes-validations": [{"rule": "true", "reason": "Because"}]}
    ),
    "two versions, the second bad": _versions(
        version("v1"), version("v2", False, schema=schema(spec={"type": "object", "nullable": "x"}))
    ),
    "two versions, the second without a type": _versions(
        version("v1"), version("v2", False, schema=schema(spec={"description": "x"}))
    ),
    "a version that is not served": _versions(version("v1"), {**version("v2", False), "served": False}),
}
