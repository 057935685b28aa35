"""How an objection to a device is told, and of which kind it is said to be."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.allocator.objections import (
    AlreadyChosen,
    AmountImpossible,
    AmountNotHandedOut,
    AttributeUnreadable,
    CapacityGone,
    CapacityMissing,
    CapacityShort,
    CapacityTooSmall,
    ConstraintUnmet,
    CounterShort,
    CounterUnknown,
    DerivedAttributeFails,
    FeatureOff,
    GroupsApart,
    InUse,
    NoClass,
    NodeFeatureMissing,
    NodeSelectorUnreadable,
    NoValueToCompare,
    Objection,
    OnAnotherNode,
    PoolOverdrawn,
    SelectorFails,
    SelectorFalse,
    Tainted,
)
from drakkar.allocator.rules.requests import Ask
from drakkar.api.features import DEVICE_BINDING
from drakkar.api.object import Uid
from drakkar.planner.report.attribute_text import sightings
from drakkar.planner.report.phrases import in_one_line, taint_text

_KINDS: Mapping[type, str] = {
    InUse: "taken",
    SelectorFalse: "selector",
    SelectorFails: "selectorError",
    AttributeUnreadable: "selectorError",
    NoValueToCompare: "constraint",
    DerivedAttributeFails: "constraint",
    ConstraintUnmet: "constraint",
    CounterUnknown: "counter",
    CounterShort: "counter",
    PoolOverdrawn: "counter",
    CapacityMissing: "capacity",
    AmountImpossible: "capacity",
    AmountNotHandedOut: "capacity",
    CapacityTooSmall: "capacity",
    CapacityShort: "capacity",
    CapacityGone: "capacity",
    Tainted: "taint",
    OnAnotherNode: "node",
    NodeSelectorUnreadable: "node",
}


def kind_of(objection: Objection) -> str:
    """As findings.Reason has it."""
    return _KINDS.get(type(objection), "other")


def objection_text(objection: Objection, ask: Ask) -> str:
    """What follows on the devices that it is about."""
    match objection:
        case SelectorFalse() | SelectorFails() | AttributeUnreadable():
            return _selector(objection, ask)
        case (
            CapacityMissing()
            | AmountImpossible()
            | AmountNotHandedOut()
            | CapacityTooSmall()
            | CapacityShort()
            | CapacityGone()
        ):
            return _capacity(objection)
        case GroupsApart() | PoolOverdrawn() | CounterUnknown() | CounterShort():
            return _counter(objection)
        case NoValueToCompare() | DerivedAttributeFails() | ConstraintUnmet():
            return _constraint(objection)
        case Tainted(taint):
            return f"has taint {taint_text(taint.key, taint.value, taint.effect)} that is not tolerated"
        case _:
            return _device(objection)


def _device(
    objection: InUse
    | AlreadyChosen
    | FeatureOff
    | NodeFeatureMissing
    | OnAnotherNode
    | NodeSelectorUnreadable
    | NoClass,
) -> str:
    match objection:
        case InUse():
            return "taken"
        case AlreadyChosen(same_claim):
            return f"is already chosen {'for this claim' if same_claim else 'in this call'}"
        case FeatureOff(feature):
            made = "has binding conditions" if feature == DEVICE_BINDING else "consumes counters"
            return f"{made}, and the feature is disabled"
        case NodeFeatureMissing(feature):
            return f"needs the node to declare {feature}"
        case OnAnotherNode():
            return "is on another node"
        case NodeSelectorUnreadable(error):
            return f"its node selector makes no sense: {error}"
        case NoClass(name):
            return f"device class {name} does not exist"


def _selector(objection: SelectorFalse | SelectorFails | AttributeUnreadable, ask: Ask) -> str:
    number = objection.selector
    expression = ask.expressions[number]
    of = f"class {ask.class_.metadata.name}" if ask.selector_of_class(number) else "the request"
    match objection:
        case SelectorFalse(_, view):
            saw = "; ".join(sightings(expression, view))
            return f"selector of {of} is false: {in_one_line(expression)}" + (f" ({saw})" if saw else "")
        case SelectorFails(_, error, hint, compiles):
            when = "runtime" if compiles else "compile"
            fails = f"selector of {of} fails: {in_one_line(expression)}: CEL {when} error: {error}"
            return f"{fails} (hint: {hint})" if hint else fails
        case AttributeUnreadable(_, error):
            return f"has an attribute that cannot be read: {error}"


def _capacity(
    objection: CapacityMissing
    | AmountImpossible
    | AmountNotHandedOut
    | CapacityTooSmall
    | CapacityShort
    | CapacityGone,
) -> str:
    match objection:
        case CapacityMissing():
            return "lacks a capacity that is asked for"
        case AmountImpossible(error):
            return error
        case AmountNotHandedOut(name, amount):
            return f"capacity {name}: {amount.format()} is not an amount that the device hands out"
        case CapacityTooSmall(name, asked, value):
            missing = asked - value
        case CapacityShort(name, asked, value, used):
            missing = asked + used - value
        case CapacityGone(name):
            return f"shares of it hold capacity {name}, which it no longer has"
    more = f"{missing.format()} more than is left of {value.format()}"
    return f"capacity {name}: {asked.format()} asked, {more}"


def _counter(objection: GroupsApart | PoolOverdrawn | CounterUnknown | CounterShort) -> str:
    match objection:
        case GroupsApart():
            return "its compatibility groups do not go with those of devices that share its counters"
        case PoolOverdrawn():
            return "a counter of its pool is overdrawn"
        case CounterUnknown(key):
            return (
                f"device {key.device} is in use and no longer published as it was,"
                " so that nobody knows what it takes of the pool's counters"
            )
        case CounterShort(counter_set, name, needed, missing):
            short = f"{needed.format()} needed, {missing.format()} more than is left"
            return f"counter {counter_set}/{name}: {short}"


def _constraint(objection: NoValueToCompare | DerivedAttributeFails | ConstraintUnmet) -> str:
    match objection:
        case NoValueToCompare(number, attribute, published):
            has = (
                "of which the device has no value that counts"
                if published
                else "which the device does not have"
            )
            return f"constraint #{number} is on {attribute}, {has}"
        case DerivedAttributeFails(number, attribute, error):
            return f"constraint #{number} is on {attribute}: {error}"
        case ConstraintUnmet(number, attribute):
            return f"constraint #{number} on {attribute} does not hold with the others"


def used_text(objection: Objection) -> str:
    """How much is used of what is short: `3 of 4`."""
    match objection:
        case CapacityShort(value=total, used=used) | CounterShort(total=total, used=used):
            return f"{used.format()} of {total.format()}"
    return ""


def holders_of(objection: Objection) -> tuple[Uid, ...]:
    """The uids of the claims that it is about."""
    match objection:
        case InUse(holders) | GroupsApart(holders=holders) | PoolOverdrawn(holders):
            return holders
        case CapacityShort(holders=holders) | CounterShort(holders=holders):
            return holders
        case CapacityGone(holder=uid) | CounterUnknown(holder=uid):
            return (uid,)
    return ()
