"""Which taints drive pods off which devices: those of devices in slices, and those of rules; pure (dra-semantics 6.2)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final, NamedTuple

from drakkar.allocator import tolerates
from drakkar.api.object import Uid
from drakkar.api.resource import (
    DeviceRequestAllocationResult,
    DeviceTaint,
    DeviceTaintRule,
    ResourceClaim,
    ResourceSlice,
)
from drakkar.api.time import time_or_none

NO_EXECUTE: Final = "NoExecute"
_LONG_AGO: Final = datetime.datetime.min.replace(tzinfo=datetime.UTC)


class PoolKey(NamedTuple):
    """What names a pool."""

    driver: str
    pool: str


class Leave(NamedTuple):
    """When a pod has to go, and the rules, by uid, that have part in it."""

    when: datetime.datetime
    rules: frozenset[Uid]


def earliest(one: Leave | None, other: Leave | None) -> Leave | None:
    """Both together."""
    if one is None or other is None:
        return one or other
    return Leave(min(one.when, other.when), one.rules | other.rules)


def pool_of(result: DeviceRequestAllocationResult) -> PoolKey:
    """The pool that an allocated device is from."""
    return PoolKey(result.driver, result.pool)


def selects(rule: DeviceTaintRule, driver: str, pool: str, device: str) -> bool:
    """Whether a rule is about a device; one without a selector is about none."""
    selector = rule.spec.device_selector
    if selector is None:
        return False
    return (
        selector.driver in (None, driver)
        and selector.pool in (None, pool)
        and selector.device in (None, device)
    )


class DrivingTaints:
    """Kept up by slices and rules. A device is looked up in its pool's highest generation."""

    def __init__(self) -> None:
        self._pools: dict[PoolKey, dict[str, ResourceSlice]] = {}
        self._rules: dict[Uid, DeviceTaintRule] = {}
        self._tainted: set[str] = set()

    def slice_changed(self, old: ResourceSlice | None, new: ResourceSlice | None) -> bool:
        """Take in a slice; whether that may matter to anybody."""
        for one in (old, new):
            if one is None:
                continue
            key, name = PoolKey(one.spec.driver, one.spec.pool.name), one.metadata.name
            slices = self._pools.setdefault(key, {})
            if one is new:
                slices[name] = one
            else:
                slices.pop(name, None)
                if not slices:
                    del self._pools[key]
                self._tainted.discard(name)
        if new is not None and _taints_in(new):
            self._tainted.add(new.metadata.name)
        before, now = (None if one is None else (one.spec.pool, _taints_in(one)) for one in (old, new))
        # A new generation may be without the devices of the one before.
        return before != now and bool(self._tainted or (before and before[1]))

    def rule_changed(self, old: DeviceTaintRule | None, new: DeviceTaintRule | None) -> None:
        """Take in a rule."""
        if old is not None:
            self._rules.pop(old.metadata.uid, None)
        if new is not None and new.spec.taint.effect == NO_EXECUTE:
            self._rules[new.metadata.uid] = new

    @property
    def any(self) -> bool:
        """Whether there is any such taint at all."""
        return bool(self._tainted or self._rules)

    def leave(self, claim: ResourceClaim, as_if: DeviceTaintRule | None = None) -> Leave | None:
        """When whoever uses a claim has to go; None for as long as he likes. `as_if` is a rule that is taken for one with the
        effect NoExecute.
        """
        allocation = claim.status.allocation
        found: Leave | None = None
        for result in () if allocation is None else allocation.devices.results:
            for taint, rule in self._of(result, as_if):
                found = earliest(found, _leave(result, taint, rule))
        return found

    def _of(
        self, result: DeviceRequestAllocationResult, as_if: DeviceTaintRule | None
    ) -> Iterator[tuple[DeviceTaint, Uid | None]]:
        for slice_ in self._newest(pool_of(result)):
            device = next((one for one in slice_.spec.devices if one.name == result.device), None)
            if device is not None:
                yield from ((taint, None) for taint in device.taints if taint.effect == NO_EXECUTE)
                break
        for rule in (*self._rules.values(), *(() if as_if is None else (as_if,))):
            if selects(rule, result.driver, result.pool, result.device):
                yield rule.spec.taint, rule.metadata.uid

    def _newest(self, pool: PoolKey) -> list[ResourceSlice]:
        slices = self._pools.get(pool, {}).values()
        newest = max((one.spec.pool.generation for one in slices), default=0)
        return [one for one in slices if one.spec.pool.generation == newest]

    def published(self, rule: DeviceTaintRule) -> int:
        """How many devices that there are a rule is about."""
        return sum(
            selects(rule, *pool, device.name)
            for pool in self._pools
            for slice_ in self._newest(pool)
            for device in slice_.spec.devices
        )


def _taints_in(slice_: ResourceSlice) -> dict[str, tuple[DeviceTaint, ...]]:
    found = {
        one.name: tuple(taint for taint in one.taints if taint.effect == NO_EXECUTE)
        for one in slice_.spec.devices
        if one.taints
    }
    return {name: taints for name, taints in found.items() if taints}


def _leave(result: DeviceRequestAllocationResult, taint: DeviceTaint, rule: Uid | None) -> Leave | None:
    since = time_or_none(taint.time_added) or _LONG_AGO
    shortest: int | None = None
    for toleration in result.tolerations:
        if not tolerates(toleration, taint):
            continue
        if toleration.toleration_seconds is None:
            return None
        seconds = max(0, toleration.toleration_seconds)
        shortest = seconds if shortest is None else min(shortest, seconds)
    rules = frozenset(() if rule is None else (rule,))
    return Leave(since + datetime.timedelta(seconds=_bounded(shortest or 0)), rules)


def _bounded(seconds: int) -> int:
    # Longer than anything lasts, and no number that a date could not be moved by.
    return min(seconds, 100 * 366 * 24 * 3600)
