"""Parts of objects as Go writes the types inside its API server: Go's field names, all fields, null for absent.

That form never travels; it shows only in messages which repeat a part of an object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from drakkar.api.object import Object

# A field: its name there, its name on the wire, and how to write it.
_Field = tuple[str, str, Callable[[Any], Any]]


def _plain(value: Any) -> Any:
    return value


def _string(value: Any) -> Any:
    return value or ""


def _number(value: Any) -> Any:
    return value or 0


def _listed(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: None if values is None else [item(value) for value in values]


def _struct(fields: Iterable[_Field], *, embedded: bool = False) -> Callable[[Any], Any]:
    """A struct behind a pointer, or one that is always there."""
    listed = tuple(fields)

    def write(value: Any) -> Any:
        if value is None and not embedded:
            return None
        return {name: form((value or {}).get(key)) for name, key, form in listed}

    return write


_SELECTORS = _listed(_struct([("CEL", "cel", _struct([("Expression", "expression", _string)]))]))
_TOLERATIONS = _listed(
    _struct(
        [
            ("Key", "key", _string),
            ("Operator", "operator", _string),
            ("Value", "value", _string),
            ("Effect", "effect", _string),
            ("TolerationSeconds", "tolerationSeconds", _plain),
        ]
    )
)
_CAPACITY = _struct([("Requests", "requests", _plain)])
_DERIVED = _listed(_struct([("Name", "name", _string), ("Expression", "expression", _string)]))
_CLASS: list[_Field] = [
    ("DeviceClassName", "deviceClassName", _string),
    ("Selectors", "selectors", _SELECTORS),
]
_AMOUNT: list[_Field] = [("AllocationMode", "allocationMode", _string), ("Count", "count", _number)]
_REST: list[_Field] = [
    ("Tolerations", "tolerations", _TOLERATIONS),
    ("Capacity", "capacity", _CAPACITY),
    ("DerivedAttributes", "derivedAttributes", _DERIVED),
]
_EXACTLY = _struct([*_CLASS, *_AMOUNT, ("AdminAccess", "adminAccess", _plain), *_REST])
_ALTERNATIVES = _listed(_struct([("Name", "name", _string), *_CLASS, *_AMOUNT, *_REST]))
_REQUESTS = _listed(
    _struct(
        [
            ("Name", "name", _string),
            ("Exactly", "exactly", _EXACTLY),
            ("FirstAvailable", "firstAvailable", _ALTERNATIVES),
        ]
    )
)
_CONSTRAINTS = _listed(
    _struct(
        [
            ("Requests", "requests", _plain),
            ("MatchAttribute", "matchAttribute", _plain),
            ("DistinctAttribute", "distinctAttribute", _plain),
        ]
    )
)
_OPAQUE = _struct([("Driver", "driver", _string), ("Parameters", "parameters", _plain)])
_CONFIG = _listed(_struct([("Requests", "requests", _plain), ("Opaque", "opaque", _OPAQUE)]))
_DEVICES = _struct(
    [
        ("Requests", "requests", _REQUESTS),
        ("Constraints", "constraints", _CONSTRAINTS),
        ("Config", "config", _CONFIG),
    ],
    embedded=True,
)
_CLAIM_SPEC = _struct([("Devices", "devices", _DEVICES)], embedded=True)
_REQUIREMENTS = _listed(
    _struct([("Key", "key", _string), ("Operator", "operator", _string), ("Values", "values", _plain)])
)
_TERMS = _listed(
    _struct(
        [
            ("MatchExpressions", "matchExpressions", _REQUIREMENTS),
            ("MatchFields", "matchFields", _REQUIREMENTS),
        ]
    )
)
_SCOPES = _struct(
    [
        (
            "MatchExpressions",
            "matchExpressions",
            _listed(
                _struct(
                    [
                        ("ScopeName", "scopeName", _string),
                        ("Operator", "operator", _string),
                        ("Values", "values", _plain),
                    ]
                )
            ),
        )
    ]
)
_ATTRIBUTE = _struct(
    [
        (f"{kind.capitalize()}Value{plural}", f"{kind}{plural}", _plain)
        for plural in ("", "s")
        for kind in ("int", "bool", "string", "version")
    ],
    embedded=True,
)


def template_spec(spec: Object) -> Any:
    """The spec of a claim template: metadata is spread over it, with its names on the wire."""
    metadata = spec.get("metadata") or {}
    shown = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    return shown | {"Spec": _CLAIM_SPEC(spec.get("spec"))}


def node_selector_terms(terms: list[Object] | None) -> Any:
    """The terms of a node selector."""
    return _TERMS(terms)


def device_attribute(attribute: Object) -> Any:
    """An attribute of a device."""
    return _ATTRIBUTE(attribute)


def scope_selector(selector: Object) -> Any:
    """What selects the objects that a quota counts."""
    return _SCOPES(selector)
