"""What may stand against a device for a request: a struct for each check, with what it was about, the amounts, and who has them.

They are what a reporter hears. Holders are uids of claims, in order.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from drakkar.allocator.device import DeviceKey
from drakkar.api.features import DEVICE_BINDING
from drakkar.api.object import Uid
from drakkar.api.quantity import Quantity
from drakkar.api.resource import DeviceAttribute, DeviceTaint
from drakkar.cel import DeviceView

Holders = tuple[Uid, ...]


class InUse(NamedTuple):
    """Claims have the device, so that nobody else may."""

    holders: Holders


class AlreadyChosen(NamedTuple):
    """The device was chosen earlier in the same call, by the same claim or by another one."""

    same_claim: bool


class FeatureOff(NamedTuple):
    """The device is made of something that only a feature gate lets anybody use."""

    feature: str


class NodeFeatureMissing(NamedTuple):
    """The device wants its node to declare a feature."""

    feature: str


class OnAnotherNode(NamedTuple):
    """The device is not the node's."""


class NodeSelectorUnreadable(NamedTuple):
    """Which nodes the device is for cannot be told."""

    error: str
    ends_call: bool


class NoClass(NamedTuple):
    """The class that the request names does not exist."""

    name: str


class SelectorFalse(NamedTuple):
    """A selector, by its number among the request's expressions, says no to what it sees of the device."""

    selector: int
    view: DeviceView


class SelectorFails(NamedTuple):
    """A selector cannot say anything, which ends the call; `compiles` is whether it could on another device."""

    selector: int
    error: str
    hint: str
    compiles: bool


class AttributeUnreadable(NamedTuple):
    """A selector cannot be asked, for something of the device cannot be read."""

    selector: int
    error: str


class CapacityMissing(NamedTuple):
    """The device lacks a capacity that is asked for."""

    name: str


class AmountImpossible(NamedTuple):
    """The device has no amount for what is asked, in upstream's words."""

    error: str
    ends_call: bool


class AmountNotHandedOut(NamedTuple):
    """The device's policy does not allow the amount."""

    name: str
    amount: Quantity


class CapacityTooSmall(NamedTuple):
    """The device never has so much of a capacity."""

    name: str
    asked: Quantity
    value: Quantity


class CapacityShort(NamedTuple):
    """Of a capacity less is left beside what is used, in other claims' shares or in this call."""

    name: str
    asked: Quantity
    value: Quantity
    used: Quantity
    holders: Holders = ()


class CapacityGone(NamedTuple):
    """A claim's share holds a capacity that the device no longer has, so that nobody can count."""

    name: str
    holder: Uid


class Tainted(NamedTuple):
    """The device has a taint that the request does not tolerate."""

    taint: DeviceTaint


class GroupsApart(NamedTuple):
    """The device's compatibility groups do not go with those of devices that use the counter set."""

    counter_set: str
    holders: Holders = ()


class PoolOverdrawn(NamedTuple):
    """More is used of a counter of the pool than there is (quirk K5)."""

    holders: Holders


class CounterUnknown(NamedTuple):
    """A device in use is no longer published as it was, and nobody knows what it takes of the pool's counters."""

    device: DeviceKey
    holder: Uid


class CounterShort(NamedTuple):
    """Of a counter `missing` more is needed than is left; `used` is what claims have of the `total`, choices of this
    call aside."""

    counter_set: str
    name: str
    needed: Quantity
    missing: Quantity
    used: Quantity
    total: Quantity
    holders: Holders = ()


class NoValueToCompare(NamedTuple):
    """A constraint, by its number in the claim, is on an attribute of which the device has no value that counts."""

    constraint: int
    attribute: str
    published: DeviceAttribute | None


class DerivedAttributeFails(NamedTuple):
    """A constraint is on an attribute that the request derives, and the expression fails."""

    constraint: int
    attribute: str
    error: str


class ConstraintUnmet(NamedTuple):
    """A constraint does not hold with the devices that are chosen."""

    constraint: int
    attribute: str


Objection = (
    InUse
    | AlreadyChosen
    | FeatureOff
    | NodeFeatureMissing
    | OnAnotherNode
    | NodeSelectorUnreadable
    | NoClass
    | SelectorFalse
    | SelectorFails
    | AttributeUnreadable
    | CapacityMissing
    | AmountImpossible
    | AmountNotHandedOut
    | CapacityTooSmall
    | CapacityShort
    | CapacityGone
    | Tainted
    | GroupsApart
    | PoolOverdrawn
    | CounterUnknown
    | CounterShort
    | NoValueToCompare
    | DerivedAttributeFails
    | ConstraintUnmet
)


class Lack(Enum):
    """Why a request cannot be met."""

    NONE_SELECTED = "it asks for all devices, and none is selected"
    CLAIM_LIMIT = "the claim would have more devices than a claim may have"
    TOO_FEW = "there are not enough devices"


def passes_over(objection: Objection) -> bool:
    """Whether a request for all devices does without the device, which is not one of those that it asks for."""
    match objection:
        case (
            OnAnotherNode()
            | SelectorFalse()
            | AttributeUnreadable()
            | CapacityMissing()
            | AmountNotHandedOut()
            | CapacityTooSmall()
        ):
            return True
        case FeatureOff(feature):
            return feature == DEVICE_BINDING
        case NodeSelectorUnreadable(_, ends_call) | AmountImpossible(_, ends_call):
            return not ends_call
    return False
