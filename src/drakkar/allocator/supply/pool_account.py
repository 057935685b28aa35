"""Who has what of a pool: its devices, and how much of each counter and capacity by which claim. Nothing is counted before
somebody asks."""

from __future__ import annotations

from functools import cached_property

from drakkar.allocator.compat import Quirks
from drakkar.allocator.device import DeviceKey
from drakkar.allocator.rules.counters import CounterName
from drakkar.allocator.rules.groups import Groups, baseline
from drakkar.allocator.rules.spending import Spending, spending
from drakkar.allocator.supply.ledger import Ledger
from drakkar.allocator.supply.pools import Pool
from drakkar.api.object import Uid
from drakkar.api.quantity import Quantity

_ZERO = Quantity(0)


class CounterAccount:
    """One counter: how much there is, how much is used, and by which claims, by uid."""

    __slots__ = ("total", "used", "users")

    def __init__(self, total: Quantity) -> None:
        self.total = total
        self.used = _ZERO
        self.users: dict[Uid, Quantity] = {}

    @property
    def left(self) -> Quantity:
        """Less than nothing where it is overdrawn."""
        return self.total - self.used


class PoolAccount:
    """For one pool, as long as neither it nor the ledger changes."""

    def __init__(self, pool: Pool, ledger: Ledger, quirks: Quirks) -> None:
        self.pool = pool
        self._ledger = ledger
        self._quirks = quirks

    @cached_property
    def _spending(self) -> Spending:
        pool = self.pool
        return spending(pool.key, (*pool.devices, *pool.elsewhere), pool.counters, self._ledger, self._quirks)

    @cached_property
    def counters(self) -> dict[CounterName, CounterAccount]:
        """By counter set and counter; none for a pool that cannot be used."""
        found = {name: CounterAccount(Quantity(nanos)) for name, nanos in self.pool.counters.items()}
        for key, uses in self._spending.uses:
            holders = sorted(self._ledger.holders(key))
            for use in uses:
                for name, counter in use.counters.items():
                    account = found.get((use.counter_set, name))
                    if account is None:
                        continue
                    amount = Quantity.parse(counter.value)
                    # As it is written of the devices is how it is read.
                    account.total = Quantity(account.total.nanos, amount.family)
                    account.used = amount + account.used
                    for uid in holders:
                        account.users[uid] = amount + account.users.get(uid, _ZERO)
        return found

    @cached_property
    def groups(self) -> dict[str, Groups]:
        """What the devices in use leave over of compatibility groups, by counter set."""
        spent = (uses for _, uses in self._spending.uses)
        return dict(zip(self.pool.sets, baseline(self.pool.sets, spent), strict=True))

    @property
    def unknown(self) -> tuple[DeviceKey, ...]:
        """Devices in use that nobody can say of what they take of the counters."""
        return self._spending.unknown

    def holders(self, key: DeviceKey) -> tuple[Uid, ...]:
        """The claims that have a device or a share of it."""
        return tuple(sorted(self._ledger.holders(key)))

    def users_of_set(self, name: str) -> tuple[Uid, ...]:
        """The claims that use any counter of a set."""
        users = {uid for slot, account in self.counters.items() if slot[0] == name for uid in account.users}
        return tuple(sorted(users))

    def overdrawn_by(self) -> tuple[Uid, ...]:
        """The claims that use counters of which more is used than there is."""
        over = (account for account in self.counters.values() if account.left.nanos < 0)
        return tuple(sorted({uid for account in over for uid in account.users}))

    def sharers(self, key: DeviceKey, capacity: str) -> tuple[Uid, ...]:
        """The claims that consume some of a device's capacity."""
        return tuple(uid for uid in self.holders(key) if self.shares(uid, key, capacity))

    def shares(self, uid: Uid, key: DeviceKey, capacity: str) -> tuple[Quantity, ...]:
        """How much of a device's capacity a claim has, share by share."""
        return tuple(
            Quantity.parse(one.consumed_capacity[capacity])
            for one in self._ledger.of_claim(uid)
            if capacity in one.consumed_capacity and (one.driver, one.pool, one.device) == key
        )

    def consumed(self, key: DeviceKey) -> tuple[tuple[str, int], ...]:
        """What shares of a device consume of its capacities, in nano-units."""
        amounts = self._ledger.consumed(key)
        return tuple((name, amounts[name].nanos) for name in sorted(amounts))

    def holdings(self) -> dict[Uid, list[DeviceKey]]:
        """Every claim that has something of the pool, by uid, and what it has there."""
        pool, ledger = self.pool, self._ledger
        published = (entry for slice_ in pool.slices for entry in slice_.devices)
        keys = dict.fromkeys(entry.key for entry in (*published, *pool.elsewhere))
        if pool.sets:
            # What is no longer published may use counters.
            keys |= dict.fromkeys(sorted(ledger.in_pool(pool.key)))
        found: dict[Uid, list[DeviceKey]] = {}
        for key in keys:
            for uid in self.holders(key):
                found.setdefault(uid, []).append(key)
        return found
