"""Puts the rules of the DRA kinds, which are `drakkar.validation`'s, into the terms of the API server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drakkar import validation
from drakkar.api.features import Features
from drakkar.apiserver.errors import Cause
from drakkar.validation import FieldError

Object = dict[str, Any]

_GROUP = "resource.k8s.io/"
_DEVICE_KEY = ("driver", "pool", "device", "shareID")


def concerns(resource: str) -> bool:
    """Whether the store's resource is one of these kinds."""
    return resource.startswith(_GROUP)


def _causes(found: Iterable[FieldError]) -> list[Cause]:
    return [Cause(error.reason, error.message, error.field) for error in found]


def problems(new: Object, old: Object | None, labels: dict[str, str], gates: frozenset[str]) -> list[Cause]:
    """What is wrong with a new object, or with replacing `old` by it, under the feature gates that are on.

    `labels` are those of the object's namespace.
    """
    features = Features.from_gates(gates)
    return _causes(validation.validate(new["kind"], new, old, features, labels))


def status_problems(resource: str, new: Object, old: Object, labels: dict[str, str]) -> list[Cause]:
    """What is wrong with the status of `new`, from which released devices are dropped first, in place."""
    if resource == f"{_GROUP}devicetaintrules":
        return _causes(validation.validate_taint_rule_status(new))
    if resource != f"{_GROUP}resourceclaims":
        return []
    _drop_released(old.get("status") or {}, new["status"])
    return _causes(validation.validate_status(new, old, labels))


def _key(device: Object) -> tuple[str, ...]:
    return tuple(str(device.get(field) or "") for field in _DEVICE_KEY)


def _results(status: Object) -> list[Object]:
    found: list[Object] = ((status.get("allocation") or {}).get("devices") or {}).get("results") or []
    return found


def _drop_released(old: Object, new: Object) -> None:
    """Take out what the status says about devices that this very write deallocates (dra-semantics 1.6.5)."""
    devices = new.get("devices")
    if not devices:
        return
    released = {_key(r) for r in _results(old)} - {_key(r) for r in _results(new)}
    left = [device for device in devices if _key(device) not in released]
    if left:
        new["devices"] = left
    else:
        del new["devices"]
