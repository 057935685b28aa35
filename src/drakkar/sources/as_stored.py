"""Makes of an object as a user wrote it the one that an API server would have stored: defaults, and quantities as text."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from drakkar.api import defaults
from drakkar.api.conversion import from_v1beta1
from drakkar.api.object import Object
from drakkar.api.resource import API_VERSION
from drakkar.sources.source import InputError

_AMOUNTS = frozenset({"capacity", "counters", "allocatable", "requests", "limits", "overhead"})
_WALKED = frozenset({dict, list})
_DEFAULTS: dict[str, Callable[[Object], None]] = {
    "ResourceClaim": defaults.claim,
    "ResourceClaimTemplate": defaults.claim_template,
}
_NUMBERS = frozenset({int, float})


def normal(value: Any, amounts: bool = False) -> Any:
    """The value without nulls, which mean the same as nothing, and with amounts written as numbers (`cpu: 4`) as text; itself
    where there is nothing to change.

    `amounts` says that numbers in here are amounts.
    """
    kind = type(value)
    if kind is dict:
        changed: dict[str, Any] = {}
        drops = False
        for key, inner in value.items():
            if inner is None:
                drops = True
            elif type(inner) in _WALKED:
                now = normal(inner, amounts or (key in _AMOUNTS and type(inner) is dict))
                if now is not inner:
                    changed[key] = now
            elif amounts and type(inner) in _NUMBERS:
                changed[key] = str(inner)
        if not changed and not drops:
            return value
        return {key: changed.get(key, inner) for key, inner in value.items() if inner is not None}
    if kind is list:
        made = [normal(inner, amounts) for inner in value]
        return made if any(now is not inner for now, inner in zip(made, value, strict=True)) else value
    return str(value) if amounts and kind in _NUMBERS else value


def with_defaults(obj: Object) -> Object:
    """A copy of an object of a DRA kind with its defaults (dra-semantics 1.5.4); other kinds have none that are gone by."""
    fill = _DEFAULTS.get(obj["kind"])
    if fill is None:
        return obj
    filled = {**obj, "spec": copy.deepcopy(obj.get("spec") or {})}
    fill(filled)
    return filled


def as_stored(obj: Object) -> Object:
    """An object of a DRA kind in the version in which it is stored, v1. InputError for a version that there is not, and for an
    object that is none of its version's.
    """
    version = str(obj["apiVersion"]).rpartition("/")[2]
    if version == "v1beta1":
        try:
            obj = from_v1beta1(obj)
        except (AttributeError, TypeError, ValueError) as error:
            raise InputError([f"cannot be read as v1beta1: {error}"]) from None
    elif version not in ("v1", "v1beta2") and not (
        obj["kind"] == "DeviceTaintRule" and version == "v1alpha3"
    ):
        raise InputError([f"apiVersion {obj['apiVersion']}: want resource.k8s.io/v1, v1beta2 or v1beta1"])
    return {**obj, "apiVersion": API_VERSION}
