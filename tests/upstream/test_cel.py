"""Device selectors against upstream's: which compile, and what each says of each device."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from drakkar import cel
from drakkar.allocator.device import view_of
from drakkar.api.features import CONSUMABLE_CAPACITY, LIST_ATTRIBUTES, Features
from drakkar.api.resource import Device, decode
from drakkar.cel import DeviceView

from .cel_expressions import COSTLY, DEVICES, DRIVER, EXPRESSIONS
from .line_pipe import ask_all

pytestmark = pytest.mark.upstream

# What the selectors here do not know yet, as it is written in an expression.
MISSING = re.compile(
    r"\[\?optional|\{\?|unwrapOpt|\btype\(|\bbool\(|string\((1\.0|0\.1|1e21)|\.format\(|strings\.quote|bytes\(|sortBy"
    r"|\]\.flatten\(\) == \[1, 2\]$|transformMapEntry|[uU][rR][lL]\(|\b(is)?(ip|IP|cidr|CIDR)(\.isCanonical)?\("
    r"|duration\(|timestamp\(|^format\."
)
DIFFERENT = {
    "quantity('1.5Gi').isInteger()": "upstream holds amounts written with a fraction to be none, whole or not",
    "isQuantity('.')": "upstream takes a text without digits for zero",
    "'hello'.indexOf('x', 9) == -1": "upstream finds nothing beyond the end, and that is no error",
    "{'a': 1, 'a': 2}.size() == 1": "upstream lets the later of two equal keys win",
    "int('x') == 1": "upstream refuses conversions of literals that fail when it compiles",
    "int(1e30) == 1": "the same",
    "uint(-1) == 0u": "the same",
    "double('x') == 1.5": "the same",
    "device.attributes['d.example'].`model` == 'x'": "upstream has names in back quotes since 1.37",
}
ALL = [expression for group in EXPRESSIONS.values() for expression in group] + COSTLY
# A new expression is held to the gates; these show it.
GATED = [
    "device.allowMultipleAllocations",
    "has(device.allowMultipleAllocations)",
    "device.attributes['d.example'].model.includes('a')",
    "device.driver == 'd.example'",
    "device.attributes['d.example'].?model.orValue('') == 'a'",
]


@pytest.fixture(scope="module")
def views() -> list[DeviceView]:
    devices = [decode(Device, device) for device in DEVICES]
    return [view_of(device, DRIVER, bool(device.allow_multiple_allocations)) for device in devices]


def _ask(program: Path, expressions: list[str], **more: Any) -> dict[str, Any]:
    questions = [
        {"expression": expression, "driver": DRIVER, "devices": DEVICES, **more} for expression in expressions
    ]
    return dict(zip(expressions, ask_all(program, questions), strict=True))


@pytest.fixture(scope="module")
def stored(cel_137: Path) -> dict[str, Any]:
    """Upstream's answers to all expressions as stored ones."""
    return _ask(cel_137, ALL, consumableCapacity=True, listTypeAttributes=True)


def _parameters() -> list[Any]:
    found = []
    for expression in ALL:
        why = DIFFERENT.get(expression) or ("not there yet" if MISSING.search(expression) else None)
        marks = [pytest.mark.xfail(reason=why, strict=False)] if why else []
        found.append(pytest.param(expression, marks=marks, id=expression[:60] or "empty"))
    return found


@pytest.mark.parametrize("expression", _parameters())
def test_the_same_verdicts(stored: dict[str, Any], views: list[DeviceView], expression: str) -> None:
    theirs = stored[expression]
    selector = cel.compile(expression)
    if isinstance(selector, cel.CompileError):
        assert theirs.get("compileError"), f"refused here: {selector}"
        return
    assert "compileError" not in theirs, f"refused upstream: {theirs['compileError']}"
    for device, view, verdict in zip(DEVICES, views, theirs["verdicts"], strict=True):
        said = selector.matches(view)
        mine = "error" if isinstance(said, cel.EvalError) else said
        wanted = "error" if verdict.get("error") else verdict["matches"]
        assert mine == wanted, f"on {device['name']}: {said} here, {verdict} upstream"


@pytest.mark.parametrize("expression", GATED)
@pytest.mark.parametrize("gates", [(), (CONSUMABLE_CAPACITY,), (LIST_ATTRIBUTES,)], ids=str)
def test_new_expressions_are_held_to_the_gates(
    cel_137: Path, gates: tuple[str, ...], expression: str
) -> None:
    answer = _ask(
        cel_137,
        [expression],
        new=True,
        consumableCapacity=CONSUMABLE_CAPACITY in gates,
        listTypeAttributes=LIST_ATTRIBUTES in gates,
    )[expression]
    selector = cel.compile(expression, Features(gates))
    assert isinstance(selector, cel.CompileError) == bool(answer.get("compileError")), (selector, answer)
