"""What an expression does here, beside what upstream says of it: the first thing that differs, in a word and in full."""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from drakkar import cel
from drakkar.allocator.device import view_of
from drakkar.api.resource import Device, decode
from drakkar.cel import DeviceView
from drakkar.cel.selectors.answer import evaluate

from .cel_devices import DRIVER
from .cel_values import told, upstream_value

# Differences that are meant: a pattern of the expression, and why.
KNOWN: Final[tuple[tuple[str, str], ...]] = (
    (
        r"\bgoogle\.protobuf\.\w+\s*\{",
        "upstream can build protobuf's own messages, such as Duration{}; none is in a device, and none here",
    ),
)
# No expression here is worth more of our time.
PATIENCE_S: Final = 60
_COUNTED: Final = 3
# How an error at run time is called, by what either side's message says.
_RUNTIME: Final = (
    ("cost", re.compile(r"actual cost limit exceeded")),
    ("attribute", re.compile(r"^attribute |^operation interrupted")),
    ("panic", re.compile(r"internal error")),
    ("key", re.compile(r"no such key")),
    ("overload", re.compile(r"no such overload")),
    ("index", re.compile(r"index out of (bounds|range)")),
    ("overflow", re.compile(r"overflow")),
    ("division", re.compile(r"(division|modulus) by zero")),
    ("optional", re.compile(r"dereference")),
    ("result", re.compile(r"could not be converted to bool|did not evaluate to a boo?l")),
)
_COMPILE: Final = (
    ("result", re.compile(r"^must evaluate to")),
    ("program", re.compile(r"^program instantiation failed")),
    ("undeclared", re.compile(r"undeclared reference")),
    ("field", re.compile(r"undefined field|does not support field selection")),
    ("overload", re.compile(r"no matching overload")),
    ("type", re.compile(r"expected type|cannot be range of a comprehension|failed resolution")),
    (
        "argument",
        re.compile(
            r"invalid (matches|duration|timestamp|\S+) argument|error during formatting|nesting limit"
        ),
    ),
)
# Ours that say the same as upstream's; what is not here is refused while it is read, where texts differ a lot.
_SAME_KIND: Final[dict[str, tuple[str, ...]]] = {
    "undeclared": ("undeclared",),
    "field": ("field", "type"),
    "overload": ("overload",),
    "type": ("type", "literal"),
    "argument": ("literal", "type", "nesting"),
    "result": ("result",),
    "syntax": ("syntax", "literal", "size", "macro"),
    "program": ("constant",),
}
_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


class Difference(NamedTuple):
    """`sort` names what differs, so that many of one sort are told once."""

    sort: str
    detail: str


class TooSlow(Exception):
    """The expression took longer here than anybody waits."""


def known(expression: str) -> bool:
    """Whether the expression may differ."""
    return any(re.search(pattern, expression) for pattern, _ in KNOWN)


def view(device: Mapping[str, Any]) -> DeviceView:
    """A device of the JSON given to upstream, as selectors here see it."""
    read = decode(Device, device)
    return view_of(read, DRIVER, bool(read.allow_multiple_allocations))


def runtime_class(message: str) -> str:
    """What sort of run-time error a message tells."""
    return next((name for name, pattern in _RUNTIME if pattern.search(message)), "other")


def compile_class(message: str) -> tuple[str, tuple[int, int] | None, str]:
    """What sort of refusal upstream's text tells, where, and its first sentence."""
    match = _PLACE.search(message)
    text = match[3] if match else message
    kind = next((name for name, pattern in _COMPILE if pattern.search(text)), "syntax")
    return kind, (int(match[1]), int(match[2])) if match else None, text


def compared(
    expression: str, theirs: Mapping[str, Any], views: Sequence[DeviceView], values: bool, costs: bool = False
) -> Difference | None:
    """The first difference between what happens here and upstream's answer.

    With `costs` what asking a device costs counts as well; upstream walks maps in any order, and that may tell.
    """
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(PATIENCE_S)
    try:
        return _compared(expression, theirs, views, values, costs)
    except TooSlow:
        return Difference("slow", f"no answer in {PATIENCE_S} s")
    except Exception as crash:
        last = traceback.extract_tb(crash.__traceback__)[-1]
        where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
        return Difference(f"crash {type(crash).__name__} at {where}", traceback.format_exc()[-1500:])
    finally:
        signal.alarm(0)


def _give_up(*_: object) -> None:
    raise TooSlow


def _compared(
    expression: str, theirs: Mapping[str, Any], views: Sequence[DeviceView], values: bool, costs: bool
) -> Difference | None:
    refused = theirs.get("compileError")
    if refused and refused.startswith("panic"):
        return None
    if values:
        return _values(expression, theirs, views)
    selector = cel.compile(expression)
    if isinstance(selector, cel.CompileError):
        return refusals(selector, refused)
    if refused:
        return Difference(f"only upstream refuses: {compile_class(refused)[0]}", refused)
    if selector.max_cost != theirs["maxCost"]:
        return Difference("estimate", f"{selector.max_cost} here, {theirs['maxCost']} upstream")
    for number, (one, verdict) in enumerate(zip(views, theirs["verdicts"], strict=True)):
        said = selector.matches(one)
        if found := _outcomes(said, verdict, verdict["matches"], number):
            return found
        # Counting takes long, and the devices cost much the same.
        if (
            costs
            and number % _COUNTED == 0
            and "error" not in verdict
            and selector.cost(one) != verdict["cost"]
        ):
            return Difference("cost", f"on device {number}: {selector.cost(one)} here, {verdict} upstream")
    return None


def _values(expression: str, theirs: Mapping[str, Any], views: Sequence[DeviceView]) -> Difference | None:
    refused = theirs.get("compileError")
    for number, (one, verdict) in enumerate(zip(views, theirs.get("verdicts") or [{}], strict=False)):
        said = evaluate(expression, one)
        if isinstance(said, cel.CompileError):
            return refusals(said, refused)
        if refused:
            return Difference(f"only upstream refuses: {compile_class(refused)[0]}", refused)
        wanted = upstream_value(verdict.get("value"))
        if not isinstance(said, cel.EvalError):
            said = told(said)
        if found := _outcomes(said, verdict, wanted, number):
            return found
    return None


def refusals(mine: cel.CompileError, theirs: str | None) -> Difference | None:
    """What differs between a refusal here and upstream's; the sort of refusal counts, its place, not its words."""
    if theirs and theirs.startswith("panic"):
        return None
    if not theirs:
        return Difference(f"only refused here: {mine.kind}", f"{mine.message} at {mine.line}:{mine.column}")
    kind, place, _ = compile_class(theirs)
    told_both = (
        f"{mine.kind}: {mine.message} at {mine.line}:{mine.column} here, {theirs.splitlines()[0]} upstream"
    )
    if mine.kind not in _SAME_KIND[kind]:
        return Difference(f"kind of refusal: {mine.kind} here, {kind} upstream", told_both)
    # Where a parser gives up is its own affair.
    if place is not None and "Syntax error" not in theirs and place != (mine.line, mine.column):
        return Difference(f"place of a refusal: {kind}", told_both)
    return None


def _outcomes(said: Any, verdict: Mapping[str, Any], wanted: Any, number: int) -> Difference | None:
    error = verdict.get("error")
    detail = f"on device {number}: {said!r} here, {verdict} upstream"
    if isinstance(said, cel.EvalError):
        mine = runtime_class(said.message)
        if not error:
            return Difference(f"only fails here: {mine}", detail)
        other = runtime_class(error)
        # Where upstream panics any failure will do.
        if mine != other and other != "panic":
            return Difference(f"failure: {mine} here, {other} upstream", detail)
        return None
    if error:
        return Difference(f"only fails upstream: {runtime_class(error)}", detail)
    if said != wanted:
        return Difference(f"value: {_shape(said)} here, {_shape(wanted)} upstream", detail)
    return None


def _shape(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value)
