"""Whether what claims hold together is more than there is, which only allocators that did not know of each other bring about."""

from __future__ import annotations

from drakkar.allocator.device import DeviceEntry, DeviceKey
from drakkar.allocator.rules.counters import uses_of
from drakkar.allocator.supply.ledger import Ledger
from drakkar.allocator.supply.pool_usage import PoolUsage
from drakkar.allocator.supply.pools import Pool
from drakkar.api.object import Uid
from drakkar.api.quantity import Quantity, QuantityError

Overdrafts = dict[str, frozenset[Uid]]


def overdrawn(uid: Uid, pool: Pool, usage: PoolUsage, ledger: Ledger) -> Overdrafts:
    """The capacities and counters of the pool of which the claim has a part and there is less than nothing left; each
    with the uids of the other claims that have a part of it.
    """
    held = {DeviceKey(one.driver, one.pool, one.device) for one in ledger.of_claim(uid)}
    found: Overdrafts = {}
    for index, entry in enumerate(pool.devices):
        if entry.key not in held:
            continue
        consumed = dict(usage.consumed).get(index, ())
        for name in _over(entry, consumed):
            found[f"capacity {name} of device {entry.key}"] = ledger.holders(entry.key) - {uid}
        for (counter_set, name), left, position in zip(
            pool.counters, usage.left, range(len(usage.left)), strict=True
        ):
            if left < 0 and position in dict(uses_of(entry.device, _positions(pool))):
                found[f"counter {counter_set}/{name} of pool {pool.key[1]}"] = _users(
                    pool, position, ledger
                ) - {uid}
    return {what: others for what, others in found.items() if others}


def _over(entry: DeviceEntry, consumed: tuple[tuple[str, int], ...]) -> list[str]:
    names = []
    for name, nanos in consumed:
        capacity = entry.device.capacity.get(name)
        try:
            if capacity is not None and nanos > Quantity.parse(capacity.value).nanos:
                names.append(name)
        except QuantityError:
            continue
    return names


def _positions(pool: Pool) -> dict[tuple[str, str], int]:
    return {name: position for position, name in enumerate(pool.counters)}


def _users(pool: Pool, position: int, ledger: Ledger) -> frozenset[Uid]:
    positions = _positions(pool)
    users: set[Uid] = set()
    for entry in (*pool.devices, *pool.elsewhere):
        if ledger.in_use(entry.key) and position in dict(uses_of(entry.device, positions)):
            users |= ledger.holders(entry.key)
    return frozenset(users)
