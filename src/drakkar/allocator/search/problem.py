"""One call on one node, for the search to ask: which states follow a state (dra-semantics 3.4 to 3.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple, Protocol

from msgspec.structs import replace

from drakkar.allocator.demand.kinds import Scope, Value
from drakkar.allocator.demand.layout import Layout, bits
from drakkar.allocator.objections import Lack
from drakkar.allocator.outcome import RefusedError
from drakkar.allocator.rules.constraints import Rule, Seen, admit, elements
from drakkar.allocator.rules.counters import Short, charge
from drakkar.allocator.rules.groups import Groups, join
from drakkar.allocator.rules.requests import CLAIM_LIMIT, Ask, Plan
from drakkar.allocator.search.like_requests import LikeRequests
from drakkar.allocator.search.node_usage import node_usage
from drakkar.allocator.search.state import Choice, State
from drakkar.allocator.supply.pool_usage import PoolUsage
from drakkar.allocator.switches import Switches


class TooMany:
    """What a state says whose claim would have more results than a claim may have (dra-semantics 3.4.6)."""


TOO_MANY: Final = TooMany()


class Step(Enum):
    """The checks of one device, in the words of dra-semantics 3.6.1."""

    HELD = "held"
    REFUSED = "refused"
    GROUPS = "groups"
    OVERDRAWN = "overdrawn"
    COUNTER = "counter"
    TAINT = "taint"
    CONSTRAINT = "constraint"
    CAPACITY = "capacity"


class Rejection(NamedTuple):
    """Why a device cannot be chosen in a state: which check says so, about what, and how much is missing."""

    step: Step
    subject: int | str = 0
    amount: int = 0


_Spent = tuple[tuple[int, ...], tuple[Groups, ...]]
_Shares = Mapping[int, Mapping[str, int]]
# Made once: most of them nobody hears.
_HELD = Rejection(Step.HELD)
_REFUSED = Rejection(Step.REFUSED)
_GROUPS = Rejection(Step.GROUPS)
_OVERDRAWN = Rejection(Step.OVERDRAWN)
_TAINT = Rejection(Step.TAINT)


class Faults(Protocol):
    """Makes the errors that end a call, once the search has come to what is at fault."""

    def of_all(self, ask: Ask) -> RefusedError:
        """A request asks for all devices, and which these are cannot be told."""

    def of_device(self, ask: Ask, device: int) -> RefusedError:
        """A request cannot be asked of a device."""

    def of_value(self, ask: Ask, device: int, constraint: int) -> RefusedError:
        """A device has no value for a constraint to look at."""

    def of_constraint(self, ask: Ask, device: int) -> RefusedError:
        """A device that must be chosen breaks a constraint."""


class Witness:
    """What the problem says of its own accord; nothing unless somebody listens."""

    def passed_over(self, state: State, ask: Ask, open_: int) -> None:
        """Only these devices are tried for a request."""

    def rejected(self, state: State, ask: Ask, device: int, why: Rejection) -> None:
        """A device was tried and cannot be chosen."""

    def chosen(self, ask: Ask, device: int) -> None:
        """A device is chosen, for now."""

    def gave_up(self, ask: Ask, why: Lack) -> None:
        """A request cannot be met in a state."""


class Problem:
    """The claims against a layout and what of its pools is in use."""

    def __init__(
        self,
        *,
        plan: Plan,
        scopes: Sequence[Sequence[Scope]],
        layout: Layout,
        usages: Sequence[PoolUsage],
        switches: Switches,
        faults: Faults,
        witness: Witness | None = None,
    ) -> None:
        self.plan = plan
        self.scopes = scopes
        self.layout = layout
        self.switches = switches
        self.quirks = switches.quirks
        self._faults = faults
        self._witness = witness
        self._every: dict[int, list[int]] = {}
        self.like_requests: LikeRequests | None = None
        usage = node_usage(layout, usages)
        self.in_use = usage.taken
        self.shared = usage.shared
        self.consumed = usage.consumed
        self.left = usage.left
        self.start_groups = usage.groups
        self.blocked_pools = usage.overdrawn if self.quirks.k5_overdrawn_counters else frozenset[int]()
        self.about = [self._constraints_about(ask) for ask in plan.asks]
        # Whether the search can come to something that ends the call: then nothing may be passed over unseen.
        ending = self._ending()
        self.strict = layout.strict or bool(ending)
        # Which of these is taken decides what such a request comes to first, so that none stands in for another.
        self.unlike = layout.multi
        for index in ending:
            self.unlike |= layout.fits[index]

    def _constraints_about(self, ask: Ask) -> list[tuple[int, Rule, list[Value]]]:
        """Which constraints of its claim are about a request, with the values that each device has for them."""
        return [
            (number, scope.rule, self.layout.values[scope.sources[ask.index]])
            for number, scope in enumerate(self.scopes[ask.claim_index])
            if ask.index in scope.sources
        ]

    def _ending(self) -> list[int]:
        """The requests for all devices of which one that breaks a constraint ends the call."""
        if not self.quirks.k4_all_constraint_fatal:
            return []
        return [ask.index for ask in self.plan.asks if ask.every and self.about[ask.index]]

    def start(self) -> State:
        """Nothing chosen yet."""
        return State(
            claim=0,
            wish=0,
            ask=None,
            chosen=0,
            cursor=0,
            in_claim=0,
            last=None,
            asks=(),
            taken=0,
            plain=0,
            here=0,
            seen=self._unseen(0),
            used=(0,) * len(self.left),
            groups=self.start_groups,
            shares={},
        )

    def done(self, state: State) -> bool:
        """Whether nothing is left to choose."""
        return state.claim == len(self.plan.claims)

    def chooses_alternative(self, state: State) -> bool:
        """Whether what follows are the alternatives of a request."""
        wishes = self.plan.claims[state.claim].wishes
        return state.ask is None and state.wish < len(wishes) and wishes[state.wish].chosen_among

    def blocked(self, state: State, ask: Ask) -> int:
        """The devices that a request cannot have because somebody has them."""
        if ask.admin:
            return state.here
        held = state.taken if self.quirks.k7_admin_blocks else state.plain | state.here
        return held | self.in_use

    def count(self, ask: Ask) -> int:
        """How many devices a request takes; RefusedError when it asks for all and that cannot be told."""
        return len(self.every(ask)) if ask.every else ask.count

    def every(self, ask: Ask) -> list[int]:
        """What a request for all devices takes (dra-semantics 3.3.4)."""
        found = self._every.get(ask.index)
        if found is None:
            if self.layout.fails[ask.index] or not self.layout.usable:
                raise self._faults.of_all(ask)
            found = self._every[ask.index] = bits(self.layout.fits[ask.index])
        return found

    def successors(self, state: State) -> Iterator[State | TooMany]:
        """The states one choice further on, in the order in which they are to be tried."""
        wishes = self.plan.claims[state.claim].wishes
        if state.wish == len(wishes):
            yield self._next_claim(state)
            return
        ask = state.ask
        if ask is None:
            for other in wishes[state.wish].asks:
                yield self._within(state, other)
            return
        count = self.count(ask)
        if ask.every and not count:
            self._give_up(ask, Lack.NONE_SELECTED)
            return
        if state.chosen == count:
            yield self._next_wish(state)
            return
        if count - state.chosen > CLAIM_LIMIT - state.in_claim:
            self._give_up(ask, Lack.CLAIM_LIMIT)
            yield TOO_MANY
            return
        if ask.every:
            further = self._take(state, ask, self.every(ask)[state.chosen])
            if further is not None:
                yield further
            return
        yield from self._devices(state, ask, count - state.chosen)

    def _devices(self, state: State, ask: Ask, needed: int) -> Iterator[State]:
        layout = self.layout
        failing = layout.fails[ask.index]
        unheld = ~self.blocked(state, ask) & -(1 << self.first(state, ask))
        open_ = (layout.choices[ask.index] | failing) & unheld
        if self._witness is not None:
            self._witness.passed_over(state, ask, open_)
        exact = self.strict or self._witness is not None
        # Devices that are alike are alike in what they lead to: one that led nowhere speaks for the others.
        led_nowhere: set[object] = set()
        while open_:
            if not exact and open_.bit_count() < needed:
                break
            low = open_ & -open_
            open_ ^= low
            device = low.bit_length() - 1
            if low & failing:
                raise self._faults.of_device(ask, device)
            alike = self.alike(state, device) if self._witness is None else device
            if alike in led_nowhere:
                continue
            further = self._take(state, ask, device)
            if further is not None:
                yield further
            led_nowhere.add(alike)
        self._give_up(ask, Lack.TOO_FEW)

    def first(self, state: State, ask: Ask) -> int:
        """From where on a request looks for its next device."""
        if self.like_requests is not None:
            return self.like_requests.first(state, ask)
        return 0 if self.switches.stable else state.cursor

    def keep_order(self) -> None:
        """From now on, like requests have their devices in order: what breaks it leads nowhere that is new."""
        traded = not self.strict and not self.switches.stable and self._witness is None
        # Values of no one type are judged by what came before them, so that trading devices would make a difference.
        if traded and all(self.switches.lists or _of_one_type(column) for column in self.layout.values):
            self.like_requests = LikeRequests(self.plan, self.scopes, self.layout)

    def alike(self, state: State, device: int) -> object:
        """Equal for two devices if one could be chosen in place of the other."""
        low = 1 << device
        if low & self.unlike:
            return device
        held = (self.in_use & low > 0, state.taken & low > 0, state.plain & low > 0)
        return self.layout.classes[device], held, self.consumed.get(device)

    def _give_up(self, ask: Ask, why: Lack) -> None:
        if self._witness is not None:
            self._witness.gave_up(ask, why)

    def _unseen(self, claim: int) -> tuple[Seen, ...]:
        return ((),) * len(self.scopes[claim]) if claim < len(self.scopes) else ()

    def _next_claim(self, state: State) -> State:
        claim = state.claim + 1
        return replace(
            state,
            claim=claim,
            wish=0,
            ask=None,
            chosen=0,
            cursor=0,
            in_claim=0,
            here=0,
            seen=self._unseen(claim),
        )

    def _next_wish(self, state: State) -> State:
        return replace(state, wish=state.wish + 1, ask=None, chosen=0, cursor=0)

    def _within(self, state: State, ask: Ask) -> State:
        return replace(state, ask=ask, chosen=0, cursor=0, asks=(*state.asks, ask))

    def _take(self, state: State, ask: Ask, device: int) -> State | None:
        found = self.take(state, ask, device)
        if isinstance(found, State):
            if self._witness is not None:
                self._witness.chosen(ask, device)
            return found
        if self._witness is not None:
            self._witness.rejected(state, ask, device, found)
        return None

    def take(self, state: State, ask: Ask, device: int) -> State | Rejection:
        """The state with the device chosen, or why it cannot be: the steps of dra-semantics 3.6.1 in their order."""
        layout, low = self.layout, 1 << device
        if low & self.blocked(state, ask):
            return _HELD
        lacking = self._lacking(state, ask, device) if layout.kinds[device].room else None
        # Upstream looks at the room of a device that it has a choice about before all else, of others last.
        if lacking is not None and not ask.every:
            return lacking
        if low & layout.refused:
            return _REFUSED
        spent = self._spent(state, ask, device)
        if isinstance(spent, Rejection):
            return spent
        if low & layout.untolerated[ask.index]:
            return _TAINT
        seen = self._compared(state, ask, device) if self.about[ask.index] else state.seen
        if isinstance(seen, Rejection):
            return seen
        if lacking is not None:
            return lacking
        shares = state.shares
        if layout.multi & low:
            shares, low = self._shared(shares, ask, device), 0
        return replace(
            state,
            ask=ask,
            chosen=state.chosen + 1,
            cursor=device + 1,
            in_claim=state.in_claim + 1,
            last=Choice(state.last, ask, device, state.depth + 1),
            taken=state.taken | low,
            plain=state.plain if ask.admin else state.plain | low,
            here=state.here | low,
            seen=seen,
            used=spent[0],
            groups=spent[1],
            shares=shares,
        )

    def _spent(self, state: State, ask: Ask, device: int) -> _Spent | Rejection:
        """What is used of counters, and left in common of groups, with the device."""
        layout, used, groups = self.layout, state.used, state.groups
        low = 1 << device
        if layout.multi & low and (low & self.shared or device in state.shares):
            # The first share of a device pays for all of them.
            return used, groups
        if layout.groups[device]:
            joint = join(layout.groups[device], groups)
            if joint is None:
                return _GROUPS
            groups = joint
        if layout.uses[device] and (not ask.admin or self.quirks.k6_admin_pays):
            if layout.pool_of[device] in self.blocked_pools:
                return _OVERDRAWN
            charged = charge(layout.uses[device], used, self.left)
            if isinstance(charged, Short):
                return Rejection(Step.COUNTER, *charged)
            used = charged
        return used, groups

    def _compared(self, state: State, ask: Ask, device: int) -> tuple[Seen, ...] | Rejection:
        """What the claim's constraints have seen, the device included."""
        grown = list(state.seen)
        for number, rule, values in self.about[ask.index]:
            value = values[device]
            if isinstance(value, str):
                raise self._faults.of_value(ask, device, number)
            more = admit(rule, grown[number], value)
            if more is None:
                if ask.every and self.quirks.k4_all_constraint_fatal:
                    raise self._faults.of_constraint(ask, device)
                return Rejection(Step.CONSTRAINT, number)
            grown[number] = more
        return tuple(grown)

    def _shared(self, shares: _Shares, ask: Ask, device: int) -> _Shares:
        """What is taken of shared devices, with one share more."""
        if ask.admin and not self.quirks.k6_admin_pays:
            return shares
        amounts = self.layout.kinds[device].amounts
        before = shares.get(device, {})
        mine = amounts[ask.index] if amounts else ()
        return {**shares, device: {name: before.get(name, 0) + amount for name, amount in mine}}

    def _lacking(self, state: State, ask: Ask, device: int) -> Rejection | None:
        kind = self.layout.kinds[device]
        if ask.admin and not self.quirks.k6_admin_pays:
            return None
        before, others = dict(self.consumed.get(device, ())), state.shares.get(device, {})
        room = dict(kind.room)
        for name, amount in kind.amounts[ask.index]:
            total = amount + before.get(name, 0) + others.get(name, 0)
            if total > room[name]:
                return Rejection(Step.CAPACITY, name, total - room[name])
        return None


def _of_one_type(values: Sequence[Value]) -> bool:
    return all(
        value is None or isinstance(value, str) or len(elements(value, False)) == 1 for value in values
    )
