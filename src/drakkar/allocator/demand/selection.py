"""Which devices a request selects: class selectors, then its own (dra-semantics 3.5)."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.allocator.demand.verdicts import Verdicts
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.objections import (
    AttributeUnreadable,
    FeatureOff,
    NoClass,
    NodeSelectorUnreadable,
    Objection,
    OnAnotherNode,
    SelectorFails,
    SelectorFalse,
)
from drakkar.allocator.outcome import RefusedError
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.supply.inventory import SliceEntry
from drakkar.allocator.supply.slice_nodes import devices_on_node, on_node
from drakkar.allocator.switches import Switches
from drakkar.api.features import DEVICE_BINDING, Features
from drakkar.api.node_selector import NodeSelectorError
from drakkar.cel import CompileError, DeviceView, EvalError, compile

_HINT = (
    ". consider using CEL optional chaining (.? followed by orValue()) or guarding the check with has()"
    " for optional fields"
)


class Selection:
    """Selects on one node."""

    def __init__(
        self,
        node: Node,
        features: Features,
        verdicts: Verdicts,
        multiple_counts: bool = True,
        asks_elsewhere: bool = False,
        unreadable_fails: bool = False,
    ) -> None:
        """Without `multiple_counts` no selector sees that a device is shared; with `asks_elsewhere` selectors are asked
        of devices that are on other nodes, too; with `unreadable_fails` what cannot be read of a device ends the call."""
        self._node = node
        self._multiple = multiple_counts
        self._binding = DEVICE_BINDING in features
        self._asks_elsewhere = asks_elsewhere
        self._unreadable_fails = unreadable_fails
        self._here: dict[SliceEntry, tuple[int, int]] = {}
        self._verdicts = verdicts

    @classmethod
    def under(cls, switches: Switches, node: Node, verdicts: Verdicts) -> Selection:
        """As these switches have it."""
        quirks = switches.quirks
        return cls(
            *(node, switches.features, verdicts, not switches.stable),
            asks_elsewhere=quirks.k11_other_nodes_selectors,
            unreadable_fails=quirks.k22_unreadable,
        )

    def _on_node(self, entry: SliceEntry) -> tuple[int, int]:
        found = self._here.get(entry)
        if found is None:
            here, unclear = devices_on_node(entry, self._node)
            found = self._here[entry] = here, unclear if self._unreadable_fails else 0
        return found

    def select(self, ask: Ask, entry: SliceEntry) -> tuple[int, int]:
        """The devices of a slice that the request selects, and those for which that ends the call."""
        alive = (1 << len(entry.devices)) - 1
        placed = entry.slice.spec.per_device_node_selection
        here, unclear = self._on_node(entry) if placed else (alive, 0)
        if not self._binding:
            for index, device in enumerate(entry.devices):
                if device.device.binding_conditions:
                    alive &= ~(1 << index)
        if placed and not self._asks_elsewhere:
            alive &= here | unclear
        failing = 0
        for expression in ask.expressions:
            true, failed = self._verdicts.of(entry, expression)
            if failed and not entry.readable and not self._unreadable_fails:
                failed &= ~_broken(entry, failed)
            failing |= alive & failed
            alive &= true
        return alive & here, failing | (alive & unclear)

    def objections(self, ask: Ask, entry: DeviceEntry) -> Iterator[Objection]:
        """Why the request does not select the device: everything, in the order in which it is asked; none if it does."""
        if entry.device.binding_conditions and not self._binding:
            yield FeatureOff(DEVICE_BINDING)
        placed = entry.spec.per_device_node_selection
        if placed and not self._asks_elsewhere:
            yield from self._elsewhere(entry)
        if not ask.class_exists:
            yield NoClass(ask.class_.metadata.name)
        elif ask.expressions:
            view = entry.view(self._multiple)
            for number in range(len(ask.expressions)):
                found = self._selector(ask, number, view)
                if found is not None:
                    yield found
        if placed and self._asks_elsewhere:
            yield from self._elsewhere(entry)

    def _selector(self, ask: Ask, number: int, view: DeviceView) -> Objection | None:
        selector = compile(ask.expressions[number])
        if isinstance(selector, CompileError):
            return SelectorFails(number, str(selector), selector.hint, compiles=False)
        answer = selector.matches(view)
        if isinstance(answer, EvalError):
            if view.broken is not None and not self._unreadable_fails:
                return AttributeUnreadable(number, view.broken)
            return SelectorFails(number, str(answer), answer.hint, compiles=True)
        return None if answer else SelectorFalse(number, view)

    def _elsewhere(self, entry: DeviceEntry) -> Iterator[Objection]:
        try:
            if not on_node(entry.device, self._node):
                yield OnAnotherNode()
        except NodeSelectorError as error:
            yield NodeSelectorUnreadable(str(error), self._unreadable_fails)

    def selects(self, ask: Ask, entry: DeviceEntry) -> bool:
        """Whether the request selects the device; RefusedError, in upstream's words, if that cannot be told."""
        first = next(self.objections(ask, entry), None)
        match first:
            case NodeSelectorUnreadable(error, True):
                raise RefusedError(f"failed to parse node selector: {error}")
            case SelectorFails(number, error, hint, compiles=False):
                raise RefusedError(f"{ask.where_selector(number)}: CEL compile error: {error}", hint=hint)
            case SelectorFails(number, error, hint):
                more = _HINT if "no such key" in error else ""
                raise RefusedError(
                    f"{ask.where_selector(number)} on device {entry.key}: CEL runtime error: {error}{more}",
                    hint=hint,
                )
        return first is None


def _broken(entry: SliceEntry, among: int) -> int:
    """Those of some devices that have an attribute that cannot be read, as bits by position."""
    found = 0
    for index, device in enumerate(entry.devices):
        if among >> index & 1 and device.view().broken is not None:
            found |= 1 << index
    return found
