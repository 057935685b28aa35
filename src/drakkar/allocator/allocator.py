"""An allocator that keeps what it learned: a pod that asks what the last one asked costs what changed in between.

Three things are remembered, each until an event makes it wrong: what every node sees (views), what every pool is to a
form of request (forms), and what came of a layout and what is in use of its pools (answers), which equal nodes share.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

from drakkar.allocator.answer.faults import DeviceFaults
from drakkar.allocator.answer.reasons import Reasons
from drakkar.allocator.answer.report import Reporter
from drakkar.allocator.answer.result import Pick, assemble
from drakkar.allocator.compat import Quirks
from drakkar.allocator.demand.effort import Effort
from drakkar.allocator.demand.layout import Layout
from drakkar.allocator.demand.selection import Selection
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.learned.form import Form, signature
from drakkar.allocator.learned.tried import Nodes
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Allocated, Failure, NoSolution, Outcome, RefusedError
from drakkar.allocator.rules.requests import CLAIM_LIMIT, Ask, as_written, plan
from drakkar.allocator.search.problem import Problem
from drakkar.allocator.search.search import Found, search
from drakkar.allocator.supply.inventory import Inventory
from drakkar.allocator.supply.ledger import Ledger
from drakkar.allocator.supply.overdraft import overdrawn
from drakkar.allocator.supply.pool_usage import PoolUsage
from drakkar.allocator.supply.views import View, Views
from drakkar.allocator.switches import Switches
from drakkar.api.features import Features
from drakkar.api.object import Uid
from drakkar.api.quantity import QuantityError
from drakkar.api.resource import AllocationResult, ResourceClaim

# Enough for every case that is not made to be hard, and over in seconds for those that are.
STEP_LIMIT = 200_000
_FORMS = 32
_ANSWERS = 4096
_INVALID = "invalid resource pools were encountered"


class Answer:
    """What came of a layout: the choices by position, or nothing."""

    __slots__ = ("asks", "picks", "steps")

    def __init__(self, found: Found) -> None:
        self.picks = tuple((ask, device) for ask, device in found.state.picks())
        self.asks = found.state.asks
        self.steps = found.steps


def random_share_id() -> str:
    """A new id for a share of a device."""
    return str(uuid.uuid4())


class Allocator:
    """Chooses devices from an inventory beside what a ledger says is in use; both may change between calls.

    For the same state of both, and the same claims and node, the answer is always the same, but for share ids.
    """

    def __init__(
        self,
        inventory: Inventory,
        ledger: Ledger,
        features: Features | None = None,
        compat: str | Quirks | None = None,
        step_limit: int = STEP_LIMIT,
        share_id: Callable[[], str] = random_share_id,
    ) -> None:
        """`compat="1.37"` copies upstream's quirks (dra-semantics 12); ValueError for a version that is not known."""
        self._inventory = inventory
        self._features = Features.default() if features is None else features
        self._quirks = Quirks.of(compat)
        self._switches = Switches(self._features, self._quirks)
        self._step_limit = step_limit
        self._share_id = share_id
        self._effort = Effort()
        self._views = Views(inventory, ledger, self._features, self._quirks, self._switches)
        self._classes_version = inventory.classes_version
        self._forms: OrderedDict[bytes, Form] = OrderedDict()

    def allocate(
        self, claims: Sequence[ResourceClaim], node: Node, reporter: Reporter | None = None
    ) -> Outcome:
        """Choose devices for all claims together, or none; nothing is changed.

        Claims that already have an allocation must not be among `claims`: they are in the ledger. A reporter hears the
        whole search; without one nothing is said that was not asked.
        """
        if reporter is not None:
            self._catch_up()
            asks = as_written(claims, self._inventory.classes)
            reasons = Reasons(reporter, claims, asks, self._views.ledger, self._switches)
            return self._outcome(self._new_form(claims), node, reasons)
        form = self._form(claims)
        found = form.outcomes.get(node)
        return found if found is not None else self._on(form, claims, node)

    def within(self, units: int | None) -> None:
        """Let selectors cost so much from now on, in upstream's units, before PausedError ends a call; None, and
        at first: as much as it takes.
        """
        self._effort.left = units

    def asked(self, claims: Sequence[ResourceClaim]) -> Asked:
        """The claims brought forward once, to be tried on many nodes; good until inventory or ledger change."""
        return Asked(self, self._form(claims), claims)

    def overdrafts(self, uid: Uid, node: Node) -> dict[str, frozenset[Uid]]:
        """What the claim and others have of the node's pools although it is not enough for all; each with the others' uids.

        Never by what one allocator chose, for it counts what is in the ledger; only where several give away the same.
        """
        self._catch_up()
        try:
            view = self._views.view(node)
            usages = self._views.usages(view)
        except RefusedError:
            return {}
        found: dict[str, frozenset[Uid]] = {}
        for pool, usage in zip(view.usable, usages, strict=True):
            found |= overdrawn(uid, pool, usage, self._views.ledger)
        return found

    def _form(self, claims: Sequence[ResourceClaim]) -> Form:
        self._catch_up()
        key = signature(claims)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = self._new_form(claims)
            form.seen = self._views.changed.end
            if len(self._forms) > _FORMS:
                self._forms.popitem(last=False)
        else:
            self._forms.move_to_end(key)
            self._refresh(form)
        return form

    def _catch_up(self) -> None:
        views = self._views
        if not views.catch_up() or self._classes_version != self._inventory.classes_version:
            self._forms.clear()
            self._classes_version = self._inventory.classes_version
        for pool in views.gone:
            for form in self._forms.values():
                form.forget(pool)
        views.gone.clear()

    def _refresh(self, form: Form) -> None:
        changed = self._views.changed
        if form.seen == changed.end:
            return
        nodes = changed.since(form.seen)
        form.seen = changed.end
        if nodes is None:
            form.unlearn_all()
            return
        for node in nodes:
            form.unlearn(node)

    def _new_form(self, claims: Sequence[ResourceClaim]) -> Form:
        made = plan(claims, self._inventory.classes, self._features, capacity_known=not self._switches.stable)
        return Form(made, self._switches, self._effort)

    def _on(self, form: Form, claims: Sequence[ResourceClaim], node: Node) -> Outcome:
        outcome = self._outcome(form, node)
        if isinstance(outcome, Failure):
            # The form may be that of other claims, and errors that no node can help name them.
            return outcome if outcome.on_node else self._outcome(self._new_form(claims), node)
        if isinstance(outcome, NoSolution) or not outcome.once:
            # Views may have found that the node was another before.
            self._refresh(form)
            form.learn(node, outcome)
        return outcome

    def _outcome(self, form: Form, node: Node, reasons: Reasons | None = None) -> Outcome:
        try:
            view = self._views.view(node)
            if reasons is not None:
                reasons.gathered(view, Selection.under(self._switches, view.node, form.verdicts))
            layout = form.layout(view.pools, node)
            usages = self._views.usages(view)
            if reasons is not None:
                answer = self._solve(form, view, layout, usages, reasons)
            else:
                answer = self._remembered(form, view, layout, usages)
            if isinstance(answer, NoSolution):
                if layout.invalid and not answer.limit_reached:
                    return Failure(_INVALID, on_node=True)
                return answer
            return self._allocated(form, view, answer)
        except RefusedError as refused:
            return refused.failure
        except QuantityError as error:
            # The API server lets no such object in; programs that feed the inventory themselves may.
            return Failure(str(error))

    def _situation(self, form: Form, node: Node) -> tuple[Hashable, tuple[DeviceEntry, ...]] | None:
        try:
            view = self._views.view(node)
            return (form.layout(view.pools, node), self._views.usages(view)), tuple(view.devices)
        except RefusedError:
            return None

    def _remembered(
        self, form: Form, view: View, layout: Layout, usages: tuple[PoolUsage, ...]
    ) -> Answer | NoSolution:
        answers = layout.answers
        found = answers.get(usages)
        if not isinstance(found, Answer | NoSolution):
            found = self._solve(form, view, layout, usages, None)
            if len(answers) >= _ANSWERS:
                answers.clear()
            answers[usages] = found
        return found

    def _solve(
        self,
        form: Form,
        view: View,
        layout: Layout,
        usages: tuple[PoolUsage, ...],
        reasons: Reasons | None,
    ) -> Answer | NoSolution:
        switches = self._switches
        selection = Selection.under(switches, view.node, form.verdicts)
        faults = DeviceFaults(form.plan, view.pools, selection, switches)
        problem = Problem(
            plan=form.plan,
            scopes=form.scopes,
            layout=layout,
            usages=usages,
            switches=switches,
            faults=faults,
            witness=reasons,
        )
        if reasons is not None:
            reasons.problem = problem
        _check_counts(problem)
        if form.plan.fault is not None:
            for ask in form.plan.broken:
                _least(problem, ask)
            raise form.plan.fault
        found = search(problem, self._step_limit, exact=reasons is not None)
        if isinstance(found, Found):
            return Answer(found)
        return NoSolution(found.steps, found.limit_reached, found.deepest)

    def _allocated(self, form: Form, view: View, answer: Answer) -> Allocated:
        devices = view.devices
        shared = wanders = False
        for _, device in answer.picks:
            entry = devices[device]
            shared |= self._switches.multi(entry)
            wanders |= entry.spec.node_name is None or bool(entry.spec.per_device_node_selection)
        outcome = Allocated(self._write, (form, view, answer), answer.steps, once=shared)
        if wanders:
            # A node selector that makes no sense ends the call.
            _ = outcome.results
        return outcome

    def _write(self, what: tuple[Form, View, Answer]) -> tuple[AllocationResult, ...]:
        form, view, answer = what
        devices = view.devices
        picks = [Pick(ask, devices[device]) for ask, device in answer.picks]
        return assemble(form.plan, answer.asks, picks, view.node, self._switches, self._share_id)


class Asked:
    """Claims before an allocator that neither inventory nor ledger moves under."""

    def __init__(self, allocator: Allocator, form: Form, claims: Sequence[ResourceClaim]) -> None:
        self._allocator, self._form, self._claims = allocator, form, claims

    def on(self, node: Node) -> Outcome:
        """What comes of them on one node."""
        known = self._form.outcomes.get(node)
        return known if known is not None else self._allocator._on(self._form, self._claims, node)

    def situation(self, node: Node) -> tuple[Hashable, tuple[DeviceEntry, ...]] | None:
        """What the search would see of the node, equal for nodes on which it goes alike, and the node's devices in order; None
        where its pools cannot be gathered.
        """
        return self._allocator._situation(self._form, node)

    def hopeful(self, nodes: Nodes) -> bytes:
        """A byte for each of the nodes: 0 where it is known that the devices are not to be had there, else 1. Whoever asks often
        passes the same Nodes each time: of what is known, nothing is done node by node.
        """
        return bytes(self._form.tried(nodes).hope)


def _check_counts(problem: Problem) -> None:
    """RefusedError when a claim would need more devices than a claim may have (dra-semantics 3.3.5).

    A plain request for all devices is settled here, whatever the search would come to; an alternative that asks for all
    of them is not looked at before it is tried (quirk K3).
    """
    for claim in problem.plan.claims:
        total = 0
        for wish in claim.wishes:
            least = min([_least(problem, ask) for ask in wish.asks])
            if least > CLAIM_LIMIT - total:
                name = wish.asks[0].request
                raise RefusedError(
                    f"claim {claim.name}, request {name}: adding {least} devices exceeds the claim limit of"
                    f" {CLAIM_LIMIT}, with {total} already accounted for"
                )
            total += least


def _least(problem: Problem, ask: Ask) -> int:
    put_off = ask.every and ask.parent and not problem.quirks.k3_all_alternatives
    return 0 if put_off else problem.count(ask)
