"""Puts the rules of the DRA kinds, which are `drakkar.validation`'s, into the terms of the API server."""

from __future__ import annotations

from drakkar import validation
from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.apiserver.kinds.strategy import Facts, Strategy
from drakkar.validation.field_error import FieldError

_DEVICE_KEY = ("driver", "pool", "device", "shareID")


class DeviceStrategy(Strategy):
    """A strategy that asks the rules of DRA kinds, which know the old object and the feature gates by themselves."""

    def problems(self, new: Object, old: Object | None, facts: Facts) -> list[FieldError]:
        """What is wrong with a completed object, or with replacing `old` by it."""
        features, labels = Features.from_gates(facts.gates), dict(facts.home_labels)
        return validation.validate(new["kind"], new, old, features, labels)


class ClaimStrategy(DeviceStrategy):
    """The rules of a claim and of its status."""

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with the status of `new`, from which released devices are dropped first, in place."""
        _drop_released(old.get("status") or {}, new["status"])
        return validation.validate_status(new, old, dict(facts.home_labels))


class TaintRuleStrategy(DeviceStrategy):
    """The rules of a DeviceTaintRule and of its status."""

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with the status of `new`."""
        return validation.validate_taint_rule_status(new)


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
