"""The search: depth first over states that are never changed, so that going back is dropping one (dra-semantics 3.4).

A state says what is chosen so far and what to choose next; `successors` makes the states one choice further on, best
first, in the order upstream tries them. The first state with nothing left to choose is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from drakkar.allocator import capacity
from drakkar.allocator.candidates import Candidates
from drakkar.allocator.constraints import Seen, admit, applies
from drakkar.allocator.counters import Counters, Used
from drakkar.allocator.device import DeviceEntry, DeviceKey
from drakkar.allocator.ledger import Ledger
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import NoSolution, Refused
from drakkar.allocator.pools import Pool
from drakkar.allocator.report import Reporter
from drakkar.allocator.requests import CLAIM_LIMIT, Ask, ClaimPlan
from drakkar.allocator.result import Pick
from drakkar.allocator.selection import Selection
from drakkar.allocator.taints import intolerable
from drakkar.api.features import (
    CONSUMABLE_CAPACITY,
    DEVICE_TAINTS,
    FRACTIONAL_CAPACITY,
    LIST_ATTRIBUTES,
    OPTIONAL_NODE_OPERATIONS,
    PARTITIONABLE_DEVICES,
    Features,
)
from drakkar.api.quantity import Quantity

_NODE_FEATURE = "DRAOptionalNodeOperations"
_ZERO = Quantity(0)


@dataclass(frozen=True, slots=True)
class State:
    """A point in the search. Mappings and tuples in it are shared between states and never changed."""

    claim: int = 0
    wish: int = 0
    # The alternative chosen for this wish; None while it is still to be chosen.
    ask: int | None = None
    # How many devices of this ask are chosen, and where to look for the next one.
    chosen: int = 0
    cursor: int = 0
    in_claim: int = 0
    picks: tuple[Pick, ...] = ()
    asks: Mapping[tuple[int, int], Ask] = field(default_factory=dict)
    # Which claims took a device in this call; devices that are shared are not in it.
    taken: Mapping[DeviceKey, tuple[int, ...]] = field(default_factory=dict)
    seen: tuple[Seen, ...] = ()
    used: Used = field(default_factory=dict)
    shares: Mapping[DeviceKey, Mapping[str, Quantity]] = field(default_factory=dict)


class Problem:
    """One call: the claims, the node's devices, and what is in use. `successors` is all that the search asks it."""

    def __init__(
        self,
        plans: Sequence[ClaimPlan],
        pools: Sequence[Pool],
        ledger: Ledger,
        node: Node,
        features: Features,
        reporter: Reporter | None,
        share_id: Callable[[], str],
    ) -> None:
        self.plans = plans
        self._pools = pools
        self._devices = [entry for pool in pools if pool.usable for entry in pool.devices]
        self._ledger = ledger
        self._node = node
        self._features = features
        self._reporter = reporter
        self._share_id = share_id
        self._selection = Selection(node, features, reporter)
        self._counters = Counters({pool.key: pool for pool in pools}, ledger)
        self._candidates: dict[tuple[int, str], Candidates] = {}
        self._shared = CONSUMABLE_CAPACITY in features
        self._fractional = FRACTIONAL_CAPACITY in features
        self._lists = LIST_ATTRIBUTES in features
        self._least = [self._least_of(claim, plan) for claim, plan in enumerate(plans)]

    def start(self) -> State:
        """Nothing chosen yet."""
        return self._at_claim(State(), 0)

    def done(self, state: State) -> bool:
        """Whether nothing is left to choose."""
        return state.claim == len(self.plans)

    def successors(self, state: State) -> Iterator[State]:
        """The states one choice further on, in the order in which they are to be tried."""
        plan = self.plans[state.claim]
        if state.wish == len(plan.wishes):
            yield self._at_claim(state, state.claim + 1)
            return
        wish = plan.wishes[state.wish]
        if state.ask is None:
            for index, ask in enumerate(wish.asks):
                asks = {**state.asks, (state.claim, state.wish): ask}
                yield replace(state, ask=index, chosen=0, cursor=0, asks=asks)
            return
        ask = wish.asks[state.ask]
        candidates = self._candidates_of(state.claim, ask)
        every = candidates.every() if ask.every else None
        count = ask.count if every is None else len(every)
        if every is not None and not every:
            self._give_up(ask, "no device is selected")
            return
        if state.chosen == count:
            yield replace(state, wish=state.wish + 1, ask=None)
            return
        if (
            count - state.chosen + sum(self._least[state.claim][state.wish + 1 :])
            > CLAIM_LIMIT - state.in_claim
        ):
            self._give_up(ask, f"the claim would have more than {CLAIM_LIMIT} devices")
            return
        if every is not None:
            further = self._take(state, ask, candidates, every[state.chosen], 0)
            if further is not None:
                yield further
            return
        needed = count - state.chosen
        for index in range(state.cursor, len(self._devices)):
            if not candidates.enough(index, needed):
                break
            entry = self._devices[index]
            possible = candidates.known(index)
            if possible is None:
                # A selector is not asked of a device that this call has given away: it might fail on it.
                why = self._held(state, ask, entry)
                if why is not None:
                    candidates.reject(entry, why)
                    continue
                possible = candidates.look(index)
            if possible:
                further = self._take(state, ask, candidates, entry, index + 1)
                if further is not None:
                    yield further
        self._give_up(ask, "not enough devices")

    def _at_claim(self, state: State, claim: int) -> State:
        constraints = len(self.plans[claim].constraints) if claim < len(self.plans) else 0
        return replace(state, claim=claim, wish=0, ask=None, in_claim=0, seen=((),) * constraints)

    def _least_of(self, claim: int, plan: ClaimPlan) -> list[int]:
        """How many devices each request takes at least; Refused when they are too many (dra-semantics 3.3.5).

        A plain request for all devices is settled here, whatever the search would come to; an alternative that asks for
        all of them is not looked at before it is tried (quirk K3 of section 12).
        """
        found: list[int] = []
        for wish in plan.wishes:
            least = min(self._takes(claim, ask) for ask in wish.asks)
            total = sum(found)
            if least > CLAIM_LIMIT - total:
                ask = wish.asks[0]
                raise Refused(
                    f"claim {plan.name}, request {ask.parent or ask.own}: adding {least} devices exceeds the claim limit of"
                    f" {CLAIM_LIMIT}, with {total} already accounted for"
                )
            found.append(least)
        return found

    def _takes(self, claim: int, ask: Ask) -> int:
        if not ask.every:
            return ask.count
        return 0 if ask.parent else len(self._candidates_of(claim, ask).every())

    def _candidates_of(self, claim: int, ask: Ask) -> Candidates:
        found = self._candidates.get((claim, ask.name))
        if found is None:
            found = Candidates(
                ask, self._pools, self._devices, self._ledger, self._selection, self._features, self._reporter
            )
            self._candidates[claim, ask.name] = found
        return found

    def _take(
        self, state: State, ask: Ask, candidates: Candidates, entry: DeviceEntry, cursor: int
    ) -> State | None:
        """The state with the device chosen; None, and the reporter knows why, when it cannot be (3.6.1)."""
        why = self._refuses(state, ask, entry)
        if why is not None:
            candidates.reject(entry, why)
            return None
        seen: list[Seen] = list(state.seen)
        for index, constraint in enumerate(self.plans[state.claim].constraints):
            if applies(constraint, ask):
                grown = admit(constraint, seen[index], entry, self._lists)
                if grown is None:
                    name = constraint.match_attribute or constraint.distinct_attribute
                    candidates.reject(entry, f"constraint #{index} on {name} does not hold with the others")
                    return None
                seen[index] = grown
        used = self._charge(state, ask, entry)
        if isinstance(used, str):
            candidates.reject(entry, used)
            return None
        multi = entry.shared(self._shared)
        pick, shares = Pick(state.claim, ask, entry), state.shares
        if self._shared:
            taken = capacity.consumption(entry, ask.capacity, self._fractional)
            if taken is None:
                candidates.reject(entry, "lacks a capacity that is asked for")
                return None
            books = (self._ledger.consumed(entry.key), shares.get(entry.key, {})) if not ask.admin else ()
            short = capacity.fits(entry, taken, books, self._fractional)
            if short is not None:
                candidates.reject(entry, short)
                return None
            if multi:
                pick = Pick(state.claim, ask, entry, taken, self._share_id())
                if not ask.admin:
                    before = shares.get(entry.key, {})
                    sums = {name: before.get(name, _ZERO) + amount for name, amount in taken.items()}
                    shares = {**shares, entry.key: sums}
        if self._reporter is not None:
            self._reporter.choosing(ask, entry.key)
        holders = state.taken
        if not multi:
            holders = {**holders, entry.key: (*holders.get(entry.key, ()), state.claim)}
        return replace(
            state,
            chosen=state.chosen + 1,
            cursor=cursor,
            in_claim=state.in_claim + 1,
            picks=(*state.picks, pick),
            taken=holders,
            seen=tuple(seen),
            used=used,
            shares=shares,
        )

    def _held(self, state: State, ask: Ask, entry: DeviceEntry) -> str | None:
        holders = state.taken.get(entry.key, ())
        if ask.admin:
            return "is already chosen for this claim" if state.claim in holders else None
        return "is already chosen in this call" if holders else None

    def _refuses(self, state: State, ask: Ask, entry: DeviceEntry) -> str | None:
        held = self._held(state, ask, entry)
        if held is not None:
            return held
        if ask.every and not ask.admin:
            multi = entry.shared(self._shared)
            if self._ledger.dedicated(entry.key) or (not multi and self._ledger.in_use(entry.key)):
                return "is allocated"
        if entry.spec.skip_node_operations:
            declared = _NODE_FEATURE in self._node.declared_features
            if OPTIONAL_NODE_OPERATIONS not in self._features or not declared:
                return f"needs the node to declare {_NODE_FEATURE}"
        if DEVICE_TAINTS in self._features:
            taint = intolerable(entry.taints, ask.tolerations)
            if taint is not None:
                value = f"={taint.value}" if taint.value else ""
                return f"has taint {taint.key}{value}:{taint.effect} that is not tolerated"
        return None

    def _charge(self, state: State, ask: Ask, entry: DeviceEntry) -> Used | str:
        if not entry.device.consumes_counters:
            return state.used
        if PARTITIONABLE_DEVICES not in self._features:
            return "consumes counters, and the feature is disabled"
        key = entry.key
        # The first share of a device pays for all of them; admin access takes nothing away.
        paid = entry.shared(self._shared) and (self._ledger.is_shared(key) or key in state.shares)
        return state.used if paid or ask.admin else self._counters.take(state.used, entry)

    def _give_up(self, ask: Ask, why: str) -> None:
        if self._reporter is not None:
            self._reporter.giving_up(ask, why)


def search(problem: Problem, limit: int) -> tuple[State, int] | NoSolution:
    """The first complete state with the number of states entered, or that there is none within the limit."""
    state = problem.start()
    if problem.done(state):
        return state, 1
    trail = [problem.successors(state)]
    steps, deepest = 1, 0
    while trail:
        further = next(trail[-1], None)
        if further is None:
            trail.pop()
            continue
        steps += 1
        deepest = max(deepest, len(further.picks))
        if problem.done(further):
            return further, steps
        if steps >= limit:
            return NoSolution(steps, limit_reached=True, deepest=deepest)
        trail.append(problem.successors(further))
    return NoSolution(steps, deepest=deepest)
