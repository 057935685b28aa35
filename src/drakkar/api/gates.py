"""The feature gates of Kubernetes 1.37 that Drakkar acts on: what is on by itself, how ripe it is, what it stands on
(dra-semantics 10).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple


class GateError(ValueError):
    """What somebody said about gates cannot be had; the message says why."""


class Stage(Enum):
    """How ripe a feature is."""

    ALPHA = "alpha"
    BETA = "beta"
    STABLE = "stable"


class Gate(NamedTuple):
    """`on` is what holds when nobody says otherwise; one that is locked stays so. It needs the others that it names."""

    stage: Stage
    on: bool
    locked: bool = False
    needs: tuple[str, ...] = ()


_NO_MORE: Mapping[str, Gate] = MappingProxyType({})
_ALPHA, _BETA = Gate(Stage.ALPHA, on=False), Gate(Stage.BETA, on=True)
_STABLE, _LOCKED = Gate(Stage.STABLE, on=True), Gate(Stage.STABLE, on=True, locked=True)

TABLE: dict[str, Gate] = {
    "DRAAdminAccess": _LOCKED,
    "DRAConsumableCapacity": _BETA,
    "DRADerivedAttributes": _ALPHA,
    "DRADeviceBindingConditions": _BETA._replace(needs=("DRAResourceClaimDeviceStatus",)),
    "DRADeviceCompatibilityGroups": _ALPHA._replace(needs=("DRAPartitionableDevices",)),
    "DRADeviceTaintRules": _STABLE._replace(needs=("DRADeviceTaints",)),
    "DRADeviceTaints": _STABLE,
    "DRAExtendedResource": _LOCKED,
    # On by itself only from a minimum compatibility version of 1.37 on, which is one below the version unless set.
    "DRAFractionalCapacityRange": _BETA._replace(on=False, needs=("DRAConsumableCapacity",)),
    "DRAListTypeAttributes": _ALPHA,
    "DRANodeAllocatableResources": _ALPHA,
    "DRAOptionalNodeOperations": _ALPHA._replace(needs=("NodeDeclaredFeatures",)),
    "DRAPartitionableDevices": _BETA,
    "DRAPartitionableDevicesType": _ALPHA._replace(
        needs=("DRAPartitionableDevices", "DRAResourcePoolStatus")
    ),
    "DRAPrioritizedList": _LOCKED,
    "DRAResourceClaimDeviceStatus": _LOCKED,
    "DRAResourceClaimGranularStatusAuthorization": _BETA._replace(needs=("DRAResourceClaimDeviceStatus",)),
    "DRAResourcePoolStatus": _ALPHA,
    "DRASchedulerFilterTimeout": _BETA,
    "DRAWorkloadResourceClaims": _BETA._replace(on=False, needs=("GenericWorkload",)),
    "DynamicResourceAllocation": _LOCKED,
    "GenericWorkload": _BETA._replace(on=False),
    "NodeDeclaredFeatures": _LOCKED,
    "TaintTolerationComparisonOperators": _ALPHA,
}
_GROUPS = {"AllAlpha": Stage.ALPHA, "AllBeta": Stage.BETA}
_TRUE, _FALSE = ("true", "t", "1"), ("false", "f", "0")


class Gates(frozenset[str]):
    """The names of the gates that are on."""

    @classmethod
    def default(cls) -> Gates:
        """What is on in 1.37 when nobody says otherwise."""
        return cls(name for name, gate in TABLE.items() if gate.on)

    @classmethod
    def parse(cls, text: str, more: Mapping[str, Gate] = _NO_MORE) -> Gates:
        """After `A=true,B=false`, as upstream's --feature-gates; AllAlpha and AllBeta speak for those that are not named.
        GateError for a form, a name or a choice that cannot be. `more` are gates of the program itself.
        """
        table = {**TABLE, **more}
        parts = filter(None, (one.strip() for one in text.split(",")))
        said = dict(_said(part, table) for part in parts)
        groups = {_GROUPS[name]: wanted for name, wanted in said.items() if name in _GROUPS}
        on = cls(name for name, gate in table.items() if said.get(name, groups.get(gate.stage, gate.on)))
        for name, gate in table.items():
            if gate.locked and name not in on:
                raise GateError(f"cannot set feature gate {name} to false, feature is locked to true")
        for name in sorted(on):
            missing = [needed for needed in table[name].needs if needed not in on]
            if missing:
                raise GateError(
                    f"{name} needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} off"
                )
        return on


def _said(part: str, table: Mapping[str, Gate]) -> tuple[str, bool]:
    name, equals, value = part.partition("=")
    name, value = name.strip(), value.strip().lower()
    if not equals or value not in (*_TRUE, *_FALSE):
        raise GateError(f"{part!r} is not of the form Gate=true or Gate=false")
    if name not in table and name not in _GROUPS:
        near = difflib.get_close_matches(name, table, 1)
        hint = f"; {near[0]}?" if near else f"; there are {', '.join(table)}"
        raise GateError(f"unrecognized feature gate: {name}{hint}")
    return name, value in _TRUE
