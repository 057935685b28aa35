"""Small legal objects to start from, and the form in which tables of cases say what is wrong with a variant."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, NamedTuple

from drakkar.validation import FieldError

Object = dict[str, Any]
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
IDENTIFIER = (
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric "
    "characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is "
    "'[A-Za-z_][A-Za-z0-9_]*')"
)


class Case(NamedTuple):
    """One variant of an object: the rule it is about, the object and its errors as `field: message`."""

    rule: str
    obj: Object
    errors: list[str]
    old: Object | None = None

    def __repr__(self) -> str:
        return self.rule


def lines(errors: Iterable[FieldError]) -> list[str]:
    """Errors as people read them."""
    return [f"{error.field}: {error.message}" for error in errors]


def with_spec(kind: str, spec: Object) -> Object:
    metadata = {"name": "x"}
    if kind.startswith("ResourceClaim"):
        metadata["namespace"] = "default"
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": copy.deepcopy(spec),
    }


def exactly(name: str = "gpu", **fields: Any) -> Object:
    wanted = {"deviceClassName": "gpu.example.com", "allocationMode": "ExactCount", "count": 1}
    return {"name": name, "exactly": {**wanted, **fields}}


def alternative(name: str, **fields: Any) -> Object:
    return {"name": name, **exactly(**fields)["exactly"]}


def claim(*requests: Object, **devices: Any) -> Object:
    return with_spec("ResourceClaim", {"devices": {"requests": list(requests), **devices}})


def one_request(**fields: Any) -> Object:
    return claim(exactly(**fields))


def device(name: str = "d0", **fields: Any) -> Object:
    return {"name": name, **fields}


def slice_of(*devices: Object, **spec: Any) -> Object:
    given: Object = {
        "driver": "d.example",
        "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
        "nodeName": "n1",
        **({"devices": list(devices)} if devices else {}),
        **spec,
    }
    return with_spec("ResourceSlice", {key: value for key, value in given.items() if value is not None})


def rule(taint: Object | None = None, **selector: Any) -> Object:
    spec = {"deviceSelector": selector, "taint": taint or {"key": "k", "effect": "NoSchedule"}}
    return with_spec("DeviceTaintRule", spec)


def opaque(driver: str = "d.example", parameters: Any = None, **fields: Any) -> Object:
    given = {"kind": "Config"} if parameters is None else parameters
    return {"opaque": {"driver": driver, "parameters": given}, **fields}
