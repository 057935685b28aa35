"""Device selectors that people wrote against upstream's: which compile, what they may cost, and what each says of each
device; and what the feature gates leave of them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from drakkar import cel
from drakkar.api.features import CONSUMABLE_CAPACITY, LIST_ATTRIBUTES, Features
from drakkar.cel import DeviceView

from . import cel_costs, cel_keys, cel_parts
from .cel_comparison import compared, known, refusals, view
from .cel_devices import DEVICES, DRIVER
from .cel_expressions import COSTLY, EXPRESSIONS
from .cel_generator import Generator
from .line_pipe import ask_all

pytestmark = pytest.mark.upstream

ALL: Final = [
    expression
    for group in (
        *EXPRESSIONS.values(),
        *cel_costs.EXPRESSIONS.values(),
        cel_keys.EXPRESSIONS,
        cel_parts.EXPRESSIONS,
        COSTLY,
    )
    for expression in group
    if not known(expression)
]
# A new expression is held to the gates; these show it.
GATED: Final = [
    "device.allowMultipleAllocations",
    "has(device.allowMultipleAllocations)",
    "device.attributes['d.example'].model.includes('a')",
    "device.attributes['d.example'].tags.exists(tag, tag == 'a')",
    "device.attributes['d.example'].index + 1 == 2",
    "device.driver == 'd.example'",
    "device.attributes['d.example'].?model.orValue('') == 'a'",
]
GENERATED: Final = 1000
_SEED: Final = 11
# Upstream walks a map in any order, and how soon it finds what it looks for tells in the cost.
_WALKS_A_MAP: Final = re.compile(
    r"(attributes|capacity)(\['[^']*'\])?\.(all|exists|exists_one|map|filter)\(|cel\.bind\(a"
)


@pytest.fixture(scope="module")
def views() -> list[DeviceView]:
    return [view(device) for device in DEVICES]


def _ask(program: Path, expressions: list[str], **more: Any) -> dict[str, Any]:
    questions = [{"expression": expression, "driver": DRIVER, **more} for expression in expressions]
    questions[0]["devices"] = DEVICES
    return dict(zip(expressions, ask_all(program, questions, 300), strict=True))


@pytest.fixture(scope="module")
def selectors(cel_137: Path) -> dict[str, Any]:
    """Upstream's answers to all expressions as stored selectors."""
    return _ask(cel_137, ALL)


@pytest.fixture(scope="module")
def values(cel_137: Path) -> dict[str, Any]:
    """The values that all expressions have upstream."""
    return _ask(cel_137, ALL, values=True)


@pytest.mark.parametrize("expression", ALL, ids=lambda expression: expression[:60] or "empty")
def test_the_same_verdicts(selectors: dict[str, Any], views: list[DeviceView], expression: str) -> None:
    costs = _WALKS_A_MAP.search(expression) is None
    assert compared(expression, selectors[expression], views, values=False, costs=costs) is None


@pytest.mark.parametrize("expression", ALL, ids=lambda expression: expression[:60] or "empty")
def test_the_same_values(values: dict[str, Any], views: list[DeviceView], expression: str) -> None:
    assert compared(expression, values[expression], views, values=True) is None


@pytest.mark.parametrize(
    "gates",
    [(), (CONSUMABLE_CAPACITY,), (LIST_ATTRIBUTES,), (CONSUMABLE_CAPACITY, LIST_ATTRIBUTES)],
    ids=lambda gates: "+".join(gates) or "none",
)
def test_new_expressions_are_held_to_the_gates(cel_137: Path, gates: tuple[str, ...]) -> None:
    generator = Generator(_SEED)
    expressions = [*GATED, *ALL, *(generator.selector() for _ in range(GENERATED))]
    answers = _ask(
        cel_137,
        list(dict.fromkeys(expressions)),
        new=True,
        compileOnly=True,
        consumableCapacity=CONSUMABLE_CAPACITY in gates,
        listTypeAttributes=LIST_ATTRIBUTES in gates,
    )
    found = []
    for expression, theirs in answers.items():
        refused = theirs.get("compileError")
        selector = cel.compile(expression, Features(gates))
        if isinstance(selector, cel.CompileError):
            if difference := refusals(selector, refused):
                found.append(f"{expression}: {difference}")
        elif refused:
            if not refused.startswith("panic"):
                found.append(f"{expression}: only upstream refuses: {refused}")
        elif selector.max_cost != theirs["maxCost"]:
            found.append(f"{expression}: costs {selector.max_cost} here, {theirs['maxCost']} upstream")
    assert not found, f"{len(found)} differ\n" + "\n".join(found[:50])
