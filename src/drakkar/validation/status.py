"""ResourceClaim: its status, which changes around an allocation that does not (dra-semantics 1.6)."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.object import Object
from drakkar.validation import formats, names
from drakkar.validation.addresses import interface_address
from drakkar.validation.allocation import allocation
from drakkar.validation.claim import ADMIN_LABEL, admin_denied
from drakkar.validation.conditions import conditions
from drakkar.validation.configuration import raw_object
from drakkar.validation.field_error import Findings
from drakkar.validation.field_order import in_order
from drakkar.validation.field_values import items, mapping, same, text, unique, within
from drakkar.validation.request_names import request_names

_MOST_USERS = 256
_MOST_CONDITIONS = 8
_MOST_ADDRESSES = 16
_LONGEST_INTERFACE = 256
_LONGEST_HARDWARE = 128
_USER = ("apiGroup", "resource", "name", "uid")
_DEVICE_KEY = ("driver", "pool", "device", "shareID")
_DEVICE = (*_DEVICE_KEY, "conditions", "data", "networkData")
# What is written even where it has no value.
_USER_ALWAYS = {"resource": "", "name": "", "uid": ""}
_CONDITION = ("type", "status", "observedGeneration", "lastTransitionTime", "reason", "message")
_CONDITION_ALWAYS = {"type": "", "status": "", "lastTransitionTime": None, "reason": "", "message": ""}
_NETWORK = ("interfaceName", "ips", "hardwareAddress")
_DEVICE_ALWAYS = {"driver": "", "pool": "", "device": "", "conditions": None}


def claim_status(
    found: Findings, obj: Object, old: Object, namespace_labels: Mapping[str, str] | None
) -> None:
    """The status that a write would leave, beside the one that was there."""
    status, before = mapping(obj, "status"), mapping(old, "status")
    given, earlier = status.get("allocation"), before.get("allocation")
    _admin(found, _results(given), _results(earlier), namespace_labels)
    _users(found, items(status, "reservedFor"))
    _devices(found, items(status, "devices"), {_device_key(one) for one in _results(given)})
    _reservation(found, obj, status, before)
    if given is None:
        return
    if earlier is None:
        allocation(found, "status.allocation", given, request_names(mapping(obj, "spec")))
    elif not same(given, earlier):
        found.invalid("status.allocation", None, "field cannot be modified once set", declared=True)


def _results(given: Object | None) -> list[Object]:
    return items(mapping(given or {}, "devices"), "results")


def _device_key(device: Object) -> tuple[str, ...]:
    return tuple(text(device, part) for part in _DEVICE_KEY)


def _admin(
    found: Findings, results: list[Object], before: list[Object], namespace_labels: Mapping[str, str] | None
) -> None:
    """What was granted once stays granted."""
    if namespace_labels is None or namespace_labels.get(ADMIN_LABEL) == "true":
        return
    if any(result.get("adminAccess") for result in before):
        return
    for at, result in enumerate(results):
        if result.get("adminAccess"):
            admin_denied(found, f"status.allocation.devices.results[{at}].adminAccess")
            return


def _users(found: Findings, users: list[Object]) -> None:
    path = "status.reservedFor"
    if not within(found, path, users, _MOST_USERS):
        return
    for at, user in enumerate(users):
        for part in ("resource", "name", "uid"):
            if not text(user, part):
                found.required(f"{path}[{at}].{part}")
    unique(
        found, path, users, lambda user: text(user, "uid"), lambda user: in_order(_USER, user, _USER_ALWAYS)
    )


def _reservation(found: Findings, claim: Object, status: Object, before: Object) -> None:
    users = items(status, "reservedFor")
    if not users:
        return
    if status.get("allocation") is None:
        found.forbidden("status.reservedFor", "may not be specified when `allocated` is not set")
    elif mapping(claim, "metadata").get("deletionTimestamp"):
        known = {tuple(in_order(_USER, user).items()) for user in items(before, "reservedFor")}
        if any(tuple(in_order(_USER, user).items()) not in known for user in users):
            said = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"
            found.forbidden("status.reservedFor", said)


def _devices(found: Findings, devices: list[Object], allocated: set[tuple[str, ...]]) -> None:
    path = "status.devices"
    for at, device in enumerate(devices):
        _device(found, f"{path}[{at}]", device, allocated)
    unique(found, path, devices, _device_key, _written)


def _written(device: Object) -> Object:
    """A device's entry in the order in which messages show it."""
    whole = in_order(_DEVICE, device, _DEVICE_ALWAYS)
    if whole["conditions"] is not None:
        whole["conditions"] = [in_order(_CONDITION, one, _CONDITION_ALWAYS) for one in whole["conditions"]]
    if "networkData" in whole:
        whole["networkData"] = in_order(_NETWORK, whole["networkData"])
    return whole


def _device(found: Findings, path: str, device: Object, allocated: set[tuple[str, ...]]) -> None:
    names.driver(found, f"{path}.driver", text(device, "driver"))
    names.pool(found, f"{path}.pool", text(device, "pool"))
    names.label(found, f"{path}.device", text(device, "device"))
    share = device.get("shareID")
    if share is not None:
        found.each_invalid(f"{path}.shareID", share, formats.uuid(share), declared=True)
    key = _device_key(device)
    if key not in allocated:
        shown = dict(zip(("Driver", "Pool", "Device", "ShareID"), key, strict=True))
        found.invalid(path, shown, "must be an allocated device in the claim")
    given = items(device, "conditions")
    if len(given) > _MOST_CONDITIONS:
        found.too_many(f"{path}.conditions", len(given), _MOST_CONDITIONS)
    conditions(found, f"{path}.conditions", given)
    if device.get("data") is not None:
        raw_object(found, f"{path}.data", device["data"])
    _network(found, f"{path}.networkData", mapping(device, "networkData"))


def _network(found: Findings, path: str, data: Object) -> None:
    addresses = items(data, "ips")
    if formats.size(text(data, "interfaceName")) > _LONGEST_INTERFACE:
        found.too_long(f"{path}.interfaceName", _LONGEST_INTERFACE, declared=True)
    if within(found, f"{path}.ips", addresses, _MOST_ADDRESSES):
        for at, address in enumerate(addresses):
            interface_address(found, f"{path}.ips[{at}]", address)
        unique(found, f"{path}.ips", addresses, str)
    if formats.size(text(data, "hardwareAddress")) > _LONGEST_HARDWARE:
        found.too_long(f"{path}.hardwareAddress", _LONGEST_HARDWARE, declared=True)
