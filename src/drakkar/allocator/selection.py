"""Which devices a request selects: class selectors, then its own, each asked once of each device (dra-semantics 3.5)."""

from __future__ import annotations

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Refused
from drakkar.allocator.pools import device_on_node
from drakkar.allocator.report import Reporter
from drakkar.allocator.requests import Ask
from drakkar.api.features import (
    ADMIN_ACCESS,
    DEVICE_BINDING,
    DEVICE_TAINTS,
    PARTITIONABLE_DEVICES,
    PRIORITIZED_LIST,
    Features,
)
from drakkar.cel import CompileError, EvalError, compile

# A device remembers the answers to this many expressions; with more it forgets them all and asks anew.
_REMEMBERED = 256
_STABLE = frozenset({ADMIN_ACCESS, DEVICE_TAINTS, PARTITIONABLE_DEVICES, PRIORITIZED_LIST})
_HINT = (
    ". consider using CEL optional chaining (.? followed by orValue()) or guarding the check with has()"
    " for optional fields"
)


def _answer(expression: str, entry: DeviceEntry, multiple_counts: bool) -> bool | EvalError | CompileError:
    key = expression if multiple_counts else "\0" + expression
    known = entry.verdicts.get(key)
    if known is None:
        selector = compile(expression)
        known = (
            selector if isinstance(selector, CompileError) else selector.matches(entry.view(multiple_counts))
        )
        if len(entry.verdicts) >= _REMEMBERED:
            entry.verdicts.clear()
        entry.verdicts[key] = known
    return known  # type: ignore[return-value]


class Selection:
    """Asks for one node; a fault in a selector ends the whole call, as it does upstream."""

    def __init__(self, node: Node, features: Features, reporter: Reporter | None) -> None:
        self._node = node
        # Upstream's allocator for these features alone is older than the field (dra-semantics 3.5.5).
        self._multiple = not features <= _STABLE
        self._binding = DEVICE_BINDING in features
        self._reporter = reporter

    def selects(self, ask: Ask, entry: DeviceEntry) -> bool:
        """Whether the request selects the device; Refused when a selector fails."""
        if entry.device.binding_conditions and not self._binding:
            return self._no(ask, entry, "has binding conditions, and the feature is disabled")
        class_name = ask.class_.metadata.name
        for index, selector in enumerate(ask.class_.spec.selectors):
            expression = selector.cel.expression if selector.cel else ""
            if not self._true(f"class {class_name}: selector #{index}", expression, ask, entry):
                return False
        for index, expression in enumerate(ask.selectors):
            where = f"claim {ask.claim}: selector #{index}"
            if not self._true(where, expression, ask, entry):
                return False
        if entry.spec.per_device_node_selection and not device_on_node(entry, self._node):
            return self._no(ask, entry, "is on another node")
        return True

    def _true(self, where: str, expression: str, ask: Ask, entry: DeviceEntry) -> bool:
        answer = _answer(expression, entry, self._multiple)
        if isinstance(answer, CompileError):
            raise Refused(f"{where}: CEL compile error: {answer}", hint=answer.hint)
        if isinstance(answer, EvalError):
            text = str(answer)
            hint = _HINT if "no such key" in text else ""
            raise Refused(f"{where} on device {entry.key}: CEL runtime error: {text}{hint}", hint=answer.hint)
        return answer or self._no(ask, entry, f"{where} is false")

    def _no(self, ask: Ask, entry: DeviceEntry, why: str) -> bool:
        if self._reporter is not None:
            self._reporter.rejecting_device(ask, entry.key, why)
        return False
